"""Streams with real servers: TLS from the first octet (XEP-0368) and acknowledged stanzas
(XEP-0198); the limits and timers that an administrator changes while streams are up."""

import json
import time

from base import OwnWorldTest, settle, unique

from lab.process import PATIENCE, free_port, wait_until
from lab.prosody import Prosody
from lab.xmpp_stream import NS_STREAM, LabError

MESSAGE = ("<message from='tybalt@northwind.example' to='bob@branch.example' id='{}' type='chat'>"
           "<body>{}</body></message>")


def streams(gateway, **wanted):
    found = json.loads(gateway.cli("status", "-o", "json").stdout)["streams"]
    return [s for s in found if all(s[k] == v for k, v in wanted.items())]


class DirectTls(OwnWorldTest):
    """Only _xmpps-server records, so that nothing else can carry a message."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp")
        ours, theirs = free_port(), free_port()
        world.prosody = Prosody(world.bench, "fabrikam.example", world.dns, world.authority,
                                "certificate", options=f"s2s_direct_tls_ports = {{ {theirs} }}")
        world.prosody.add_user("romeo")
        world.announce_direct_tls("fabrikam.example", theirs)
        world.start(tables={"xmpp": {"direct_tls_listen": [f"127.0.0.1:{ours}"]}})
        world.dns.remove("_xmpp-server._tcp.branch.example")
        world.dns.srv("_xmpps-server._tcp.branch.example", (0, 0, ours, "localhost"))
        world.romeo = world.xmpp_user("romeo")

    def test_both_ways(self):
        text = unique("direct")
        call = self.world.branch.message("sip:romeo@fabrikam.example", text)
        self.assertIn(call.wait().code, (200, 202))
        self.world.romeo.wait("message", body=text)
        self.world.romeo.send("bob@branch.example", text)
        self.world.branch.wait_request(body=text)
        for direction in ("out", "in"):
            up = streams(self.gateway, direction=direction, state="up")
            self.assertEqual([s["auth"] for s in up], ["external"], direction)
            self.assertTrue(up[0]["tls"])


class TakenUpAgain(OwnWorldTest):
    """TLS sessions, by OpenSSL on the partner's side, too."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind().start()

    def test_1_theirs_proves_who_they_are_as_the_first_did(self):
        first = self.world.northwind_stream(to="branch.example")
        self.assertFalse(first.socket.session_reused)
        second = self.world.northwind_stream(to="branch.example", earlier=first)
        self.assertTrue(second.socket.session_reused)
        text = unique("taken up again")
        second.send(MESSAGE.format("t1", text))
        self.world.branch.wait_request(body=text)
        up = streams(self.gateway, direction="in", state="up")
        self.assertEqual({s["auth"] for s in up}, {"external"})
        first.close()
        second.close()

    def test_2_not_when_our_certificates_are_others(self):
        first = self.world.northwind_stream(to="branch.example")
        again = self.world.authority.issue("again", ["gateway.contoso.example", "branch.example"])
        self.gateway.cli("cert", "import", again.certificate, "--key", again.key, "--use",
                         "xmpp-s2s", "--name", "again")
        second = self.world.northwind_stream(to="branch.example", earlier=first)
        self.assertFalse(second.socket.session_reused)
        first.close()
        second.close()

    def test_3_ours_too(self):
        northwind = self.world.northwind
        for number, text in enumerate((unique("first"), unique("second"))):
            call = self.world.branch.message("sip:tybalt@northwind.example", text)
            self.assertEqual(call.wait().code, 202)
            northwind.wait_body(text)
            self.assertEqual(northwind.streams_seen[-1].socket.session_reused, number == 1)
            start = self.gateway.mark()
            northwind.drop_streams()
            self.gateway.wait_event("s2s.down", start=start)


