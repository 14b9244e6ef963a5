"""One server-to-server XMPP stream by hand: any octets, in any order, right or wrong.

Used from both ends: `Stream.connect` for what a foreign server might send to the gateway, and by
`XmppPeer` for the streams the gateway opens.
"""

import collections
import itertools
import socket
import ssl
import threading
import time
import xml.etree.ElementTree as ElementTree

from .evidence import clock
from .process import PATIENCE, LabError

NS_SERVER = "{jabber:server}"
NS_STREAM = "{http://etherx.jabber.org/streams}"
NS_TLS = "{urn:ietf:params:xml:ns:xmpp-tls}"
NS_SASL = "{urn:ietf:params:xml:ns:xmpp-sasl}"
NS_DIALBACK = "{jabber:server:dialback}"
NS_MANAGEMENT = "{urn:xmpp:sm:3}"

DIALBACK_OFFER = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"

HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
          "xmlns:stream='http://etherx.jabber.org/streams' "
          "xmlns:db='jabber:server:dialback' version='1.0'{attributes}>")


class Stream:
    """A stream over TCP, later TLS; elements of depth one arrive in `elements`, in order."""

    def __init__(self, sock):
        self.socket = sock
        self.elements = []
        self.header = None  # attributes of the peer's stream header
        self.received_raw = bytearray()
        self.handled = 0  # stanzas, since XEP-0198 is enabled
        self.closed = False
        self._pending = collections.deque()
        self.reset()

    @classmethod
    def connect(cls, address):
        sock = socket.create_connection(address, timeout=PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(sock)

    def reset(self):
        """A new stream header is expected (after TLS and after SASL)."""
        self._parser = ElementTree.XMLPullParser(("start", "end"))
        self._depth = 0
        self._root = None
        self.header = None

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def open(self, sender=None, to=None, ident=None):
        attributes = "".join(f" {name}='{value}'" for name, value in
                             (("from", sender), ("to", to), ("id", ident)) if value)
        self.send(HEADER.format(attributes=attributes))

    def next(self, seconds=PATIENCE):
        """The next element of depth one, or None when the stream ended."""
        deadline = time.monotonic() + seconds
        while not self._pending:
            if self.closed:
                return None
            left = deadline - time.monotonic()
            if left <= 0:
                raise LabError(f"the stream stayed silent for {seconds:g} s")
            self._receive(left)
        return self._pending.popleft()

    def wait_header(self, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while self.header is None and not self.closed:
            left = deadline - time.monotonic()
            if left <= 0:
                raise LabError("no stream header came")
            self._receive(left)
        return self.header

    def expect(self, tag, seconds=PATIENCE):
        element = self.next(seconds)
        if element is None or element.tag != tag:
            shown = ElementTree.tostring(element).decode() if element is not None else "the end"
            raise LabError(f"expected {tag}, got {shown}")
        return element

    def wait_closed(self, seconds=PATIENCE):
        """Reads until the peer closes; returns everything it said on the way."""
        said = []
        while (element := self.next(seconds)) is not None:
            said.append(element)
        return said

    def start_tls(self, context, server_side=False, server_name=None, session=None):
        self.socket.settimeout(PATIENCE)
        self.context = context
        self.socket = context.wrap_socket(self.socket, server_side=server_side,
                                          server_hostname=server_name, session=session)
        self.reset()

    def alive(self):
        """Whether the peer has kept it open; reads what has come without waiting."""
        while not self.closed:
            before = len(self.received_raw)
            self._receive(0)
            if len(self.received_raw) == before:
                break
        return not self.closed

    def hang_up(self):
        """Ends the connection under whoever reads it, who then closes the stream.

        Never close() what another thread reads: its next read takes octets of whatever
        connection gets the same descriptor, the five of a TLS record's head for example.
        """
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        self.hang_up()
        try:
            self.socket.close()
        except OSError:
            pass
        self.closed = True

    # The initiating side's usual course

    def negotiate_tls(self, sender, to, certificate, ca_file, earlier=None):
        """Header, features, STARTTLS, and the header again; returns the features under TLS.
        The TLS session of an `earlier` stream is taken up again."""
        self.open(sender, to)
        self.expect(NS_STREAM + "features")
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.expect(NS_TLS + "proceed")
        context = earlier.context if earlier else ssl.create_default_context(cafile=ca_file)
        context.check_hostname = False
        if certificate and not earlier:
            context.load_cert_chain(certificate.certificate, certificate.key)
        self.start_tls(context, server_name=to,
                       session=earlier.socket.session if earlier else None)
        self.open(sender, to)
        return self.expect(NS_STREAM + "features")

    def authenticate(self, sender, to, authzid="="):
        """SASL EXTERNAL (XEP-0178); `authzid` "=" leaves it empty."""
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>"
                  f"{authzid}</auth>")
        self.expect(NS_SASL + "success")
        self.reset()
        self.open(sender, to)
        return self.expect(NS_STREAM + "features")

    def _receive(self, seconds):
        self.socket.settimeout(max(seconds, 0.01))
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            return
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return
        self.received_raw += data
        try:
            self._parser.feed(data)
            self._take()
        except ElementTree.ParseError as error:
            raise LabError(f"not well-formed: {error}: {data[:200]!r}") from None

    def _take(self):
        for event, element in self._parser.read_events():
            if event == "start":
                self._depth += 1
                if self._depth == 1:
                    self._root = element
                    self.header = dict(element.attrib)
            else:
                self._depth -= 1
                if self._depth == 1:
                    self._root.remove(element)
                    self._pending.append(element)
                elif self._depth == 0:
                    self.closed = True


class XmppPeer:
    """A whole foreign XMPP server for one domain: accepts the gateway's streams, keeps what comes.

    `mechanism` is what it offers after TLS: "external" or "dialback". It believes dialback keys
    without asking and confirms the keys in `keys` when the gateway asks.
    """

    def __init__(self, domain, certificate, ca_file, mechanism="external", port=0,
                 host="127.0.0.1"):
        self.domain, self.certificate, self.ca_file = domain, certificate, ca_file
        self.mechanism = mechanism
        self.refuses_external = None  # "failure", or "close": with the end of the stream behind it
        self.hides_tls = False
        self.management = None  # "acks": XEP-0198; "silent": enabled, and never acknowledged
        self.streams_seen = []  # also those that came to nothing
        self._contexts = {}
        self.keys = {}  # stream id -> the dialback key we sent there
        self.stanzas = []
        self.times = []
        self.streams = []
        self.on_stanza = None  # called with (stream, element)
        self._arrived = threading.Condition()
        self._reading = threading.Event()
        self._reading.set()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=64)
        self.port = self._listener.getsockname()[1]
        self._stopping = False
        threading.Thread(target=self._accept, daemon=True).start()

    def wait_stanza(self, where, seconds=PATIENCE, what="a stanza"):
        with self._arrived:
            # In a list, because an element without children is false.
            found = self._arrived.wait_for(
                lambda: list(itertools.islice(filter(where, self.stanzas), 1)), timeout=seconds)
        if not found:
            raise LabError(f"{self.domain} got no {what} within {seconds:g} s")
        return found[0]

    def wait_body(self, body, seconds=PATIENCE):
        return self.wait_stanza(lambda s: body_of(s) == body, seconds, f"message {body!r}")

    def bodies(self):
        return [body_of(s) for s in self.stanzas if body_of(s) is not None]

    def pause(self):
        """Stops reading after the next stanza, with the connections open."""
        self._reading.clear()

    def resume(self):
        self._reading.set()

    def testimony(self, since):
        """(who, lines) for lab.evidence: what came in since then."""
        came = list(zip(list(self.times), list(self.stanzas)))
        return f"{self.domain} got", [
            f"{clock(at)} {ElementTree.tostring(stanza, 'unicode')}" for at, stanza in came
            if at >= since]

    def drop_streams(self):
        for stream in self.streams:
            stream.hang_up()  # _serve() closes it
        self.streams.clear()

    def stop(self):
        self._stopping = True
        self.resume()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.drop_streams()

    def _accept(self):
        while not self._stopping:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            stream = Stream(sock)
            self.streams_seen.append(stream)
            threading.Thread(target=self._serve, args=(stream,), daemon=True).start()

    def _serve(self, stream):
        try:
            self._negotiate(stream)
            self.streams.append(stream)
            while (element := stream.next(3600)) is not None:
                self._element(stream, element)
                self._reading.wait()
        except (LabError, OSError, ssl.SSLError):
            pass
        finally:
            stream.close()

    def _negotiate(self, stream):
        if self.hides_tls:
            self._header(stream, DIALBACK_OFFER)
            return
        self._header(stream, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
                             "</starttls>")
        stream.expect(NS_TLS + "starttls")
        stream.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        stream.start_tls(self._tls(), server_side=True)
        if self.mechanism == "external":
            self._header(stream, DIALBACK_OFFER + "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                                 "<mechanism>EXTERNAL</mechanism></mechanisms>")
        else:
            self._header(stream, DIALBACK_OFFER)

    def _tls(self):
        """One for all streams, so that sessions can be taken up again."""
        if self.mechanism not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate.certificate, self.certificate.key)
            if self.mechanism == "external":
                context.load_verify_locations(self.ca_file)
                context.verify_mode = ssl.CERT_OPTIONAL
            self._contexts[self.mechanism] = context
        return self._contexts[self.mechanism]

    def _header(self, stream, features):
        header = stream.wait_header()
        if header is None:
            raise LabError("no stream")
        stream.open(self.domain, header.get("from"), f"s{id(stream):x}{len(self.streams)}")
        stream.send(f"<stream:features>{features}</stream:features>")

    def _element(self, stream, element):
        if element.tag == NS_SASL + "auth" and self.refuses_external:
            end = "</stream:stream>" if self.refuses_external == "close" else ""
            stream.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>"
                        "</failure>" + end)
        elif element.tag == NS_SASL + "auth":
            stream.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
            stream.reset()
            self._header(stream, "<sm xmlns='urn:xmpp:sm:3'/>" if self.management else "")
        elif element.tag.startswith(NS_MANAGEMENT):
            self._manage(stream, element.tag.removeprefix(NS_MANAGEMENT))
        elif element.tag == NS_DIALBACK + "result":
            self._confirm(stream, element, "result", "valid")
        elif element.tag == NS_DIALBACK + "verify":
            right = self.keys.get(element.get("id")) == (element.text or "").strip()
            self._confirm(stream, element, "verify", "valid" if right else "invalid")
        else:
            stream.handled += 1
            with self._arrived:
                self.times.append(time.time())
                self.stanzas.append(element)
                self._arrived.notify_all()
            if self.on_stanza:
                self.on_stanza(stream, element)

    def _manage(self, stream, name):
        if name == "enable":
            stream.handled = 0
            stream.send("<enabled xmlns='urn:xmpp:sm:3'/>")
        elif name == "r" and self.management == "acks":
            stream.send(f"<a xmlns='urn:xmpp:sm:3' h='{stream.handled}'/>")

    @staticmethod
    def _confirm(stream, element, kind, verdict):
        ident = f" id='{element.get('id')}'" if element.get("id") else ""
        stream.send(f"<db:{kind} from='{element.get('to')}' to='{element.get('from')}'{ident} "
                    f"type='{verdict}'/>")


def body_of(stanza):
    """The text of a message's body, or None."""
    return stanza.findtext(NS_SERVER + "body") if stanza.tag == NS_SERVER + "message" else None
