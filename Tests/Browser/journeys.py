"""What people do on the pages, in Chromium against a running cluster: a visitor who watches, one who signs in, both without JavaScript too.

usage: journeys.py FOLDER    for the screenshots
"""
import http.server, pathlib, sys, threading, time

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


def pick(browser, name, value, within=""):
    browser.click(f"{within} [name={name}] option[value='{value}']")


def working(javascript):
    """An incident from the declaration to the postmortem."""
    title = f"Labels print twice ({'with' if javascript else 'without'} JavaScript)"
    with Browser(javascript) as browser:
        browser.open(f"{site}/login?next=/dashboard/new")
        sign_in(browser, "admin@polystatus.local", password)
        browser.fill(title=" ", services="shipping, ", summary="Since the update <b>of</b> noon.")
        pick(browser, "sev", 3)
        browser.follow("main .actions .button")
        expect("title" in browser.text("#title-error").lower(), "a problem stands beside its field")
        expect(browser.find("[name=summary]").get_attribute("value") == "Since the update <b>of</b> noon.", "what was typed is kept")
        expect(browser.find("[name=sev]").get_attribute("value") == "3", "and what was chosen")
        expect(all(" 400 " in line for line in browser.complaints()), "the refusal is all the browser complains of")
        browser.fill(title=title)
        browser.follow("main .actions .button")
        room = browser.driver.current_url.split("?")[0]
        expect(browser.text("h1") == title and "Sev 3" in browser.text("#head .chip"), "it is declared")
        expect(not browser.has("#to-open") and browser.has("#to-mitigated"), "only what is legal is offered")
        browser.follow("#take-command")
        expect("PolyStatus" in browser.text("#roles dd") or browser.text("#roles dd") != "nobody", "the role is taken")
        browser.find("#write [name=message]").send_keys("Line one\nhttps://example.org/graph")
        pick(browser, "type", "note", "#write")
        browser.follow("#write .button")
        expect(browser.find("#timeline .prose a").get_attribute("href") == "https://example.org/graph", "what was said is on the timeline")
        browser.click("details:has(#change) summary")
        browser.find("#change [name=services]").clear()
        browser.find("#change [name=services]").send_keys("shipping, warehouse")
        browser.follow("#change .button")
        expect("warehouse" in browser.text("#head .tags"), "the incident says something else of itself")
        if javascript:
            following(browser, room)
        browser.follow(".room-acts a")
        browser.fill(message="Some labels come out twice. Throw one away.", message_fr="Certaines étiquettes sortent en double.")
        browser.follow(".actions .button")
        expect("Throw one away." in browser.text(".preview") and "Publishing sends" in browser.text(".reach"), "the preview shows all")
        expect(Client("comms").ask("GET", f"/api/v1/public/incidents/{room.rpartition('/')[2]}")[0] == 404, "nothing is public yet")
        browser.picture(output / f"journey-preview-{'script' if javascript else 'plain'}.png")
        browser.follow(".actions [value=publish]")
        expect("Throw one away." in browser.text("#public"), "it is announced")
        browser.follow("#to-resolved")
        expect("Resolved" in browser.text("#head .chip") and browser.has("#to-open"), "it is resolved")
        browser.picture(output / f"journey-room-{'script' if javascript else 'plain'}.png")
        browser.follow("#postmortem a")
        browser.fill(what_happened="The queue was read twice.", root_cause="Two printers under one name.", action_items="[x] Rename one\nWatch the queue")
        browser.follow(".actions [value=published]")
        expect("Published" in browser.text("#postmortem"), "the postmortem is published")
        browser.open(room.replace("/dashboard", ""))
        browser.until(lambda: [browser.driver.refresh(), "read twice" in browser.text("main")][1], what="the public postmortem")
        browser.open(f"{site}/dashboard/incidents?q=labels&status=resolved")
        expect(title in browser.text("#incidents"), "the list finds it")
        found = browser.complaints()
        expect(not found, f"no complaint of the browser: {found}")


def following(browser, room):
    """What somebody else does is there by itself, and what is being typed stays."""
    browser.open(room)
    browser.find("#write [name=message]").send_keys("half a sen")
    incidents = Client("incidents", admin_token())
    begun = time.monotonic()
    incidents.must("POST", f"/api/v1/incidents/{room.rpartition('/')[2]}/timeline", {"type": "update", "message": "Said elsewhere"})
    browser.until(lambda: "Said elsewhere" in browser.text("#timeline"), LIVE_WITHIN)
    print(f"a timeline entry was on an open page after {time.monotonic() - begun:.2f} s, the writing included")
    expect(browser.find("#write [name=message]").get_attribute("value") == "half a sen", "what is being typed stays")
    expect(browser.find("#said").get_attribute("textContent") == "Said elsewhere", "and screen readers hear it")


