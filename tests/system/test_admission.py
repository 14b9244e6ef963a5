"""Nobody unlisted gets through, either way, and every sender's domain is proved."""

import time

from base import LabError, SharedWorldTest, settle, unique
from test_messages import with_stream

from lab.pki import self_signed
from lab.process import PATIENCE, wait_until
from lab.sip_agent import SipAgent
from lab.xmpp_stream import NS_SASL, NS_STREAM, Stream

TEXT = "<message from='{}' to='{}' type='chat' id='{}'><body>{}</body></message>"


class Admission(SharedWorldTest):
    def passes(self, text):
        """Does a message still get from bob to northwind?"""
        self.assertEqual(
            self.world.branch.message("sip:tybalt@northwind.example", text).wait().code, 202)
        self.world.northwind.wait_body(text)

    def error_for(self, ident):
        return self.world.northwind.wait_stanza(
            lambda s: s.get("id") == ident and s.get("type") == "error", what=f"error {ident}")

    def nothing_arrived(self, text):
        settle(0.3)
        self.assertNotIn(text, self.world.northwind.bodies())
        self.assertNotIn(text, self.world.branch.bodies())
        self.assertNotIn(text, self.world.alice.bodies())
        self.assertNotIn(text, self.world.romeo.bodies())

    def test_an_unlisted_partner_gets_nothing(self):
        text = unique("to a stranger")
        call = self.world.branch.message("sip:eve@stranger.example", text)
        self.assertIn(call.wait().code, (403, 404))

    def test_an_unlisted_domain_cannot_open_a_stream(self):
        text = unique("from a stranger")
        certificate = self.world.authority.issue("stranger", ["stranger.example"])
        stream = Stream.connect(self.gateway.xmpp_address)
        try:
            stream.negotiate_tls("stranger.example", "contoso.example", certificate,
                                 self.world.authority.ca_file)
            stream.authenticate("stranger.example", "contoso.example")
            stream.send(TEXT.format("eve@stranger.example", "alice@contoso.example", "s1", text))
            stream.wait_closed()
        except (OSError, LabError):  # refused at whichever step
            pass
        stream.close()
        self.nothing_arrived(text)

    def test_policy_off(self):
        for flag in ("--enable-federation-access", "--enable-xmpp-access"):
            with self.subTest(flag):
                text = unique("forbidden by policy")
                self.gateway.cli("policy", "set", "global", flag, "false")
                try:
                    self.refused(self.world.branch.message("sip:tybalt@northwind.example", text),
                                 403)
                    with_stream(self.world).send(TEXT.format(
                        "tybalt@northwind.example", "bob@branch.example", text[-4:], text))
                    self.error_for(text[-4:])
                    self.nothing_arrived(text)
                finally:
                    self.gateway.cli("policy", "set", "global", flag, "true")
                self.passes(unique("allowed again"))

    def test_federation_off(self):
        text = unique("forbidden at the edge")
        self.gateway.cli("access-edge", "set", "--allow-federated-users", "false")
        try:
            self.refused(self.world.branch.message("sip:tybalt@northwind.example", text), 403)
            with self.assertRaises(LabError):
                self.world.northwind_stream(to="branch.example")
            self.nothing_arrived(text)
        finally:
            self.gateway.cli("access-edge", "set", "--allow-federated-users", "true")
        self.passes(unique("allowed again"))

    def test_a_new_partner_is_in_force_within_a_second(self):
        live = with_stream(self.world)
        self.gateway.cli("partner", "delete", "northwind.example", "--yes")
        try:
            self.refused(self.world.branch.message("sip:tybalt@northwind.example", "no"), 403, 404)
            wait_until(lambda: not live.alive(), PATIENCE, "the end of the stream that was up")
        finally:
            self.gateway.cli("partner", "create", "northwind.example", "--partner-type",
                             "Federated")
        created = time.monotonic()
        text = unique("to a new partner")
        while True:
            response = self.world.branch.message("sip:tybalt@northwind.example", text).wait()
            if response.code == 202 or time.monotonic() - created > 1:
                break
        self.assertEqual(response.code, 202)
        self.world.northwind.wait_body(text)
        self.assertIn("northwind.example", self.gateway.cli("partner", "list").stdout)

    def test_a_sip_peer_may_assert_its_own_domains_only(self):
        text = unique("forged")
        for forged in ("sip:alice@contoso.example", "sip:alice@evil.example",
                       "sip:tybalt@northwind.example", "sip:bob@BRANCH.example.evil.example"):
            with self.subTest(forged):
                self.refused(self.world.branch.message("sip:tybalt@northwind.example", text,
                                                       from_uri=forged), 403)
        self.nothing_arrived(text)

    def test_an_unlisted_address_is_refused(self):
        text = unique("from nowhere")
        for transport in ("udp", "tcp"):
            for address in ("127.0.0.9", "127.0.0.1"):
                with self.subTest(transport=transport, address=address):
                    agent = SipAgent("sip:bob@branch.example", transport, host=address,
                                     proxy=self.gateway.sip_address(transport))
                    try:
                        call = agent.message("sip:tybalt@northwind.example", text, repeat=False)
                        settle(0.3)
                        self.assertTrue(call.final is None or call.final.code == 403, call.final)
                    finally:
                        agent.stop()
        self.nothing_arrived(text)

    def test_tls_without_a_listed_certificate(self):
        text = unique("no certificate")
        world = self.world
        for certificate in (None, world.authority.issue("other", ["other.example"])):
            agent = SipAgent("sip:alice@contoso.example", "tls", host="127.0.0.9",
                             proxy=self.gateway.sip_address("tls"),
                             tls=(certificate, world.authority.ca_file,
                                  "gateway.contoso.example"))
            try:
                call = agent.message("sip:tybalt@northwind.example", text)
                settle(0.3)
                self.assertTrue(call.final is None or call.final.code == 403, call.final)
            except OSError:
                pass  # refused in the handshake
            finally:
                agent.stop()
        self.nothing_arrived(text)

    def test_an_xmpp_sender_of_another_domain(self):
        text = unique("forged")
        for forged in ("romeo@fabrikam.example/x", "tybalt@northwind.example.evil.example",
                       "eve@evil.example", "alice@contoso.example"):
            with self.subTest(forged):
                stream = self.world.northwind_stream(to="branch.example")
                stream.send(TEXT.format(forged, "bob@branch.example", "f", text))
                said = stream.wait_closed()
                self.assertEqual(said[-1].tag, NS_STREAM + "error")
        self.nothing_arrived(text)

    def test_a_stanza_before_authentication(self):
        text = unique("too early")
        stream = Stream.connect(self.gateway.xmpp_address)
        stream.open("northwind.example", "branch.example")
        stream.expect(NS_STREAM + "features")
        stream.send(TEXT.format("tybalt@northwind.example", "bob@branch.example", "e", text))
        self.assertEqual(stream.wait_closed()[-1].tag, NS_STREAM + "error")
        stream = Stream.connect(self.gateway.xmpp_address)
        stream.negotiate_tls("northwind.example", "branch.example",
                             self.world.northwind.certificate, self.world.authority.ca_file)
        stream.send(TEXT.format("tybalt@northwind.example", "bob@branch.example", "e", text))
        self.assertEqual(stream.wait_closed()[-1].tag, NS_STREAM + "error")
        self.nothing_arrived(text)

    def test_a_certificate_of_somebody_else(self):
        world = self.world
        others = [world.authority.issue("evil", ["evil.example"]),
                  self_signed(world.bench.directory, "false", ["northwind.example"]),
                  world.authority.issue("expired", ["northwind.example"],
                                        not_after="20210101000000Z")]
        for certificate in others:
            with self.subTest(certificate.name):
                stream = Stream.connect(self.gateway.xmpp_address)
                try:
                    features = stream.negotiate_tls("northwind.example", "branch.example",
                                                    certificate, world.authority.ca_file)
                except (OSError, LabError):
                    continue  # refused in the handshake, or by a stream error
                offered = [m.text for m in features.iter(NS_SASL + "mechanism")]
                if "EXTERNAL" in offered:
                    stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                                "mechanism='EXTERNAL'>=</auth>")
                    self.assertNotEqual(stream.next().tag, NS_SASL + "success")
                stream.close()

    def test_to_a_foreign_domain(self):
        # The gateway carries for its own domains only, and relays nothing between partners.
        text = unique("no relay")
        stream = self.world.northwind_stream(to="branch.example")
        stream.send(TEXT.format("tybalt@northwind.example", "romeo@fabrikam.example", "r", text))
        settle(0.5)
        self.nothing_arrived(text)
        self.refused(self.world.branch.message("sip:alice@contoso.example", text),
                     403, 404, 482, 483)
        self.nothing_arrived(text)
