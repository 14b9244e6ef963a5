"""Partners that stop, stall, vanish and come back."""

import collections
import signal
import time

from base import OwnWorldTest, settle, unique

from lab.process import PATIENCE, wait_until
from lab.xmpp_stream import NS_SERVER

MESSAGE = ("<message from='tybalt@northwind.example' to='{}@branch.example' id='{}' type='chat'>"
           "<body>{}</body></message>")


class Resilience(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("tcp").add_northwind().start()

    def setUp(self):
        self.branch, self.northwind = self.world.branch, self.world.northwind

    def send(self, count, what):
        texts = [unique(what) for _ in range(count)]
        return texts, [self.branch.message("sip:tybalt@northwind.example", t) for t in texts]

    def test_1_the_stream_breaks_between_messages(self):
        for _ in range(3):
            texts, calls = self.send(5, "before the break")
            self.assertEqual({call.wait().code for call in calls}, {202})
            self.northwind.wait_body(texts[-1])
            start = self.gateway.mark()
            self.northwind.drop_streams()
            self.gateway.wait_event("s2s.down", start=start, direction="out")
        texts, calls = self.send(5, "after the break")
        self.assertEqual({call.wait().code for call in calls}, {202})
        self.northwind.wait_body(texts[-1])
        self.assertEqual([b for b in self.northwind.bodies() if b in texts], texts)

    def test_2_the_sip_connection_breaks(self):
        stream = self.world.northwind_stream(to="branch.example")
        for turn in range(3):
            text = unique("over a new connection")
            stream.send(MESSAGE.format("bob", f"c{turn}", text))
            self.branch.wait_request(body=text)
            self.gateway.wait_nothing_pending()
            self.branch.close_connections()
            self.gateway.wait_metric(0, "isthmus_sip_connections")
        self.assertEqual([s for s in self.northwind.stanzas if s.get("type") == "error"], [])

    def test_3_the_partner_restarts(self):
        # A close without warning; what was answered 2xx before it counts as delivered.
        self.northwind.stop()
        self.world.bench.disown(self.northwind)
        texts, calls = self.send(20, "while it restarts")
        settle(1)
        self.world.start_northwind()
        codes = [call.wait().code for call in calls]
        expected = [t for t, code in zip(texts, codes) if code < 300]
        if expected:
            self.world.northwind.wait_body(expected[-1])
        self.assertEqual(self.world.northwind.bodies(), expected)
        self.assertTrue(expected)

    def test_4_a_silent_sip_phone(self):
        """No answer: its sender learns it after Timer F; others are served meanwhile."""
        self.branch.answer = lambda r: None if "silent" in r.uri else 200
        try:
            stream = self.world.northwind_stream(to="branch.example")
            started = time.monotonic()
            for number in range(3):
                stream.send(MESSAGE.format("silent", f"s{number}", f"into the void {number}"))
            text = unique("meanwhile")
            stream.send(MESSAGE.format("bob", "m", text))
            self.branch.wait_request(25, body=text)
            error = self.world.northwind.wait_stanza(
                lambda s: s.get("id") == "s0" and s.get("type") == "error", what="the error")
            self.assertLess(time.monotonic() - started, 40)  # Timer F has 32
            self.assertIsNotNone(error.find(
                f"{NS_SERVER}error/{{urn:ietf:params:xml:ns:xmpp-stanzas}}remote-server-timeout"))
            for ident in ("s1", "s2"):  # they waited 30 s behind the first
                self.world.northwind.wait_stanza(
                    lambda s, i=ident: s.get("id") == i and s.get("type") == "error", what=ident)
        finally:
            self.branch.answer = 200

    def test_5_the_sip_system_is_down(self):
        self.branch.stop()
        stream = self.world.northwind_stream(to="branch.example")
        stream.send(MESSAGE.format("bob", "down", "anybody?"))
        self.world.northwind.wait_stanza(
            lambda s: s.get("id") == "down" and s.get("type") == "error", what="the error")

    def test_9_second_sigterm_stops_at_once(self):
        # Something is pending, so that the drain would take its time.
        self.northwind.stop()
        self.world.northwind.stop()
        self.gateway.process.signal(signal.SIGTERM)
        settle(0.1)
        self.gateway.process.signal(signal.SIGTERM)
        started = time.monotonic()
        self.gateway.process.wait_exit(PATIENCE)
        self.assertLess(time.monotonic() - started, 5)  # the drain would take 10


class Overload(OwnWorldTest):
    """More than the gateway may hold: 503 with Retry-After, and it recovers."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind(running=False)
        world.start(tables={"limits": {"max_pending_messages": 50}})

    def test_overload(self):
        branch = self.world.branch
        calls = [branch.message("sip:tybalt@northwind.example", unique("too much"))
                 for _ in range(200)]
        wait_until(lambda: sum(call.answered() for call in calls) >= 150, PATIENCE, "refusals")
        refused = [call.final for call in calls if call.answered()]
        self.assertEqual({r.code for r in refused}, {503})
        self.assertTrue(all(r.get("Retry-After") for r in refused))
        northwind = self.world.start_northwind()
        waiting = [call for call in calls if not call.answered()]
        codes = {call.wait().code for call in waiting}
        self.assertEqual(codes, {202})
        text = unique("after the storm")
        self.assertEqual(branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        northwind.wait_body(text)
        self.assertEqual(len(northwind.bodies()), len(waiting) + 1)


class SlowReader(OwnWorldTest):
    """A partner that takes the connection and never reads again: bounded memory, errors back."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind().start()

    def test_bounded(self):
        branch, northwind = self.world.branch, self.world.northwind
        self.assertEqual(branch.message("sip:tybalt@northwind.example", "one").wait().code, 202)
        northwind.wait_body("one")
        northwind.pause()
        memory = self.gateway.memory()
        body = "z" * 1000
        calls = []

        def answers():
            return collections.Counter(call.final.code for call in calls if call.answered())

        # More when it is busy elsewhere: it must have taken enough of them to be full.
        while len(calls) < 30000 or (len(calls) < 300000 and not set(answers()) - {202}):
            calls += [branch.message(f"sip:u{len(calls) + n}@northwind.example", body,
                                     repeat=False) for n in range(10000)]
            settle(1)
        counts = answers()
        self.assertLess(self.gateway.memory() - memory, 100 << 20)
        print("    answers while it did not read:", dict(counts))
        self.assertTrue(set(counts) <= {202, 480, 500, 503, 504}, counts)
        self.assertTrue(set(counts) - {202}, "the queue has no end")
        self.assertEqual(self.gateway.http("/healthz")[0], 200)
        northwind.resume()
        text = unique("reading again")

        def accepted():
            return branch.message("sip:tybalt@northwind.example", text).wait().code == 202

        wait_until(accepted, PATIENCE, "the stream to recover")
        northwind.wait_body(text)
