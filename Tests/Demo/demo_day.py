"""Watches the day of the demo's providers from its beginning to its end. usage: demo_day.py [--again]"""
import json, pathlib, sys, time, urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from running_cluster import ROOT, Client, await_condition, home, port

BREAKS_WITHIN = 120  # seconds
ENDS_WITHIN = 240
begun = time.monotonic()
people = json.loads((home / "demo-people.json").read_text())
shop = json.loads((ROOT / "Sources/Services/FrontendService/Demo/shop.json").read_text())
sre = next(person for person in people if person["role"] == "sre")
token = Client("users").must("POST", "/api/v1/auth/login", {name: sre[name] for name in ("email", "password")})["token"]


def client(service):
    """A connection of its own for each look: between two of them one may have been idle for too long."""
    return Client(service, token)


def expect(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


def page(path):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port('frontend')}{path}") as answer:
        return answer.read().decode()


def opened():
    """The incidents that providers opened, and which of them last."""
    found = client("incidents").pages("/api/v1/incidents?source=csp")
    return [incident["external"]["provider"] for incident in found], [incident for incident in found if incident["status"] == "open"]


def why(key):
    component = client("comms").must("GET", f"/api/v1/components/{key}")
    return component["status"] != "operational" and [cause["name"] for cause in component["caused_by"]]


def counts():
    """How many of what the shop is made of there are."""
    return {
        "people": len(client("users").pages("/api/v1/users?role=sre") + client("users").pages("/api/v1/users?role=viewer")),
        "components": len(client("comms").pages("/api/v1/components")), "maintenances": len(client("comms").pages("/api/v1/maintenances")),
        "incidents": len(client("incidents").pages("/api/v1/incidents?source=manual")), "providers": len(client("csp-ingestor").pages("/api/v1/csp/providers")),
        "flags": sum(flag["id"] in {told["id"] for told in shop["flags"]} for flag in client("flags").pages("/admin/flags")),
    }


expect(counts() == {"people": 3, "components": 8, "maintenances": 1, "incidents": 3, "providers": 3, "flags": 5}, f"the shop is {counts()}")
days = client("comms").must("GET", "/api/v1/components/checkout/uptime?days=90")["days"]
expect(len(days) == 90 and all(day["percentage"] is not None for day in days), f"its 90 days are known: {days[:2]}")
bad = [89 - number for number, day in enumerate(days) if day["percentage"] < 100]
expect({day > 1 for day in bad} == {True, False} and set(bad) <= {23, 22, 1, 0}, f"checkout had a bad day 22 days ago, and has one now: {bad}")
if "--again" not in sys.argv:
    expect(client("comms").must("GET", "/api/v2/summary.json")["page"]["name"] == "Fernweh Outfitters", "the page bears the shop's name")
    await_condition("a provider's incident opens", lambda: opened()[1], BREAKS_WITHIN)
    print(f"an incident opened {time.monotonic() - begun:.0f} s after the demo was ready: {opened()[1][0]['title']}")
    await_condition("a component says why it is affected", lambda: why("storefront") == ["nimbus"], BREAKS_WITHIN - (time.monotonic() - begun))
    await_condition("the public page says it too", lambda: "Caused by nimbus" in page("/?lang=en"), 30)
    await_condition("and so does the one behind it", lambda: why("payments") == ["paywise"], BREAKS_WITHIN)
    linked = client("csp-ingestor").must("GET", "/api/v1/csp/causes?of=paywise")
    expect(linked and linked[0]["provider"] == "nimbus" and linked[0]["linked"], "whose own trouble is put down to the first")
    await_condition("the day ends", lambda: not opened()[1], ENDS_WITHIN)
    await_condition("and all is well again", lambda: not why("storefront") and not why("payments"), 30)
expect(opened()[0] == ["nimbus"], f"one incident was opened, for nimbus: {opened()[0]}")
print(f"as it should be after {time.monotonic() - begun:.0f} s")
