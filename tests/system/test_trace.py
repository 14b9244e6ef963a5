"""Recordings of traffic, over the command line and the API, with real messages."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree

from base import OwnWorldTest, unique
from test_messages import with_stream
from test_observe import Events

from lab.gateway import binary
from lab.process import PATIENCE, wait_until


class Trace(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        world.start()

    def cli_json(self, *words):
        return json.loads(self.gateway.cli(*words, "-o", "json").stdout)

    def start(self, *words):
        return self.gateway.cli("trace", "start", *words).stdout.strip()

    def both_ways(self, user="bob"):
        there, back = unique("there"), unique("back")
        self.world.branch.message("sip:tybalt@northwind.example", there).wait()
        self.world.northwind.wait_body(there)
        with_stream(self.world).send(
            f"<message from='tybalt@northwind.example/cell' to='{user}@branch.example' "
            f"type='chat' id='{unique('id')}'><body>{back}</body>"
            "<html xmlns='http://jabber.org/protocol/xhtml-im'>"
            f"<body xmlns='http://www.w3.org/1999/xhtml'>{back}</body></html></message>")
        self.world.branch.wait_request(body=back)
        return there, back

    def events(self, trace):
        return [json.loads(line) for line in
                self.gateway.cli("trace", "show", trace, "-o", "json").stdout.splitlines()]

    def wait_events(self, trace, count):
        return wait_until(lambda: (lambda e: e if len(e) >= count else None)(self.events(trace)),
                          PATIENCE, f"{count} events of {trace}")

    def test_1_both_sides_and_the_step_between(self):
        trace = self.start("--user", "bob@branch.example", "--partner", "northwind.example",
                           "--for", "5m")
        there, back = self.both_ways()
        events = self.wait_events(trace, 8)
        seen = [(e["kind"], e["direction"], e["what"]) for e in events]
        for expected in (("sip", "in", "MESSAGE"), ("xmpp", "out", "message"),
                         ("sip", "out", "202 Accepted"), ("xmpp", "in", "message chat"),
                         ("sip", "out", "MESSAGE"), ("sip", "in", "200 OK")):
            self.assertIn(expected, seen)
        translated = [e for e in events if e["kind"] == "translated"]
        self.assertEqual(len(translated), 2)
        for step in translated:
            self.assertTrue(any("policy" in rule for rule in step["rules"]), step)
            self.assertTrue(step["call_id"] and step["stanza_id"] and step["message"], step)
        self.assertIn("formatting (XHTML-IM)", sum((e["lost"] for e in translated), []))
        raw = next(e for e in events if e["what"] == "message chat")
        self.assertIn("characters]", raw["text"])
        self.assertTrue(raw["stream"].startswith("i"))
        for form in (("show", trace), ("show", trace, "--ladder"),
                     ("export", trace, "--as", "json"), ("export", trace, "--as", "text"),
                     ("export", trace, "--as", "svg")):
            output = self.gateway.cli("trace", *form).stdout
            self.assertNotIn(there, output)
            self.assertNotIn(back, output)
        ladder = self.gateway.cli("trace", "show", trace, "--ladder").stdout
        for part in ("SIP client", "Partner user", "MESSAGE", "202 Accepted", "translated"):
            self.assertIn(part, ladder)
        ElementTree.fromstring(self.gateway.cli("trace", "export", trace, "--as", "svg").stdout)
        self.assertEqual(self.gateway.cli("trace", "export", trace, "--as", "pdf",
                                          check=False).returncode, 2)

    def test_2_others_are_not_recorded(self):
        mine = self.start("--user", "nobody@branch.example")
        everybody = self.start()
        self.both_ways()
        self.wait_events(everybody, 8)
        self.assertEqual(self.events(mine), [])
        self.gateway.cli("trace", "stop", everybody)
        listed = {t["id"]: t for t in self.cli_json("trace", "list")["items"]}
        self.assertEqual(listed[everybody]["state"], "ended")
        self.assertEqual(listed[mine]["state"], "running")
        self.gateway.cli("trace", "delete", mine)
        self.assertEqual(self.gateway.cli("trace", "show", mine, check=False).returncode, 1)

    def test_3_texts_need_setting_and_reason_and_are_audited(self):
        refused = self.gateway.cli("trace", "start", "--bodies", "--reason", "ticket 7",
                                   check=False)
        self.assertEqual(refused.returncode, 4)
        self.assertIn("IST-API-042", refused.stderr)
        self.gateway.cli("gateway", "set", "--enable-logging-all-message-bodies", "true")
        self.assertEqual(self.gateway.cli("trace", "start", "--bodies", check=False).returncode, 4)
        trace = self.start("--bodies", "--reason", "ticket 7")
        there, back = self.both_ways()
        self.wait_events(trace, 8)
        text = json.dumps(self.events(trace))
        self.assertIn(there, text)
        self.assertIn(back, text)
        self.gateway.cli("gateway", "set", "--enable-logging-all-message-bodies", "false")
        there, back = self.both_ways()
        self.wait_events(trace, 16)
        text = json.dumps(self.events(trace))
        self.assertNotIn(there, text)
        self.assertNotIn(back, text)
        audit = [e for e in self.gateway.events() if e.get("event") == "admin.audit"]
        mine = [e for e in audit if e.get("object") == f"trace/{trace}"]
        self.assertTrue(any(e["action"] == "trace" and "ticket 7" in e["msg"] for e in mine), mine)
        self.assertTrue(any(e["action"] == "read" for e in mine), mine)
        self.assertTrue(any(e["object"] == "trace" and e["result"] == "refused" for e in audit))
        self.gateway.cli("trace", "stop", trace)

    def test_4_followed_as_it_comes(self):
        trace = self.start("--user", "bob@branch.example")
        events = Events(self.gateway, f"/api/v1/traces/{trace}/events")
        follower = subprocess.Popen(
            [binary(), "--server", f"unix:{self.gateway.admin_socket}", "trace", "follow", trace],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            self.both_ways()
            events.wait("event", lambda e: e["what"] == "202 Accepted")
            self.wait_events(trace, 8)
            self.gateway.cli("trace", "stop", trace)
            events.wait("end", lambda e: e["why"] == "stopped")
            output, talk = follower.communicate(timeout=PATIENCE)
        finally:
            follower.kill()
        self.assertEqual(follower.returncode, 0, talk)
        self.assertIn("202 Accepted", output)
        self.assertIn("stopped", talk)
        self.assertEqual(self.gateway.cli("trace", "follow", "t99", check=False).returncode, 1)

    def test_5_what_comes_from_the_wire_harms_nobody(self):
        trace = self.start()
        with_stream(self.world).send(
            "<message from='tybalt@northwind.example/&lt;script&gt;' to='bob@branch.example' "
            "type='chat' id='&lt;/svg&gt;&lt;script&gt;&#x202E;evil'><body>x</body></message>")
        self.wait_events(trace, 4)
        ladder = self.gateway.cli("trace", "show", trace, "--ladder").stdout
        shown = self.gateway.cli("trace", "show", trace).stdout
        for text in (ladder, shown):
            self.assertNotIn("\u202e", text)
            self.assertNotIn("\x1b", text)
        svg = self.gateway.cli("trace", "export", trace, "--as", "svg").stdout
        self.assertNotIn("<script", svg)
        ElementTree.fromstring(svg)
        self.gateway.cli("trace", "stop", trace)

    def test_6_bounds(self):
        for trace in self.cli_json("trace", "list")["items"]:
            self.gateway.cli("trace", "delete", trace["id"])
        traces = [self.start("--for", "10s") for _ in range(8)]
        full = self.gateway.cli("trace", "start", check=False)
        self.assertEqual(full.returncode, 1)
        self.assertIn("IST-API-041", full.stderr)
        for trace in traces:
            self.gateway.cli("trace", "delete", trace)
        for wrong in (("--for", "31m"), ("--for", "x"), ("--user", "nobody")):
            self.assertEqual(self.gateway.cli("trace", "start", *wrong, check=False).returncode, 2,
                             wrong)
