"""kill -9 of a service, and of Redis, while writers write: what was acknowledged is there exactly once, and so is its event.

usage: kills.py [TIMES]     how often each is killed (default 3)

Plain writers ask once and take a missing answer for "unknown". Retrying writers send an Idempotency-Key and repeat until they are
answered. Everything written bears a text of its own, by which it is found again in the lists and in the stream.
"""
import collections, http.client, pathlib, random, sys, threading, time, uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from running_cluster import SERVICES, Client, admin_token, await_condition, bus, is_ready, kill, pid, polystatus

TIMES = int(sys.argv[1]) if len(sys.argv) > 1 else 3
PROBLEMS = (OSError, http.client.HTTPException)
ENTRIES = 20  # on each incident, before the writer declares the next
RETRY_SECONDS = 120  # for one call: a key whose first call died is free again after 60 s
HONEST = {"none", 409, 503}  # what may be answered instead of 2xx: nothing, "the first call still runs", "try again"
WRITERS = [("incidents", False)] * 4 + [("incidents", True)] * 4 + [("users", False)] * 2 + [("users", True)] * 2


class Writer(threading.Thread):
    """Writes until it is told to stop, and then until nothing is left to repeat."""

    def __init__(self, service, is_retrying, token, mark, stop):
        super().__init__(daemon=True)
        self.client, self.stop = Client(service, token, timeout=5), stop
        self.service, self.is_retrying, self.mark = service, is_retrying, mark
        self.acknowledged, self.unknown, self.timelines = [], [], set()  # texts, texts, paths
        self.left = []  # [when next, since, key, text, path, body]: to be repeated
        self.repeats, self.slowest, self.refusals = 0, 0.0, collections.Counter()

    def run(self):
        while not self.stop.is_set():
            text = f"w{uuid.uuid4().hex}"
            if self.service == "users":
                self.write(text, "/api/v1/users", {"name": text, "email": f"{text}@example.org", "team": self.mark})
                continue
            answer = self.write(text, "/api/v1/incidents", {"title": text, "sev": 4, "services": [self.mark]})
            for _ in range(ENTRIES if answer else 0):
                if self.stop.is_set():
                    break
                text, path = f"w{uuid.uuid4().hex}", f"/api/v1/incidents/{answer['id']}/timeline"
                self.timelines.add(path)
                self.write(text, path, {"type": "note", "message": text})
        deadline = time.monotonic() + RETRY_SECONDS
        while self.left and time.monotonic() < deadline:
            self.repeat_what_is_due()
            time.sleep(0.02)

    def write(self, text, path, body):
        self.repeat_what_is_due()
        key = str(uuid.uuid4()) if self.is_retrying else None
        answer = self.ask(path, body, key)
        if answer is not None:
            self.acknowledged.append(text)
        elif key:
            self.left.append([0.0, time.monotonic(), key, text, path, body])
        else:
            self.unknown.append(text)
        return answer

    def repeat_what_is_due(self):
        for call in [each for each in self.left if each[0] <= time.monotonic()]:
            _, since, key, text, path, body = call
            self.repeats += 1
            if self.ask(path, body, key) is None:
                call[0] = time.monotonic() + 0.5
                continue
            self.left.remove(call)
            self.acknowledged.append(text)
            self.slowest = max(self.slowest, time.monotonic() - since)

    def ask(self, path, body, key):
        """The JSON of a 2xx, else None."""
        try:
            status, answer, _ = self.client.ask("POST", path, body, **({"Idempotency_Key": key} if key else {}))
        except PROBLEMS:
            status = "none"
        if status in (200, 201):
            return answer
        self.refusals[status] += 1
        time.sleep(0.02)  # the service is away, or its Redis
        return None


def stored(mark, tokens, entry_paths):
    """How often each text is in the state, as the API tells it."""
    incidents, users = Client("incidents", tokens["incidents"], timeout=60), Client("users", tokens["users"], timeout=60)
    found = collections.Counter(incident["title"] for incident in incidents.pages(f"/api/v1/incidents?service={mark}"))
    found.update(user["name"] for user in users.pages(f"/api/v1/users?team={mark}"))
    for path in entry_paths:
        found.update(entry["message"] for entry in incidents.pages(path) if entry["type"] == "note")
    return found


