"""What comms mails, asked over HTTP and read where it arrives. usage: mail.py SUBSCRIBERS"""
import collections, email, email.policy, pathlib, re, sys, tempfile, time, urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Webhooks"))
from receiver import Receiver
from running_cluster import Client, admin_token, await_condition, bus, home, is_ready, kill, pid, polystatus, redis, restart
from smtp_server import PASSWORD, USER, Handler, PrivateSMTP, certificate

SUBSCRIBERS = int(sys.argv[1])
WEBHOOKS = 100
LINK = re.compile(r"https?://\S+")
SECRET = re.compile(r"psl_[0-9a-f]{16,}")


def check(holds, what):
    if not holds:
        raise SystemExit(f"NOT ok: {what}")


def mails(admin, **filters):
    return admin.pages("/api/v1/mails" + ("?" + urllib.parse.urlencode(filters) if filters else ""))


def settled(admin):
    return not mails(admin, state="queued")


def confirm(comms, message_text):
    token = re.search(r"/subscriptions/confirm/(psl_[0-9a-f]+)", message_text)[1]
    return comms.must("POST", "/api/v1/subscriptions/confirm", {"token": token})


def without_a_server(admin):
    """Mails are kept as files for their owner, and an admin sees links that work."""
    users, comms = Client("users", admin_token()), Client("comms")
    user = users.must("POST", "/api/v1/users", {"name": "Zoë", "email": "zoe@example.org", "language": "fr"})
    comms.must("POST", "/api/v1/subscriptions/email", {"email": "early@example.org"})
    await_condition("two mails are kept", lambda: len(mails(admin, state="kept")) == 2, 30)
    kept = {mail["template"]: mail for mail in mails(admin, state="kept")}
    check(set(kept) == {"set_password", "subscription_confirm"}, f"two templates, not {set(kept)}")
    for mail in kept.values():
        file = home / "mail" / f"{mail['id']}.eml"
        check(file.stat().st_mode & 0o777 == 0o600, "a kept mail is its owner's alone")
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        check(message["Message-ID"] == f"<{mail['id']}@example.org>" and message["X-CID"] == mail["cid"], "it is the mail of its record")
    shown = admin.must("GET", f"/api/v1/mails/{kept['set_password']['id']}")["message"]
    token = re.search(r"token=(psl_[0-9a-f]+)", shown["text"])[1]
    check(shown["to"] == "zoe@example.org" and "mot de passe" in shown["text"], "the mail is for Zoë, in French")
    Client("users").must("POST", "/api/v1/auth/password/reset", {"token": token, "password": "a long enough password"})
    check(users.must("GET", f"/api/v1/users/{user['id']}")["active"], "the link shown let her in")


def over_starttls(handler, server, files):
    """Kept mails go out; each is well-formed; refusals are final, delays are not; a wrong password loses nothing."""
    login = f"{urllib.parse.quote(USER, safe='')}:{urllib.parse.quote(PASSWORD, safe='')}"
    place = f"localhost:{server.port}?starttls=required&ca={files[0]}"
    restart(SMTP_URL=f"smtp://{USER.replace('@', '%40')}:wrong@{place}")
    admin, comms = Client("comms", admin_token()), Client("comms")
    await_condition("the login is refused", lambda: any("535" in (mail["error"] or "") for mail in mails(admin, state="queued")), 30)
    check(not handler.taken, "nothing is taken without a login")
    restart(SMTP_URL=f"smtp://{login}@{place}")
    admin, comms = Client("comms", admin_token()), Client("comms")
    await_condition("kept mails go out when there is a server", lambda: handler.to("early@example.org") and handler.to("zoe@example.org"), 90)
    await_condition("and are not kept any more", lambda: settled(admin) and not mails(admin, state="kept"), 60)
    check(not list((home / "mail").glob("*.eml")), "their files are gone")

    confirm(comms, handler.to("early@example.org")[0].part("plain"))
    handler.answers = {"never@example.org": ["550 5.1.1 <never@example.org>: no such user"],
                       "later@example.org": ["451 4.7.1 <later@example.org>: greylisted"]}
    for address in handler.answers:
        comms.must("POST", "/api/v1/subscriptions/email", {"email": address})
    await_condition("one is refused", lambda: mails(admin, state="failed"), 30)
    refused = mails(admin, state="failed")[0]
    check("550" in refused["error"] and "example.org" not in refused["error"], f"the server's words without the address: {refused['error']}")
    await_condition("one comes later", lambda: handler.to("later@example.org"), 90)
    await_condition("all is noted", lambda: settled(admin), 30)
    later = handler.to("later@example.org")[0].message["Message-ID"].strip("<>").split("@")[0]
    check(admin.must("GET", f"/api/v1/mails/{later}")["attempts"] == 2, "it took two attempts")
    check(handler.refusals == {"never@example.org": 1, "later@example.org": 1}, f"what was refused came once: {handler.refusals}")
    announce_one(handler, comms)