class Receiver(http.server.BaseHTTPRequestHandler):
    """A program elsewhere, which takes every call."""
    calls = []

    def do_POST(self):
        Receiver.calls.append(self.headers["webhook-id"])
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def operating(javascript):
    """Flags, webhooks, components and maintenance, as somebody on duty handles them."""
    name = "script" if javascript else "plain"
    admin = admin_token()
    Client("flags", admin).must("POST", "/admin/flags", {"id": f"shop-{name}", "on": True, "kill_switch": True, "tags": ["checkout"]})
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with Browser(javascript) as browser:
        browser.open(f"{site}/login?next=/dashboard/flags")
        sign_in(browser, "admin@polystatus.local", password)
        browser.follow(f"#toggle-shop-{name}")
        expect("It is off." in browser.text("[role=status]"), "the flag is switched")
        browser.follow(f"#flags a[href*=shop-{name}]")
        expect("Off" in browser.text("main .state") and "Switched" in browser.text("#history"), "its page says who did")
        browser.fill(user="alice", attributes="country=FR")
        browser.follow("#explain .button")
        expect("off" in browser.text("#explain .reach") and "decides" in browser.text("#explain ol"), "and why alice gets what")

        browser.open(f"{site}/dashboard/webhooks")
        browser.fill(url="http://169.254.0.1/", events="announcement.published")
        browser.follow("#add .button")
        expect(browser.has("#add-url-error"), "an address that nobody may call is refused beside its field")
        expect(all(" 400 " in line for line in browser.complaints()), "the refusal is all the browser complains of")
        browser.fill(url=f"http://127.0.0.1:{receiver.server_port}/", description=f"Pager {name}")
        browser.follow("#add .button")
        expect("whsec_" in browser.text("main"), "the secret is shown once")
        browser.follow("main .actions a")
        browser.follow("#test")
        browser.until(lambda: [browser.driver.refresh(), "Delivered" in browser.text("#deliveries")][1], what="the delivery")
        calls = len(Receiver.calls)
        browser.follow("#deliveries .button")
        browser.until(lambda: len(Receiver.calls) > calls, what="the same call again")
        expect(Receiver.calls[-1] == Receiver.calls[-2], "under the same id")

        browser.open(f"{site}/dashboard/components")
        browser.fill(key=f"shop-{name}", name=f"Shop {name}", group="Shop")
        browser.follow("#add .button")
        browser.follow(f"#components a[href*=shop-{name}]")
        pick(browser, "status_override", "partial_outage")
        browser.find("[name='status_override.reason']").send_keys("A cable was cut")
        browser.follow("#change .button")
        expect("A cable was cut" in browser.text("#components"), "a component is set by hand")
        browser.open(f"{site}/")
        browser.until(lambda: [browser.driver.refresh(), "A cable was cut" in browser.text("main")][1], what="the public page")

        watching_a_provider(browser, name)

        browser.open(f"{site}/dashboard/maintenance")
        browser.fill(title=f"New cables {name}", message="Short breaks.")
        for field, day in [("starts_at", "01012040\t1000AM"), ("ends_at", "01012040\t1200PM")]:
            browser.find(f"[name={field}]").send_keys(day)
        browser.follow("#plan .button")
        expect(f"New cables {name}" in browser.text("#coming"), "maintenance is planned")
        browser.follow("#coming .button")
        expect(f"New cables {name}" not in browser.text("main"), "and called off")
        found = browser.complaints()
        expect(not found, f"no complaint of the browser: {found}")
    receiver.shutdown()


def watching_a_provider(browser, name):
    """From its address to the public page, where somebody reports trouble."""
    browser.open(f"{site}/dashboard/providers")
    browser.fill(name=f"own-{name}", feed_url=f"{site}/health")
    pick(browser, "type", "http")
    browser.follow("#add .button")
    expect(f"own-{name}" in browser.text("#providers"), "the provider is watched")
    browser.open(f"{site}/dashboard/components/shop-{name}")
    browser.fill(note=f"own-{name}")
    browser.follow("#change .button")
    browser.open(f"{site}/providers")
    browser.follow(f"#providers a[href*=own-{name}]")
    browser.click("main details summary")
    browser.follow("#report .button")
    expect("It is counted." in browser.text("[role=status]") and browser.has("svg.curve"), "a report is counted and drawn")


def changing_oneself():
    """A name and a team of one's own, and what is refused of them."""
    with Browser(False) as browser:
        browser.open(f"{site}/login?next=/profile")
        sign_in(browser, "mirjam@fernweh.example", "un mot de passe assez long")
        browser.fill(name="Mirjam O.", team="Payments")
        browser.follow("main .actions .button")
        expect(browser.find("[name=name]").get_attribute("value") == "Mirjam O.", "the profile is changed")
        browser.fill(name="x" * 300)
        browser.follow("main .actions .button")
        expect(browser.has("#name-error"), "a name that is too long is refused beside its field")


def being_refused():
    """Somebody who may only look sees no button, and is told so."""
    with Browser() as browser:
        browser.open(f"{site}/login")
        sign_in(browser, "mirjam@fernweh.example", "un mot de passe assez long")
        browser.open(f"{site}/dashboard/incidents")
        expect(not browser.has("main .button[href]"), "no button to declare")
        browser.follow("#incidents a")
        expect(not browser.has("main form"), "nothing to press in the war room")
        browser.open(f"{site}/dashboard/new")
        expect(browser.text("h1") == "Not allowed", "and the form is refused")


def live_axe():
    """The real pages as they are now, beside the gallery's samples."""
    with Browser() as browser:
        for path in ["/", "/history", "/login", "/subscribe", "/docs", "/nothing"]:
            browser.open(site + path)
            for theme in ["light", "dark"]:
                browser.theme(theme)
                found = browser.axe()
                expect(not found, f"axe on {path} in {theme}: {found}")


for journey in [lambda: signing_in(True), lambda: signing_in(False), registering, theme_and_language, watching, lambda: working(True),
                lambda: working(False), lambda: operating(True), lambda: operating(False), being_refused, changing_oneself, live_axe]:
    journey()
print("all journeys ended well")
