"""Chromium as these tests drive it: themes, sizes, screenshots, axe. Selenium and axe come from PyPI into .build-python-browser."""
import base64, importlib.util, json, pathlib

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

HEIGHT = {1280: 900, 375: 800, 320: 700}
AXE = (pathlib.Path(importlib.util.find_spec("axe_playwright_python").origin).parent / "axe.min.js").read_text()
# Rules of WCAG 2.2 A and AA, and what axe calls good practice.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PICTURE_HEIGHT = 6000  # pixels of a page that a screenshot shows at most


class Browser:
    def __init__(self, javascript=True, language="en"):
        options = webdriver.ChromeOptions()
        for word in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--force-device-scale-factor=1", "--no-proxy-server", "--disable-background-networking"]:
            options.add_argument(word)
        preferences = {"intl.accept_languages": language, "credentials_enable_service": False}
        if not javascript:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", preferences)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(30)
        self.width(1280)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    # What it looks through

    def theme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def width(self, pixels):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": pixels, "height": HEIGHT[pixels], "deviceScaleFactor": 1, "mobile": pixels < 500})

    # What it does

    def open(self, url):
        self.driver.get(url)

    def find(self, selector):
        """The first element of the selector, waited for: a page may still be on its way."""
        return self.until(lambda: self.driver.find_element(By.CSS_SELECTOR, selector), what=selector)

    def has(self, selector):
        return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def text(self, selector):
        return self.until(lambda: [self.driver.find_element(By.CSS_SELECTOR, selector).text], what=selector)[0]

    def click(self, selector):
        """For what happens in place."""
        self.until(lambda: [self.driver.find_element(By.CSS_SELECTOR, selector).click()], what=selector)

    def follow(self, selector):
        """Clicks on what leads to another page, a link or a form's button, and waits until that page is there."""
        left = self.driver.find_element(By.CSS_SELECTOR, "html")

        def gone():
            try:
                return not left.is_enabled()
            except StaleElementReferenceException:
                return True

        self.click(selector)
        self.until(gone, what=f"leaving the page by {selector}")
        self.until(lambda: self.driver.execute_script("return document.readyState") == "complete", what="the next page")

    def fill(self, **fields):
        for name, value in fields.items():
            field = self.find(f"[name={name}]")
            field.clear()
            field.send_keys(value)

    def until(self, condition, seconds=20, what=""):
        """Waits until the condition holds, and returns what it gave; what it throws on the way counts as not yet."""
        wait = WebDriverWait(self.driver, seconds, poll_frequency=0.02, ignored_exceptions=[WebDriverException])
        return wait.until(lambda _: condition(), f"not within {seconds} s on {self.driver.current_url}: {what}")

    # What it finds

    def axe(self):
        """A line for each violation."""
        self.driver.execute_script(AXE)
        script = "axe.run(document, {runOnly: %s, resultTypes: ['violations']}).then(arguments[arguments.length - 1])" % json.dumps(AXE_TAGS)
        found = self.driver.execute_async_script(script)["violations"]
        return [f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}" for violation in found for node in violation["nodes"]]

    def overflow(self):
        """Pixels by which the page is wider than the window."""
        return self.driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def complaints(self):
        """What the browser says of errors, violations of the content security policy among them, since it was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def picture(self, path):
        width, height = self.driver.execute_script("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, PICTURE_HEIGHT), "scale": 1}
        answer = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))
