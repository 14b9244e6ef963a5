"""The 18 rows of TLS x SASL x dialback on real links, both ways (lync 5.3).

Three kinds of partners, each a real Prosody and a real ejabberd:
  both      TLS is required; a certificate that we trust, so SASL EXTERNAL or dialback over TLS
  dialback  TLS is required; a self-signed certificate, so only dialback over TLS is left
  plain     no TLS, so only dialback in clear text is left
A server of our own plays what neither can be configured to.
"""

import json

from base import OwnWorldTest, settle, unique

from lab.ejabberd import Ejabberd
from lab.process import PATIENCE, wait_until
from lab.prosody import Prosody
from lab.xmpp_stream import NS_STREAM, NS_TLS, Stream

R, O, N = "Required", "Optional", "NotSupported"

# TLS, SASL, dialback, and what is used with each kind of partner; a code is a refusal.
ROWS = [
    (R, R, True, {"both": "external", "dialback": "IST-CERT-002", "plain": "IST-TLS-001"}),
    (R, R, False, {"both": "external", "dialback": "IST-CERT-002", "plain": "IST-TLS-001"}),
    (R, O, True, {"both": "external", "dialback": "dialback", "plain": "IST-TLS-001"}),
    (R, O, False, {"both": "external", "dialback": "IST-CERT-002", "plain": "IST-TLS-001"}),
    (R, N, True, {"both": "dialback", "dialback": "dialback", "plain": "IST-TLS-001"}),
    (R, N, False, None),
    (O, R, True, {"both": "external", "dialback": "dialback", "plain": "dialback"}),
    (O, R, False, {"both": "external", "dialback": "IST-CERT-002", "plain": "IST-AUTH-004"}),
    (O, O, True, {"both": "external", "dialback": "dialback", "plain": "dialback"}),
    (O, O, False, {"both": "external", "dialback": "IST-CERT-002", "plain": "IST-AUTH-004"}),
    (O, N, True, {"both": "dialback", "dialback": "dialback", "plain": "dialback"}),
    (O, N, False, None),
    (N, R, True, {"both": "IST-TLS-003", "dialback": "IST-TLS-003", "plain": "dialback"}),
    (N, R, False, None),
    (N, O, True, {"both": "IST-TLS-003", "dialback": "IST-TLS-003", "plain": "dialback"}),
    (N, O, False, None),
    (N, N, True, {"both": "IST-TLS-003", "dialback": "IST-TLS-003", "plain": "dialback"}),
    (N, N, False, None),
]
TRUST = {"both": "default", "dialback": "dialback", "plain": "plain"}
COLUMNS = ("--tls-negotiation", "--sasl-negotiation", "--support-dialback-negotiation")


def settings(row):
    return [word for column, value in zip(COLUMNS, row)
            for word in (column, str(value).lower() if isinstance(value, bool) else value)]


