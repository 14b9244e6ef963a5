"""The laboratory itself, without the gateway: so that a fault of ours is not taken for its."""

import unittest

from lab.baresip import Baresip
from lab.dns import DnsServer
from lab.ejabberd import Ejabberd
from lab.kamailio import Kamailio
from lab.pki import Authority
from lab.process import Bench, free_port
from lab.prosody import Prosody
from lab.sip_agent import SipAgent
from lab.xmpp_client import XmppClient
from lab.xmpp_stream import NS_DIALBACK, Stream, XmppPeer


class Laboratory(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.addCleanup(self.bench.stop)
        self.authority = Authority(self.bench.subdirectory("pki"))
        self.dns = self.bench.own(DnsServer(free_port()))

    def prosody(self, trust):
        server = Prosody(self.bench, "fabrikam.example", self.dns, self.authority, trust)
        server.add_user("romeo")
        server.start()
        own = trust == "dialback"
        ca_file = server.certificate.certificate if own else self.authority.ca_file
        return server, ca_file, XmppClient(self.bench, server, "romeo@fabrikam.example", ca_file)

    def test_prosody_and_ejabberd_federate(self):
        _, _, romeo = self.prosody("certificate")
        ejabberd = Ejabberd(self.bench, "litware.example", self.dns, self.authority).start()
        ejabberd.add_user("juliet")
        juliet = XmppClient(self.bench, ejabberd, "juliet@litware.example",
                            self.authority.ca_file)
        # Whoever is here is online for her server too.
        for user in (romeo, juliet):
            self.assertEqual([e["resource"] for e in user.presences(user.bare)], ["lab"])
        ident = romeo.send(juliet.bare, "good night \u2603", receipt=True)
        juliet.wait("message", body="good night \u2603")
        romeo.wait("receipt", of=ident)
        ident = juliet.send("nobody@fabrikam.example", "anybody there?")
        self.assertEqual(juliet.wait("error", id=ident)["condition"], "service-unavailable")

    def test_our_own_server_by_certificate_and_by_dialback(self):
        for trust, mechanism in (("certificate", "external"), ("dialback", "dialback")):
            with self.subTest(trust):
                server, ca_file, romeo = self.prosody(trust)
                certificate = self.authority.issue("peer", ["contoso.example"])
                peer = self.bench.own(XmppPeer("contoso.example", certificate,
                                               self.authority.ca_file, mechanism))
                self.dns.xmpp_server("contoso.example", peer.port)
                romeo.send("alice@contoso.example", "out")
                peer.wait_body("out")
                stream = Stream.connect(("127.0.0.1", server.s2s_port))
                stream.negotiate_tls("contoso.example", "fabrikam.example", certificate, ca_file)
                if mechanism == "external":
                    stream.authenticate("contoso.example", "fabrikam.example")
                else:
                    peer.keys[stream.header["id"]] = "key"
                    stream.send("<db:result from='contoso.example' to='fabrikam.example'>key"
                                "</db:result>")
                    verdict = stream.expect(NS_DIALBACK + "result")
                    self.assertEqual(verdict.get("type"), "valid")
                stream.send("<message from='alice@contoso.example/x' to='romeo@fabrikam.example'>"
                            "<body>in</body></message>")
                romeo.wait("message", body="in")
                romeo.stop()
                server.stop()

    def test_sip_users_behind_kamailio(self):
        certificate = self.authority.issue("gateway", ["gateway.contoso.example"])
        for link in ("udp", "tcp", "tls"):
            far = self.bench.own(SipAgent("sip:romeo@fabrikam.example", link, tls=(
                certificate, self.authority.ca_file, "sip.contoso.example")))
            proxy = Kamailio(self.bench, self.authority)
            proxy.start(f"sip:127.0.0.1:{far.port};transport={link}")
            far.proxy = ("127.0.0.1", proxy.tls_port if link == "tls" else proxy.port)
            for transport in ("udp", "tcp", "tls"):
                with self.subTest(link=link, user=transport):
                    port = proxy.tls_port if transport == "tls" else proxy.port
                    alice = self.bench.own(SipAgent(
                        "sip:alice@contoso.example", transport, proxy=("127.0.0.1", port),
                        tls=(None, self.authority.ca_file, "sip.contoso.example")))
                    alice.register()
                    text = f"{link} {transport}"
                    self.assertEqual(alice.message(far.uri, text).wait().code, 200)
                    far.wait_request(body=text)
                    self.assertEqual(far.message(alice.uri, text).wait().code, 200)
                    alice.wait_request(body=text)
                    alice.register(expires=0)
                    self.assertEqual(far.message(alice.uri, text).wait().code, 404)
            proxy.stop()

    def test_baresip(self):
        far = self.bench.own(SipAgent("sip:romeo@fabrikam.example"))
        proxy = Kamailio(self.bench, self.authority)
        proxy.start(f"sip:127.0.0.1:{far.port}")
        far.proxy = proxy.address
        alice = Baresip(self.bench, "sip:alice@contoso.example", far.uri, proxy.port,
                        self.authority.ca_file)
        alice.send("typed by a user")
        far.wait_request(body="typed by a user")
        self.assertEqual(far.message(alice.uri, "an answer").wait().code, 200)
        alice.wait_message("an answer")


if __name__ == "__main__":
    unittest.main()
