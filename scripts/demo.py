"""Fills a running cluster with the made-up shop of Sources/Services/FrontendService/Demo/shop.json, through the public APIs alone.

Twice does no harm: what is there is left as it is. Prints who can sign in.
usage: demo.py REPLAY      where `csp-ingestor --replay` serves what the shop's providers publish
"""
import json, secrets, sys, time, urllib.request

from running_cluster import ROOT, Client, admin_token, home

shop = json.loads((ROOT / "Sources/Services/FrontendService/Demo/shop.json").read_text())
now = int(time.time())
sheet = home / "demo-people.json"  # name, address, password: of a demo alone


def people(admin):
    """Makes the people, and signs them in. By address."""
    users = Client("users", admin)
    if not sheet.exists():
        known = []
        for person in shop["people"]:
            password = "-".join(secrets.token_hex(2) for _ in range(4))
            users.must("POST", "/api/v1/users", person | {"password": password})
            known.append({"name": person["name"], "email": person["email"], "role": person["role"], "password": password})
        sheet.write_text(json.dumps(known))
        sheet.chmod(0o600)
    known = json.loads(sheet.read_text())
    tokens = {}
    for person in known:
        login = {"email": person["email"], "password": person["password"]}
        tokens[person["email"]] = Client("users").must("POST", "/api/v1/auth/login", login)["token"]
    return known, tokens


def components(comms):
    present = {component["key"] for component in comms.must("GET", "/api/v1/components")}
    for component in shop["components"]:
        if component["key"] not in present:
            comms.must("POST", "/api/v1/components", component)


def incident(told, incidents, comms, commander):
    """Declares it, tells its story, and ends it where it has ended. Everything happens now: an API does not write the past."""
    declared = {name: told[name] for name in ["title", "sev", "services", "summary"]}
    path = "/api/v1/incidents/" + incidents.must("POST", "/api/v1/incidents", declared)["id"]
    incidents.must("POST", f"{path}/assign", {"commander": commander})
    for note in told.get("notes", []):
        incidents.must("POST", f"{path}/timeline", {"type": "note", "message": note["message"]})
    for update in told["updates"]:
        said = {name: update[name] for name in ["state", "message", "message_fr"]}
        comms.must("POST", "/api/v1/public/announce", said | {"incident_id": path.rsplit("/", 1)[1]})
    if told["status"] == "resolved":
        incidents.must("POST", f"{path}/status", {"status": "mitigated"})
        incidents.must("POST", f"{path}/status", {"status": "resolved"})
    if "postmortem" in told:
        incidents.must("POST", f"{path}/postmortem", told["postmortem"] | {"state": "published"})


def incidents(token, commander):
    incidents, comms = Client("incidents", token), Client("comms", token)
    present = {incident["title"] for incident in incidents.pages("/api/v1/incidents")}
    for told in reversed(shop["incidents"]):
        if told["title"] not in present:
            incident(told, incidents, comms, commander)


def maintenances(comms):
    present = {maintenance["title"] for maintenance in comms.must("GET", "/api/v1/maintenances")}
    for told in shop["maintenances"]:
        if told["title"] in present:
            continue
        planned = {name: told[name] for name in ["title", "message", "components"]}
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


admin = admin_token()
known, tokens = people(admin)
first = next(person for person in known if person["role"] == "sre")
token = tokens[first["email"]]
comms = Client("comms", token)
components(comms)
incidents(token, Client("users", token).must("GET", "/api/v1/auth/verify")["id"])
maintenances(comms)
comms.must("PUT", "/api/v1/public/banner", shop["banner"])
flags(admin)
providers(Client("csp-ingestor", token), sys.argv[1])
print("\n  Sign in as")
for person in known:
    print(f"    {person['email']:24} {person['password']:20} {person['role']:7} {person['name']}")
