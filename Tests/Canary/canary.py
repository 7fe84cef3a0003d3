"""Secrets in every place, looked for in every place. usage: canary.py"""
import email, email.policy, http.client, http.server, json, pathlib, re, sys, threading, urllib.error, urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from running_cluster import SERVICES, Client, admin_token, await_condition, home, polystatus, port, redis

# What has to be kept as it is, and where: appids and webhook secrets sign; addresses are called.
KEEPERS = re.compile(r"\{polystatus\}:(identity:application:|comms:webhook:[0-9a-f-]{36}$|users:profile:)")
MADE_UP = {
    "psu_": "psu_" + "c0" * 32, "psk_": "psk_" + "c1" * 32, "psa_": "psa_" + "c2" * 32, "psl_": "psl_" + "c3" * 32,
    "whsec_": "whsec_" + "Y2FuYXJ5" * 5 + "Y2E=",
}


def echo_server():
    """Answers everything with everything it was sent, and an error."""

    class Echo(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = f"{self.path}\n{self.headers}\n".encode() + body + "".join(MADE_UP.values()).encode()
            self.send_response(500)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def everywhere(service, secret):
    """The secret in path, query, body and each header field that can bear one; the answer does not matter."""
    paths = [f"/api/v1/{secret}", f"/unsubscribe/{secret}", f"/api/v1/subscriptions/mine?token={secret}", f"/health?{secret}={secret}",
             f"/api/v1/webhooks/{secret}/deliveries/{secret}", f"/api/v1/incidents/{secret}", f"/admin/flags/{secret}"]
    fields = ["X-Polystatus-Token", "X-API-Key", "X-Polystatus-Link", "X-Polystatus-Username", "X-Polystatus-Password", "Cookie", "X-CID",
              "Idempotency-Key", "If-Match", "User-Agent", "Referer", "webhook-signature"]
    posts = ["/api/v1/auth/login", "/api/v1/auth/password/reset", "/api/v1/auth/confirm", "/api/v1/authheader", "/api/v1/users",
             "/api/v1/subscriptions/confirm", "/api/v1/subscriptions/unsubscribe", "/api/v1/webhooks", "/api/v1/public/announce",
             "/ofrep/v1/evaluate/flags"]
    names = ["token", "password", "email", "appid", "uri", "env", "secret", "key", "url", "incident_id"]
    for path in paths:
        ask(service, "GET", path)
    for field in fields:
        ask(service, "GET", "/api/v1/users", **{field.replace("-", "_"): secret})
    for scheme in ("Bearer", "Auth", "Basic", "Auth ?auth_token="):
        ask(service, "GET", "/api/v1/users", Authorization=f"{scheme} {secret}")
    for path in posts:
        ask(service, "POST", path, {name: secret for name in names})


def ask(service, method, path, body=None, **headers):
    try:
        return Client(service).ask(method, path, body, **headers)
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return None


def used_for_real(url):
    """Secrets that work, each used as it is meant to be: what they are is what is looked for."""
    admin, sre = admin_token(), polystatus("token")
    password = (home / "admin-password").read_text().strip()
    users, comms = Client("users", admin), Client("comms", sre)
    ask("users", "GET", "/api/v1/users", X_Polystatus_Username="admin@polystatus.local", X_Polystatus_Password=password)
    application = users.must("POST", "/api/v1/apps", {"name": "canary"})
    ask("users", "GET", "/api/v1/users", X_API_Key=application["key"])
    users.must("POST", "/api/v1/authheader", {"appid": application["appid"], "env": "production", "uri": "/api/v1/users"})
    link = polystatus("admin-link").rsplit("=", 1)[-1].rsplit("/", 1)[-1]
    ask("users", "POST", "/api/v1/auth/password/reset", {"token": link, "password": "short"})
    path = "path-with-canary-inside/query"
    webhook = comms.must("POST", "/api/v1/webhooks", {"url": f"{url}/{path}?key=query-with-canary-inside", "events": ["#", "incident.#"]},
                         Idempotency_Key="the-canary-registers")
    rotated = comms.must("POST", f"/api/v1/webhooks/{webhook['id']}/rotate")
    incident = Client("incidents", sre).must("POST", "/api/v1/incidents", {"title": "Canary", "sev": 2})
    comms.must("POST", "/api/v1/public/announce", {"incident_id": incident["id"], "message": "Look", "state": "investigating"})
    me = users.must("GET", "/api/v1/auth/verify")["id"]
    users.must("PUT", f"/api/v2/profile/personal/{me}", {"contact": {"webhook": f"{url}/{path}?key=query-with-canary-inside"}})
    Client("incidents", application["key"]).must("POST", "/api/v1/incidents", {"title": "Canary of a machine", "sev": 1})
    mails = Client("comms", admin)
    await_condition("the admin's webhook was called", lambda: any("500" in (mail["error"] or "") for mail in mails.pages("/api/v1/mails")), 60)
    deliveries = f"/api/v1/webhooks/{webhook['id']}/deliveries"
    await_condition("deliveries have attempts", lambda: all(d["attempts"] for d in comms.pages(deliveries)) and len(comms.pages(deliveries)) >= 2, 60)
    answers = json.dumps([comms.pages(deliveries), comms.pages("/api/v1/webhooks")])
    secrets = [webhook["secret"], rotated["secret"]]
    if any(secret in answers for secret in secrets):
        raise SystemExit("NOT ok: an answer shows a webhook's secret again")
    bodies = [secret.removeprefix("whsec_") for secret in secrets]
    return [admin, sre, password, application["key"], application["appid"], link, *bodies, "with-canary-inside", *subscriber_links(sre)]


def kept_links(count):
    """The links in the mails that are kept for want of a mail server, once there are so many mails."""
    await_condition(f"{count} mails are kept", lambda: len(list((home / "mail").glob("*.eml"))) >= count, 60)
    mails = (email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in (home / "mail").glob("*.eml"))
    return {link for mail in mails for link in re.findall(r"psl_[0-9a-f]{16,}", mail.get_body(("plain",)).get_content())}


def subscriber_links(sre):
    """A subscriber's real links, each followed on the pages as they are."""
    comms = Client("comms", sre)
    before = len(list((home / "mail").glob("*.eml")))
    comms.must("POST", "/api/v1/subscriptions/email", {"email": "canary@example.org"})
    links = kept_links(before + 1)
    for link in links:
        ask("frontend", "GET", f"/subscriptions/confirm/{link}")
        ask("comms", "POST", "/api/v1/subscriptions/confirm", {"token": link})
    incident = Client("incidents", sre).must("POST", "/api/v1/incidents", {"title": "Canaries", "sev": 2})
    comms.must("POST", "/api/v1/public/announce", {"incident_id": incident["id"], "message": "Look", "state": "investigating"})
    later = kept_links(before + 2)
    for link in later:
        ask("frontend", "GET", f"/subscriptions/manage/{link}")
        ask("frontend", "GET", f"/unsubscribe/{link}")
        ask("comms", "GET", "/api/v1/subscriptions/mine", X_Polystatus_Link=link)
    if not any(ask("comms", "GET", "/api/v1/subscriptions/mine", X_Polystatus_Link=link)[0] == 200 for link in later):
        raise SystemExit("NOT ok: no link is a subscriber's")
    for link in later:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port('frontend')}/unsubscribe/{link}", b"List-Unsubscribe=One-Click").close()
        except urllib.error.HTTPError as refusal:
            refusal.close()  # of another kind of link
    return links | later