class Rows:
    """The rows; a subclass says how a server of a kind is made."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp")
        cls.servers, cls.users = {}, {}
        for kind, trust in TRUST.items():
            domain = f"{kind}.example"
            cls.servers[kind] = server = cls.make(world, domain, trust)
            world.announce(domain, server.s2s_port)
        world.start(allow=False)
        world.gateway.allow_everything()
        for kind, server in cls.servers.items():
            server.start()
            cls.users[kind] = world.xmpp_user("romeo", server)

    def used(self, domain, direction):
        """(mechanism, TLS version) of the stream that is up, or None."""
        streams = json.loads(self.gateway.cli("status", "-o", "json").stdout)["streams"]
        up = [s for s in streams if s["remote_domain"] == domain and s["state"] == "up" and
              s["direction"] == direction]
        return (up[0]["auth"], bool(up[0]["tls"])) if up else None

    def gone(self, domain):
        wait_until(lambda: not self.used(domain, "in") and not self.used(domain, "out"),
                   PATIENCE, "the streams to be gone")

    def test_rows(self):
        for row in ROWS:
            for kind in TRUST if row[3] else ():
                with self.subTest(f"{' '.join(map(str, row[:3]))}, {kind}"):
                    self.play(row, kind, f"{kind}.example")

    def play(self, row, kind, domain):
        self.gateway.cli("partner", "create", domain, "--partner-type", "Federated",
                         *settings(row))
        try:
            if row[3][kind].startswith("IST-"):
                self.refused(row, kind, domain)
            else:
                self.passes(row[3][kind], kind, domain)
        finally:
            self.gateway.cli("partner", "delete", domain, "--yes")
            self.gone(domain)

    def passes(self, mechanism, kind, domain):
        text = unique("a row")
        call = self.world.branch.message(f"sip:romeo@{domain}", text)
        self.assertIn(call.wait().code, (200, 202))
        self.users[kind].wait("message", body=text)
        self.comes_back(kind, text)
        for direction in ("out", "in"):
            self.assertEqual(self.used(domain, direction), (mechanism, kind != "plain"), direction)

    def comes_back(self, kind, text):
        """A server that has just failed with us waits before it tries again, and meanwhile sends
        an error at once: ask until it has tried."""
        def arrives():
            self.users[kind].send("bob@branch.example", text)
            settle(0.5)
            return text in self.world.branch.bodies()
        wait_until(arrives, PATIENCE, f"{text} to come from {kind}")

    def refused(self, row, kind, domain):
        text = unique("refused")
        start = self.gateway.mark()
        call = self.world.branch.message(f"sip:romeo@{domain}", text)
        self.assertGreaterEqual(call.wait().code, 400)
        event = self.gateway.wait_event(self.EVENTS[row[3][kind]], start=start, code=row[3][kind],
                                        direction="out", partner=domain)
        self.assertTrue(event["msg"] and event["fix"] and event["evidence"], event)
        ident = self.users[kind].send("bob@branch.example", text)
        self.users[kind].wait("error", id=ident, seconds=3 * PATIENCE)
        settle(0.1)
        self.assertNotIn(text, self.world.branch.bodies())
        self.assertNotIn(text, self.users[kind].bodies())
        self.assertIsNone(self.used(domain, "in"))

    EVENTS = {"IST-CERT-002": "s2s.cert", "IST-TLS-001": "s2s.tls", "IST-TLS-003": "s2s.tls",
              "IST-AUTH-004": "s2s.auth"}

    def test_the_rows_without_a_method_are_not_saved(self):
        for row in ROWS:
            if row[3] is None:
                with self.subTest(" ".join(map(str, row[:3]))):
                    done = self.gateway.cli("partner", "create", "nobody.example",
                                            *settings(row), check=False)
                    self.assertEqual(done.returncode, 2, done)
                    self.assertIn("SASL or Dialback must be enabled", done.stderr)
                    self.assertIn("IST-API-001", done.stderr)

    def test_settings_that_change_end_the_streams_that_they_forbid(self):
        """TLS Required takes no clear text, not even on a stream that was there before."""
        domain = "plain.example"
        self.gateway.cli("partner", "create", domain, "--partner-type", "Federated",
                         *settings((O, O, True)))
        try:
            self.passes("dialback", "plain", domain)
            self.gateway.cli("partner", "set", domain, *settings((R, O, True)))
            self.gone(domain)
            self.refused((R, O, True, {"plain": "IST-TLS-001"}), "plain", domain)
        finally:
            self.gateway.cli("partner", "delete", domain, "--yes")


class WithProsody(Rows, OwnWorldTest):
    @staticmethod
    def make(world, domain, trust):
        return Prosody(world.bench, domain, world.dns, world.authority, trust)


class WithEjabberd(Rows, OwnWorldTest):
    @staticmethod
    def make(world, domain, trust):
        return Ejabberd(world.bench, domain, world.dns, world.authority, trust)


class ByHand(OwnWorldTest):
    """What neither server does: refusing EXTERNAL and then taking dialback, clear text where TLS
    is required."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        world.start(allow=False)
        world.gateway.allow_everything()

    def setUp(self):
        self.gateway.cli("partner", "create", "northwind.example", "--partner-type", "Federated",
                         "--sasl-negotiation", "Optional")

    def tearDown(self):
        self.world.northwind.refuses_external = None
        self.gateway.cli("partner", "delete", "northwind.example", "--yes")

    def falls_back(self, way):
        self.world.northwind.refuses_external = way
        start = self.gateway.mark()
        text = unique("after a refusal")
        call = self.world.branch.message("sip:tybalt@northwind.example", text)
        self.assertEqual(call.wait().code, 202)
        self.world.northwind.wait_body(text)
        event = self.gateway.wait_event("s2s.auth", start=start, code="IST-XMPP-010")
        self.assertIn("dialback", event["msg"])
        streams = json.loads(self.gateway.cli("status", "-o", "json").stdout)["streams"]
        ours = next(s for s in streams if s["direction"] == "out")
        self.assertEqual((ours["state"], ours["auth"]), ("up", "dialback"))
        self.assertEqual(ours["last_error_code"], "IST-XMPP-010")

    def test_external_refused_then_dialback_on_the_same_stream(self):
        self.falls_back("failure")

    def test_external_refused_with_the_end_of_the_stream(self):
        self.falls_back("close")

    def test_external_refused_where_dialback_is_not_allowed(self):
        self.gateway.cli("partner", "set", "northwind.example",
                         "--support-dialback-negotiation", "false")
        self.world.northwind.refuses_external = "failure"
        start = self.gateway.mark()
        text = unique("no way left")
        call = self.world.branch.message("sip:tybalt@northwind.example", text)
        self.assertGreaterEqual(call.wait().code, 400)
        self.gateway.wait_event("s2s.auth", start=start, code="IST-AUTH-004")
        self.assertNotIn(text, self.world.northwind.bodies())

    def test_nothing_in_clear_text_where_tls_is_required(self):
        """Neither a stanza, nor a key, nor SASL, whatever is sent before STARTTLS."""
        for said in ("<message from='a@northwind.example' to='bob@branch.example'><body>clear"
                     "</body></message>",
                     "<db:result from='northwind.example' to='branch.example'>key</db:result>",
                     "<db:verify from='northwind.example' to='branch.example' id='1'>k</db:verify>",
                     "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"):
            with self.subTest(said[:12]):
                stream = Stream.connect(self.gateway.xmpp_address)
                stream.open("northwind.example", "branch.example")
                features = stream.expect(NS_STREAM + "features")
                self.assertEqual([f.tag for f in features], [NS_TLS + "starttls"])
                self.assertIsNotNone(features[0].find(NS_TLS + "required"))
                stream.send(said)
                error = stream.expect(NS_STREAM + "error")
                self.assertIn("policy-violation", error[0].tag)
                self.assertEqual(stream.wait_closed(), [])
        self.assertNotIn("clear", self.world.branch.bodies())

    def test_a_server_without_tls_gets_not_an_octet(self):
        """B01: starttls is not among the features; all that we say is the header and the end."""
        self.world.northwind.hides_tls = True
        try:
            before = len(self.world.northwind.streams_seen)
            call = self.world.branch.message("sip:tybalt@northwind.example", "secret words")
            self.assertGreaterEqual(call.wait().code, 400)
            for stream in self.world.northwind.streams_seen[before:]:
                said = stream.received_raw.decode()
                self.assertNotIn("secret", said)
                self.assertNotIn("db:result", said.replace("xmlns:db", ""))
                self.assertNotIn("tybalt", said)
        finally:
            self.world.northwind.hides_tls = False
