"""Load for a measurement: wrk on one core, what is measured on another, CPU from /proc. And nginx, to compare with."""
import os, pathlib, re, socket, statistics, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from raw_clients import connect
from running_cluster import Client, cpu, home, port

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
CONNECTIONS, SECONDS, ROUNDS = 32, 2, 5


def pin(process):
    """All threads of a process to the core of the servers."""
    for thread in pathlib.Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {SERVER_CORE})


def load(url, token=None, script=None, seconds=SECONDS, connections=CONNECTIONS):
    """How many requests were answered. Ends the program when one was not with 2xx."""
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["-H", f"Authorization: Bearer {token}"] if token else []
    command += ["-H", "Content-Type: application/json", "-s", script] if script else []
    said = subprocess.run([*command, url], check=True, text=True, stdout=subprocess.PIPE).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{url} was not always answered well:\n{said}")
    return int(re.search(r"(\d+) requests in", said)[1])


def cost(processes, url, **options):
    """CPU microseconds per request of each process."""
    before = [cpu(process) for process in processes]
    requests = load(url, **options)
    return [(cpu(process) - was) / requests * 1e6 for process, was in zip(processes, before)]


def median_cost(processes, url, rounds=3, **options):
    load(url, **options, seconds=1)
    return [statistics.median(each) for each in zip(*(cost(processes, url, **options) for _ in range(rounds)))]


class Nginx:
    """One worker that answers `body` from memory, or `/page` from a file of those bytes, with its access log on."""

    def __init__(self, body, page=b""):
        folder = home / "nginx"
        folder.mkdir(exist_ok=True)
        (folder / "page").write_bytes(page)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            number = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{number}/"
        quoted = body.decode().replace("\\", "\\\\").replace("'", "\\'").replace("$", "")
        # Else root's nginx has a worker that may not read the folder.
        as_ourselves = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; {as_ourselves} pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log; keepalive_requests 1000000000; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  sendfile on; tcp_nopush on; open_file_cache max=10;
  server {{
    listen 127.0.0.1:{number};
    location = /page {{ default_type text/html; alias {folder}/page; }}
    location / {{ default_type application/json; return 200 '{quoted}'; }}
  }}
}}
""")
        self.master = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
        while not (children := self.children()):
            if self.master.poll() is not None:
                raise SystemExit((folder / "error.log").read_text())
            time.sleep(0.02)
        self.worker = children[0]
        pin(self.worker)

    def children(self):
        return [int(child) for child in pathlib.Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text().split()]

    def stop(self):
        self.master.terminate()
        self.master.wait()


def beside(nginx, process, url, path="", **options):
    """Ours, theirs at `path` (CPU microseconds per request) and ours / theirs: medians of rounds that alternate."""
    theirs = nginx.url + path
    load(url, **options, seconds=1)
    load(theirs, seconds=1)
    rounds = [(cost([process], url, **options)[0], cost([nginx.worker], theirs)[0]) for _ in range(ROUNDS)]
    return [statistics.median(each) for each in zip(*((ours, theirs, ours / theirs) for ours, theirs in rounds))]


def seed(token, total):
    """Declares incidents, on many pipelined connections, until there are `total`. Returns how many there are."""
    viewer = Client("incidents", token)
    there = int(viewer.ask("GET", "/api/v1/incidents?maxResults=1")[2]["X-Total-Count"])
    socks = [connect(("127.0.0.1", port("incidents"))) for _ in range(64)]
    files = [sock.makefile("rb") for sock in socks]
    while there < total:
        shares = [min(20, max(0, total - there - 20 * number)) for number in range(len(socks))]
        for sock, share in zip(socks, shares):
            sock.sendall(b"".join(declaration(token, there + number) for number in range(share)))
            there += share
        for file, share in zip(files, shares):
            for _ in range(share):
                expect_created(file)
    for sock in socks:
        sock.close()
    return there


def declaration(token, number):
    words = " ".join(f"word{(number * 7919 + i * i * 104729) % 1000}" for i in range(20))
    body = f'{{"title":"Checkout answers 502, time {number}","sev":{number % 4 + 1},"services":["checkout"],"summary":"{words}."}}'
    head = f"POST /api/v1/incidents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def expect_created(file):
    status = file.readline()
    if b" 201 " not in status:
        raise SystemExit(f"an incident was not declared: {status}")
    length = 0
    while (line := file.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
    file.read(length)
