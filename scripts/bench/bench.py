"""The table of what PolyStatus costs, beside what it should. Prints Markdown.

usage: bench.py [--large]      the cluster runs: scripts/bench/run starts it
"""
import os, pathlib, platform, re, resource, statistics, subprocess, sys, time, urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from load import CONNECTIONS, CORES, LOAD_CORE, ROUNDS, SECONDS, SERVER_CORE, Nginx, beside, cost, load, median_cost, pin, seed
from polling import polling
from raw_clients import REQUEST, answer, connect, idle
from running_cluster import (
    SERVICES, Client, admin_token, await_condition, cpu, home, kibibytes, pid, polystatus, port, redis, redis_socket)

IDLE = 10_000
MIB = 1024
rows = []


def row(what, figure, bar, holds):
    """`holds` is None where there is no bar."""
    rows.append((what, figure, bar, {True: "held", False: "**over**", None: ""}[holds]))
    print(f"… {what}: {figure}", file=sys.stderr, flush=True)


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    nginx = re.search(r"nginx/([\d.]+)", said("nginx", "-v"))[1]
    redis = re.search(r"v=([\d.]+)", said("redis-server", "-v"))[1]
    return (f"{time.strftime('%Y-%m-%d')}, commit {said('git', 'rev-parse', '--short', 'HEAD').strip()}, {len(CORES)} cores of "
            f"{model[1] if model else platform.machine()}, Linux {platform.release()}, nginx {nginx}, Redis {redis}, "
            f"load average {os.getloadavg()[0]:.1f} before")


