"""Clients that are slow, silent or half gone, all at once, on one service; meanwhile others keep their latency and it keeps its memory.

In one process of their own: idle keep-alive connections, heads that never end, requests that come byte by byte, clients that finish
sending before they are answered, and clients that ask for much and never read. Another process asks, and watches.
"""
import multiprocessing, pathlib, resource, select, socket, statistics, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from raw_clients import REQUEST, answer, connect, idle, is_whole
from running_cluster import Client, kibibytes, pid, polystatus, port

SERVICE = "incidents"
IDLE, DRIPPING, BYTEWISE, HALF_CLOSING, DEAF = 10_000, 200, 100, 100, 50
HEAD_SECONDS, WRITE_STALL_SECONDS = 10, 30  # the server's limits (HTTPServer.Limits)
IDLE_LIMIT = 8 * 1024  # bytes of private memory for each idle connection
LATENCY_FACTOR = 2
DEAF_LIMIT = 256 * 1024  # bytes for each client that never reads: two buffers of 64 KiB, and what an allocator keeps

failures = 0


def check(what, holds):
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'NOT ok'}: {what}", flush=True)


def hold(pipe):
    """The patient ones: opens them, waits to be told, and asks once more on some."""
    address = pipe.recv()
    connections = idle(address, IDLE)
    pipe.send(len(connections))
    pipe.recv()
    for sock in connections[::100]:
        sock.sendall(REQUEST)
    pipe.send(sum(is_whole(answer(sock)) for sock in connections[::100]) * 100)
    pipe.recv()


def torment(pipe):
    """The impatient ones, for as long as the server's own limits last; reports what became of each kind."""
    address, token = pipe.recv()
    ask_much = f"GET /swagger.yaml HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode() * 200
    begun = time.monotonic()
    deaf = [connect(address, receive_buffer=4096) for _ in range(DEAF)]
    for sock in deaf:
        sock.setblocking(False)
        try:
            sock.send(ask_much)
        except BlockingIOError:
            pass
    dripping = [connect(address) for _ in range(DRIPPING)]
    for sock in dripping:
        sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
    bytewise = [connect(address) for _ in range(BYTEWISE)]
    half = [connect(address) for _ in range(HALF_CLOSING)]
    for sock in half:
        sock.sendall(REQUEST)
        sock.shutdown(socket.SHUT_WR)
    pipe.send("all are there")
    halves = sum(is_whole(data := answer(sock)) and sock.recv(1) == b"" for sock in half)

    gone, bytes_sent = {}, 0
    while len(gone) < DRIPPING and time.monotonic() - begun < 3 * HEAD_SECONDS:
        if bytes_sent < len(REQUEST):
            for sock in bytewise:
                sock.sendall(REQUEST[bytes_sent : bytes_sent + 1])
            bytes_sent += 1
        for sock in [each for each in dripping if each not in gone]:
            try:
                sock.send(b"x")
            except OSError:
                pass
        time.sleep(0.15)
        for sock in readable([each for each in dripping if each not in gone]):
            gone[sock] = (time.monotonic() - begun, answer(sock))
    whole = sum(is_whole(answer(sock)) for sock in bytewise)
    pipe.send({
        "halves": halves,
        "bytewise": whole,
        "dripping": sum(data.startswith(b"HTTP/1.1 408 ") for _, data in gone.values()),
        "dripping_seconds": max((after for after, _ in gone.values()), default=0),
    })
    pipe.recv()
    # What was cut by the server: reading to the end finds an end, not more and more answers.
    cut = 0
    for sock in deaf:
        sock.settimeout(2)
        try:
            while sock.recv(1 << 20):
                pass
            cut += 1
        except TimeoutError:
            pass
        except OSError:
            cut += 1
    pipe.send(cut)


