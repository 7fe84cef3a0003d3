"""An HTTP/1.1 server that misbehaves on demand.

server.py tcp HOST | unix PATH | tls HOST CERTIFICATE KEY

Prints its port (0 for a Unix socket) and serves until its standard input ends.
"""

import gzip
import hashlib
import http.server
import json
import socket
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse

accepted = 0
open_now = 0
lock = threading.Lock()
ended = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = False

    def setup(self):
        global accepted, open_now
        with lock:
            accepted += 1
            open_now += 1
        super().setup()

    def finish(self):
        global open_now
        try:
            super().finish()
        except OSError:
            pass
        with lock:
            open_now -= 1

    def answer(self, body, status=200, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        number = int(query.get("n", "0"))
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        match url.path:
            case "/connections":
                self.answer(json.dumps({"accepted": accepted, "open": open_now}).encode())
            case "/delay":
                time.sleep(number / 1000)
                self.answer(b"late")
            case "/bytes":
                self.answer(b"x" * number)
            case "/chunks":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for _ in range(number):
                    self.wfile.write(b"400\r\n" + b"y" * 1024 + b"\r\n")
                self.wfile.write(b"0\r\nX-Trailer: late\r\n\r\n")
            case "/gzip":
                self.answer(gzip.compress(b"z" * number), Content_Encoding="gzip")
            case "/redirect":
                if number == 0:
                    self.answer(b"arrived", X_Hop="last")
                else:
                    self.answer(b"moved", 302, Location=f"/redirect?n={number - 1}", X_Hop=str(number))
            case "/to":
                self.answer(b"", 307, Location=query["url"])
            case "/hang":
                ended.wait()
            case "/drop":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            case "/half":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                self.close_connection = True
            case "/nohttp":
                self.wfile.write(b"220 mail.example ESMTP\r\n")
                self.close_connection = True
            case "/head":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Many: 1\r\n" + b"X-Many: " + b"h" * 200 + b"\r\n")
                for index in range(number):
                    self.wfile.write(b"X-%d: " % index + b"h" * 1000 + b"\r\n")
                self.wfile.write(b"Content-Length: 0\r\n\r\n")
            case "/interim":
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                self.answer(b"final", X_Final="yes")
            case _:
                fields = [[name, value] for name, value in self.headers.items()]
                seen = {"method": self.command, "target": self.path, "fields": fields}
                seen["length"] = len(body)
                seen["sha256"] = hashlib.sha256(body).hexdigest()
                self.answer(json.dumps(seen).encode(), Content_Type="application/json")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def address_string(self):
        return "peer"

    def log_message(self, *arguments):
        pass


class Threads(socketserver.ThreadingMixIn):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        pass


class Internet(Threads, socketserver.TCPServer):
    allow_reuse_address = True


class Unix(Threads, socketserver.UnixStreamServer):
    pass


def main():
    kind, place = sys.argv[1:3]
    server = Unix(place, Handler) if kind == "unix" else Internet((place, 0), Handler)
    if kind == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[3:5])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(0 if kind == "unix" else server.server_address[1], flush=True)
    sys.stdin.read()
    ended.set()


main()