class SeveralDomains(OwnWorldTest):
    """ejabberd takes several domains of ours on one stream (XEP-0220 §2.5)."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_ejabberd()
        world._peers[-1]["domains"].append("annex.example")
        world._domains.append("annex.example")
        world.start()
        world.gateway.cli("partner", "set", "litware.example", "--sasl-negotiation", "Optional")
        world.juliet = world.xmpp_user("juliet", world.ejabberd)

    def test_the_second_rides_on_the_stream_of_the_first(self):
        for sender in ("sip:bob@branch.example", "sip:bob@annex.example",
                       "sip:bob@branch.example", "sip:bob@annex.example"):
            text = unique(f"from {sender}")
            call = self.world.branch.message("sip:juliet@litware.example", text, from_uri=sender)
            self.assertIn(call.wait().code, (200, 202))
            got = self.world.juliet.wait("message", body=text)
            self.assertEqual(got["from"].split("/")[0], sender.removeprefix("sip:"))
        up = streams(self.gateway, direction="out", state="up")
        self.assertEqual({s["auth"] for s in up}, {"external", "dialback"}, up)
        self.assertEqual(len({s["remote_address"] for s in up}), 1, up)
        self.assertEqual(len(up), 2, up)
        self.assertEqual(self.gateway.metric(
            "isthmus_s2s_connect_attempts_total", partner="litware.example", direction="out",
            result="up", code=""), 1)


class Acknowledged(OwnWorldTest):
    """Prosody's mod_smacks, which is on between servers as Debian ships it."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_prosody().start()
        world.romeo = world.xmpp_user("romeo")

    def test_1_both_ways(self):
        texts = [unique("acknowledged") for _ in range(20)]
        calls = [self.world.branch.message("sip:romeo@fabrikam.example", t) for t in texts]
        self.assertEqual({call.wait().code for call in calls}, {202})
        self.world.romeo.wait("message", body=texts[-1])
        for text in texts:
            self.world.romeo.send("bob@branch.example", text)
        self.world.branch.wait_request(body=texts[-1])
        # What it had waiting for the stream is not counted there, nor what comes before a timer of
        # its own has enabled acknowledgements; this is.
        wait_until(lambda: "Received[s2sout]: <enabled" in self.world.prosody.process.output(),
                   PATIENCE, "acknowledgements on its stream")
        text = unique("counted")
        self.world.romeo.send("bob@branch.example", text)
        self.world.branch.wait_request(body=text)
        log = self.world.prosody.process.output()
        self.assertIn("Received ack request, acking for", log)  # we asked on our stream
        self.gateway.wait_nothing_pending()
        # And it has our answers on the other one: nothing of what it sent is open.
        wait_until(lambda: "#queue = 0 (acked" in self.said_last(), PATIENCE,
                   "the acknowledgements")

    def said_last(self):
        """What it said when an acknowledgement of ours came last."""
        lines = [line for line in self.world.prosody.process.output().splitlines()
                 if "(acked:" in line]
        return lines[-1] if lines else ""


