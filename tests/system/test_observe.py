"""What an administrator sees of traffic: streams, dialogs, messages, conversations, live events."""

import json
import socket
import threading
import time

from base import OwnWorldTest, unique
from test_messages import with_stream

from lab.process import PATIENCE, wait_until


class Events:
    """Server-sent events over the admin socket, read as they come."""

    def __init__(self, gateway, path="/api/v1/events", last_id=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(gateway.admin_socket)
        head = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n"
        head += f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        self.socket.sendall((head + "\r\n").encode())
        self.text, self.has_ended = "", False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while True:
            try:
                octets = self.socket.recv(65536)
            except OSError:
                octets = b""
            if not octets:
                self.has_ended = True
                return
            self.text += octets.decode("utf-8", "replace")

    def all(self, name=None):
        found = []
        for block in self.text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines()
                          if ": " in line and not line.startswith(":"))
            if "event" in fields and "data" in fields and name in (None, fields["event"]):
                found.append({**json.loads(fields["data"]), "id_": fields.get("id")})
        return found

    def wait(self, name, matches=lambda event: True):
        return wait_until(lambda: next((e for e in self.all(name) if matches(e)), None),
                          PATIENCE, f"an event {name} in {self.text}")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


class Observe(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        world.start()

    def cli_json(self, *words):
        return json.loads(self.gateway.cli(*words, "-o", "json").stdout)

    def both_ways(self):
        """One message each way; its texts."""
        there, back = unique("there"), unique("back")
        self.world.branch.message("sip:tybalt@northwind.example", there).wait()
        self.world.northwind.wait_body(there)
        with_stream(self.world).send(
            "<message from='tybalt@northwind.example/cell' to='bob@branch.example' type='chat' "
            f"id='{unique('id')}'><body>{back}</body></message>")
        self.world.branch.wait_request(body=back)
        return there, back

    def test_1_streams_with_what_protects_them(self):
        self.both_ways()
        streams = self.cli_json("stream", "list")["items"]
        out = next(s for s in streams if s["direction"] == "out")
        self.assertEqual((out["partner"], out["state"]), ("northwind.example", "up"))
        self.assertTrue(out["id"].startswith("o"))
        self.assertGreater(out["stanzas_out"], 0)
        self.assertGreater(out["octets_out"], out["stanzas_out"] * 50)
        self.assertGreater(out["octets_in"], 0)
        came = next(s for s in streams if s["direction"] == "in" and s["state"] == "up")
        self.assertGreater(came["stanzas_in"], 0)
        if out["tls"]:
            self.assertIn("northwind.example", out["certificate"]["names"])
            self.assertRegex(out["certificate"]["not_after"], r"^20\d\d-")
            self.assertTrue(out["cipher"])
        one = self.cli_json("stream", "get", out["id"])
        self.assertEqual(one["stream_id"], out["stream_id"])
        self.assertEqual(self.cli_json("stream", "list", "--partner", "nobody.example")["items"], [])
        self.assertIn("northwind.example, out: up", self.gateway.cli("stream", "get", out["id"]).stdout)

    def test_2_a_closed_stream_is_opened_by_the_next_message(self):
        self.both_ways()
        out = next(s for s in self.cli_json("stream", "list")["items"] if s["direction"] == "out")
        self.gateway.cli("stream", "close", out["id"])
        wait_until(lambda: next(s for s in self.cli_json("stream", "list")["items"]
                                if s["direction"] == "out")["state"] != "up",
                   PATIENCE, "the stream to be closed")
        self.both_ways()
        self.assertEqual(self.gateway.cli("stream", "close", "o999", check=False).returncode, 1)
        self.assertEqual(self.gateway.cli("stream", "get", "x", check=False).returncode, 1)

    def test_3_messages_and_conversations_without_their_text(self):
        there, back = self.both_ways()
        self.world.branch.message("sip:eve@stranger.example", unique("no")).wait()
        page = self.cli_json("message", "list")
        text = json.dumps(page)
        self.assertNotIn(there, text)
        self.assertNotIn(back, text)
        newest = page["items"][0]
        self.assertEqual(newest["state"], "denied")
        self.assertTrue(newest["code"].startswith("IST-POL-"))
        delivered = self.cli_json("message", "list", "--state", "delivered",
                                  "--user", "bob@branch.example")["items"]
        ways = {m["direction"]: m for m in delivered}
        self.assertEqual(set(ways), {"sip_to_xmpp", "xmpp_to_sip"})
        for message in delivered:
            self.assertEqual(message["contact"], "tybalt@northwind.example")
            self.assertEqual(message["user"], "bob@branch.example")
            self.assertEqual(message["partner"], "northwind.example")
            self.assertTrue(message["call_id"])
            self.assertTrue(message["stanza_id"])
        self.assertEqual(
            self.cli_json("message", "list", "--state", "pending")["items"], [])
        (pair,) = self.cli_json("conversation", "list", "--partner", "northwind.example")["items"]
        self.assertEqual((pair["user"], pair["contact"]),
                         ("bob@branch.example", "tybalt@northwind.example"))
        self.assertGreaterEqual(pair["messages"], 2)
        self.assertEqual(self.gateway.cli("message", "list", "--state", "lost",
                                          check=False).returncode, 2)

    def test_4_events_tell_what_changes(self):
        self.both_ways()
        events = Events(self.gateway)
        try:
            hello = events.wait("hello")
            events.wait("counters")
            out = next(s for s in self.cli_json("stream", "list")["items"]
                       if s["direction"] == "out")
            self.gateway.cli("stream", "close", out["id"])
            events.wait("stream", lambda e: e.get("id") == out["id"] and e["state"] != "up")
            self.both_ways()
            events.wait("stream", lambda e: e.get("id") == out["id"] and e["state"] == "up")
            self.world.branch.message("sip:eve@stranger.example", unique("no")).wait()
            card = events.wait("failure", lambda e: e["where"] == "message")
            self.assertTrue(card["code"].startswith("IST-POL-"))
            self.assertTrue(card["fix"])
            before = json.loads(self.gateway.cli("status", "-o", "json").stdout)["stored_revision"]
            self.gateway.cli("partner", "create", "later.example")
            last = events.wait("revision", lambda e: e["stored"] > before)["id_"]
        finally:
            events.close()
        again = Events(self.gateway, last_id=hello["id_"])
        try:
            again.wait("failure")
            self.assertEqual(again.all("reset"), [])
            self.assertTrue(last)
        finally:
            again.close()
        lost = Events(self.gateway, last_id="dead-7")
        try:
            lost.wait("reset")
        finally:
            lost.close()

    def test_5_events_tell_of_subscriptions_and_their_dialogs(self):
        events = Events(self.gateway)
        try:
            self.assertIn("streams", events.wait("counters")["queues"])
            self.gateway.cli("contact", "add", "--user", "bob@branch.example",
                             "viola@northwind.example")
            told = events.wait("subscriptions", lambda e: any(
                one["contact"] == "viola@northwind.example" for one in e["subscriptions"]))
            self.gateway.cli("subscription", "end", told["subscriptions"][0]["id"])
            events.wait("subscriptions",
                        lambda e: e["pair"] == told["pair"] and not e["subscriptions"])
        finally:
            events.close()

    def test_6_the_series_counts_what_passes(self):
        def sums():
            totals = {}
            for one in self.cli_json("message", "series")["items"]:
                for way in ("sip_to_xmpp", "xmpp_to_sip"):
                    for what, count in one[way].items():
                        totals[way, what] = totals.get((way, what), 0) + count
            return totals

        before = sums()
        self.both_ways()
        self.world.branch.message("sip:eve@stranger.example", unique("no")).wait()
        wait_until(lambda: all(sums().get(key, 0) > before.get(key, 0) for key in (
            ("sip_to_xmpp", "delivered"), ("xmpp_to_sip", "delivered"),
            ("sip_to_xmpp", "refused"))), 20, "the series to count them")
        series = self.cli_json("message", "series")
        self.assertEqual(series["slice_seconds"], 300)
        self.assertTrue(all(one["at"][14:16] in ("00", "05", "10", "15", "20", "25", "30", "35",
                                                 "40", "45", "50", "55")
                            for one in series["items"]), series["items"])
        self.assertIn("delivered", self.gateway.cli("message", "series").stdout)

    def test_9_the_end_is_told(self):
        events = Events(self.gateway)
        events.wait("hello")
        start = time.monotonic()
        self.gateway.stop()
        self.assertLess(time.monotonic() - start, 5, "the drain waited for a silent peer")
        events.wait("end", lambda e: e["why"] == "stopping")
        wait_until(lambda: events.has_ended, PATIENCE, "the stream to end")
