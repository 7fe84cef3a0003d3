"""A real Alertmanager drives the intake of alerts of a cluster. Standard library only."""
import datetime, http.client, json, pathlib, shutil, socket, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from running_cluster import Client, admin_token, await_condition, bus, polystatus, port

CONFIGURATION = """
route:
  receiver: polystatus
  group_by: [alertname, service]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 3s
receivers:
  - name: polystatus
    webhook_configs:
      - url: http://127.0.0.1:{port}/api/v1/alerts/alertmanager
        send_resolved: true
        http_config:
          authorization: {{ credentials: {key} }}
"""


def check(holds, what):
    if not holds:
        raise SystemExit(f"NOT ok: {what}")


class Alertmanager:
    """A process of its own, with the alerts of this test."""

    def __init__(self, key):
        self.home = tempfile.mkdtemp()
        self.port = free_port()
        file = pathlib.Path(self.home, "alertmanager.yml")
        file.write_text(CONFIGURATION.format(port=port("incidents"), key=key))
        words = [f"--config.file={file}", f"--storage.path={self.home}/data", f"--web.listen-address=127.0.0.1:{self.port}",
                 "--cluster.listen-address="]
        self.log = open(pathlib.Path(self.home, "log"), "w")
        self.process = subprocess.Popen(["prometheus-alertmanager", *words], stdout=self.log, stderr=self.log)
        await_condition("Alertmanager is ready", self.is_ready, 60)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.home)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def is_ready(self):
        try:
            return self.ask("GET", "/-/ready")[0] == 200
        except OSError:
            return False

    def say(self, *alerts):
        status, text = self.ask("POST", "/api/v2/alerts", list(alerts))
        check(status == 200, f"Alertmanager takes the alerts: {text}")

    def fingerprints(self):
        return {alert["fingerprint"] for alert in json.loads(self.ask("GET", "/api/v2/alerts")[1])}

    def notifications(self):
        """Delivered so far, as it counts them."""
        text = self.ask("GET", "/metrics")[1].decode()
        sent, failed = (count(text, name) for name in ("alertmanager_notifications_total", "alertmanager_notifications_failed_total"))
        check(failed == 0, "every notification is accepted")
        return sent


def count(metrics, name):
    return sum(float(line.rpartition(" ")[2]) for line in metrics.splitlines() if line.startswith(name + '{integration="webhook"'))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def time(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).isoformat()


BEGIN = time(-60)


def alert(service, instance, severity="critical", over=False):
    labels = {"alertname": "Errors", "service": service, "instance": instance, "severity": severity}
    return {"labels": labels, "annotations": {"summary": f"{service} fails", "cid": f"cid-of-{service}"}, "startsAt": BEGIN,
            "endsAt": time(-1) if over else time(600)}


class Incidents:
    def __init__(self, token):
        self.client = Client("incidents", token)

    def of(self, service):
        return self.client.must("GET", f"/api/v1/incidents?service={service}")

    def only(self, service):
        found = self.of(service)
        check(len(found) == 1, f"{service} has one incident, not {len(found)}")
        return self.client.must("GET", f"/api/v1/incidents/{found[0]['id']}")

    def alerts(self, service):
        return [entry for entry in self.only(service)["timeline"] if entry["type"] == "alert"]


def main():
    incidents = Incidents(polystatus("token"))
    application = Client("users", admin_token()).must("POST", "/api/v1/apps", {"name": "alertmanager", "scopes": ["alerts"]})
    alertmanager = Alertmanager(application["key"])
    try:
        fire(alertmanager, incidents)
        repeat(alertmanager, incidents)
        end(alertmanager, incidents)
    finally:
        alertmanager.stop()


def fire(alertmanager, incidents):
    alertmanager.say(alert("shop", "a"), alert("shop", "b", "warning"), alert("cart", "a", "error"))
    await_condition("both groups have an incident", lambda: incidents.of("shop") and incidents.of("cart"), 60)
    await_condition("all alerts are told", lambda: (len(incidents.alerts("shop")), len(incidents.alerts("cart"))) == (2, 1), 60)
    shop, cart = incidents.only("shop"), incidents.only("cart")
    check((shop["sev"], cart["sev"]) == (1, 2), "severity is by the label, the worst of the group")
    check(shop["source"] == "alert" and shop["services"] == ["shop"] and shop["cid"] == "cid-of-shop", "source, services, cid")
    check(not shop["touched_by_human"] and shop["acknowledged_at"] is None, "no person was there")
    told = {entry["details"]["fingerprint"] for entry in incidents.alerts("shop") + incidents.alerts("cart")}
    check(told == alertmanager.fingerprints(), "alerts are told by fingerprint")
    for entry in shop["timeline"]:
        check(entry["author"]["name"] == "alertmanager" and entry["at"] and entry["cid"], "who, when, and under which X-CID")
    same_fingerprints(alertmanager, incidents)


def same_fingerprints(alertmanager, incidents):
    """An alert without its fingerprint is known by its labels, computed as Alertmanager does."""
    before = incidents.only("cart")["version"]
    key = incidents.only("cart")["external"]["id"]
    body = {"groupKey": key, "alerts": [{"status": "firing", "labels": alert("cart", "a", "error")["labels"], "startsAt": BEGIN,
                                         "endsAt": "0001-01-01T00:00:00Z"}]}
    answer = incidents.client.must("POST", "/api/v1/alerts/alertmanager", body)
    check(answer["outcome"] == "unchanged" and incidents.only("cart")["version"] == before, "a missing fingerprint is computed")


def repeat(alertmanager, incidents):
    versions = [incidents.only(service)["version"] for service in ("shop", "cart")]
    sent = alertmanager.notifications()
    await_condition("Alertmanager repeats itself", lambda: alertmanager.notifications() >= sent + 4, 60)
    check(versions == [incidents.only(service)["version"] for service in ("shop", "cart")], "a repetition changes nothing")


def end(alertmanager, incidents):
    cart = incidents.only("cart")["id"]
    incidents.client.must("POST", f"/api/v1/incidents/{cart}/timeline", {"type": "note", "message": "I look at it."})
    alertmanager.say(alert("shop", "b", "warning", over=True))
    await_condition("one of two alerts is over", lambda: len(incidents.alerts("shop")) == 3, 60)
    check(incidents.only("shop")["status"] == "open", "the other still fires")
    alertmanager.say(alert("shop", "a", over=True), alert("cart", "a", "error", over=True))
    await_condition("the incident nobody touched is resolved", lambda: incidents.only("shop")["status"] == "resolved", 60)
    await_condition("the other is told", lambda: len(incidents.alerts("cart")) == 3, 60)
    shop, cart = incidents.only("shop"), incidents.only("cart")
    check(shop["mitigated_at"] and shop["resolved_at"] and not shop["touched_by_human"], "mitigated, then resolved")
    check([entry["details"]["new"] for entry in shop["timeline"] if entry["type"] == "status"] == ["mitigated", "resolved"], "in two steps")
    check(cart["status"] == "open" and cart["touched_by_human"], "a person works on the other: its status stays")
    opened = [message for message in bus() if message["event_name"] == "incident.created"]
    check(len(opened) == 2, "two incidents were opened, once each")
    print(f"{int(alertmanager.notifications())} notifications of a real Alertmanager: two incidents, one ended by itself")


main()