def contents(key):
    kind = redis("TYPE", key)[0]
    words = {"string": ["GET"], "hash": ["HGETALL"], "list": ["LRANGE", "0", "-1"], "set": ["SMEMBERS"], "zset": ["ZRANGE", "0", "-1"],
             "stream": ["XRANGE", "-", "+"]}[kind]
    return "\n".join(redis(words[0], key, *words[1:]))


def main():
    server, url = echo_server()
    secrets = used_for_real(url)
    for service in SERVICES:
        for secret in MADE_UP.values():
            everywhere(service, secret)
    # Cut to their prefix, the made-up ones must be gone but for it.
    secrets += [secret.removeprefix(prefix)[:24] for prefix, secret in MADE_UP.items()]
    places = {f"the log {file.name}": file.read_text(errors="replace") for file in (home / "logs").glob("*.log")}
    keys = [key for key in redis("KEYS", "*") if not KEEPERS.match(key)]
    places |= {f"the key {key}": f"{key}\n{contents(key)}" for key in keys}
    if len(keys) < 20 or sum(map(len, places.values())) < 100_000:
        raise SystemExit(f"NOT ok: too little to look through: {len(keys)} keys")
    found = [f"{secret[:12]}… in {place}" for place, text in places.items() for secret in secrets if secret in text]
    print(f"{len(secrets)} secrets, {len(places)} places", *found, sep="\n")
    server.shutdown()
    sys.exit(bool(found))


main()
