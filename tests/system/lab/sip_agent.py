"""A SIP user agent for precise tests: over UDP, TCP or TLS, registered at a proxy or as a peer.

It records every request it gets, answers as told, and reports every response to its own requests.
Retransmissions are recorded apart from new requests, so that a doubled message cannot hide.
"""

import secrets
import selectors
import socket
import ssl
import threading
import time

from .evidence import clock
from .process import PATIENCE, LabError
from .sip_message import SipMessage, StreamSplitter, new_branch

T1 = 0.5


class Call:
    """One client transaction of the agent."""

    def __init__(self, request):
        self.request = request
        self.responses = []
        self.sent_at = time.time()
        self._done = threading.Event()

    @property
    def final(self):
        return next((r for r in self.responses if r.code >= 200), None)

    def add(self, response):
        self.responses.append(response)
        if response.code >= 200:
            self._done.set()

    def answered(self):
        return self._done.is_set()

    def wait(self, seconds=PATIENCE):
        """The final response, or LabError."""
        if not self._done.wait(seconds):
            raise LabError(f"no final response to {self.request!r} within {seconds:g} s")
        return self.final


class SipAgent:
    """A user agent or a whole SIP peer, depending on what is sent to it.

    `answer` decides the response to each new request: a code, a (code, reason, headers) tuple, a
    SipMessage, None for silence, or a function of the request that returns one of these.
    """

    def __init__(self, uri, transport="udp", proxy=None, host="127.0.0.1", port=0, tls=None):
        self.uri, self.transport, self.proxy, self.host = uri, transport, proxy, host
        self.tls = tls  # (certificate, ca_file, server_name)
        self.contact_host = None  # a name for the Contact instead of the address
        self.answer = 200
        self.requests = []  # every new request
        self.repeats = []  # retransmissions of those
        self.stray = []  # responses to nothing we sent
        self._answers = {}
        self._calls = {}
        self._connections = {}
        self._arrived = threading.Condition()
        self._cseq = 0
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, kind)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if kind == socket.SOCK_DGRAM:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind((host, port))
        self.port = self._socket.getsockname()[1]
        if kind == socket.SOCK_STREAM:
            self._socket.listen(64)
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._wake_in, self._wake_out = socket.socketpair()
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    # What tests call

    @property
    def contact(self):
        host = self.contact_host or (f"[{self.host}]" if ":" in self.host else self.host)
        user = self.uri.split(":", 1)[1].split("@")[0]
        parameter = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"sip:{user}@{host}:{self.port}{parameter}"

    def register(self, expires=3600):
        domain = self.uri.split("@")[1]
        call = self.request("REGISTER", f"sip:{domain}", to=self.uri, headers=[
            ("Contact", f"<{self.contact}>"), ("Expires", str(expires))])
        response = call.wait(PATIENCE)
        if response.code != 200:
            raise LabError(f"{self.uri} cannot register: {response!r}")

    def message(self, to, body, content_type="text/plain", headers=(), **options):
        """Sends a MESSAGE (RFC 3428) and returns its Call."""
        return self.request("MESSAGE", to, headers=[("Content-Type", content_type), *headers],
                            body=body, **options)

    def request(self, method, uri, to=None, from_uri=None, headers=(), body=b"", repeat=True,
                call_id=None, max_forwards=70):
        """Sends a request. With `repeat`, over UDP, it is retransmitted as §17.1.2 says."""
        self._cseq += 1
        via_host = f"[{self.host}]" if ":" in self.host else self.host
        message = SipMessage(method=method, uri=uri, body=body, headers=[
            ("Via", f"SIP/2.0/{self.transport.upper()} {via_host}:{self.port}"
                    f";branch={new_branch()};rport"),
            ("Max-Forwards", str(max_forwards)),
            ("From", f"<{from_uri or self.uri}>;tag={secrets.token_hex(4)}"),
            ("To", f"<{to or uri}>"),
            ("Call-ID", call_id or secrets.token_hex(8)),
            ("CSeq", f"{self._cseq} {method}"),
            *headers,
        ])
        return self.send(message, repeat)

    def send(self, message, repeat=True):
        """Sends a request as it stands and follows its transaction."""
        call = Call(message)
        self._calls[(message.branch, message.cseq_method)] = call
        data = message.encode()
        self.send_raw(data)
        if repeat and self.transport == "udp":
            threading.Thread(target=self._repeat, args=(call, data), daemon=True).start()
        return call

    def send_raw(self, data):
        """Puts octets on the wire towards the proxy."""
        if self.transport == "udp":
            self._socket.sendto(data, self.proxy)
            return
        self._connection_to(self.proxy).sendall(data)

    def wait_request(self, seconds=PATIENCE, method="MESSAGE", body=None, where=None):
        """The first recorded request of this method with this body, or one `where` accepts."""

        def matches(request):
            return (request.method == method and (body is None or request.text == body)
                    and (where is None or where(request)))

        with self._arrived:
            found = self._arrived.wait_for(
                lambda: next(filter(matches, self.requests), None), timeout=seconds)
        if not found:
            raise LabError(f"{self.uri} got no {method} {body or ''} within {seconds:g} s; "
                           f"got {self.requests[-5:]}")
        return found

    def wait_repeat(self, request, seconds=PATIENCE):
        """The first retransmission of a request we got."""
        with self._arrived:
            found = self._arrived.wait_for(
                lambda: next((r for r in self.repeats if r.branch == request.branch), None),
                timeout=seconds)
        if not found:
            raise LabError(f"{request!r} was not sent again within {seconds:g} s")
        return found

    def answer_late(self, request, code):
        """Answers a request that `answer` left without answer, the way it came."""
        response = request.response(code).encode()
        self._answers[_key(request)] = response
        if self.transport == "udp":
            self._socket.sendto(response, request.source)
        else:
            self._connections[request.source].sendall(response)

    def messages(self):
        return [r for r in self.requests if r.method == "MESSAGE"]

    def bodies(self):
        return [r.text for r in self.messages()]

    def testimony(self, since):
        """(who, lines) for lab.evidence: what came in since then."""
        came = [("", r) for r in list(self.requests)] + [("again ", r) for r in list(self.repeats)]
        came += [("", r) for call in list(self._calls.values()) for r in list(call.responses)]
        came = sorted((m.at, f"{again}{m!r} {m.get('Subscription-State', '')}"
                             + (f" ...{m.text[-120:]!r}" if len(m.text) > 60 else ""))
                      for again, m in came if m.at >= since)
        return f"{self.uri} got", [f"{clock(at)} {what}" for at, what in came]

    def close_connections(self):
        for connection in list(self._connections.values()):
            self._drop(connection)

    def stop(self):
        if self._stopping:
            return
        self._stopping = True
        self._wake_out.send(b"x")
        self._thread.join(5)
        self.close_connections()
        for sock in (self._socket, self._wake_in, self._wake_out):
            sock.close()

    # The wire

    def _repeat(self, call, data):
        interval, deadline = T1, time.monotonic() + 64 * T1
        while time.monotonic() < deadline and not self._stopping:
            if call._done.wait(interval) or self._stopping:
                return
            self._socket.sendto(data, self.proxy)
            interval = min(2 * interval, 4.0)

    def _connection_to(self, address):
        connection = self._connections.get(address)
        if connection:
            return connection
        raw = socket.create_connection(address, timeout=PATIENCE, source_address=(self.host, 0))
        if self.transport == "tls":
            certificate, ca_file, server_name = self.tls
            context = ssl.create_default_context(cafile=ca_file)
            if certificate:
                context.load_cert_chain(certificate.certificate, certificate.key)
            raw = context.wrap_socket(raw, server_hostname=server_name)
        connection = _Connection(raw, address)
        self._add(connection)
        return connection

    def _accept(self):
        raw, address = self._socket.accept()
        if self.transport == "tls":
            certificate, ca_file, _ = self.tls
            if not certificate:  # a plain client serves nobody
                raw.close()
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            context.load_verify_locations(ca_file)
            context.verify_mode = ssl.CERT_OPTIONAL
            raw.settimeout(PATIENCE)
            try:
                raw = context.wrap_socket(raw, server_side=True)
            except OSError:
                return
        self._add(_Connection(raw, address))

    def _add(self, connection):
        connection.socket.setblocking(True)
        connection.socket.settimeout(PATIENCE)
        self._connections[connection.address] = connection
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._wake_out.send(b"x")

    def _drop(self, connection):
        self._connections.pop(connection.address, None)
        try:
            self._selector.unregister(connection.socket)
        except (KeyError, ValueError):
            pass
        connection.socket.close()

    def _loop(self):
        while not self._stopping:
            for key, _ in self._selector.select(0.2):
                if self._stopping:
                    return
                if key.fileobj is self._wake_in:
                    self._wake_in.recv(4096)
                elif key.fileobj is not self._socket:
                    self._read(key.data)
                elif self.transport == "udp":
                    data, address = self._socket.recvfrom(65535)
                    self._take(data, address, lambda d, a=address: self._socket.sendto(d, a))
                else:
                    self._accept()

    def _read(self, connection):
        try:
            data = connection.socket.recv(65536)
            while isinstance(connection.socket, ssl.SSLSocket) and connection.socket.pending():
                data += connection.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        for message in connection.splitter.feed(data):
            self._take(message, connection.address, connection.sendall)

    def _take(self, data, source, reply):
        if not data.strip():
            return
        message = SipMessage.parse(data)
        message.source, message.at = source, time.time()
        if not message.is_request:
            call = self._calls.get((message.branch, message.cseq_method))
            (call.add if call else self.stray.append)(message)
            return
        key = _key(message)
        is_new = key not in self._answers
        if is_new:
            self._answers[key] = self._decide(message)
        response = self._answers[key]
        # Whoever waits for the request may close its connection next: the answer goes first.
        with self._arrived:
            if response:
                try:
                    reply(response)
                except OSError:
                    pass
            (self.requests if is_new else self.repeats).append(message)
            self._arrived.notify_all()

    def _decide(self, request):
        if request.method == "ACK":
            return None
        answer = self.answer(request) if callable(self.answer) else self.answer
        if answer is None:
            return None
        if isinstance(answer, int):
            answer = (answer, "", ())
        if isinstance(answer, tuple):
            answer = request.response(*answer)
        return answer.encode()


def _key(request):
    return request.branch, request.method, request.get("Call-ID")


class _Connection:
    def __init__(self, sock, address):
        self.socket, self.address = sock, address
        self.splitter = StreamSplitter()
        self._lock = threading.Lock()

    def sendall(self, data):
        with self._lock:
            self.socket.sendall(data)
