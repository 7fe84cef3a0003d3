"""An SMTP server that remembers what it took, and by how many sessions."""
import asyncio, collections, email, email.policy, ssl, subprocess, threading

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "ada@example.org", "p:/@ss word"


def certificate(folder):
    """Files of a certificate for localhost, which is its own authority, and of its key."""
    files = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", files[1], "-out", files[0]], check=True, stderr=subprocess.DEVNULL)
    return files


class Taken:
    """A mail as it came: parsed, with what the session was like."""

    def __init__(self, envelope, session):
        self.recipient, self.sender = envelope.rcpt_tos[0], envelope.mail_from
        self.message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.raw = envelope.content
        self.is_encrypted, self.is_authenticated = session.ssl is not None, session.authenticated
        self.session = id(session)

    def part(self, kind):
        return self.message.get_body(preferencelist=(kind,)).get_content()


class Handler:
    def __init__(self):
        self.taken, self.refusals, self.open, self.most_open, self.accepted = [], collections.Counter(), 0, 0, 0
        self.pause, self.lock = 0.0, threading.Lock()
        self.answers = {}  # address: what RCPT is answered, one after the other

    async def handle_RCPT(self, server, session, envelope, address, options):
        answers = self.answers.get(address)
        if answers:
            self.refusals[address] += 1
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.lock:
            self.taken.append(Taken(envelope, session))
        await asyncio.sleep(self.pause)  # the answer is on its way, the mail is here
        return "250 taken"

    def to(self, address):
        with self.lock:
            return [mail for mail in self.taken if mail.recipient == address]


class Server(SMTP):
    def connection_made(self, transport):
        super().connection_made(transport)
        if not getattr(self, "is_counted", False):  # STARTTLS makes a connection of a connection
            self.is_counted = True
            handler = self.event_handler
            handler.open, handler.accepted = handler.open + 1, handler.accepted + 1
            handler.most_open = max(handler.most_open, handler.open)

    def connection_lost(self, error):
        if getattr(self, "is_counted", False):
            self.is_counted = False
            self.event_handler.open -= 1
        super().connection_lost(error)


def log_in(server, session, envelope, mechanism, data):
    is_right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
    return AuthResult(success=is_right, handled=False)


class PrivateSMTP:
    """On a free port of loopback, in a thread of its own; with `files` it insists on STARTTLS and a login."""

    def __init__(self, handler, files=None):
        options = {}
        if files:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*files)
            options = {"tls_context": context, "require_starttls": True, "authenticator": log_in, "auth_required": True}
        self.loop = asyncio.new_event_loop()

        def make():
            return Server(handler, hostname="localhost", enable_SMTPUTF8=False, loop=self.loop, **options)

        self.server = self.loop.run_until_complete(self.loop.create_server(make, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def end(self):
        self.server.close()
        sessions = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
