"""Finding the other side: names, SRV and fail-over, IPv6, credentials, domains that differ."""

import hashlib
import json
import os
import re

from base import OwnWorldTest, unique

from lab.process import free_port
from lab.sip_agent import SipAgent
from lab.xmpp_stream import XmppPeer

MESSAGE = ("<message from='tybalt@northwind.example' to='{}' id='{}' type='chat'>"
           "<body>{}</body></message>")


class Names(OwnWorldTest):
    """The SIP peer is a name: the first of its two servers is dead, the second answers."""

    @classmethod
    def build(cls, world):
        world.add_branch("tcp").add_northwind()
        world._peers[0]["target"] = "tcp:sip.branch.example"
        world._static.update({
            "_sip._tcp.sip.branch.example": [
                f"10 0 {free_port()} one.branch.example",
                f"20 0 {world.branch.port} two.branch.example"],
            "one.branch.example": ["127.0.0.2"], "two.branch.example": ["127.0.0.2"]})
        world.start()

    def test_the_second_server_gets_it(self):
        text = unique("by the second server")
        stream = self.world.northwind_stream(to="branch.example")
        stream.send(MESSAGE.format("bob@branch.example", "a", text))
        self.world.branch.wait_request(body=text)
        self.assertEqual(self.world.branch.bodies().count(text), 1)


