"""Other ways to reach an XMPP server: dialback over TLS, and as its component (XEP-0114)."""

import os

from base import OwnWorldTest, settle, unique


class Dialback(OwnWorldTest):
    """Neither side trusts the other's certificate: only dialback over TLS is left."""

    @classmethod
    def build(cls, world):
        world.add_kamailio("udp").add_prosody(trust="dialback")
        world.start(allow=False)
        world.gateway.allow_everything()
        world.gateway.cli("partner", "create", "fabrikam.example", "--partner-type", "Federated",
                          "--sasl-negotiation", "NotSupported",
                          "--support-dialback-negotiation", "true")
        world.alice, world.romeo = world.sip_user("alice", "udp"), world.xmpp_user("romeo")

    def test_1_from_sip(self):
        text = unique("by dialback")
        self.assertIn(self.world.alice.message("sip:romeo@fabrikam.example", text).wait().code,
                      (200, 202))
        self.world.romeo.wait("message", body=text)

    def test_2_from_xmpp(self):
        text = unique("by dialback")
        self.world.romeo.send("alice@contoso.example", text)
        self.world.alice.wait_request(body=text)

    def test_3_without_dialback_nothing_passes(self):
        self.gateway.cli("partner", "delete", "fabrikam.example", "--yes")
        self.gateway.cli("partner", "create", "fabrikam.example", "--partner-type", "Federated",
                         "--sasl-negotiation", "Required",
                         "--support-dialback-negotiation", "false")
        text = unique("by nothing")
        response = self.world.alice.message("sip:romeo@fabrikam.example", text).wait()
        self.assertGreaterEqual(response.code, 400)
        ident = self.world.romeo.send("alice@contoso.example", text)
        self.world.romeo.wait("error", id=ident)
        settle(0.3)
        self.assertNotIn(text, self.world.alice.bodies())
        self.assertNotIn(text, self.world.romeo.bodies())


class DialbackWithEjabberd(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_ejabberd(trust="dialback")
        world.start(allow=False)
        world.gateway.allow_everything()
        world.gateway.cli("partner", "create", "litware.example", "--partner-type", "Federated",
                          "--sasl-negotiation", "Optional")
        world.juliet = world.xmpp_user("juliet", world.ejabberd)

    def test_both_ways(self):
        text = unique("by dialback")
        self.assertIn(self.world.branch.message("sip:juliet@litware.example", text).wait().code,
                      (200, 202))
        self.world.juliet.wait("message", body=text)
        self.world.juliet.send("bob@branch.example", text)
        self.world.branch.wait_request(body=text)


class PlainDefaults(OwnWorldTest):
    """A partner with the default properties and a Prosody that takes either proof."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_prosody(trust="default")
        world.start(allow=False)
        world.gateway.allow_everything()
        world.gateway.cli("partner", "create", "fabrikam.example")
        world.romeo = world.xmpp_user("romeo")

    def test_who_speaks_first(self):
        """PublicUnverified: the local user must write first (lync 5.3)."""
        text = unique("first from here")
        self.assertIn(self.world.branch.message("sip:romeo@fabrikam.example", text).wait().code,
                      (200, 202))
        self.world.romeo.wait("message", body=text)
        self.world.romeo.send("bob@branch.example", text)
        self.world.branch.wait_request(body=text)

    def test_a_stranger_is_told_to_wait(self):
        """PublicUnverified: nothing unsolicited, and the same answer for every recipient."""
        told = []
        for user in ("carol", "nobody-at-all"):
            ident = self.world.romeo.send(f"{user}@branch.example", unique("unsolicited"))
            error = self.world.romeo.wait("error", id=ident)
            told.append((error["condition"], error["text"]))
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0][0], "forbidden")
        self.assertIn("contact", told[0][1])
        settle(0.3)
        self.assertFalse([b for b in self.world.branch.bodies() if "unsolicited" in b])
        self.world.gateway.cli("partner", "set", "fabrikam.example",
                               "--partner-type", "PublicVerified")
        text = unique("verified is enough")
        self.world.romeo.send("bob@branch.example", text)
        self.world.branch.wait_request(body=text)
        self.world.gateway.cli("partner", "set", "fabrikam.example",
                               "--partner-type", "PublicUnverified")


class Component(OwnWorldTest):
    """The gateway attached to Prosody as its component contoso.example."""

    @classmethod
    def build(cls, world):
        world.add_kamailio("tcp")
        world.add_prosody(components={"contoso.example": "a shared secret"})
        world.prosody.start()
        secret = os.path.join(world.bench.directory, "component.secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write("a shared secret\n")
        os.chmod(secret, 0o600)
        world.start(tables={"xmpp.component": {
            "server": f"127.0.0.1:{world.prosody.component_port}",
            "domain": "contoso.example", "secret_file": secret}})
        world.alice, world.romeo = world.sip_user("alice"), world.xmpp_user("romeo")

    def test_both_ways(self):
        text = unique("as a component")
        self.assertIn(self.world.alice.message("sip:romeo@fabrikam.example", text).wait().code,
                      (200, 202))
        self.world.romeo.wait("message", body=text)
        self.world.romeo.send("alice@contoso.example", text)
        self.world.alice.wait_request(body=text)
        ident = self.world.romeo.send("nobody@contoso.example", text)
        self.world.romeo.wait("error", id=ident)
