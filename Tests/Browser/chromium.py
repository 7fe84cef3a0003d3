"""Chromium as the browser tests drive it: themes, sizes, screenshots, axe. Selenium of the folder .build-python-browser."""
import pathlib

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

SIZES = {1280: 900, 375: 800, 320: 700}


def browser(javascript=True, language="en"):
    options = webdriver.ChromeOptions()
    for word in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-extensions",
                 "--force-device-scale-factor=1", "--no-proxy-server"]:
        options.add_argument(word)
    preferences = {"intl.accept_languages": language, "credentials_enable_service": False}
    if not javascript:
        preferences["profile.managed_default_content_settings.javascript"] = 2
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_page_load_timeout(30)
    return driver


def theme(driver, name):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": "reduce"}]})


def width(driver, pixels):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": pixels, "height": SIZES[pixels], "deviceScaleFactor": 1, "mobile": pixels < 500})


def screenshot(driver, path, limit=6000):
    """The whole page, at most `limit` pixels of its height."""
    import base64
    size = driver.execute_script("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {
        "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": size[0], "height": min(size[1], limit), "scale": 1}})
    pathlib.Path(path).write_bytes(base64.b64decode(picture["data"]))


def await_(driver, condition, seconds=20):
    return WebDriverWait(driver, seconds, poll_frequency=0.05).until(condition)
