"""Many at the same moment: entries, declarations of one external event, registrations of one mail address. Nothing is lost or doubled."""
import collections, pathlib, sys, threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from running_cluster import Client, bus, polystatus

failures = 0


def check(what, holds, seen=""):
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'NOT ok'}: {what}{'' if holds else f' ({seen})'}", flush=True)


def at_once(count, service, token, ask):
    """What `ask(client, number)` returned on `count` connections that all began together."""
    answers, gate = [None] * count, threading.Barrier(count)

    def one(number):
        client = Client(service, token, timeout=60)
        client.connection.connect()
        gate.wait()
        answers[number] = ask(client, number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def entries(token):
    sre = Client("incidents", token)
    path = f"/api/v1/incidents/{sre.must('POST', '/api/v1/incidents', {'title': 'Races', 'sev': 3})['id']}/timeline"

    def four(client, number):
        bodies = [{"type": "note", "message": f"entry {number}.{i}"} for i in range(4)]
        return [client.ask("POST", path, body)[0] for body in bodies]

    statuses = [status for answer in at_once(50, "incidents", token, four) for status in answer]
    check("200 entries posted from 50 connections are acknowledged", statuses == [200] * 200, collections.Counter(statuses))
    expected = sorted(f"entry {number}.{i}" for number in range(50) for i in range(4))
    listed = sre.pages(path)
    check("all 200 are on the timeline, each once", sorted(e["message"] for e in listed if e["type"] == "note") == expected, len(listed))
    check("their numbers are 1, 2, 3, … in the order of the timeline", [e["id"] for e in listed] == list(range(1, 202)))
    told = [m["data"]["entry"]["message"] for m in bus() if m["event_name"] == "incident.timeline.added"]
    check("all 200 are in the stream, each once", sorted(m for m in told if m.startswith("entry ")) == expected, len(told))


def declarations(token):
    body = {"title": "One event elsewhere", "sev": 2, "external": {"provider": "races", "id": "outage-1"}}
    answers = at_once(30, "incidents", token, lambda client, _: client.ask("POST", "/api/v1/incidents", body)[:2])
    statuses = collections.Counter(status for status, _ in answers)
    check("30 declarations of one external event: one 201, 29 times 200", statuses == {201: 1, 200: 29}, statuses)
    ids = {answer["id"] for _, answer in answers}
    check("all 30 were told of one incident", len(ids) == 1, ids)
    told = [m for m in bus() if m["event_name"] == "incident.created" and m["data"]["incident_id"] in ids]
    check("one incident.created in the stream", len(told) == 1, len(told))


def registrations():
    body = {"name": "Twin", "email": "twin@example.org", "password": "correct horse battery staple"}
    statuses = collections.Counter(at_once(20, "users", None, lambda client, _: client.ask("POST", "/api/v1/users", body)[0]))
    check("20 registrations of one mail address: one 201, 19 times 409", statuses == {201: 1, 409: 19}, statuses)
    told = [m for m in bus() if m["event_name"] == "user.created" and m["data"]["user"]["email"] == body["email"]]
    check("one user.created in the stream", len(told) == 1, len(told))


token = polystatus("token")
entries(token)
declarations(token)
registrations()
sys.exit(failures > 0)
