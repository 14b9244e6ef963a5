"""TLSA records in a signed zone (RFC 7673): what they prove of a real Prosody, and what not."""

import hashlib
import json
import subprocess

from base import OwnWorldTest, unique

from lab.dns import DnsServer
from lab.pki import self_signed
from lab.process import free_port
from lab.prosody import Prosody
from lab.signed_dns import SignedDnsServer
from lab.xmpp_client import XmppClient

ZONE = "signed.example"


class Dane(OwnWorldTest):
    """A server with a certificate that no authority has issued; DNS names it."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        names = world.bench.own(SignedDnsServer(free_port(), ZONE,
                                                world.bench.subdirectory("zone")))
        world.names = names
        world.alone = self_signed(world.authority.directory, "alone", [ZONE])
        world.server = Prosody(world.bench, ZONE, world.dns, world.authority, "certificate")
        show(world.server, world.alone)
        world.server.add_user("mercutio")
        world.server.start()
        names.srv(f"_xmpp-server._tcp.{ZONE}", (0, 0, world.server.s2s_port, f"xmpp.{ZONE}"))
        names.address(f"xmpp.{ZONE}", "127.0.0.1")
        world.start(tables={"dns": {"servers": [f"127.0.0.1@{names.port}"],
                                    "trust_anchor_file": names.anchor_file}})
        world.gateway.cli("partner", "create", ZONE, "--partner-type", "Federated",
                          "--sasl-negotiation", "Optional")
        # Whoever signs in there trusts that certificate.
        world.mercutio = world.bench.own(XmppClient(
            world.bench, world.server, f"mercutio@{ZONE}", world.alone.certificate))

    def publish(self, usage, digest):
        names, port = self.world.names, self.world.server.s2s_port
        names.tlsa(f"_{port}._tcp.xmpp.{ZONE}", usage, 1, 1, digest)
        self.forget()

    def forget(self):
        """Answers are kept as long as they say; a new process knows none."""
        self.gateway.stop()
        self.gateway.restart()

    def steps(self):
        done = self.gateway.cli("partner", "test", ZONE, "-o", "json", check=False, seconds=60)
        return {step["id"]: step for step in json.loads(done.stdout)["steps"]}

    def test_1_the_certificate_that_dns_names_is_believed(self):
        self.publish(3, key_digest(self.world.alone.certificate))
        steps = self.steps()
        self.assertEqual(steps["certificate"]["state"], "pass", steps)
        self.assertIn("TLSA", steps["certificate"]["sentence"])
        self.assertIn("3 1 1", " ".join(steps["dns"]["evidence"]))
        text = unique("proved by DNS")
        self.assertEqual(
            self.world.branch.message(f"sip:mercutio@{ZONE}", text).wait().code, 202)
        self.world.mercutio.wait("message", body=text)
        # We believed it, so EXTERNAL was tried, and it believes our authority.
        self.assertEqual(self.gateway.wait_event("s2s.up", partner=ZONE, direction="out")
                         ["mechanism"], "external")

    def test_2_another_one_is_not_whatever_else_would_do(self):
        """Dialback is allowed, and would work."""
        self.publish(3, hashlib.sha256(b"another key").digest())
        steps = self.steps()
        self.assertEqual((steps["certificate"]["state"], steps["certificate"]["code"]),
                         ("fail", "IST-CERT-042"), steps)
        response = self.world.branch.message(f"sip:mercutio@{ZONE}", "not to be read").wait()
        self.assertGreaterEqual(response.code, 400)
        self.assertIn("TLSA", response.get("Warning"))

    def test_3_without_records_it_is_a_stranger_like_any_other(self):
        self.world.names.remove(f"_{self.world.server.s2s_port}._tcp.xmpp.{ZONE}")
        self.forget()
        steps = self.steps()
        self.assertEqual((steps["certificate"]["state"], steps["certificate"]["code"]),
                         ("warn", "IST-CERT-002"), steps)

    def test_4_a_forged_zone_is_none(self):
        """The same names from a server without the key: nobody is connected to."""
        forged = self.world.bench.own(DnsServer(free_port()))
        forged.srv(f"_xmpp-server._tcp.{ZONE}",
                   (0, 0, self.world.server.s2s_port, f"xmpp.{ZONE}"))
        forged.address(f"xmpp.{ZONE}", "127.0.0.1")
        self.gateway.tables["dns"]["servers"] = [f"127.0.0.1@{forged.port}"]
        self.gateway.stop()
        self.gateway.write_config()
        self.gateway.restart()
        steps = self.steps()
        self.assertEqual((steps["dns"]["state"], steps["dns"]["code"]), ("fail", "IST-DNS-004"))
        self.assertIn("DNSSEC", " ".join(steps["dns"]["evidence"]))


def show(server, certificate):
    """Before it is started: what it shows instead of the laboratory's certificate."""
    with open(server._config, encoding="utf-8") as file:
        text = file.read()
    text = text.replace(server.certificate.certificate, certificate.certificate)
    text = text.replace(server.certificate.key, certificate.key)
    with open(server._config, "w", encoding="utf-8") as file:
        file.write(text)


def key_digest(certificate):
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
                            check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True,
                         capture_output=True).stdout
    return hashlib.sha256(der).digest()
