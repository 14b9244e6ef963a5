"""Certificates that something beside the gateway renews in files: the hook of an ACME client, files
that are watched, certbot with a real ACME server."""

import json
import os
import subprocess
import time

from certificates import DOMAINS, CertificateTest, fingerprint, fingerprint_of

from lab.gateway import ROOT
from lab.pebble import Pebble
from lab.pki import VALID_DAYS

HOOK = os.path.join(ROOT, "packaging", "isthmus-deploy-hook")


class WatchedFiles(CertificateTest):
    def layout(self, certificate, number):
        """As certbot keeps what it renews: links in live/ to numbered files in archive/."""
        lineage = self.path("live/gateway.contoso.example")
        archive = self.path("archive/gateway.contoso.example")
        os.makedirs(lineage, exist_ok=True)
        os.makedirs(archive, exist_ok=True)
        for name, source in (("privkey", certificate.key), ("fullchain", certificate.certificate)):
            file = os.path.join(archive, f"{name}{number}.pem")
            with open(source, encoding="ascii") as text, open(file, "w", encoding="ascii") as to:
                to.write(text.read())
            link = os.path.join(lineage, f"{name}.pem")
            if os.path.lexists(link):
                os.unlink(link)
            os.symlink(os.path.relpath(file, lineage), link)
        return lineage

    def hook(self, lineage):
        done = subprocess.run([HOOK], capture_output=True, text=True, check=False, env={
            **os.environ, "RENEWED_LINEAGE": lineage, **self.hook_environment()})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_1_the_hook_of_an_acme_client(self):
        first, second = self.new(), self.new()
        self.hook(self.layout(first, 1))
        brought = self.path("tls/gateway.contoso.example")
        self.assertEqual(os.stat(os.path.join(brought, "privkey.pem")).st_mode & 0o777, 0o640)
        self.cli("watch", "acme", "--use", "sip,xmpp-s2s,admin", "--certificate-file",
                 os.path.join(brought, "fullchain.pem"), "--private-key-file",
                 os.path.join(brought, "privkey.pem"))
        for use in ("sip", "xmpp-s2s", "admin"):
            self.assertEqual(self.presented(use), fingerprint_of(first.certificate))
        self.hook(self.layout(second, 2))
        for use in ("sip", "xmpp-s2s", "admin"):
            self.assertEqual(self.presented(use), fingerprint_of(second.certificate),
                             "the hook returns when it is in force")
        self.exchange()

    def test_2_without_the_hook(self):
        start = self.gateway.mark()
        third = self.new()
        lineage = self.layout(third, 3)
        order = ("watch", "acme", "--certificate-file", os.path.join(lineage, "fullchain.pem"),
                 "--private-key-file", os.path.join(lineage, "privkey.pem"))
        # What the hook has imported under that name is not replaced without a word.
        self.refused("IST-API-003", *order, exit_code=5)
        self.cli(*order, "--replace")
        self.wait_presented("xmpp-s2s", fingerprint_of(third.certificate))
        fourth = self.new()
        self.layout(fourth, 4)
        self.wait_presented("xmpp-s2s", fingerprint_of(fourth.certificate))
        self.wait_presented("sip", fingerprint_of(fourth.certificate))
        self.gateway.wait_event("certificate.file", start=start, result="taken",
                                sha256=fingerprint_of(fourth.certificate))
        self.exchange()

    def test_3_a_pair_that_does_not_match_is_an_alert(self):
        before = self.presented("sip")
        start = self.gateway.mark()
        broken = self.layout(self.new(), 5)
        fullchain = os.path.join(broken, "fullchain.pem")
        good = os.readlink(fullchain)
        os.unlink(fullchain)
        os.symlink(good.replace("5.pem", "4.pem"), fullchain)
        event = self.gateway.wait_event("certificate.file", start=start, result="failed")
        self.assertEqual(event["code"], "IST-CERT-022")
        self.gateway.wait_metric(1, "isthmus_certificate_served_mismatch", use="sip")
        self.assertEqual(self.presented("sip"), before)
        os.unlink(fullchain)
        os.symlink(good, fullchain)
        self.wait_presented("sip", fingerprint_of(os.path.join(broken, "fullchain.pem")))
        self.gateway.wait_metric(0, "isthmus_certificate_served_mismatch", use="sip")

    def test_4_the_end_is_shown(self):
        status = json.loads(self.gateway.cli("status", "-o", "json").stdout)
        shown = {one["use"]: one for one in status["certificates"]}
        self.assertEqual({one["state"] for one in shown.values()}, {"valid"})
        self.assertIn("acme", self.gateway.cli("status").stdout)
        end = self.gateway.metrics()[("isthmus_certificate_not_after_timestamp_seconds",
                                      frozenset({("name", "acme"), ("use", "xmpp-s2s")}))]
        self.assertAlmostEqual(end, time.time() + int(VALID_DAYS) * 86400, delta=86400)

    def test_5_the_files_of_the_configuration_are_followed_too(self):
        for use in ("sip", "xmpp-s2s", "admin"):
            self.cli("remove", "--use", use)
        own, renewed = self.gateway.certificate, self.new()
        self.assertEqual(self.presented("sip"), fingerprint_of(own.certificate))
        for source, to in ((renewed.key, own.key), (renewed.certificate, own.certificate)):
            with open(source, encoding="ascii") as text, open(to + ".new", "w",
                                                              encoding="ascii") as file:
                file.write(text.read())
            os.replace(to + ".new", to)
        self.wait_presented("sip", fingerprint_of(renewed.certificate))
        self.wait_presented("xmpp-s2s", fingerprint_of(renewed.certificate))
        self.exchange()

    def test_6_served_looks_elsewhere_too(self):
        done = self.cli("served", f"127.0.0.1:{self.world.prosody.s2s_port}", "--protocol", "xmpp",
                        "--name", "fabrikam.example")
        self.assertIn(fingerprint_of(self.world.prosody.certificate.certificate)[:16], done.stdout)
        self.refused("IST-API-001", "served", "nowhere", exit_code=2)
        self.refused("IST-TCP-001", "served", "127.0.0.1:1")


