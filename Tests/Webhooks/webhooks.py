"""What comms calls, registered over HTTP and verified where it arrives. usage: webhooks.py WEBHOOKS"""
import json, pathlib, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import standardwebhooks
from receiver import Receiver
from running_cluster import Client, await_condition, bus, home, is_ready, kill, pid, polystatus, redis

WEBHOOKS = int(sys.argv[1])


def check(holds, what):
    if not holds:
        raise SystemExit(f"NOT ok: {what}")


def register(comms, receiver, path, **members):
    return comms.must("POST", "/api/v1/webhooks", {"url": receiver.url + path} | members)


def announce(comms, message, state="investigating", **headers):
    incident = Client("incidents", comms.token).must("POST", "/api/v1/incidents", {"title": "Checkout down", "sev": 1})
    body = {"incident_id": incident["id"], "message": message, "state": state}
    comms.must("POST", "/api/v1/public/announce", body, **headers)
    return incident["id"]


def deliveries(comms, webhook):
    return comms.pages(f"/api/v1/webhooks/{webhook['id']}/deliveries")


def verified_elsewhere(comms, receiver):
    """Each call is accepted by the package, under the new and the old secret after a rotation, and by no other."""
    webhook = register(comms, receiver, "/standard")
    formats = {name: register(comms, receiver, f"/{name}", format=name) for name in ("statuspage", "slack", "discord")}
    incident = announce(comms, "We look into it.\n<!channel>", X_CID="cid-of-this-test")
    for path in ("/standard", *(f"/{name}" for name in formats)):
        await_condition(f"{path} is called", lambda: receiver.to(path), 30)
    call = receiver.to("/standard")[0]
    body = call.verified(webhook["secret"])
    check(body["type"] == "announcement.published" and body["data"]["announcement"]["incident_id"] == incident, "type and data")
    check("actor" not in body["data"] and call.headers["x-cid"] == "cid-of-this-test", "X-CID goes along, the actor does not")
    for name, other in formats.items():
        receiver.to(f"/{name}")[0].verified(other["secret"])
        try:
            receiver.to(f"/{name}")[0].verified(webhook["secret"])
            check(False, "another endpoint's secret must not verify")
        except standardwebhooks.WebhookVerificationError:
            pass
    texts = {name: json.loads(receiver.to(f"/{name}")[0].body) for name in formats}
    check(texts["statuspage"]["incident"]["incident_updates"][0]["status"] == "investigating", "Statuspage's shape")
    check("&lt;!channel&gt;" in texts["slack"]["text"], "Slack rings nobody")
    check(texts["discord"]["allowed_mentions"] == {"parse": []}, "nor does Discord")
    rotated = comms.must("POST", f"/api/v1/webhooks/{webhook['id']}/rotate")
    comms.must("POST", f"/api/v1/webhooks/{webhook['id']}/test")
    await_condition("the test arrives", lambda: len(receiver.to("/standard")) == 2, 30)
    for secret in (webhook["secret"], rotated["secret"]):
        receiver.to("/standard")[1].verified(secret)
    return [webhook["secret"], rotated["secret"]]