def readable(socks):
    """Those with something to read, or at their end. Not select(): descriptors here go beyond its 1024."""
    poll, by_number = select.poll(), {sock.fileno(): sock for sock in socks}
    for number in by_number:
        poll.register(number, select.POLLIN)
    return [by_number[number] for number, _ in poll.poll(0)]


def child(body):
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=body, args=(theirs,), daemon=True)
    process.start()
    return ours, process


def median_latency(token, path, rounds=3, requests=400):
    """Milliseconds: the best median of some rounds, so that another program on this machine does not count as the server."""
    client, medians = Client(SERVICE, token), []
    for _ in range(rounds):
        times = []
        for _ in range(requests):
            begun = time.perf_counter()
            client.must("GET", path)
            times.append(time.perf_counter() - begun)
        medians.append(statistics.median(times) * 1000)
    return min(medians)


def memory():
    return kibibytes(pid(SERVICE), "RssAnon") * 1024


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < IDLE + 1000:
        print(f"skipped: {IDLE} connections need more open files than the {most} allowed here (ulimit -Hn)")
        sys.exit(77)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    token, address = polystatus("token"), ("127.0.0.1", port(SERVICE))
    sre = Client(SERVICE, token)
    incident = sre.must("POST", "/api/v1/incidents", {"title": "Slow clients", "sev": 4})["id"]
    paths = ["/health", f"/api/v1/incidents/{incident}"]
    before = [median_latency(token, path) for path in paths]

    process, empty = pid(SERVICE), memory()
    patient, patient_process = child(hold)
    patient.send(address)
    held = patient.recv()
    each = (memory() - empty) / IDLE
    check(f"{held} of {IDLE} idle connections are held", held == IDLE)
    check(f"{each:.0f} bytes of private memory for each idle connection, at most {IDLE_LIMIT}", each <= IDLE_LIMIT)

    full = memory()
    tormentors, tormentors_process = child(torment)
    tormentors.send((address, token))
    tormentors.recv()
    during = [median_latency(token, path) for path in paths]
    for path, was, now in zip(paths, before, during):
        name = path.replace(incident, "{id}")
        check(f"median latency of GET {name} {now:.2f} ms among them, {was:.2f} ms before; at most {LATENCY_FACTOR} ×", now <= LATENCY_FACTOR * was)
    grown = (memory() - full) / DEAF
    check(f"{grown / 1024:.0f} KiB for each client that asks for much and never reads, at most {DEAF_LIMIT // 1024}", grown <= DEAF_LIMIT)

    begun, became = time.monotonic(), tormentors.recv()
    check(f"{became['halves']} of {HALF_CLOSING} that close their half early are answered", became["halves"] == HALF_CLOSING)
    check(f"{became['bytewise']} of {BYTEWISE} that send byte by byte are answered", became["bytewise"] == BYTEWISE)
    check(
        f"{became['dripping']} of {DRIPPING} whose head never ends got 408, the last after {became['dripping_seconds']:.1f} s",
        became["dripping"] == DRIPPING and became["dripping_seconds"] < HEAD_SECONDS + 3)
    patient.send("ask again")
    asked = patient.recv()
    check(f"one in a hundred idle connections asked again: {asked // 100} of {IDLE // 100} are answered", asked == IDLE)

    time.sleep(max(0, WRITE_STALL_SECONDS + 2 - (time.monotonic() - begun)))  # the limit itself is what is waited for
    tormentors.send("read now")
    cut = tormentors.recv()
    check(f"{cut} of {DEAF} that never read were closed after {WRITE_STALL_SECONDS} s", cut == DEAF)
    for pipe, held_by in ((patient, patient_process), (tormentors, tormentors_process)):
        pipe.close()
        held_by.kill()
        held_by.join()
    after = [median_latency(token, path) for path in paths]
    check(f"afterwards {after[0]:.2f} and {after[1]:.2f} ms", all(now <= LATENCY_FACTOR * was for was, now in zip(before, after)))
    check("the service is the process it was", pid(SERVICE) == process)
    sys.exit(failures > 0)


main()