class Ends(CertificateTest):
    """What ends in so many days is said where administrators look: log, metric, status, doctor."""

    def shown(self, days):
        """What is said of a certificate that is shown everywhere and has so many days left."""
        end = time.time() + days * 86400
        name = f"ends-{days:g}".replace(".", "-")
        start = self.gateway.mark()
        self.import_pair(name, self.new(not_after=time.strftime("%Y%m%d%H%M%SZ",
                                                                time.gmtime(end))),
                         "--use", "sip,xmpp-s2s,admin")
        status = json.loads(self.gateway.cli("status", "-o", "json").stdout)
        doctor = json.loads(self.gateway.cli("doctor", "-o", "json", check=False,
                                             seconds=60).stdout)
        for use in ("sip", "xmpp-s2s", "admin"):
            said = self.gateway.metrics()[("isthmus_certificate_not_after_timestamp_seconds",
                                           frozenset({("name", name), ("use", use)}))]
            self.assertAlmostEqual(said, end, delta=2)
        told = [e for e in self.gateway.events(start) if e["event"] == "certificate.ends"]
        self.assertEqual({e["name"] for e in told} - {name}, set())
        certificates = [one for one in status["certificates"] if one["name"] == name]
        self.assertEqual(len(certificates), 3, status["certificates"])
        return (sorted((e["use"], e["level"], e["code"], e["days_left"]) for e in told),
                {(one["state"], one["days_left"]) for one in certificates},
                next(one for one in doctor["checks"] if one["id"] == "certificate"))

    def ends(self, days, level):
        left = int(days)
        told, status, doctor = self.shown(days)
        self.assertEqual(told, [(use, level, "IST-CERT-024", left)
                                for use in ("admin", "sip", "xmpp-s2s")])
        self.assertEqual(status, {("expiring", left)})
        self.assertEqual((doctor["state"], doctor["code"]), ("warn", "IST-CERT-024"), doctor)
        self.assertIn(f"ends in {left} days", doctor["sentence"])
        self.assertIn("isthmus cert request", doctor["fix"])

    def test_30_days(self):
        told, status, doctor = self.shown(30.5)
        self.assertEqual((told, status), ([], {("valid", 30)}))
        self.assertEqual(doctor["state"], "pass", doctor)
        self.ends(29.9, "warning")

    def test_14_days(self):
        self.ends(13.9, "warning")

    def test_7_days(self):
        self.ends(6.9, "error")

    def test_1_day(self):
        self.ends(0.9, "error")


class Acme(CertificateTest):
    """A real client of the protocol with a real server, which proves the domains over HTTP."""

    @classmethod
    def build(cls, world):
        super().build(world)
        world.pebble = world.bench.own(Pebble(world.bench, world.authority, world.dns))
        for domain in DOMAINS:
            world.dns.address(domain, "127.0.0.1")

    def issued(self):
        """What certbot has now."""
        with open(os.path.join(self.world.pebble.directory, "config", "live", DOMAINS[0],
                               "fullchain.pem"), encoding="ascii") as file:
            return fingerprint(file.read())

    def test_from_the_first_certificate_to_its_renewal(self):
        pebble, hook = self.world.pebble, self.hook_environment()
        done = pebble.certonly(DOMAINS, "--deploy-hook", HOOK, env=hook)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        brought = self.path(f"tls/{DOMAINS[0]}")
        self.cli("watch", "acme", "--use", "sip,xmpp-s2s,admin", "--certificate-file",
                 os.path.join(brought, "fullchain.pem"), "--private-key-file",
                 os.path.join(brought, "privkey.pem"), "--force")  # no machine knows its root
        first = self.issued()
        for use in ("sip", "xmpp-s2s", "admin"):
            self.assertEqual(self.presented(use), first, use)
        process = self.gateway.process.pid
        done = pebble.certbot("renew", "--force-renewal", "--no-random-sleep-on-renew", env=hook)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        second = self.issued()
        self.assertNotEqual(second, first)
        for use in ("sip", "xmpp-s2s", "admin"):
            self.assertEqual(self.presented(use), second, "in force when certbot returns")
        self.assertEqual(self.gateway.process.pid, process)
        self.assertTrue(self.gateway.process.running())