def said(*command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def at_rest():
    """The cluster as `up` starts it: a loop for each core."""
    took = int(re.search(r"after (\d+) ms", (home / "up.out").read_text())[1])
    row("start, built, to all six ready (a new home)", f"{took} ms", "≤ 3 s", took <= 3000)
    time.sleep(3)  # idle
    private = {name: kibibytes(pid(name), "RssAnon") / MIB for name in SERVICES}
    name = max(private, key=private.get)
    row("private memory of an idle service", f"{private[name]:.1f} MiB at most ({name})", "≤ 10 MiB", private[name] <= 10)
    shares = sum(kibibytes(pid(name), "Pss", "smaps_rollup") for name in SERVICES) / MIB
    row("PSS of the six", f"{shares:.0f} MiB", "≤ 130 MiB", shares <= 130)
    row("Redis, idle (PSS)", f"{kibibytes(pid('redis'), 'Pss', 'smaps_rollup') / MIB:.0f} MiB", "", None)


def idle_connections():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < IDLE + 1000:
        return row(f"memory of each of {IDLE} idle connections", f"not measured: {most} open files allowed", "≤ 8 KiB", None)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    empty = kibibytes(pid("incidents"), "RssAnon")
    connections = idle(("127.0.0.1", port("incidents")), IDLE)
    each = (kibibytes(pid("incidents"), "RssAnon") - empty) / IDLE
    held = each <= 8 and len(connections) == IDLE
    row(f"private memory of each of {len(connections):,} idle connections", f"{each:.1f} KiB", "≤ 8 KiB", held)
    for sock in connections:
        sock.close()


def start_on_one_core():
    polystatus("down")
    os.environ["LOOPS"] = "1"
    offset = (home / "offset").read_text().strip()
    polystatus("up", "--detach", "--offset", offset)
    for name in ["redis", *SERVICES]:
        pin(pid(name))


def reads(token):
    incidents, process = f"http://127.0.0.1:{port('incidents')}", pid("incidents")
    sock = connect(("127.0.0.1", port("incidents")))
    sock.sendall(REQUEST)
    nginx = Nginx(answer(sock).partition(b"\r\n\r\n")[2])
    sock.close()
    try:
        ours, theirs, ratio = beside(nginx, process, f"{incidents}/health")
        figure = f"{ratio:.2f} × ({ours:.1f} to {theirs:.1f} µs)"
        row("`GET /health`, CPU to nginx `return 200` of the same bytes", figure, "≤ 1.3 ×", ratio <= 1.3)
        body = {"title": "Checkout answers 502", "sev": 2, "services": ["checkout"], "summary": "Since 14:05."}
        path = f"{incidents}/api/v1/incidents/{Client('incidents', token).must('POST', '/api/v1/incidents', body)['id']}"
        ours, theirs, ratio = beside(nginx, process, path, token=token)
        figure = f"{ratio:.2f} × ({ours:.1f} to {theirs:.1f} µs)"
        row("signed-in `GET /api/v1/incidents/{id}`, CPU to the same nginx", figure, "≤ 2.5 ×", ratio <= 2.5)
        redis = median_cost([pid("redis")], path, token=token)[0]
        row("… and what Redis spends on it", f"{redis:.1f} µs", "", None)
    finally:
        nginx.stop()


def public_pages(token):
    """What everybody may ask, with fifty public incidents, beside nginx and a file of the same bytes; and that Redis is asked nothing."""
    incidents, comms = Client("incidents", token), Client("comms", token)
    for number in range(50):
        title = {"title": f"Checkout answers 502, time {number}", "sev": number % 4 + 1, "services": ["checkout"]}
        announced = {"incident_id": incidents.must("POST", "/api/v1/incidents", title)["id"], "state": "investigating"}
        comms.must("POST", "/api/v1/public/announce", announced | {"message": "One card payment in three fails. We are looking into it."})
    asked = {"`GET /api/v1/public/status`": ("comms", "/api/v1/public/status"), "`GET /`": ("frontend", "/")}
    for what, (service, path) in asked.items():
        url = f"http://127.0.0.1:{port(service)}{path}"
        await_condition(f"fifty incidents at {url}", lambda: fetch(url).count(b"502, time ") >= 50, 30)
        page = fetch(url)
        nginx = Nginx(b"", page)
        try:
            ours, theirs, ratio = beside(nginx, pid(service), url, "page")
        finally:
            nginx.stop()
        figure = f"{ratio:.2f} × ({ours:.1f} to {theirs:.1f} µs, {len(page) / 1024:.0f} KiB)"
        row(f"{what}, 50 public incidents, CPU to nginx and a file", figure, "≤ 1.2 ×", ratio <= 1.2)
        asks_nothing(url)


def asks_nothing(url, **options):
    """The whole cluster's commands are of the bus and of heartbeats, about a hundred a second."""
    before = commands()
    requests = load(url, **options)
    asked = commands() - before
    row("… and Redis commands of the whole cluster meanwhile", f"{asked} in {requests:,} requests", "none for a request", asked < requests / 100)


def fetch(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def lists(token, sizes):
    url, processes = f"http://127.0.0.1:{port('incidents')}/api/v1/incidents?maxResults=50", [pid("incidents"), pid("redis")]
    pages = {"a page of 50": url, "a page of 50 by two filters": f"{url}&status=open&service=checkout"}
    first = {}
    for size in sizes:
        there = seed(token, size)
        quiet_bus(token)
        for name, page in pages.items():
            ours, redis = median_cost(processes, page, token=token, connections=4)
            ratio = (ours + redis) / first.setdefault(name, ours + redis)
            figure = f"{ratio:.2f} × ({ours:.0f} + {redis:.0f} µs)"
            row(f"{name} of {there:,} incidents, incidents + Redis", figure, "≤ 1.5 ×", ratio <= 1.5)
        counts = f"http://127.0.0.1:{port('incidents')}/api/v1/incidents/metrics?group="
        sums = {"metrics by month": f"{counts}month", "metrics by service": f"{counts}service", "two words": f"{url}&q=word7+word8"}
        for name, page in sums.items():
            each = sum(median_cost(processes, page, token=token, connections=4)) / 1000
            row(f"{name} over {there:,} incidents, incidents + Redis", f"{each:.2f} ms", "≤ 10 ms", each <= 10)


def creates(token):
    url, script = f"http://127.0.0.1:{port('incidents')}", str(pathlib.Path(__file__).with_name("create.lua"))
    processes = [pid("incidents"), pid("redis")]
    load(url, token=token, script=script, seconds=1)
    rounds = [cost(processes, url, token=token, script=script) for _ in range(ROUNDS)]
    ours, redis, ratio = (statistics.median(each) for each in zip(*((a, b, a / b) for a, b in rounds)))
    figure = f"{ratio:.2f} × ({ours:.0f} to {redis:.0f} µs)"
    row("`POST /api/v1/incidents`, CPU of incidents to that of Redis", figure, "≤ 1.5 ×", ratio <= 1.5)
    requests = 50_000
    for command in ("get", "set"):
        before = cpu(pid("redis"))
        words = ["redis-benchmark", "-q", "-s", redis_socket, "-t", command, "-n", str(requests), "-c", str(CONNECTIONS)]
        subprocess.run(["taskset", "-c", str(LOAD_CORE), *words], check=True, stdout=subprocess.DEVNULL)
        each = (cpu(pid("redis")) - before) / requests * 1e6
        row(f"redis-benchmark `{command.upper()}`, CPU of Redis", f"{each:.1f} µs", "", None)


def flags():
    url, process, script = f"http://127.0.0.1:{port('flags')}", pid("flags"), str(pathlib.Path(__file__).with_name("evaluate.lua"))
    admin = Client("flags", admin_token())
    admin.must("POST", "/admin/flags", flag("bench"))
    one = f"{url}/ofrep/v1/evaluate/flags/bench"
    load(f"{url}/health", seconds=1)
    rounds = [(cost([process], one, script=script)[0], cost([process], f"{url}/health")[0]) for _ in range(ROUNDS)]
    ours, health, ratio = (statistics.median(each) for each in zip(*((a, b, a / b) for a, b in rounds)))
    row("OFREP evaluation of one flag, CPU to `GET /health`", f"{ratio:.2f} × ({ours:.1f} to {health:.1f} µs)", "≤ 2 ×", ratio <= 2)
    asks_nothing(one, script=script)
    for number in range(1000):
        admin.must("POST", "/admin/flags", flag(f"bench-{number}"))
    each = median_cost([process], f"{url}/ofrep/v1/evaluate/flags", script=script, connections=4)[0] / 1000
    row("OFREP evaluation of 1,000 flags with 20 rules each", f"{each:.1f} ms", "≤ 5 ms", each <= 5)


def flag(name):
    """Twenty rules that nearly nobody meets, then a roll-out."""
    tests = [{"attr": "country", "op": "in", "value": ["FR", "BE"]}, {"attr": "plan", "op": "eq", "value": "gold"},
             {"attr": "version", "op": "semver_gte", "value": "2.0.0"}, {"attr": "user", "op": "ends_with", "value": "@example.org"}]
    rules = [{"if": {"all": [tests[number % 4], tests[(number + 1) % 4]]}, "variation": "on"} for number in range(20)]
    return {"id": name, "on": True, "rules": rules,
            "fallthrough": {"rollout": [{"variation": "on", "weight": 10}, {"variation": "off", "weight": 90}]}}


def quiet_bus(token):
    """Waits until every worker has read what is on the bus: its reading would be counted with what is measured."""
    comms = Client("comms", token)
    consumers = lambda: comms.must("GET", "/api/v1/messages/consumers")
    await_condition("the bus is quiet", lambda: not any(each["lag"] or each["pending"] for each in consumers()), 300)


def commands():
    """How many commands Redis has done."""
    return sum(int(found[1]) for line in redis("INFO", "commandstats") if (found := re.search(r":calls=(\d+)", line)))


def main():
    about = machine()
    at_rest()
    idle_connections()
    start_on_one_core()
    token = polystatus("token")
    reads(token)
    public_pages(token)
    lists(token, [1_000, 10_000] + ([100_000] if "--large" in sys.argv else []))
    creates(token)
    quiet_bus(token)
    flags()
    polling(row)
    print(f"{about}. Servers on core {SERVER_CORE} with one loop each, load from core {LOAD_CORE} over {CONNECTIONS} connections (lists: 4), "
          f"CPU from `/proc`, medians; beside nginx: {ROUNDS} rounds that alternate.\n")
    print("| what | measured | bar | |\n|---|---|---|---|")
    for each in rows:
        print(f"| {' | '.join(each)} |")
    over = sum(each[3] == "**over**" for each in rows)
    print(f"\n{over or 'None'} of {sum(bool(each[2]) for each in rows)} over its bar.")


main()