def announce_one(handler, comms):
    sre = Client("incidents", polystatus("token"))
    incident = sre.must("POST", "/api/v1/incidents", {"title": "Paiement – échec", "sev": 2})
    body = {"incident_id": incident["id"], "message": "We look into it.\n<b>See</b> https://example.org/a?b=1&c=2.", "state": "investigating"}
    Client("comms", polystatus("token")).must("POST", "/api/v1/public/announce", body, X_CID="cid-of-this-test")
    await_condition("the announcement arrives", lambda: len(handler.to("early@example.org")) == 2, 30)
    mail = handler.to("early@example.org")[1]
    message = mail.message
    check(mail.is_encrypted and mail.is_authenticated, "over TLS, after the login")
    check(mail.sender == "status@example.org" and str(message["From"]) == "Störungen bei Muster <status@example.org>", "from whom")
    check(message["Subject"] == "[Investigating] Paiement – échec" and message["X-CID"] == "cid-of-this-test", "subject and X-CID")
    check(message.get_content_type() == "multipart/alternative", "text and HTML")
    check(not message.defects and not any(part.defects for part in message.walk()), "nothing the parser minds")
    check("<b>See</b> https://example.org/a?b=1&c=2." in mail.part("plain"), "the text as it was written")
    html = mail.part("html")
    check("&lt;b&gt;See&lt;/b&gt; <a href=\"https://example.org/a?b=1&amp;c=2\">" in html and "<b>See" not in html, "HTML escapes, and links")
    check(message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click", "RFC 8058")
    link = re.fullmatch(r"<(https?://\S+/unsubscribe/(psl_[0-9a-f]+))>", message["List-Unsubscribe"])
    check(link and link[1] in mail.part("plain"), "the link to unsubscribe is in head and text")
    mine = comms.must("GET", "/api/v1/subscriptions/mine", X_Polystatus_Link=link[2])
    check(mine["email"] == "early@example.org", "the link is the reader's")
    comms.must("POST", "/api/v1/subscriptions/unsubscribe", {"token": link[2]})
    check(comms.ask("GET", "/api/v1/subscriptions/mine", X_Polystatus_Link=link[2])[0] == 404, "it unsubscribes")


def under_kills(handler, server):
    """One announcement to many readers and programs, comms killed twice on the way."""
    restart(SMTP_URL=f"smtp://localhost:{server.port}")
    admin, comms = Client("comms", admin_token()), Client("comms")
    addresses = [f"reader-{number}@example.org" for number in range(SUBSCRIBERS)]
    begun = time.monotonic()
    for address in addresses:
        comms.must("POST", "/api/v1/subscriptions/email", {"email": address, "language": "fr" if address.endswith("7@example.org") else "en"})
    await_condition("everybody is asked to confirm", lambda: len(handler.taken) >= SUBSCRIBERS, 300)
    for mail in list(handler.taken):
        confirm(comms, mail.part("plain"))
    await_condition("all is noted", lambda: settled(admin), 60)
    print(f"{SUBSCRIBERS} subscribers confirmed in {time.monotonic() - begun:.1f} s", flush=True)
    handler.taken.clear()
    handler.pause = 0.01

    incident = Client("incidents", polystatus("token")).must("POST", "/api/v1/incidents", {"title": "Checkout down", "sev": 1})
    announcer = Client("comms", polystatus("token"))
    receiver = Receiver()
    receiver.pause = 0.5
    secrets = {f"/program-{number}": announcer.must("POST", "/api/v1/webhooks", {"url": f"{receiver.url}/program-{number}"})["secret"]
               for number in range(WEBHOOKS)}
    trial = {"incident_id": incident["id"], "message": "We look into it.", "state": "investigating"}
    dry = announcer.must("POST", "/api/v1/public/announce?dry_run=true", trial)
    check((dry["mails"], dry["webhooks"]) == (SUBSCRIBERS, WEBHOOKS), f"a dry run counts {dry}")
    begun = time.monotonic()
    announcer.must("POST", "/api/v1/public/announce", trial)
    answered = time.monotonic() - begun
    allowed = 0
    for share in (0.25, 0.6):
        await_condition(f"{share:.0%} have it", lambda: len(handler.taken) >= SUBSCRIBERS * share, 120)
        old, allowed = pid("comms"), allowed + handler.open
        kill("comms")
        await_condition("comms is back", lambda: pid("comms") != old and is_ready("comms"), 60)
    await_condition("everybody has it", lambda: len({mail.recipient for mail in list(handler.taken)}) == SUBSCRIBERS, 300)
    took = time.monotonic() - begun
    admin = Client("comms", admin_token())
    await_condition("all is noted", lambda: settled(admin), 120)
    by_reader = collections.defaultdict(list)
    for mail in handler.taken:
        by_reader[mail.recipient].append(mail)
    repeats = sum(len(mails) - 1 for mails in by_reader.values())
    print(f"{SUBSCRIBERS} mails in {took:.1f} s; announced in {answered * 1000:.1f} ms; repeated {repeats}, "
          f"sessions open at the two kills {allowed}; most sessions at once {handler.most_open}", flush=True)
    await_condition("every program was called", lambda: len({call.path for call in list(receiver.calls)}) == WEBHOOKS, 180)
    for path, secret in secrets.items():
        calls = receiver.to(path)
        check(len({call.id for call in calls}) == 1, f"{path}: one webhook-id")
        calls[-1].verified(secret)
    print(f"{WEBHOOKS} webhooks beside them, called {len(receiver.calls)} times", flush=True)
    receiver.stop()
    check(set(by_reader) == set(addresses), "every subscriber has it")
    check(all(len({mail.message["Message-ID"] for mail in mails}) == 1 for mails in by_reader.values()), "one Message-ID each")
    check(len({mail.message["Message-ID"] for mail in handler.taken}) == SUBSCRIBERS, "everybody's own")
    check(repeats <= allowed, f"{repeats} repeated mails, {allowed} sessions were open")
    check(handler.most_open <= 8, "two processes never had more than four sessions each")
    check(answered < 0.5, f"the announcement was answered after {answered:.3f} s")


def nothing_leaks(handler):
    """No link, password or mail address in messages, mail records or logs."""
    links = {secret for mail in handler.taken for secret in SECRET.findall(mail.part("plain"))}
    check(len(links) > SUBSCRIBERS / 2, "there were links to look for")
    logs = "".join(file.read_text(errors="replace") for file in (home / "logs").glob("*.log"))
    told = "".join(map(str, (message for message in bus() if not message["event_name"].startswith("user."))))
    records = ""
    for key in redis("KEYS", "{polystatus}:comms:mail*"):
        kind = redis("TYPE", key)[0]
        records += "\n".join({"hash": lambda: redis("HGETALL", key), "string": lambda: redis("GET", key)}.get(kind, list)())
    check(len(records) > 1000 and len(logs) > 1000 and len(told) > 1000, "there was something to look through")
    for place, text in (("logs", logs), ("the bus", told), ("mail records", records)):
        found = SECRET.findall(text) + [word for word in ("@example.org", PASSWORD, "a long enough password") if word in text]
        check(not found, f"{found[:3]} in {place}")


def main():
    handler = Handler()
    with tempfile.TemporaryDirectory() as folder:
        files = certificate(pathlib.Path(folder))
        server = PrivateSMTP(handler, files)
        without_a_server(Client("comms", admin_token()))
        over_starttls(handler, server, files)
        check(handler.most_open <= 4, f"{handler.most_open} sessions at once")
        server.stop()
    handler = Handler()
    server = PrivateSMTP(handler)
    under_kills(handler, server)
    nothing_leaks(handler)
    server.stop()


main()
