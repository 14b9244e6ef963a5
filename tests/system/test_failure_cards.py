"""Failures that explain themselves: cards of links and SIP peers, what senders are told, doctor."""

import json

from base import OwnWorldTest, unique

from lab.pki import self_signed
from lab.process import free_port, wait_until
from lab.xmpp_stream import Stream

MESSAGE = ("<message from='tybalt@northwind.example' to='bob@branch.example' id='{}' type='chat'>"
           "<body>{}</body></message>")


class FailureCards(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("tcp").add_northwind(running=False)
        world.announce("closed.example", free_port())
        world._static["_xmpp-server._tcp.none.example"] = ["0 0 0 ."]
        world.start(tables={"dns": {"servers": [f"127.0.0.1@{world.dns.port}"]}})
        for domain in ("closed.example", "none.example"):
            world.gateway.cli("partner", "create", domain, "--partner-type", "Federated")

    def links(self, domain):
        """(direction, card) of the partner's links."""
        got = json.loads(self.gateway.cli("partner", "get", domain, "-o", "json").stdout)
        return {link["direction"]: link["failure"] for link in got["links"]}

    def card(self, domain, direction, where):
        """The card of that link, once it is as wanted."""
        def find():
            found = self.links(domain).get(direction)
            return found if found and where(found) else None

        return wait_until(find, 10, f"the card of {domain}, {direction}")

    def test_the_sip_sender_is_told(self):
        for to, code, ident, sentence in (
                ("eve@stranger.example", 403, "1005", "may not talk"),
                ("eve@none.example", 404, "1008", "offers no such service"),
                ("eve@closed.example", 504, "1007", "did not come up in time")):
            with self.subTest(to):
                # What may still come up is waited for, for half a minute.
                response = self.world.branch.message(f"sip:{to}", "hello?").wait(40)
                self.assertEqual(response.code, code)
                self.assertTrue(response.get("ms-diagnostics").startswith(
                    f'{ident};source="gateway.contoso.example";reason="'),
                    response.get("ms-diagnostics"))
                self.assertIn(sentence, response.get("Warning"))

    def test_a_link_that_fails_and_works_again(self):
        text = unique("waits until it is there")
        call = self.world.branch.message("sip:tybalt@northwind.example", text)
        card = self.card("northwind.example", "out", lambda card: card["count"] >= 2)
        self.assertEqual((card["code"], card["step"], card["is_over"]),
                         ("IST-TCP-001", "tcp", False), card)
        self.assertIn("refused", card["evidence"].lower())
        self.assertIn("firewall", card["fix"])
        self.assertLessEqual(card["first_at"], card["at"])
        self.world.start_northwind()
        self.assertEqual(call.wait(40).code, 202)
        self.world.northwind.wait_body(text)
        card = self.card("northwind.example", "out", lambda card: card["is_over"])
        self.assertEqual(card["code"], "IST-TCP-001")

    def test_a_stream_to_us_that_is_refused(self):
        stranger = self_signed(self.world.authority.directory, "stranger", ["northwind.example"])
        self.gateway.cli("partner", "set", "northwind.example",
                         "--support-dialback-negotiation", "false")
        stream = Stream.connect(self.gateway.xmpp_address)
        try:
            stream.negotiate_tls("northwind.example", "branch.example", stranger,
                                 self.world.authority.ca_file)
            stream.authenticate("northwind.example", "branch.example")
        except Exception:  # the gateway has hung up, in whatever way
            pass

        card = self.card("northwind.example", "in",
                         lambda card: card["code"].startswith("IST-CERT-"))
        self.assertFalse(card["is_over"])
        self.assertTrue(card["address"].startswith("127.0.0.1:"), card)

    def test_status_shows_the_same(self):
        self.world.branch.message("sip:eve@closed.example", "hello?")
        self.card("closed.example", "out", lambda card: True)
        status = json.loads(self.gateway.cli("status", "-o", "json").stdout)
        cards = [s["failure"] for s in status["streams"] if s["remote_domain"] == "closed.example"]
        self.assertEqual(cards[0]["code"], "IST-TCP-001")


class SipPeerDown(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("tcp").add_northwind()
        world.start(tables={"dns": {"servers": [f"127.0.0.1@{world.dns.port}"]}})

    def doctor(self):
        done = self.gateway.cli("doctor", "-o", "json", check=False)
        found = json.loads(done.stdout)
        self.assertEqual(done.returncode, 3 if found["state"] == "fail" else 0)
        return found, {check["id"]: check for check in found["checks"]}

    def test_1_a_peer_that_answers(self):
        done = self.gateway.cli("sip-peer", "test", "branch", "-o", "json")
        result = json.loads(done.stdout)
        self.assertEqual(result["result"], "success")
        self.assertEqual([s["state"] for s in result["steps"]],
                         ["pass", "pass", "skipped", "skipped", "pass"], result)
        self.assertEqual(self.gateway.cli("sip-peer", "test", "nobody", check=False).returncode, 1)
        self.assertIn("branch", self.gateway.cli("sip-peer", "list").stdout)
        self.assertIn('addresses = ["192.0.2.7"]', self.gateway.cli(
            "sip-peer", "set", "branch", "--addresses", "192.0.2.7").stdout)
        self.assertIn('name = "branch"', self.gateway.cli("sip-peer", "delete", "branch").stdout)
        for verb in ("set", "delete"):
            done = self.gateway.cli("sip-peer", verb, "nobody", check=False)
            self.assertEqual(done.returncode, 1)

    def test_2_the_doctor_has_nothing_to_say(self):
        found, checks = self.doctor()
        self.assertEqual(checks["sip-peer branch"]["state"], "pass", checks["sip-peer branch"])
        self.assertEqual(checks["dns branch.example"]["state"], "pass",
                         checks["dns branch.example"])
        self.assertEqual(checks["config"]["state"], "pass", checks["config"])
        titles = " ".join(one["title"] for one in found["instructions"])
        for word in ("DNS records", "Firewall", "Kamailio"):
            self.assertIn(word, titles)
        port = self.gateway.xmpp_address[1]
        lines = [line for one in found["instructions"] for line in one["lines"]]
        self.assertIn(f"_xmpp-server._tcp.branch.example. 3600 IN SRV 0 0 {port} "
                      "gateway.contoso.example.", lines)

    def test_3_a_peer_that_is_gone(self):
        self.world.branch.stop()
        done = self.gateway.cli("sip-peer", "test", "branch", "-o", "json", check=False)
        self.assertEqual(done.returncode, 3, done.stdout)
        result = json.loads(done.stdout)
        self.assertEqual(result["failed_step"], "connection", result)
        card = json.loads(self.gateway.cli("sip-peer", "get", "branch", "-o",
                                           "json").stdout)["failure"]
        self.assertEqual((card["code"], card["is_over"]), ("IST-TCP-001", False), card)
        stream = self.world.northwind_stream(to="branch.example")
        stream.send(MESSAGE.format("m1", unique("nobody there")))
        error = self.world.northwind.wait_stanza(
            lambda s: s.get("type") == "error" and s.get("id") == "m1")
        self.assertIsNotNone(error.find(".//{urn:ietf:params:xml:ns:xmpp-stanzas}text"))
        found, checks = self.doctor()
        self.assertEqual(found["state"], "fail")
        self.assertEqual(checks["sip-peer branch"]["code"], "IST-TCP-001")

    def test_4_for_people(self):
        done = self.gateway.cli("doctor", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("fail     sip-peer branch", done.stdout)
        self.assertIn("Fix: ", done.stdout)
        self.assertNotIn("SRV 0 0", self.gateway.cli("doctor", "-q", check=False).stdout)