class RealDns(OwnWorldTest):
    """The partner is found through a DNS server instead of the static table."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        port = world._northwind[-1]
        world._static.clear()
        # Two servers by SRV; the more wanted one is not there.
        world.dns.srv("_xmpp-server._tcp.northwind.example",
                      (1, 0, free_port(), "dead.northwind.example"),
                      (5, 0, port, "live.northwind.example"))
        world.dns.address("dead.northwind.example", "127.0.0.1")
        world.dns.address("live.northwind.example", "127.0.0.1", "::1")
        world.start(tables={"dns": {"servers": [f"127.0.0.1@{world.dns.port}"]}})

    def test_found(self):
        text = unique("found by DNS")
        self.assertEqual(
            self.world.branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        self.world.northwind.wait_body(text)

    def test_a_domain_that_does_not_exist(self):
        self.gateway.cli("partner", "create", "nowhere.example", "--partner-type", "Federated")
        response = self.world.branch.message("sip:eve@nowhere.example", "hello?").wait()
        self.assertEqual(response.code, 404)
        self.assertIn("does not exist", response.get("Warning"))
        self.assertTrue(response.get("ms-diagnostics").startswith("1014;"))

    def test_a_server_without_an_address(self):
        self.world.dns.srv("_xmpp-server._tcp.half.example", (0, 0, 5269, "gone.half.example"))
        self.gateway.cli("partner", "create", "half.example", "--partner-type", "Federated")
        done = self.gateway.cli("partner", "test", "half.example", "-o", "json", check=False,
                                seconds=60)
        step = json.loads(done.stdout)["steps"][1]
        self.assertEqual((step["state"], step["code"]), ("fail", "IST-DNS-006"), step)
        self.assertIn("gone.half.example", " ".join(step["evidence"]))


class ByProxy(OwnWorldTest):
    """ProxyFqdn: DNS knows no server of the partner; HOST:PORT is named instead."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        cls.port = world._northwind[-1]
        certificate = world.authority.issue("edge", ["proxy.edge.example"])
        cls.impostor = world.bench.own(XmppPeer("southwind.example", certificate,
                                             world.authority.ca_file))
        world._static.clear()
        world._static["proxy.edge.example"] = ["127.0.0.1"]
        world.start()

    def test_the_proxy_speaks_for_the_partner(self):
        self.gateway.cli("partner", "set", "northwind.example", "--proxy-fqdn",
                         f"Proxy.edge.example:{self.port}")
        text = unique("by the proxy")
        self.assertEqual(
            self.world.branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        self.world.northwind.wait_body(text)

    def test_its_certificate_must_name_the_partner(self):
        self.gateway.cli("partner", "create", "southwind.example", "--partner-type", "Federated",
                         "--support-dialback-negotiation", "false", "--proxy-fqdn",
                         f"proxy.edge.example:{self.impostor.port}")
        start = self.gateway.mark()
        call = self.world.branch.message("sip:eve@southwind.example", unique("to the proxy"))
        self.assertGreaterEqual(call.wait().code, 400)
        self.gateway.wait_event("s2s.cert", start=start, code="IST-CERT-001", direction="out",
                                partner="southwind.example")
        self.assertEqual(self.impostor.bodies(), [])


class OwnNetwork(OwnWorldTest):
    """B19: DNS of a partner does not choose among our own machines."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        port = world._northwind[-1]
        world._static.clear()
        world._static["live.northwind.example"] = ["127.0.0.1"]
        for domain, host in (("northwind.example", "here.northwind.example"),
                             ("pointer.example", "live.northwind.example")):
            world.dns.srv(f"_xmpp-server._tcp.{domain}", (0, 0, port, host))
        world.dns.address("here.northwind.example", "127.0.0.1", "::1")
        world.start(tables={"dns": {"servers": [f"127.0.0.1@{world.dns.port}"]}})

    def step(self, domain="northwind.example"):
        done = self.gateway.cli("partner", "test", domain, "-o", "json", check=False, seconds=60)
        return json.loads(done.stdout)["steps"][1]

    def test_dns_does_not_lead_there(self):
        self.gateway.cli("partner", "set", "northwind.example", "--partner-type",
                         "PublicVerified")
        step = self.step()
        self.assertEqual((step["state"], step["code"]), ("fail", "IST-DNS-005"), step)
        self.assertIn("127.0.0.1", " ".join(step["evidence"]))
        self.assertIn("--allow-private-addresses", step["fix"])
        response = self.world.branch.message("sip:tybalt@northwind.example", "hello?").wait()
        self.assertEqual(response.code, 404)
        self.assertEqual(self.world.northwind.stanzas, [])
        # Nor by naming what was written down for somebody else.
        self.gateway.cli("partner", "create", "pointer.example")
        self.assertEqual(self.step("pointer.example")["code"], "IST-DNS-005")
        self.gateway.cli("partner", "set", "northwind.example", "--allow-private-addresses",
                         "true")
        self.assertEqual(self.step()["state"], "pass")
        text = unique("now it may")
        self.world.branch.message("sip:tybalt@northwind.example", text).wait()
        self.world.northwind.wait_body(text)


class OwnListener(OwnWorldTest):
    """A partner whose server would be the gateway itself."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind().start()

    def test_nobody_is_called(self):
        port = self.gateway.xmpp_address[1]
        self.gateway.cli("partner", "create", "mirror.example", "--partner-type", "Federated",
                         "--proxy-fqdn", f"127.0.0.1:{port}")
        done = self.gateway.cli("partner", "test", "mirror.example", "-o", "json", check=False,
                                seconds=60)
        step = json.loads(done.stdout)["steps"][2]
        self.assertEqual((step["id"], step["state"], step["code"]), ("tcp", "fail", "IST-TCP-005"))
        self.assertIn(f"127.0.0.1:{port}", " ".join(step["evidence"]))
        start = self.gateway.mark()
        call = self.world.branch.message("sip:eve@mirror.example", unique("to a mirror"))
        self.gateway.wait_event("s2s.tcp", start=start, code="IST-TCP-005", direction="out",
                                partner="mirror.example")
        self.assertEqual(call.wait(40).code, 504)
        self.assertEqual([e for e in self.gateway.events(start) if e.get("direction") == "in"], [])


class Ipv6(OwnWorldTest):
    """Both neighbours on [::1]."""

    @classmethod
    def build(cls, world):
        world.branch = world.bench.own(SipAgent("sip:bob@branch.example", "udp", host="::1"))
        world.add_peer("branch", f"udp:[::1]:{world.branch.port}", ["branch.example"],
                       addresses=["::1"])
        certificate = world.authority.issue("six", ["northwind.example"])
        world.northwind = world.bench.own(XmppPeer("northwind.example", certificate,
                                                   world.authority.ca_file, host="::1"))
        world._static = {
            "_xmpp-server._tcp.northwind.example":
                [f"0 0 {world.northwind.port} xmpp.northwind.example"],
            "xmpp.northwind.example": ["::1"]}
        world._northwind = ("northwind.example", certificate)
        world.start()
        world.branch.proxy = world.gateway.sip_address("udp", 6)

    def test_both_ways(self):
        text = unique("over IPv6")
        self.assertEqual(
            self.world.branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        self.world.northwind.wait_body(text)
        stream = self.world.northwind_stream(to="branch.example")
        stream.send(MESSAGE.format("bob@branch.example", "a", text))
        self.world.branch.wait_request(body=text)


class Credentials(OwnWorldTest):
    """The SIP peer challenges the gateway (RFC 3261 §22, RFC 7616)."""

    @classmethod
    def build(cls, world):
        secret = os.path.join(world.bench.directory, "peer.password")
        with open(secret, "w", encoding="ascii") as file:
            file.write("open sesame\n")
        world.add_branch("udp").add_northwind()
        world._peers[0].update(username="isthmus", password_file=secret)
        world.start()

    def test_a_challenge_is_met(self):
        for code, challenge, header in ((401, "WWW-Authenticate", "Authorization"),
                                        (407, "Proxy-Authenticate", "Proxy-Authorization")):
            with self.subTest(code):
                self.world.branch.answer = challenger(code, challenge, header)
                text = unique("with credentials")
                stream = self.world.northwind_stream(to="branch.example")
                stream.send(MESSAGE.format("bob@branch.example", f"a{code}", text))
                self.world.branch.wait_request(
                    where=lambda r, t=text, h=header: r.text == t and r.get(h))
                self.world.branch.answer = 200
        self.assertEqual(
            [s for s in self.world.northwind.stanzas if s.get("type") == "error"], [])


def challenger(code, challenge, header):
    """Answers with a challenge until the digest is right."""
    realm, nonce = "branch.example", "bm9uY2U"

    def answer(request):
        value = request.get(header)
        if not value:
            return code, "", [(challenge, f'Digest realm="{realm}", nonce="{nonce}", '
                                          'algorithm=MD5, qop="auth"')]
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', value))
        ha1 = md5(f"isthmus:{realm}:open sesame")
        ha2 = md5(f"MESSAGE:{given['uri']}")
        right = md5(f"{ha1}:{nonce}:{given['nc']}:{given['cnonce']}:auth:{ha2}")
        return 200 if given["response"] == right else 403

    return answer


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class DifferentDomains(OwnWorldTest):
    """branch.example in SIP is im.branch.example in XMPP."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        world._domains.append("im.branch.example")  # for the certificate
        world.start(tables={"sip": {"domains": ["branch.example"]},
                            "xmpp": {"domains": ["im.branch.example"],
                                     "domain_map": {"im.branch.example": "branch.example"}}})

    def test_both_ways(self):
        text = unique("under another name")
        self.assertEqual(
            self.world.branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        stanza = self.world.northwind.wait_body(text)
        self.assertEqual(stanza.get("from").split("/")[0], "bob@im.branch.example")
        stream = self.world.northwind_stream(to="im.branch.example")
        stream.send(MESSAGE.format("bob@im.branch.example", "a", text))
        request = self.world.branch.wait_request(body=text)
        self.assertEqual(request.uri.split(";")[0], "sip:bob@branch.example")
