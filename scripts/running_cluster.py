"""A cluster that runs on this machine, as a test or a measurement sees it: asked over HTTP, looked at through /proc, killed by pid.

The shell that starts it (scripts/private-cluster.sh) exports POLYSTATUS_HOME; its ports are in HOME/offset. Standard library only.
"""
import http.client, json, os, pathlib, signal, subprocess, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVICES = ["users", "incidents", "comms", "csp-ingestor", "flags", "frontend"]
USUAL_PORT = {"frontend": 8000, "flags": 8070, "users": 8080, "incidents": 8081, "comms": 8082, "csp-ingestor": 8083}
BUS = "{polystatus}:bus"
TICKS = os.sysconf("SC_CLK_TCK")

home = pathlib.Path(os.environ["POLYSTATUS_HOME"])
redis_socket = home / "redis" / "redis.sock"


def port(service):
    return USUAL_PORT[service] + int((home / "offset").read_text())


def pid(name):
    """Of redis, supervise or a service; it changes when the supervisor starts it again. None while the file is being written."""
    text = (home / "run" / f"{name}.pid").read_text()
    return int(text) if text.endswith("\n") else None


def kill(name):
    os.kill(pid(name), signal.SIGKILL)


def polystatus(*words):
    return subprocess.run([ROOT / "polystatus", *words], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


def restart(**settings):
    """The cluster again, on the same data and ports, with these variables."""
    polystatus("down")
    os.environ.update(settings)
    polystatus("up", "--detach", "--offset", (home / "offset").read_text().strip())


def redis(*words):
    """The lines redis-cli answers."""
    command = ["redis-cli", "-s", redis_socket, "--raw", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().split("\n")[:-1]


def bus():
    """Every message on the stream, oldest first."""
    return [json.loads(line) for line in redis("XRANGE", BUS, "-", "+") if line.startswith('{"event_name"')]


def cpu(process):
    """Seconds of CPU, user and system, that a process has used."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def kibibytes(process, name, file="status"):
    """A figure of /proc/PID/status (RssAnon) or /proc/PID/smaps_rollup (Pss)."""
    for line in pathlib.Path(f"/proc/{process}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise KeyError(name)


class Client:
    """One keep-alive connection to a service, opened again after a failure."""

    def __init__(self, service, token=None, timeout=10):
        self.connection = http.client.HTTPConnection("127.0.0.1", port(service), timeout=timeout)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method, path, body=None, **headers):
        """(status, JSON of the body or None, header fields). Raises OSError or HTTPException when the answer does not come whole."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None, answer.headers
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def must(self, method, path, body=None, **headers):
        """The JSON of an answer that has to be 2xx."""
        status, answer, _ = self.ask(method, path, body, **headers)
        if status // 100 != 2:
            raise SystemExit(f"{method} {path} answered {status}: {answer}")
        return answer

    def pages(self, path):
        """Every item of a list."""
        first, found = 0, []
        joint = "&" if "?" in path else "?"
        while True:
            items = self.must("GET", f"{path}{joint}startIndex={first}&maxResults=500")
            found += items
            if len(items) < 500:
                return found
            first += 500


def admin_token():
    password = (home / "admin-password").read_text().rstrip("\n")
    body = {"email": "admin@polystatus.local", "password": password}
    return Client("users").must("POST", "/api/v1/auth/login", body)["token"]


def is_ready(service):
    try:
        return Client(service, timeout=2).ask("GET", "/ready")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def await_condition(what, condition, seconds):
    """Returns how long it took; ends the program, naming `what`, when it does not come true in time."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise SystemExit(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - begun
