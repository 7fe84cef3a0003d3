"""What people do on the pages, in Chromium against a running cluster: a visitor who watches, one who signs in, both without JavaScript too.

usage: journeys.py FOLDER    for the screenshots
"""
import pathlib, sys, time

from chromium import Browser
from running_cluster import Client, admin_token, home, port

output = pathlib.Path(sys.argv[1])
site = f"http://127.0.0.1:{port('frontend')}"
password = (home / "admin-password").read_text().strip()
LIVE_WITHIN = 15  # seconds on a busy machine; what it took is printed


def expect(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


def sign_in(browser, mail, secret):
    browser.fill(email=mail, password=secret)
    browser.follow("main button.button")


def signing_in(javascript):
    with Browser(javascript) as browser:
        browser.open(f"{site}/login")
        sign_in(browser, "admin@polystatus.local", "not the password")
        expect("do not match" in browser.text("[role=alert]"), "a wrong password is said to be wrong")
        expect(browser.find("[name=email]").get_attribute("value") == "admin@polystatus.local", "the address stays in the form")
        sign_in(browser, "admin@polystatus.local", password)
        browser.until(lambda: browser.driver.current_url == f"{site}/dashboard")
        browser.open(f"{site}/login?next=https://example.org/")
        expect(browser.driver.current_url == f"{site}/dashboard", "nobody is led away from the site")
        browser.follow("header form button")
        browser.until(lambda: browser.driver.current_url == f"{site}/")
        browser.open(f"{site}/dashboard")
        expect(browser.driver.current_url.startswith(f"{site}/login?next="), "after leaving one has to sign in")


def registering():
    with Browser(language="fr") as browser:
        browser.open(f"{site}/register")
        expect(browser.text("h1") == "Créer un compte", "the page speaks the browser's language")
        browser.fill(name="Mirjam Okafor", email="mirjam@fernweh.example", password="un mot de passe assez long")
        browser.follow("main button.button")
        browser.until(lambda: browser.driver.current_url == f"{site}/dashboard")
        expect("Mirjam Okafor" in browser.text("h1"), "an account is made and signed in")


def theme_and_language():
    with Browser() as browser:
        browser.theme("light")
        browser.open(f"{site}/")
        background = lambda: browser.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        light = background()
        browser.click("#theme")
        expect(background() != light and browser.find("#theme").get_attribute("aria-pressed") == "true", "the theme changes")
        browser.open(f"{site}/history")
        expect(background() != light, "and stays changed")
        browser.follow("footer a[hreflang=fr]")
        expect(browser.text("h1") == "Historique" and browser.find("html").get_attribute("lang") == "fr", "the language changes")
        browser.follow("header nav a")
        expect(browser.find("html").get_attribute("lang") == "fr", "and stays changed")
        browser.find("body").send_keys("\ue004")
        expect(browser.driver.switch_to.active_element.get_attribute("class") == "skip", "the first stop of the keyboard skips to the content")


def announce(incidents, comms, title, message):
    incident = incidents.must("POST", "/api/v1/incidents", {"title": title, "sev": 2, "services": ["checkout"]})["id"]
    comms.must("POST", "/api/v1/public/announce", {"incident_id": incident, "message": message, "state": "investigating"})
    return incident


def watching():
    token = admin_token()
    incidents, comms = Client("incidents", token), Client("comms", token)
    with Browser() as browser, Browser(javascript=False) as plain:
        browser.open(f"{site}/")
        expect(browser.text("h1") == "Nothing is listed here yet", "an empty page says so")
        browser.driver.execute_script("window.untouched = true")
        begun = time.monotonic()
        incident = announce(incidents, comms, "Checkout <b>answers</b> slowly", "We are looking into it: https://example.org/why")
        browser.until(lambda: "Checkout <b>answers</b> slowly" in browser.text("#active"), LIVE_WITHIN)
        print(f"an announcement was on an open page after {time.monotonic() - begun:.2f} s, the announcing included")
        expect(browser.driver.execute_script("return window.untouched"), "the page follows in place")
        expect(browser.text("#said") or browser.find("#said").get_attribute("textContent"), "and tells it to screen readers")
        expect(browser.find("#active a[rel]").get_attribute("href") == "https://example.org/why", "addresses in texts are links")
        browser.picture(output / "journey-announced.png")
        browser.follow("#active h3 a")
        expect(browser.driver.current_url == f"{site}/incidents/{incident}", "an incident has a page of its own")
        comms.must("POST", "/api/v1/public/announce", {"incident_id": incident, "message": "Found it.", "state": "identified"})
        browser.until(lambda: "Found it." in browser.text("ol.timeline"), LIVE_WITHIN)
        plain.open(f"{site}/")
        expect("Found it." in plain.text("#active") and not plain.find("#theme").is_displayed(), "without JavaScript all is there but the switch")
        plain.follow("#active h3 a")
        expect("We are looking into it" in plain.text("ol.timeline"), "and leads on")
        plain.open(f"{site}/history")
        expect("Checkout <b>answers</b> slowly" in plain.text("main"), "the history has it")
        expect(not browser.complaints(), "no complaint of the browser")


def live_axe():
    """The real pages as they are now, beside the gallery's samples."""
    with Browser() as browser:
        for path in ["/", "/history", "/login", "/subscribe", "/docs", "/nothing"]:
            browser.open(site + path)
            for theme in ["light", "dark"]:
                browser.theme(theme)
                found = browser.axe()
                expect(not found, f"axe on {path} in {theme}: {found}")


for journey in [lambda: signing_in(True), lambda: signing_in(False), registering, theme_and_language, watching, live_axe]:
    journey()
print("all journeys ended well")
