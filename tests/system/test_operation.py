"""What an operator relies on: metrics, health, logs, reload, drain."""

import json
import signal

from base import OwnWorldTest, settle, unique
from test_errors import cpim
from test_messages import with_stream

from lab.process import PATIENCE, wait_until


class Operation(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        world.start(tables={"log": {"format": "json", "level": "debug"},
                            "dns.static": {"nowhere.example": []}})

    def test_1_counters_sum_to_the_accepted_messages(self):
        branch, northwind = self.world.branch, self.world.northwind
        calls = [branch.message("sip:tybalt@northwind.example", unique("count")) for _ in range(20)]
        calls += [branch.message("sip:eve@stranger.example", unique("count")) for _ in range(3)]
        calls.append(branch.message("sip:tybalt@northwind.example", "x", "image/png"))
        calls.append(cpim(branch, "sip:tybalt@northwind.example", unique("count"), "c1"))
        for call in calls:
            call.wait()
        texts = [unique("count back") for _ in range(10)]
        for text in texts:
            with_stream(self.world).send(
                "<message from='tybalt@northwind.example' to='bob@branch.example' type='chat'>"
                f"<body>{text}</body></message>")
        branch.answer = 404
        try:
            with_stream(self.world).send(
                "<message from='tybalt@northwind.example' to='ghost@branch.example' type='chat' "
                "id='ghost'><body>boo</body></message>")
            northwind.wait_stanza(lambda s: s.get("id") == "ghost")
        finally:
            branch.answer = 200
        branch.wait_request(body=texts[-1])
        self.gateway.wait_metric(len(calls), "isthmus_messages_total", direction="sip_to_xmpp")
        self.gateway.wait_metric(len(texts) + 1, "isthmus_messages_total",
                                 direction="xmpp_to_sip")
        delivered = sum(1 for call in calls if call.final.code < 300)
        self.assertEqual(delivered, 21)

    def test_2_health(self):
        self.assertEqual(self.gateway.http("/healthz")[0], 200)
        self.assertEqual(self.gateway.http("/readyz")[0], 200)
        self.assertIn(self.gateway.http("/nonsense")[0], (404,))
        status = json.loads(self.gateway.cli("status", "-o", "json").stdout)
        (peer,) = status["sip_peers"]
        self.assertEqual(peer["state"], "up", "it has sent messages and answered one")
        self.assertEqual(peer["transport"], "udp")
        self.assertTrue(peer["target"].startswith("udp:"))
        self.assertEqual(peer["pending"], 0)
        self.assertIn("SIP PEERS", self.gateway.cli("status").stdout)
        for (name, labels) in self.gateway.metrics():
            self.assertTrue(name.startswith(("isthmus_", "process_")), name)
            for label, value in labels:
                self.assertNotIn("@", value, f"{name} {label} holds a user's address")

    def test_3_log_lines_are_json_and_share_one_id(self):
        text = unique("follow me")
        start = self.gateway.mark()
        self.world.branch.message("sip:tybalt@northwind.example", text).wait()
        self.world.northwind.wait_body(text)
        done = self.gateway.wait_event("im.done", start=start, direction="sip_to_xmpp")
        with_stream(self.world).send(
            "<message from='tybalt@northwind.example' to='bob@branch.example' type='chat' "
            f"id='traced'><body>{text}</body></message>")
        self.gateway.wait_event("im.done", start=start, direction="xmpp_to_sip")
        output = self.gateway.process.output(start)
        events = [json.loads(line) for line in output[:output.rindex("\n")].splitlines()]
        self.assertNotIn(text, output, "no body in the log")
        mine = [e for e in events if e.get("trace_id") == done["trace_id"]]
        self.assertEqual([e["event"] for e in mine], ["im.in", "im.out", "im.done"])
        self.assertTrue(any(e.get("call_id") for e in mine))
        self.assertTrue(any(e.get("stanza_id") for e in mine))
        self.assertEqual(len({e["trace_id"] for e in events if "trace_id" in e}), 2)

    def test_3_failures_name_all_that_is_known(self):
        start = self.gateway.mark()
        call = self.world.branch.message("sip:eve@stranger.example", unique("refused"))
        call.wait()
        line = self.gateway.wait_event("im.fail", start=start)
        self.assertEqual(line["code"], "IST-POL-001")
        self.assertIn("may not talk to stranger.example", line["msg"])
        self.assertEqual(line["fix"],
                         "isthmus partner create stranger.example --partner-type Federated "
                         "--sasl-negotiation Optional")
        self.assertEqual(line["gate"], "partner")
        self.assertEqual(line["step"], "policy")
        self.assertEqual(line["result"], "denied")
        self.assertTrue(line["from"].endswith("@branch.example"))
        self.assertEqual(line["to"], "sip:eve@stranger.example")
        self.assertTrue(line["call_id"])
        self.assertTrue(line["peer"])
        self.assertGreater(line["duration_ms"], 0)
        # A link that does not come up: the transaction has kept who it was.
        self.gateway.cli("partner", "create", "nowhere.example", "--partner-type", "Federated")
        start = self.gateway.mark()
        call = self.world.branch.message("sip:eve@nowhere.example", unique("lost"))
        call.wait(40)
        line = self.gateway.wait_event("im.fail", start=start)
        self.assertTrue(line["code"].startswith("IST-DNS-"), line)
        self.assertTrue(line["from"].endswith("@branch.example"))
        self.assertEqual(line["to"], "sip:eve@nowhere.example")
        self.assertTrue(line["call_id"] and line["trace_id"] and line["stanza_id"])
        self.assertEqual((line["partner"], line["step"]), ("nowhere.example", "delivery"))
        self.assertGreater(line["duration_ms"], 0)
        self.gateway.cli("partner", "delete", "nowhere.example", "--yes")

    def test_4_a_wrong_command_line(self):
        self.assertEqual(self.gateway.cli("partner", "create", "", check=False).returncode, 2)
        twice = self.gateway.cli("partner", "create", "northwind.example", check=False)
        self.assertEqual(twice.returncode, 5)
        self.assertEqual(self.gateway.cli("partner", "get", "nowhere.example", check=False)
                         .returncode, 1)

    def test_5_reload(self):
        start = self.gateway.mark()
        self.gateway.process.signal(signal.SIGHUP)
        self.gateway.wait_event("config.reload", start=start)
        text = unique("after the reload")
        self.assertEqual(
            self.world.branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        # A file that is wrong is refused and changes nothing.
        start = self.gateway.mark()
        with open(self.gateway.config_file, "a", encoding="utf-8") as file:
            file.write("\n[nonsense]\nkey = 1\n")
        try:
            self.gateway.process.signal(signal.SIGHUP)
            self.gateway.wait_event("config.reload", start=start)
            self.assertTrue(self.gateway.process.running())
        finally:
            self.gateway.write_config()
        self.assertEqual(self.world.branch.message("sip:tybalt@northwind.example",
                                                   unique("still there")).wait().code, 202)

    def test_9_drain(self):
        """SIGTERM under load: what was accepted is delivered, the rest is refused, exit 0."""
        branch = self.world.branch
        texts = [unique("draining") for _ in range(200)]
        calls = [branch.message("sip:tybalt@northwind.example", t) for t in texts[:100]]
        self.gateway.process.signal(signal.SIGTERM)
        calls += [branch.message("sip:tybalt@northwind.example", t, repeat=False)
                  for t in texts[100:]]
        self.assertEqual(self.gateway.process.wait_exit(PATIENCE), 0)
        settle(0.5)
        accepted = [t for t, call in zip(texts, calls) if call.final and call.final.code < 300]
        wait_until(lambda: set(accepted) <= set(self.world.northwind.bodies()), PATIENCE,
                   "what was accepted")
        bodies = self.world.northwind.bodies()
        for text in texts:
            self.assertLessEqual(bodies.count(text), 1, text)
        self.gateway.restart()
        text = unique("back again")
        self.assertEqual(branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        self.world.northwind.wait_body(text)
