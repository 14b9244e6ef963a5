"""POSH (RFC 7711): a web site that names the certificate of a real Prosody, which proves nothing by
itself; and web sites of every wrong kind, which change nothing (abuse case B23)."""

import base64
import hashlib
import json
import random
import ssl
import unittest

from base import LabError, OwnWorldTest, unique

from lab.pki import self_signed
from lab.prosody import Prosody
from lab.web_site import WebSite
from lab.xmpp_client import XmppClient

DOMAIN = "hosted.example"
PLACE = "/.well-known/posh/xmpp-server.json"


class Posh(OwnWorldTest):
    """The hosting provider's server shows the provider's own certificate."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        certificates = world.authority.directory
        world.hosting = self_signed(certificates, "hosting", ["xmpp.hosting.example"])
        world.server = Prosody(world.bench, DOMAIN, world.dns, world.authority, "certificate")
        show(world.server, world.hosting)
        world.server.add_user("mercutio")
        world.server.start()
        # The port of a web site is 443; so every laboratory has an address of its own.
        world.site = world.bench.own(web_site(world.authority.issue("web", [DOMAIN])))
        world.dns.address(DOMAIN, world.site.host)
        world.start(tables={"dns": {"servers": [f"127.0.0.1@{world.dns.port}"]}})
        world.gateway.cli("partner", "create", DOMAIN, "--partner-type", "Federated",
                          "--allow-posh", "true")
        world.mercutio = world.bench.own(XmppClient(
            world.bench, world.server, f"mercutio@{DOMAIN}", world.hosting.certificate))

    def setUp(self):
        self.site = self.world.site
        self.site.answers.clear()
        self.site.asked.clear()

    def forget(self):
        """What streams have found is kept; a new process knows nothing."""
        self.gateway.stop()
        self.gateway.restart()

    def publish(self, document, content_type="application/json", place=PLACE):
        self.site.answers[place] = (200, {"Content-Type": content_type},
                                    json.dumps(document).encode())

    def good(self, **more):
        return {"fingerprints": [fingerprint(self.world.hosting)], "expires": 3600, **more}

    def certificate_step(self):
        done = self.gateway.cli("partner", "test", DOMAIN, "-o", "json", check=False, seconds=60)
        return {step["id"]: step for step in json.loads(done.stdout)["steps"]}["certificate"]

    def vouched_by(self, direction):
        """What the list of streams says of the one that is up."""
        done = self.gateway.cli("stream", "list", "--partner", DOMAIN, "-o", "json")
        up = [one for one in json.loads(done.stdout)["items"]
              if one["direction"] == direction and one["state"] == "up"]
        self.assertEqual(len(up), 1, up)
        return up[0]["certificate"]["vouched_by"]

    def refused(self, why):
        """As without POSH, with the reason why it was of no help."""
        step = self.certificate_step()
        self.assertEqual((step["state"], step["code"]), ("fail", "IST-CERT-002"), step)
        evidence = " ".join(step["evidence"])
        self.assertIn("POSH", evidence)
        self.assertIn(why, evidence)
        return evidence

    def test_1_the_certificate_that_it_names_is_believed(self):
        self.publish({"fingerprints": [{"sha-256": base64.b64encode(bytes(32)).decode()},
                                       fingerprint(self.world.hosting)], "expires": 3600})
        step = self.certificate_step()
        self.assertEqual(step["state"], "pass", step)
        self.assertIn("POSH", step["sentence"])
        self.assertIn(f"https://{DOMAIN}{PLACE}", " ".join(step["evidence"]))
        text = unique("proved by the web site")
        self.assertEqual(
            self.world.branch.message(f"sip:mercutio@{DOMAIN}", text).wait().code, 202)
        self.world.mercutio.wait("message", body=text)
        self.assertEqual(self.gateway.wait_event("s2s.up", partner=DOMAIN, direction="out")
                         ["mechanism"], "external")
        self.gateway.wait_event("s2s.posh", partner=DOMAIN, direction="out")
        self.assertIn(f"https://{DOMAIN}{PLACE}", self.vouched_by("out"))
        # Once by the test, which always asks, and once by the streams.
        self.assertEqual(self.site.asked, [PLACE, PLACE])

    def test_2_a_caller_is_believed_by_it_as_well(self):
        self.publish(self.good())
        text = unique("and the other way")
        self.world.mercutio.send("bob@branch.example", text)
        self.world.branch.wait_request(body=text)
        self.assertEqual(self.gateway.wait_event("s2s.up", partner=DOMAIN, direction="in")
                         ["mechanism"], "external")
        self.assertIn(f"https://{DOMAIN}{PLACE}", self.vouched_by("in"))

    def test_3_a_reference_is_followed_once(self):
        self.publish({"url": f"https://{DOMAIN}/there.json", "expires": 60})
        self.publish(self.good(), place="/there.json")
        self.assertEqual(self.certificate_step()["state"], "pass")
        self.publish({"url": f"https://{DOMAIN}/on.json", "expires": 60}, place="/there.json")
        self.refused("it is a reference, and was referred to")

    def test_4_another_fingerprint(self):
        self.publish({"fingerprints": [{"sha-256": base64.b64encode(bytes(32)).decode()}],
                      "expires": 3600})
        self.refused("names other certificates")
        self.forget()
        response = self.world.branch.message(f"sip:mercutio@{DOMAIN}", "not to be read").wait()
        self.assertGreaterEqual(response.code, 400)
        self.assertIn("not trusted", response.get("Warning"))
        card = json.loads(self.gateway.cli("partner", "get", DOMAIN, "-o", "json").stdout)
        self.assertIn("POSH names other certificates", json.dumps(card))

    def test_5_nothing_that_may_be_believed(self):
        self.publish(self.good(expires=0))
        self.refused("expired")
        self.publish(self.good(), content_type="text/plain")
        self.refused("of type text/plain")
        self.site.answers.clear()
        self.refused("answered 404")

    def test_6_a_hundred_megabytes(self):
        size = 100 << 20
        self.site.answers[PLACE] = (200, {"Content-Type": "application/json",
                                          "Content-Length": str(size)}, b" " * size)
        self.refused("larger than 16 KiB")
        self.site.answers[PLACE] = (200, {"Content-Type": "application/json",
                                          "Content-Length": "20", "Transfer-Encoding": "chunked"},
                                    b"")
        self.refused("bad Transfer-Encoding")

    def test_7_redirects(self):
        self.site.answers[PLACE] = (302, {"Location": f"http://{DOMAIN}/plain.json"}, b"")
        self.refused("redirects to something else than an https URL")
        self.site.answers[PLACE] = (302, {"Location": PLACE}, b"")
        self.refused("more than 3 redirects")
        self.assertEqual(len(self.site.asked), 5)
        self.site.answers[PLACE] = (307, {"Location": "/moved.json"}, b"")
        self.publish(self.good(), place="/moved.json")
        self.assertEqual(self.certificate_step()["state"], "pass")

    def test_8_a_web_site_that_proves_nothing(self):
        self.publish(self.good())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.world.hosting.certificate, self.world.hosting.key)
        before = self.site.use(context)
        try:
            self.refused("the web server's certificate is not trusted")
            self.assertEqual(self.site.asked, [])
        finally:
            self.site.use(before)

    def test_9_it_is_asked_only_where_that_is_allowed(self):
        self.publish(self.good())
        self.gateway.cli("partner", "set", DOMAIN, "--allow-posh", "false")
        try:
            step = self.certificate_step()
            self.assertEqual(step["code"], "IST-CERT-002")
            self.assertNotIn("POSH", " ".join(step["evidence"]))
            self.assertEqual(self.site.asked, [])
        finally:
            self.gateway.cli("partner", "set", DOMAIN, "--allow-posh", "true")


def web_site(certificate):
    for _ in range(20):
        host = f"127.{random.randrange(64, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        try:
            return WebSite(host, 443, certificate)
        except PermissionError as fault:
            raise unittest.SkipTest("only root may be a web site, on port 443") from fault
        except OSError:
            continue
    raise LabError("no address for a web site")


def show(server, certificate):
    """Before it is started: what it shows instead of the laboratory's certificate."""
    with open(server._config, encoding="utf-8") as file:
        text = file.read()
    text = text.replace(server.certificate.certificate, certificate.certificate)
    text = text.replace(server.certificate.key, certificate.key)
    with open(server._config, "w", encoding="utf-8") as file:
        file.write(text)


def fingerprint(certificate):
    with open(certificate.certificate, encoding="ascii") as file:
        der = ssl.PEM_cert_to_DER_cert(file.read())
    return {"sha-1": "UpjRI/A3afKE8/AIeTZ5o1dECTY=",
            "sha-256": base64.b64encode(hashlib.sha256(der).digest()).decode(),
            "sha-512": base64.b64encode(hashlib.sha512(der).digest()).decode()}