def repeated(comms, receiver):
    """A failure is repeated after seconds under the same id, a redirect inward is not followed, 410 ends it."""
    receiver.answers = {
        "/fails": [(500, {}, "psk_" + "0a" * 32), (302, {"Location": receiver.url + "/inside"}, "")],
        "/gone": [(410, {}, "")],
        "/busy": [(503, {"Retry-After": "8"}, "")],
    }
    fails, gone, busy = (register(comms, receiver, path) for path in ("/fails", "/gone", "/busy"))
    begun = time.monotonic()
    announce(comms, "Again")
    await_condition("it is repeated", lambda: len(receiver.to("/fails")) == 2, 30)
    check(time.monotonic() - begun >= 5, "not before 5 s")
    await_condition("as asked", lambda: len(receiver.to("/busy")) == 2, 40)
    check(time.monotonic() - begun >= 8, "not before Retry-After")
    await_condition("both are noted", lambda: len(deliveries(comms, fails)[0]["attempts"]) == 2, 10)
    check(len({call.id for call in receiver.to("/fails")}) == 1, "one id")
    for call in receiver.to("/fails"):
        call.verified(fails["secret"])
    attempts = deliveries(comms, fails)[0]["attempts"]
    check([attempt["status"] for attempt in attempts] == [500, 302] and attempts[0]["answer"] == "psk_", "every attempt, no secret")
    check(not receiver.to("/inside"), "no redirect is followed")
    await_condition("410 disables", lambda: comms.must("GET", f"/api/v1/webhooks/{gone['id']}")["state"] == "disabled", 10)
    for webhook in (fails, gone, busy):
        check(comms.ask("DELETE", f"/api/v1/webhooks/{webhook['id']}")[0] == 204, "deleted")


def under_kills(comms, receiver):
    """One announcement to many, comms killed twice on the way."""
    for webhook in comms.pages("/api/v1/webhooks"):
        comms.ask("DELETE", f"/api/v1/webhooks/{webhook['id']}")
    webhooks = {f"/kill-{number}": register(comms, receiver, f"/kill-{number}") for number in range(WEBHOOKS)}
    receiver.forget()
    receiver.pause = 0.5
    begun = time.monotonic()
    announce(comms, "We look into it.")
    open_calls = 0
    for share in (0.2, 0.7):
        await_condition(f"{share:.0%} were called", lambda: len(receiver.calls) >= WEBHOOKS * share, 120)
        old, open_calls = pid("comms"), open_calls + receiver.open
        kill("comms")
        await_condition("comms is back", lambda: pid("comms") != old and is_ready("comms"), 60)
    await_condition("everybody was called", lambda: len({call.path for call in list(receiver.calls)}) == WEBHOOKS, 180)
    comms.connection.close()  # to the process that was killed
    await_condition("all is noted", lambda: all(deliveries(comms, webhook)[0]["state"] == "delivered" for webhook in webhooks.values()), 120)
    for path, webhook in webhooks.items():
        calls = receiver.to(path)
        check(len({call.id for call in calls}) == 1 and len({call.body for call in calls}) == 1, f"{path}: one webhook-id, one body")
        calls[-1].verified(webhook["secret"])
        check([delivery["id"] for delivery in deliveries(comms, webhook)] == [calls[0].id], f"{path}: one delivery")
    check(len({call.id for call in receiver.calls}) == WEBHOOKS, "everybody's own")
    repeats = len(receiver.calls) - WEBHOOKS
    print(f"{WEBHOOKS} webhooks in {time.monotonic() - begun:.1f} s, comms killed twice: repeated {repeats}, under way at the kills {open_calls}")
    check(repeats <= WEBHOOKS, "only what was under way is repeated")


def nothing_leaks(secrets):
    logs = "".join(file.read_text(errors="replace") for file in (home / "logs").glob("*.log"))
    told = json.dumps(bus())
    records = "".join(line for key in redis("KEYS", "{polystatus}:comms:delivery:*") for line in
                      (redis("LRANGE", key, "0", "-1") if key.endswith(":attempts") else redis("HGETALL", key)))
    check(all(len(text) > 1000 for text in (logs, told, records)), "there was something to look through")
    for place, text in (("logs", logs), ("the bus", told), ("deliveries", records)):
        found = [secret for secret in secrets if secret.removeprefix("whsec_") in text]
        check(not found, f"{len(found)} secrets in {place}")


def main():
    receiver = Receiver()
    comms = Client("comms", polystatus("token"))
    comms.token = comms.headers["Authorization"].removeprefix("Bearer ")
    secrets = verified_elsewhere(comms, receiver)
    repeated(comms, receiver)
    under_kills(comms, receiver)
    nothing_leaks(secrets)
    receiver.stop()


main()
