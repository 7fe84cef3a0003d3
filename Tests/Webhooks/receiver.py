"""A server that takes webhooks: it keeps every call, verifies each as its receiver would, and answers as it is told."""
import http.server, socketserver, threading, time, typing

import standardwebhooks


class Call(typing.NamedTuple):
    path: str
    headers: dict
    body: bytes

    @property
    def id(self):
        return self.headers["webhook-id"]

    def verified(self, secret):
        """The body's JSON. Raises standardwebhooks.WebhookVerificationError."""
        return standardwebhooks.Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """`answers`: path -> list of (status, header fields, body) for the next calls; then, and else, 204. `pause`: seconds before an answer."""

    def __init__(self):
        self.calls, self.answers, self.pause, self.open, self.lock = [], {}, 0, 0, threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                with receiver.lock:
                    receiver.open += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                call = Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                time.sleep(receiver.pause)
                with receiver.lock:
                    receiver.calls.append(call)
                    planned = receiver.answers.get(self.path)
                    status, fields, text = planned.pop(0) if planned else (204, {}, "")
                    receiver.open -= 1
                try:
                    self.send_response(status)
                    for name, value in (fields | {"Content-Length": str(len(text.encode()))}).items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    self.close_connection = True  # the sender was killed

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def to(self, path):
        with self.lock:
            return [call for call in self.calls if call.path == path]

    def forget(self):
        with self.lock:
            self.calls.clear()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
