"""Fills a running cluster with the made-up shop of Sources/Services/FrontendService/Demo/shop.json, through the public APIs alone.

usage: demo.py past        lives through its last 90 days, in a cluster whose clock is the file HOME/clock; once, in a new home
       demo.py now REPLAY  adds what is now; REPLAY is where `csp-ingestor --replay` serves what the shop's providers publish.
                           Twice does no harm: what is there is left as it is. Prints who can sign in.
"""
import json, os, secrets, sys, time, urllib.request

from running_cluster import ROOT, Client, admin_token, await_condition, home

shop = json.loads((ROOT / "Sources/Services/FrontendService/Demo/shop.json").read_text())
now = int(time.time())
sheet = home / "demo-people.json"  # name, address, password: of a demo alone
NOTED_WITHIN = 30  # seconds
people = []
current = {}  # the clients of who acts, who signs in anew whenever the clock has been moved


def sign_in(role):
    known = next(person for person in people if person["role"] == role)
    return Client("users").must("POST", "/api/v1/auth/login", {name: known[name] for name in ("email", "password")})["token"]


def act():
    token = sign_in("sre")
    for service in ("users", "incidents", "comms", "csp-ingestor"):
        current[service] = Client(service, token)


def at(minutes):
    """Sets the cluster's clock to so many minutes before now."""
    file = home / "clock.new"
    file.write_text(f"-{minutes * 60 + int(time.time()) - now}")
    os.replace(file, home / "clock")
    if people:
        act()


# The past

def hire():
    """Makes the people; their passwords are kept for whoever plays with the demo."""
    users = Client("users", admin_token())
    for person in shop["people"]:
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        users.must("POST", "/api/v1/users", person | {"password": password})
        people.append({"name": person["name"], "email": person["email"], "role": person["role"], "password": password})
    sheet.write_text(json.dumps(people))
    sheet.chmod(0o600)


def noted():
    """How many changes of components have been noted, which comes a moment after what brings them about."""
    return current["comms"].must("GET", "/api/v1/messages?name=component.status.changed&maxResults=1")["totalResults"]


def noting(changes, do):
    """Does something that changes the status of so many components; returns when that is noted."""
    before = noted()
    do()
    await_condition("what happened to the components is noted", lambda: noted() >= before + changes, NOTED_WITHIN)


def blip(told, begun):
    """A component that was not well for a while without an incident."""
    path = f"/api/v1/components/{told['component']}"

    def override(value):
        current["comms"].must("PATCH", path, {"status_override": value})

    at(begun)
    noting(1, lambda: override({"status": told["state"], "reason": told["reason"]}))
    at(begun - told["minutes"])
    noting(1, lambda: override(None))


def announce(incident, update):
    said = {name: update[name] for name in ("state", "message", "message_fr")}
    current["comms"].must("POST", "/api/v1/public/announce", said | {"incident_id": incident})


def incident(told):
    """Declares it, tells its story, and ends it where it has ended."""
    at(told["started"])
    declared = {name: told[name] for name in ("title", "sev", "services", "summary")}
    id = current["incidents"].must("POST", "/api/v1/incidents", declared)["id"]
    path = f"/api/v1/incidents/{id}"
    me = current["users"].must("GET", "/api/v1/auth/verify")["id"]
    current["incidents"].must("POST", f"{path}/assign", {"commander": me})
    story = [(note["ago"], "note", note) for note in told.get("notes", [])] + [(update["ago"], "update", update) for update in told["updates"]]
    public = False
    for ago, kind, what in sorted(story, key=lambda entry: -entry[0]):
        at(ago)
        if kind == "note":
            current["incidents"].must("POST", f"{path}/timeline", {"type": "note", "message": what["message"]})
        elif public:
            announce(id, what)
        else:  # from here on it counts for the components
            public = True
            noting(len(told["services"]), lambda: announce(id, what))
    if told["status"] == "resolved":
        noting(len(told["services"]), lambda: current["incidents"].must("POST", f"{path}/status", {"status": "resolved"}))
    if "postmortem" in told:
        at(told["started"] - told["minutes"] - 1440)  # written the day after
        current["incidents"].must("POST", f"{path}/postmortem", told["postmortem"] | {"state": "published"})


def past():
    hire()
    act()
    for component in shop["components"]:
        current["comms"].must("POST", "/api/v1/components", component)
    events = [(told["started"], lambda told=told: incident(told)) for told in shop["incidents"]]
    events += [(told["days_ago"] * 1440, lambda told=told: blip(told, told["days_ago"] * 1440)) for told in shop["blips"]]
    for _, happen in sorted(events, key=lambda event: -event[0]):
        happen()


# What is now

def maintenances(comms):
    present = {maintenance["title"] for maintenance in comms.must("GET", "/api/v1/maintenances")}
    for told in shop["maintenances"]:
        if told["title"] in present:
            continue
        planned = {name: told[name] for name in ("title", "message", "components")}
        start = now + told["in_minutes"] * 60
        comms.must("POST", "/api/v1/maintenances", planned | {"starts_at": start, "ends_at": start + told["minutes"] * 60})


def flags(admin):
    flags = Client("flags", admin)
    present = {flag["id"] for flag in flags.pages("/admin/flags")}
    for told in shop["flags"]:
        if told["id"] not in present:
            flags.must("POST", "/admin/flags", told)


def providers(csp, replay):
    """Registers each under its address of today; the same name again is the same provider."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(replay) as overview:
        for told in json.load(overview)["providers"]:
            csp.must("POST", "/api/v1/csp/providers", told)


def present(replay):
    people.extend(json.loads(sheet.read_text()))
    act()
    maintenances(current["comms"])
    current["comms"].must("PUT", "/api/v1/public/banner", shop["banner"])
    flags(admin_token())
    providers(current["csp-ingestor"], replay)
    print("\n  Sign in as")
    for person in people:
        print(f"    {person['email']:24} {person['password']:20} {person['role']:7} {person['name']}")


if sys.argv[1] == "past":
    past()
else:
    present(sys.argv[2])
