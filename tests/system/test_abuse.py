"""Hostile input at the open ports: the right error, and the neighbours notice nothing."""

import os
import socket

from base import SharedWorldTest, settle, unique
from test_messages import with_stream

from lab.process import PATIENCE
from lab.sip_agent import SipAgent
from lab.sip_message import SipMessage
from lab.xmpp_stream import HEADER, NS_STREAM, Stream

STREAM_ERRORS = "{urn:ietf:params:xml:ns:xmpp-streams}"
AT_ONCE = 9  # seconds, on a busy machine: less than the 10 that a TLS handshake may take
OPEN = HEADER.format(attributes=" from='northwind.example' to='branch.example'")


class Abuse(SharedWorldTest):
    def tearDown(self):
        # After every attack both directions still work, on the streams that stood before it.
        text = unique("neighbour")
        response = self.world.alice.message("sip:romeo@fabrikam.example", text).wait()
        self.assertIn(response.code, (200, 202))
        self.world.romeo.wait("message", body=text)
        self.world.romeo.send("alice@contoso.example", text)
        self.world.alice.wait_request(body=text)
        super().tearDown()

    def conditions(self, said):
        """The stream error conditions in what the gateway said last."""
        self.assertTrue(said, "closed without a word")
        self.assertEqual(said[-1].tag, NS_STREAM + "error")
        return {child.tag.removeprefix(STREAM_ERRORS) for child in said[-1]}

    def attack_open(self, data, *allowed):
        """Octets sent instead of a proper stream; the stream error must be one of `allowed`."""
        stream = Stream.connect(self.gateway.xmpp_address)
        try:
            stream.send(data)
        except OSError:
            pass
        said = stream.wait_closed(AT_ONCE)
        stream.close()
        if said:
            self.assertTrue(self.conditions(said) & set(allowed), self.conditions(said))
        return said

    # XML (abuse cases A01 to A13)

    def test_entities(self):
        laughs = "".join(f"<!ENTITY l{n} '{'&l%d;' % (n - 1) * 10}'>" for n in range(1, 10))
        attacks = [
            f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY l0 'ha'>{laughs}]>" + OPEN[21:],
            "<?xml version='1.0'?><!DOCTYPE x SYSTEM 'file:///etc/passwd'>" + OPEN[21:],
            "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY % p SYSTEM 'http://127.0.0.1/'> %p;]>",
            OPEN + "<!-- a comment -->", OPEN + "<?target instruction?>",
            OPEN + "<a>&undefined;</a>", OPEN + "<![CDATA[",
        ]
        memory = self.gateway.memory()
        for attack in attacks[:6]:
            with self.subTest(attack[:40]):
                self.attack_open(attack, "restricted-xml", "not-well-formed",
                                 "invalid-namespace", "bad-format", "undefined-condition")
        self.assertLess(self.gateway.memory() - memory, 32 << 20)

    def test_headers(self):
        for attack, allowed in (
                (OPEN.replace("etherx.jabber.org/streams", "example.com/streams"),
                 {"invalid-namespace"}),
                (OPEN.replace("'jabber:server'", "'jabber:nonsense'"), {"invalid-namespace"}),
                (OPEN.replace("to='branch.example'", "to='unknown.example'"), {"host-unknown"}),
                ("<html><body>hello</body></html>", {"invalid-namespace", "bad-format",
                                                     "not-well-formed"}),
                ("MESSAGE sip:a@b SIP/2.0\r\n\r\n", {"not-well-formed", "invalid-namespace",
                                                    "bad-format"}),
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(80),
                 {"not-well-formed", "unsupported-encoding"}),
                (b"\xff\xfe<\x00?\x00", {"not-well-formed", "unsupported-encoding"}),
                (OPEN.encode() + b"<a>\xc0\xbc</a>", {"not-well-formed"}),
                (OPEN + "<a>&#0;</a>", {"not-well-formed"})):
            with self.subTest(str(attack)[:50]):
                self.attack_open(attack, *allowed)

    def test_depth_and_attributes(self):
        self.attack_open(OPEN + "<a>" * 5000, "policy-violation", "not-well-formed",
                         "not-authorized", "unsupported-stanza-type")
        many = " ".join(f"a{n}='v'" for n in range(5000))
        self.attack_open(OPEN + f"<a {many}/>", "policy-violation", "not-authorized")

    def test_oversize_before_authentication(self):
        self.attack_open(OPEN + "<a b='" + "x" * (2 << 20) + "'/>", "policy-violation",
                         "not-authorized")

    def test_oversize_stanza(self):
        stream = self.world.northwind_stream(to="branch.example")
        try:
            stream.send("<message from='tybalt@northwind.example' to='bob@branch.example' "
                        f"id='big'><body>{'x' * (1 << 20)}</body></message>")
        except OSError:
            pass
        said = stream.wait_closed(AT_ONCE)
        self.assertIn("policy-violation", self.conditions(said))

    def test_long_text(self):
        """Below the stanza limit, above what a SIP peer gets in one message."""
        with_stream(self.world).send(
            "<message from='tybalt@northwind.example' to='bob@branch.example' id='long1' "
            f"type='chat'><body>{'y' * 100000}</body></message>")
        self.world.northwind.wait_stanza(
            lambda s: s.get("id") == "long1" and s.get("type") == "error", what="refusal")

    # Injection (E01, E05, A10)

    def test_nothing_escapes_into_sip(self):
        branch = self.world.branch
        before = len(branch.requests)
        for hostile in ("x\r\nVia: SIP/2.0/UDP evil.example\r\n\r\nINVITE sip:a@b SIP/2.0",
                        "line one\nline two", "\u2028\u202e", "a\u0085b"):
            text = unique(hostile)
            escaped = text.replace("&", "&amp;").replace("\r", "&#13;").replace("\n", "&#10;")
            with_stream(self.world).send(
                f"<message from='tybalt@northwind.example/&quot;&gt;;evil=yes' "
                f"to='bob@branch.example' type='chat' id='i&#13;&#10;Evil: yes'>"
                f"<subject>s&#13;&#10;Evil: yes</subject>"
                f"<thread>t&#13;&#10;Evil: yes</thread><body>{escaped}</body></message>")
        last = text.replace("\r\n", "\n")
        branch.wait_request(where=lambda r: r.text.replace("\r\n", "\n") == last)
        for request in branch.messages():
            self.assertIsNone(request.get("Evil"))
            self.assertNotIn("evil.example", request.get("Via"))
            self.assertNotIn('">;', request.get("From"))
        self.assertEqual({r.method for r in branch.requests[before:]}, {"MESSAGE"})
        text = unique("clean and\nin two lines")
        stream = self.world.northwind_stream(to="branch.example")
        stream.send("<message from='tybalt@northwind.example' to='bob@branch.example' "
                    f"type='chat'><body>{text}</body></message>")
        branch.wait_request(where=lambda r: r.text.replace("\r\n", "\n") == text)

    def test_nothing_escapes_into_xml(self):
        northwind = self.world.northwind
        text = unique("</body></message><message from='admin@contoso.example'><body>]]>&lt;")
        self.assertEqual(self.world.branch.message("sip:tybalt@northwind.example", text,
                                                   headers=[("Subject", "</subject>&\"'<x/>")])
                         .wait().code, 202)
        northwind.wait_body(text)
        self.assertEqual([s for s in northwind.stanzas if "admin" in s.get("from", "")], [])
        for body in (b"nul \x00 inside", b"bell \x07", b"bad \xff\xfe utf8", "noncharacter \uffff"):
            with self.subTest(str(body)):
                call = self.world.branch.message("sip:tybalt@northwind.example", body,
                                                 "text/plain;charset=UTF-8")
                self.assertLess(call.wait().code, 500)
        text = unique("the stream lives")
        self.world.branch.message("sip:tybalt@northwind.example", text).wait()
        northwind.wait_body(text)

    # SIP (C03 to C24)

    def test_garbage_on_udp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.2", 0))
            for data in (b"", b"\r\n\r\n", b"\x00" * 100, os.urandom(1200),
                         b"GET / HTTP/1.0\r\n\r\n",
                         b"MESSAGE", b"SIP/2.0 200 OK\r\n\r\n", b"A" * 65000,
                         b"MESSAGE sip:a@b SIP/2.0\r\n" + b"Via: " * 5000,
                         b"MESSAGE sip:a@b SIP/2.0\r\n" + b"X: y\r\n" * 9000 + b"\r\n"):
                sock.sendto(data, self.gateway.sip_address("udp"))

    def test_garbage_on_tcp_and_tls(self):
        for transport in ("tcp", "tls"):
            for data in (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n",
                         b"\x16\x03\x01\x01\x00" + os.urandom(400),
                         OPEN.encode(), b"\x00" * 4096,
                         b"MESSAGE sip:a@b SIP/2.0\r\n" + b"a" * 300000,
                         b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
                         b"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n"):
                with self.subTest(transport=transport, data=data[:30]):
                    self.must_close(transport, data, AT_ONCE)

    def test_a_tls_handshake_that_stalls(self):
        # A record that announces more than comes; the handshake has 10 s (abuse case B28).
        self.must_close("tls", b"\x16\x03\x01\x24\x56" + os.urandom(400), PATIENCE)

    def must_close(self, transport, data, seconds):
        with socket.create_connection(self.gateway.sip_address(transport), PATIENCE,
                                      source_address=("127.0.0.2", 0)) as sock:
            sock.settimeout(seconds)
            try:
                sock.sendall(data)
                while sock.recv(65536):
                    pass
            except TimeoutError:
                self.fail("the connection stays open")
            except OSError:
                pass

    def test_header_tricks(self):
        branch = self.world.branch
        for header in (("From", "<sip:alice@contoso.example>;tag=2"), ("To", "<sip:x@y>"),
                       ("CSeq", "9 MESSAGE"), ("Call-ID", "second"), ("Max-Forwards", "1"),
                       ("f", "<sip:a@b>;tag=3")):
            with self.subTest(header[0]):
                text = unique("two of a kind")
                call = branch.message("sip:tybalt@northwind.example", text, headers=[header])
                self.assertEqual(call.wait().code, 400)
                self.assertNotIn(text, self.world.northwind.bodies())

    def test_encodings_are_never_inflated(self):
        for name, value in (("Content-Encoding", "gzip"), ("e", "deflate")):
            call = self.world.branch.message("sip:tybalt@northwind.example", b"\x1f\x8b" * 50,
                                             headers=[(name, value)])
            self.assertEqual(call.wait().code, 415)

    def test_idle_connections(self):
        """Hundreds of connections that say nothing do not keep others out."""
        socks = []
        try:
            for _ in range(300):
                for port in (self.gateway.sip_port("tcp"), self.gateway.xmpp_address[1]):
                    try:
                        socks.append(socket.create_connection(("127.0.0.1", port), PATIENCE,
                                                              source_address=("127.0.0.8", 0)))
                    except OSError:
                        pass
            text = unique("among the idle")
            self.world.branch.message("sip:tybalt@northwind.example", text).wait()
            self.world.northwind.wait_body(text)
        finally:
            for sock in socks:
                sock.close()

    def test_a_response_nobody_asked_for(self):
        response = SipMessage(code=200, reason="OK", headers=[
            ("Via", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKguess"), ("From", "<sip:a@b>;tag=1"),
            ("To", "<sip:c@d>;tag=2"), ("Call-ID", "x"), ("CSeq", "1 MESSAGE")])
        before = len(self.world.branch.stray)
        self.world.branch.send_raw(response.encode())
        settle(0.2)
        self.assertEqual(len(self.world.branch.stray), before)

    def test_a_flood_is_bounded(self):
        """Ten thousand requests of an unlisted sender cost little memory."""
        agent = SipAgent("sip:eve@evil.example", "udp", host="127.0.0.8",
                         proxy=self.gateway.sip_address("udp"))
        try:
            memory = self.gateway.memory()
            for _ in range(10000):
                agent.message("sip:tybalt@northwind.example", "flood", repeat=False)
            settle(1)
            self.assertLess(self.gateway.memory() - memory, 64 << 20)
        finally:
            agent.stop()
