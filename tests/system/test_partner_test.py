"""`isthmus partner test`: real servers in each state that a partner can be in, and what is said."""

import hashlib
import http.client
import json
import os
import socket
import ssl

from base import OwnWorldTest, unique

from lab.dns import DnsServer
from lab.pki import Authority, self_signed
from lab.process import free_port, wait_until
from lab.prosody import Prosody

STEPS = ["policy", "dns", "tcp", "stream", "tls", "certificate", "auth", "dialback", "reverse",
         "ping+im"]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the admin socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def add_prosody(world, domain, certificate=None, trust="certificate", authority=None, dns=None):
    """One more Prosody; `certificate` is what it shows."""
    server = Prosody(world.bench, domain, dns or world.dns, authority or world.authority, trust)
    if certificate:
        with open(server._config, encoding="utf-8") as file:
            text = file.read()
        text = text.replace(server.certificate.certificate, certificate.certificate)
        text = text.replace(server.certificate.key, certificate.key)
        with open(server._config, "w", encoding="utf-8") as file:
            file.write(text)
    server.start()
    world.announce(domain, server.s2s_port)
    return server


class PartnerTest(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_prosody().add_ejabberd()
        pki = world.authority
        add_prosody(world, "selfsigned.example",
                    self_signed(pki.directory, "selfsigned", ["selfsigned.example"]))
        add_prosody(world, "expired.example", pki.issue(
            "expired", ["expired.example"], not_after="20210101000000Z"))
        add_prosody(world, "wrongname.example", pki.issue("wrongname", ["another.example"]))
        # It trusts another authority than ours, and wants a certificate.
        strict = add_prosody(world, "strict.example", pki.issue("strict", ["strict.example"]),
                             authority=Authority(world.bench.subdirectory("other-pki")))
        assert strict
        # It would call back, but does not find us.
        lost = world.bench.own(DnsServer(free_port()))
        add_prosody(world, "lost.example", pki.issue("lost", ["lost.example"]), trust="dialback",
                    dns=lost)
        world.announce("closed.example", free_port())
        world._static["_xmpp-server._tcp.none.example"] = ["0 0 0 ."]
        world.start(tables={"dns": {"servers": [f"127.0.0.1@{world.dns.port}"]}})
        gateway = world.gateway
        for domain in ("selfsigned", "expired", "wrongname", "strict"):
            gateway.cli("partner", "create", f"{domain}.example", "--support-dialback-negotiation",
                        "false")
        gateway.cli("partner", "create", "lost.example", "--sasl-negotiation", "NotSupported")
        for domain in ("nowhere", "none", "closed", "disabled"):
            gateway.cli("partner", "create", f"{domain}.example")
        gateway.cli("partner", "disable", "disabled.example")
        world.romeo = world.xmpp_user("romeo")

    def run_test(self, *arguments, exit_code):
        done = self.gateway.cli("partner", "test", *arguments, "-o", "json", check=False,
                                seconds=60)
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual([step["id"] for step in result["steps"]], STEPS)
        return result, {step["id"]: step for step in result["steps"]}

    def fails(self, domain, at, code, *arguments):
        """The test fails at that step with that code, and nothing behind it is green."""
        result, steps = self.run_test(domain, *arguments, exit_code=3)
        self.assertEqual((result["failed_step"], result["code"]), (at, code), result)
        self.assertEqual(steps[at]["state"], "fail")
        self.assertTrue(steps[at]["evidence"], steps[at])
        self.assertTrue(result["fix"])
        behind = STEPS[STEPS.index(at) + 1:]
        self.assertEqual({steps[step]["state"] for step in behind} - {"skipped"}, set())
        return steps

    def test_prosody_is_good(self):
        result, steps = self.run_test("fabrikam.example", "--reverse", exit_code=0)
        self.assertEqual(result["result"], "success")
        for step in ("policy", "dns", "tcp", "stream", "tls", "certificate", "auth", "reverse",
                     "ping+im"):
            self.assertEqual(steps[step]["state"], "pass", steps[step])
        self.assertEqual(steps["dialback"]["state"], "skipped")
        self.assertIn("EXTERNAL", " ".join(steps["auth"]["evidence"]))
        self.assertTrue(steps["tcp"]["addresses"][0]["address"].startswith("127.0.0.1:"))

    def test_ejabberd_is_good(self):
        _, steps = self.run_test("litware.example", "--reverse", exit_code=0)
        self.assertEqual(steps["ping+im"]["state"], "pass", steps)
        self.assertEqual(steps["reverse"]["state"], "pass", steps)

    def test_a_message_arrives(self):
        _, steps = self.run_test("fabrikam.example", "--send-im", "bob@branch.example",
                                 "romeo@fabrikam.example", exit_code=0)
        self.assertIn("delivered", steps["ping+im"]["sentence"])
        stanza = self.world.romeo.wait("message",
                                       body="A test of the connection. Please ignore it.")
        self.assertEqual(stanza["from"].split("/")[0], "bob@branch.example")

    def test_a_message_to_nobody(self):
        steps = self.fails("fabrikam.example", "ping+im", "IST-XMPP-005", "--send-im",
                           "bob@branch.example", "nobody-at-all@fabrikam.example")
        self.assertIn("service-unavailable", " ".join(steps["ping+im"]["evidence"]))

    def test_failing_states(self):
        for domain, at, code in (
                ("stranger.example", "policy", "IST-POL-001"),
                ("disabled.example", "policy", "IST-POL-004"),
                ("nowhere.example", "dns", "IST-DNS-001"),
                ("none.example", "dns", "IST-DNS-003"),
                ("closed.example", "tcp", "IST-TCP-001"),
                ("selfsigned.example", "certificate", "IST-CERT-002"),
                ("expired.example", "certificate", "IST-CERT-002"),
                ("wrongname.example", "certificate", "IST-CERT-001"),
                ("strict.example", "auth", "IST-AUTH-004"),
                ("lost.example", "dialback", "IST-DB-003")):
            with self.subTest(domain):
                steps = self.fails(domain, at, code)
                if domain == "expired.example":
                    self.assertIn("expired", " ".join(steps[at]["evidence"]))

    def test_blocked(self):
        self.gateway.cli("partner", "block", "*.blocked.example")
        self.fails("a.blocked.example", "policy", "IST-POL-008")

    def test_settings_that_are_not_saved(self):
        """With dialback allowed the certificate of somebody else is no obstacle, but is told."""
        done = self.gateway.cli("partner", "test", "wrongname.example", "--sasl-negotiation",
                                "Optional", "--support-dialback-negotiation", "true", "-o",
                                "json", check=False)
        steps = {step["id"]: step for step in json.loads(done.stdout)["steps"]}
        self.assertEqual(steps["certificate"]["state"], "warn", steps["certificate"])
        self.assertNotEqual(steps["dialback"]["state"], "skipped", steps["dialback"])
        partner = json.loads(self.gateway.cli("partner", "get", "wrongname.example", "-o",
                                              "json").stdout)
        self.assertFalse(partner["support_dialback_negotiation"])

    def test_a_pinned_certificate(self):
        """Accepted whoever issued it; another one is not, though it is trusted."""
        def fingerprint(certificate):
            with open(certificate, encoding="ascii") as file:
                return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()

        directory = self.world.authority.directory
        own = fingerprint(os.path.join(directory, "selfsigned.crt"))
        self.gateway.cli("partner", "set", "selfsigned.example", "--pinned-certificate",
                         own.upper())
        _, steps = self.run_test("selfsigned.example", "--reverse", exit_code=0)
        self.assertIn("pinned", steps["certificate"]["sentence"])
        self.assertEqual(steps["reverse"]["state"], "pass", "its stream to us is believed too")
        self.gateway.cli("partner", "set", "selfsigned.example", "--pinned-certificate", "")
        self.fails("fabrikam.example", "certificate", "IST-CERT-040", "--pinned-certificate", own)

    def test_live_links_are_not_disturbed(self):
        text = unique("before the test")
        self.world.branch.message("sip:romeo@fabrikam.example", text).wait()
        self.world.romeo.wait("message", body=text)
        before = self.gateway.metric("isthmus_s2s_connect_attempts_total",
                                     partner="fabrikam.example", direction="out")
        self.run_test("fabrikam.example", exit_code=0)
        text = unique("behind the test")
        self.world.branch.message("sip:romeo@fabrikam.example", text).wait()
        self.world.romeo.wait("message", body=text)
        self.assertEqual(before, self.gateway.metric("isthmus_s2s_connect_attempts_total",
                                                     partner="fabrikam.example", direction="out"))

    def test_events_come_one_by_one(self):
        for accept, start in (("", "{"), ("text/event-stream", "event: ")):
            with self.subTest(accept):
                connection = UnixConnection(self.gateway.admin_socket)
                connection.request("POST", "/api/v1/partners/fabrikam.example:test", "{}",
                                   {"Content-Type": "application/json", "Accept": accept})
                response = connection.getresponse()
                self.assertEqual(response.status, 200)
                first = response.readline().decode()
                self.assertTrue(first.startswith(start), first)
                rest = response.read().decode()
                self.assertEqual((first + rest).count('"event":"step"'), 10)
                self.assertEqual(rest.count('"event":"result"'), 1)
                connection.close()

    def test_whoever_leaves_frees_the_place(self):
        """Four at once; the fifth is told so; who hangs up makes room."""
        tests = []
        for _ in range(4):
            connection = UnixConnection(self.gateway.admin_socket)
            connection.request("POST", "/api/v1/partners/litware.example:test",
                               '{"reverse":true}', {"Content-Type": "application/json"})
            tests.append((connection, connection.getresponse()))
        for connection, response in tests:
            response.close()
            connection.close()
        wait_until(lambda: self.gateway.cli("partner", "test", "fabrikam.example",
                                            check=False).returncode == 0, 10, "room for a test")

    def test_for_people(self):
        done = self.gateway.cli("partner", "test", "closed.example", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("IST-TCP-001. Fix: Check firewalls", done.stdout)
        self.assertIn("closed.example: the step TCP connection failed.", done.stdout)

    def test_the_cmdlet(self):
        good = self.gateway.cli("cs", "Test-CsXmppIM", "-TargetFqdn", "gateway.contoso.example",
                                "-Receiver", "romeo@fabrikam.example", "-UserSipAddress",
                                "sip:bob@branch.example")
        self.assertIn("Success", good.stdout)
        bad = self.gateway.cli("cs", "Test-CsXmppIM", "-TargetFqdn", "gateway.contoso.example",
                               "-Receiver", "romeo@closed.example", check=False)
        self.assertIn("Failure", bad.stdout)
        self.assertEqual(bad.returncode, 3)
