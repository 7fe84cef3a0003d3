"""A subscriber's way through pages and mails: asking, confirming, changing, leaving by the page's button and by a mail client's one click.
The links are those of the mails that a real SMTP server was given. usage: subscribing.py
"""
import pathlib, re, sys, urllib.error, urllib.parse, urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Mail"))
from chromium import Browser
from running_cluster import Client, admin_token, await_condition, restart
from smtp_server import Handler, PrivateSMTP

WITHIN = 60  # seconds that a mail may take on a busy machine
handler = Handler()


def expect(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


def mail(address, number, part="plain"):
    """What the `number`th mail to an address says."""
    await_condition(f"mail {number} to {address}", lambda: len(handler.to(address)) >= number, WITHIN)
    return handler.to(address)[number - 1].part(part)


def link(text, kind):
    return re.search(rf"http://\S+/{kind}/psl_[0-9a-f]+", text)[0]


def announce(title, service):
    token = admin_token()
    incident = Client("incidents", token).must("POST", "/api/v1/incidents", {"title": title, "sev": 2, "services": [service]})["id"]
    said = {"incident_id": incident, "message": "We look into it.", "message_fr": "Nous cherchons.", "state": "investigating"}
    Client("comms", token).must("POST", "/api/v1/public/announce", said)


def press(browser, heading):
    """The page's button; it leads to a page with this heading."""
    browser.click("main button.button")
    browser.until(lambda: browser.text("h1") == heading)


def post(url, fields):
    """As a program without cookies posts; the status."""
    try:
        with urllib.request.urlopen(url, urllib.parse.urlencode(fields).encode()) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def subscribe(browser, site, address, component):
    """Asks, and confirms by the link that was mailed."""
    browser.open(f"{site}/subscribe")
    browser.fill(email=address)
    browser.click(f"[name=components][value={component}]")
    press(browser, "Look into your mail")
    confirm = link(mail(address, 1), "subscriptions/confirm")
    with urllib.request.urlopen(confirm) as scanner:  # follows every link, as mail scanners do
        expect(scanner.status == 200, "the link leads to a page")
    browser.open(confirm)
    press(browser, "You are subscribed")


def by_button(site, javascript):
    address = f"mirjam-{'with' if javascript else 'without'}@fernweh.example"
    with Browser(javascript) as browser:
        subscribe(browser, site, address, "search")
        announce("Search is slow", "search")
        said = mail(address, 2)
        expect("We look into it." in said, "the mail says what was announced")
        browser.open(link(said, "subscriptions/manage"))
        expect(address in browser.text("main") and browser.find("[value=search]").is_selected(), "the link shows the subscription")
        browser.click("[name=components][value=search]")
        browser.click("[name=components][value=payments]")
        browser.click("[name=language][value=fr]")
        press(browser, "Saved")
        announce("Search is slow again", "search")  # nothing for this subscriber any more
        announce("Cards are refused", "payments")
        said = mail(address, 3)
        expect("Cards are refused" in said and "Nous cherchons." in said, "what was changed holds: other components, another language")
        leave = link(said, "unsubscribe")
        browser.open(leave)
        expect(browser.text("h1") == "Unsubscribe", "the link alone changes nothing")
        press(browser, "You are unsubscribed")
        browser.open(leave)
        press(browser, "You are unsubscribed")  # a second time does no harm
        browser.open(link(said, "subscriptions/manage"))
        expect("unknown, used or too old" in browser.text("main"), "and there is no subscription any more")
    return address


def by_one_click(site):
    """RFC 8058: the mail client posts to the address in the head of the mail, and knows no cookie."""
    address = "tomas@fernweh.example"
    with Browser() as browser:
        subscribe(browser, site, address, "payments")
        announce("Cards are slow", "payments")
        said = mail(address, 2)
        head = handler.to(address)[1].message
        expect(head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click", "the mail offers one click")
        leave = head["List-Unsubscribe"].strip("<>")
        expect(post(leave, {"csrf": "none"}) == 403, "a form without its cookie is refused")
        expect(post(leave, {"List-Unsubscribe": "One-Click"}) == 200, "one click is enough")
        browser.open(link(said, "subscriptions/manage"))
        expect("unknown, used or too old" in browser.text("main"), "the subscription is gone")
    return address


def main():
    server = PrivateSMTP(handler)
    restart(SMTP_URL=f"smtp://localhost:{server.port}")
    comms = Client("comms", admin_token())
    site = comms.must("GET", "/api/v2/summary.json")["page"]["url"]
    for key in ["search", "payments"]:
        comms.must("POST", "/api/v1/components", {"key": key, "name": key.capitalize()})
    with Browser() as browser:
        browser.open(f"{site}/subscribe")
        browser.until(lambda: browser.driver.refresh() or browser.has("[name=components][value=payments]"))
    gone = [by_button(site, True), by_button(site, False), by_one_click(site)]
    with Browser() as browser:
        subscribe(browser, site, "ines@fernweh.example", "payments")
    counts = {address: len(handler.to(address)) for address in gone}
    announce("All is down", "payments")
    mail("ines@fernweh.example", 2)  # who stays gets one; the others would have been written with it
    await_condition("every mail is settled", lambda: not comms.pages("/api/v1/mails?state=queued"), WITHIN)
    expect({address: len(handler.to(address)) for address in gone} == counts, "who has left gets no more mails")
    server.stop()
    print(f"three subscribers came and went, one stayed; {len(handler.taken)} mails")


main()