class AcknowledgedByHand(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        world.northwind.management = "acks"
        world.start()

    def setUp(self):
        self.branch, self.northwind = self.world.branch, self.world.northwind

    def tearDown(self):
        self.branch.answer = 200
        self.northwind.management = "acks"
        self.northwind.drop_streams()

    def test_202_means_that_the_partner_has_it(self):
        text = unique("acknowledged")
        self.assertEqual(self.branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        self.northwind.wait_body(text)

    def test_what_is_not_acknowledged_is_told_to_its_sender(self):
        """The stream breaks after the message was written: no 202, and nothing comes twice."""
        self.northwind.management = "silent"
        text = unique("read, and never acknowledged")
        call = self.branch.message("sip:tybalt@northwind.example", text)
        self.northwind.wait_body(text)
        self.assertFalse(call.answered())
        start = self.gateway.mark()
        self.northwind.drop_streams()
        self.assertGreaterEqual(call.wait().code, 400)
        self.gateway.wait_event("im.fail", start=start, code="IST-XMPP-012")
        self.assertEqual(self.northwind.bodies().count(text), 1)

    def test_a_stanza_is_acknowledged_when_the_sip_side_has_answered(self):
        stream = self.world.northwind_stream(to="branch.example")
        stream.send("<enable xmlns='urn:xmpp:sm:3'/>")
        self.assertTrue(stream.next().tag.endswith("enabled"))
        self.branch.answer = lambda request: None
        text = unique("who knows")
        stream.send(MESSAGE.format("a1", text) + "<r xmlns='urn:xmpp:sm:3'/>")
        self.assertEqual(stream.next().get("h"), "0")
        request = self.branch.wait_request(body=text)
        settle(0.2)
        stream.send("<r xmlns='urn:xmpp:sm:3'/>")
        self.assertEqual(stream.next().get("h"), "0")
        self.branch.answer_late(request, 200)
        # It has asked, so it is told; it need not ask again.
        self.assertEqual(stream.next().get("h"), "1")
        stream.close()

    def test_a_refusal_is_a_fate_as_well(self):
        stream = self.world.northwind_stream(to="branch.example")
        stream.send("<enable xmlns='urn:xmpp:sm:3'/>")
        stream.next()
        self.branch.answer = 404
        stream.send(MESSAGE.format("a2", unique("no such user")) + "<r xmlns='urn:xmpp:sm:3'/>")
        while stream.next().get("h") != "1":
            pass
        self.northwind.wait_stanza(lambda s: s.get("id") == "a2" and s.get("type") == "error")
        stream.close()


class LimitsAndTimers(OwnWorldTest):
    """Each one changed by the administrator while the daemon runs (lync 6)."""

    @classmethod
    def build(cls, world):
        world.add_branch("tcp").add_northwind().start()

    def setUp(self):
        self.opened = []

    def tearDown(self):
        for stream in self.opened:
            stream.close()
        self.set("--connection-limit", "1000", "--partner-connection-limit", "20",
                 "--keep-alive-interval", "300", "--stream-inactivity-timeout", "600",
                 "--stream-establishment-timeout", "60")
        self.gateway.cli("partner", "delete", "northwind.example", "--yes")
        self.gateway.cli("partner", "create", "northwind.example", "--partner-type", "Federated")
        self.world.northwind.drop_streams()
        wait_until(lambda: not streams(self.gateway, state="up"), PATIENCE, "the streams to end")

    def set(self, *arguments):
        self.gateway.cli("gateway", "set", *arguments)

    def partner(self, *arguments):
        self.gateway.cli("partner", "set", "northwind.example", *arguments)

    def open(self):
        stream = self.world.northwind_stream(to="branch.example")
        self.opened.append(stream)
        return stream

    def is_refused(self, code):
        start = self.gateway.mark()
        with self.assertRaises(LabError) as raised:
            self.open()
        self.assertIn("resource-constraint", str(raised.exception))
        self.gateway.wait_event("limit.hit", start=start, code=code)

    def sends(self, text):
        call = self.world.branch.message("sip:tybalt@northwind.example", text)
        self.assertEqual(call.wait().code, 202)
        self.world.northwind.wait_body(text)

    def test_partner_connection_limit(self):
        self.set("--partner-connection-limit", "2")
        self.open(), self.open()
        self.is_refused("IST-LIM-010")
        self.set("--partner-connection-limit", "3")
        self.open()

    def test_connection_limit_of_the_partner(self):
        self.partner("--connection-limit", "1")
        self.open()
        self.is_refused("IST-LIM-010")
        self.partner("--connection-limit", "2")
        self.open()

    def test_connection_limit(self):
        self.set("--connection-limit", "1")
        self.open()
        self.is_refused("IST-LIM-011")
        self.set("--connection-limit", "2")
        self.open()

    def test_keep_alive_interval(self):
        stream, quiet = self.open(), self.open()
        self.set("--keep-alive-interval", "1")
        for _ in range(10):
            settle(0.5)
            stream.send(" ")
        self.assertTrue(stream.alive())
        error = quiet.expect(NS_STREAM + "error")
        self.assertIn("connection-timeout", error[0].tag)
        # And we keep ours alive.
        self.sends(unique("kept alive"))
        ours = self.world.northwind.streams[-1]
        wait_until(lambda: ours.received_raw.endswith(b"  "), PATIENCE, "white space")
        # Where no keep-alive is expected, silence is nothing.
        self.partner("--enable-keep-alive", "false")
        other = self.open()
        settle(4)
        self.assertTrue(other.alive())

    def test_stream_inactivity_timeout(self):
        """Both directions close in order and open again on demand, with nothing lost."""
        self.partner("--enable-keep-alive", "false")
        stream = self.open()
        self.sends(unique("before"))
        self.set("--stream-inactivity-timeout", "1")
        self.assertEqual(stream.wait_closed(), [])
        wait_until(lambda: not streams(self.gateway, state="up"), PATIENCE, "the idle streams")
        until = time.monotonic() + 6
        texts = []
        while time.monotonic() < until:  # across many closings, at all moments of them
            texts.append(unique("on demand"))
            self.sends(texts[-1])
            settle(0.97 + 0.02 * (len(texts) % 5))
        self.assertEqual([b for b in self.world.northwind.bodies() if b in texts], texts)

    def test_stream_establishment_timeout(self):
        from lab.xmpp_stream import Stream
        stream = Stream.connect(self.gateway.xmpp_address)
        self.opened.append(stream)
        self.set("--stream-establishment-timeout", "1")
        said = stream.wait_closed()
        self.assertIn("connection-timeout", said[0][0].tag)
