"""What it costs csp-ingestor to poll many feeds that do not change."""
import subprocess, time

from running_cluster import ROOT, Client, cpu, pid, polystatus, port

PROVIDERS = 200
INTERVAL = 15  # seconds, the shortest
SECONDS = 60


def polling(row):
    """Every feed is a page with one open event; a poll that brings nothing new is answered with 304."""
    feeds = port("csp-ingestor") + 1
    command = [ROOT / ".build/release/csp-ingestor", "--replay", ROOT / "demo/outage-day", "--speed", "1", "--port", str(feeds)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        server.stdout.readline()  # it listens
        client = Client("csp-ingestor", token=polystatus("token"))
        for number in range(PROVIDERS):
            client.must("POST", "/api/v1/csp/providers", {
                "name": f"bench-{number}", "type": "statuspage", "interval_s": INTERVAL,
                "feed_url": f"http://127.0.0.1:{feeds}/nimbus/{number}.json"})
        time.sleep(2 * INTERVAL)  # the first body of each is read, the validators are known
        service, redis = pid("csp-ingestor"), pid("redis")
        before, redis_before, begun = cpu(service), cpu(redis), time.monotonic()
        time.sleep(SECONDS)
        took = time.monotonic() - begun
        share, redis_share = (cpu(service) - before) / took, (cpu(redis) - redis_before) / took
        row(f"polling {PROVIDERS} feeds every {INTERVAL} s, of one core", f"{share:.1%} (Redis {redis_share:.1%})", "≤ 10 %", share <= 0.1)
        providers = Client("csp-ingestor", token=polystatus("token")).must("GET", "/api/v1/csp/providers?maxResults=500")
        healthy = sum(provider["state"] == "operational" for provider in providers)
        assert healthy >= PROVIDERS, f"only {healthy} of {PROVIDERS} were polled"
    finally:
        server.kill()
        server.wait()