def told():
    """How often each text is in the stream."""
    found, texts = collections.Counter(), {
        "incident.created": lambda data: data["incident"]["title"],
        "incident.timeline.added": lambda data: data["entry"]["message"],
        "user.created": lambda data: data["user"]["name"],
    }
    for message in bus():
        if message["event_name"] in texts:
            found[texts[message["event_name"]](message["data"])] += 1
    return found


def break_often(target, writers):
    """Kills it TIMES times, each time at a random moment between two writes; returns the slowest recovery in seconds."""
    def acknowledged():
        return sum(len(writer.acknowledged) for writer in writers if target == "redis" or writer.service == target)

    slowest = 0.0
    for _ in range(TIMES):
        enough = acknowledged() + random.randint(20, 200)
        await_condition(f"writers go on before the next kill of {target}", lambda: acknowledged() >= enough, 120)
        time.sleep(random.random() / 100)
        old = pid(target)
        kill(target)
        back = await_condition(
            f"{target} is back", lambda: pid(target) != old and all(map(is_ready, SERVICES)), 60)
        slowest = max(slowest, back)
    enough = acknowledged() + 100
    await_condition(f"writers go on after the last kill of {target}", lambda: acknowledged() >= enough, 120)
    return slowest


def experiment(target):
    mark, stop = f"kill-{target}-{uuid.uuid4().hex[:6]}", threading.Event()
    tokens = {"incidents": polystatus("token"), "users": admin_token()}
    writers = [Writer(service, retries, tokens[service], mark, stop) for service, retries in WRITERS]
    for writer in writers:
        writer.start()
    try:
        slowest = break_often(target, writers)
    finally:
        stop.set()
    for writer in writers:
        writer.join(RETRY_SECONDS + 10)

    acknowledged = [text for writer in writers for text in writer.acknowledged]
    unknown = [text for writer in writers for text in writer.unknown]
    left = [call[3] for writer in writers for call in writer.left]
    in_state, in_stream = stored(mark, tokens, sorted(set().union(*(writer.timelines for writer in writers)))), told()
    answers = sum((writer.refusals for writer in writers), collections.Counter())
    print(f"{target}: {len(acknowledged)} writes acknowledged, other answers: {dict(answers)}", flush=True)
    return {
        "what": target,
        "killed": TIMES,
        "acknowledged": len(acknowledged),
        "under a key": sum(len(writer.acknowledged) for writer in writers if writer.is_retrying),
        "repeats": sum(writer.repeats for writer in writers),
        "unknown": len(unknown),
        "lost": sum(in_state[text] == 0 for text in acknowledged),
        "doubled": sum(in_state[text] > 1 for text in acknowledged + unknown + left),
        "no event": sum(in_stream[text] == 0 for text in acknowledged),
        "two events": sum(in_stream[text] > 1 for text in acknowledged + unknown + left),
        "lies": sum(count for status, count in answers.items() if status not in HONEST),
        "torn": sum(in_state[text] != in_stream[text] for text in unknown + left),
        "gave up": len(left),
        "back, s": f"{slowest:.1f}",
        "repeated, s": f"{max(writer.slowest for writer in writers):.1f}",
    }


def main():
    rows = [experiment(target) for target in ("incidents", "users", "redis")]
    print()
    for row in [{name: name for name in rows[0]}] + rows:
        print("  ".join(f"{value:>12}" for value in row.values()))
    print("\nunknown: plain writes without an acknowledgement; torn: of these, in the state but not in the stream, or the reverse;"
          "\nlies: answers that are neither 2xx nor 409 (the first call still runs) nor 503;"
          "\nunder a key: acknowledged writes that had an Idempotency-Key; gave up: of such, never acknowledged;"
          "\nback: the slowest from the kill until all six are ready; repeated: the longest until a repeated write was acknowledged.")
    bad = [name for row in rows for name in ("lost", "doubled", "no event", "two events", "lies", "torn", "gave up") if row[name]]
    sys.exit(f"NOT ok: {', '.join(sorted(set(bad)))}" if bad else 0)


main()
