"""HTTP clients on plain sockets: thousands of them in one process, and what http.client would not send."""
import socket

REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connect(address, receive_buffer=None):
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(10)
    sock.connect(address)
    return sock


def answer(sock):
    """One answer with a Content-Length, or what came before the end."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0 or len(data) < end + 4 + content_length(data[:end]):
        try:
            part = sock.recv(65536)
        except OSError:
            break
        if not part:
            break
        data += part
    return data


def content_length(head):
    return next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)


def is_whole(data):
    return data.startswith(b"HTTP/1.1 200 ") and b"\r\n\r\n" in data


def idle(address, count):
    """`count` keep-alive connections, each answered once and now silent; fewer when some were not answered."""
    found = []
    while count > 0:
        group = [connect(address) for _ in range(min(count, 100))]
        for sock in group:
            sock.sendall(REQUEST)
        found += [sock for sock in group if is_whole(answer(sock))]
        count -= len(group)
    return found
