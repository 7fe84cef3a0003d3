"""What the public side of comms publishes, read by feedparser, icalendar and csp-ingestor; what reading and announcing cost."""
import collections, datetime, http.client, pathlib, re, statistics, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import feedparser, icalendar
from running_cluster import Client, polystatus, port, redis_socket

READS = 5000
PATHS = ["/api/v1/public/status", "/api/v1/components", "/api/v1/maintenances", "/api/v2/summary.json", "/history.atom", "/maintenance.ics"]
MESSAGE = 'Line one & <b>bold</b>\nsee https://example.org/a?b=1&c=2. "Déjà vu" \U0001f525 עברית'


def check(holds, what):
    if not holds:
        raise SystemExit(f"NOT ok: {what}")
    print(f"ok: {what}", flush=True)


def fetch(path):
    connection = http.client.HTTPConnection("127.0.0.1", port("comms"), timeout=10)
    connection.request("GET", path)
    return connection.getresponse().read()


def fill(comms, incidents):
    """Fifty public incidents with three announcements each. Returns the seconds that each announcement took."""
    for key in ("web", "api"):
        comms.must("POST", "/api/v1/components", {"key": key, "name": key.title(), "group": "Front"})
    took = []
    for number in range(50):
        title = f'Incident {number} <script> & "quotes"'
        incident = incidents.must("POST", "/api/v1/incidents", {"title": title, "sev": number % 4 + 1, "services": ["WEB"]})["id"]
        for state in ("investigating", "identified", "monitoring"):
            begun = time.monotonic()
            comms.must("POST", "/api/v1/public/announce", {"incident_id": incident, "message": MESSAGE, "state": state})
            took.append(time.monotonic() - begun)
    return took


def feeds():
    for path, version in (("/history.atom", "atom10"), ("/history.rss", "rss20")):
        feed = feedparser.parse(fetch(path))
        check(not feed.bozo and feed.version == version, f"{path} is well-formed {version}")
        check(feed.feed.title.startswith('The "shop" & more'), f"{path} has the page's name")
        check(len(feed.entries) == 50 and len({entry.id for entry in feed.entries}) == 50, f"{path} has fifty entries with ids of their own")
        entry = next(each for each in feed.entries if each.title == 'Incident 49 <script> & "quotes"')
        text = entry.content[0].value if version == "atom10" else entry.description
        check("&lt;b&gt;bold" in text and "<b>" not in text, f"{path}: what people write is no markup")
        check('href="https://example.org/a?b=1&amp;c=2"' in text and "\U0001f525 עברית" in text, f"{path}: addresses are links, all scripts stand")
        when = entry.published_parsed if version == "rss20" else entry.updated_parsed
        check(abs(time.mktime(when) - time.timezone - time.time()) < 3600, f"{path}: times are read")


def calendar(comms):
    start = int(time.time()) + 7200
    body = {"title": "Disks, all; of them", "message": "Line\nbreak " + "é" * 200, "components": ["web"], "starts_at": start, "ends_at": start + 60}
    comms.must("POST", "/api/v1/maintenances", body)
    raw = fetch("/maintenance.ics")
    check(all(len(line) <= 75 for line in raw.split(b"\r\n")), "no line of the calendar is longer than 75 octets")
    event = icalendar.Calendar.from_ical(raw).walk("VEVENT")[0]
    check(str(event["SUMMARY"]) == body["title"] and str(event["DESCRIPTION"]) == body["message"], "icalendar reads the texts as they are")
    check(event.decoded("DTSTART") == datetime.datetime.fromtimestamp(start, datetime.timezone.utc), "and the times")


def ingestor(token):
    csp = Client("csp-ingestor", token)
    feed = f"http://127.0.0.1:{port('comms')}/api/v2/summary.json"
    csp.must("POST", "/api/v1/csp/providers", {"name": "ourselves", "feed_url": feed, "type": "statuspage", "auto_incident": {"min_impact": "never"}})
    read = csp.must("POST", "/api/v1/csp/refresh?provider=ourselves")
    found = csp.must("GET", "/api/v1/csp/events?provider=ourselves&maxResults=500")
    check(len(found) == 51, f"the ingestor finds fifty incidents and a maintenance in our Statuspage documents: {len(found)}, {read}")
    worst = next(each for each in found if re.match(r"Incident 0\b", each["title"]))
    check(worst["impact"] == "critical" and worst["status"] == "monitoring", "and what they are")


def commands(work):
    """How many commands Redis gets a second, told by MONITOR, while `work` runs, and how long that was; the commonest of them."""
    with subprocess.Popen(["redis-cli", "-s", redis_socket, "MONITOR"], stdout=subprocess.PIPE, text=True) as monitor:
        monitor.stdout.readline()
        begun = time.monotonic()
        work()
        took = time.monotonic() - begun
        monitor.terminate()
        words = collections.Counter(line.split('"')[1].lower() for line in monitor.stdout if '"' in line and " lua]" not in line)
        return sum(words.values()) / took, took, words.most_common(5)


def reading_costs_redis_nothing():
    def read():
        connection = http.client.HTTPConnection("127.0.0.1", port("comms"), timeout=10)
        for number in range(READS):
            connection.request("GET", PATHS[number % len(PATHS)])
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{PATHS[number % len(PATHS)]} answered {answer.status}")
    idle, _, _ = commands(lambda: time.sleep(5))
    busy, took, common = commands(read)
    print(f"Redis had {idle:.1f} commands a second at rest, {busy:.1f} while {READS / took:.0f} answers a second were read: {common}")
    check(busy - idle < READS / took / 100, "reading costs Redis nothing")


def main():
    token = polystatus("token")
    comms, incidents = Client("comms", token), Client("incidents", token)
    took = fill(comms, incidents)
    print(f"announcing took {statistics.median(took) * 1000:.1f} ms (median of {len(took)}), {max(took) * 1000:.0f} ms at most")
    check(statistics.median(took) < 0.020, "announcing answers within 20 ms")
    feeds()
    calendar(comms)
    ingestor(token)
    reading_costs_redis_nothing()


main()
