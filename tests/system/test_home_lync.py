"""A Lync-protocol client (pidgin-sipe) signs in to the home server and talks to a user on Prosody."""

import unittest

from base import OwnWorldTest, settle, unique

from lab.purple import PurpleClient, purple_client
from lab.world import HOME_PASSWORD

ROMEO = "romeo@fabrikam.example"


@unittest.skipUnless(purple_client(), "needs libpurple-dev, pidgin-sipe and purple_client")
class LyncClient(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_home().add_prosody(users=("romeo", "nurse", "tybalt", "juliet")).start()
        world.romeo, world.nurse = world.xmpp_user("romeo"), world.xmpp_user("nurse")
        for name in ("alice", "bob", "carol", "dora", "erin", "frank"):
            world.home_account(name)

    def tearDown(self):
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())
        self.assertEqual(self.world.nurse.received(), [])

    def sign_in(self, name, transport="tls", password=HOME_PASSWORD, **more):
        client = PurpleClient(
            self.world.bench, f"{name}@contoso.example", password,
            self.gateway.sip_port(transport), transport,
            certificate=self.gateway.certificate.certificate, **more)
        self.addCleanup(client.process.stop)
        return client

    def online(self, client, address, **wanted):
        """Waits until the client shows the contact in that state."""
        return client.wait("buddy-status", f"sip:{address}", *wanted.values())

    def add(self, client, address, whom, group=""):
        """Adds the contact; the XMPP user `whom` approves."""
        client.do("add", f"sip:{address}", *([group] if group else []))
        whom.wait("presence", type="subscribe", bare=client.address)
        whom.send_raw(f"<presence to='{client.address}' type='subscribed'/>")

    def test_contact_by_address_with_presence(self):
        alice = self.sign_in("alice")
        self.add(alice, ROMEO, self.world.romeo)
        alice.wait("buddy-status", f"sip:{ROMEO}", "available")
        self.world.romeo.send_raw("<presence><show>dnd</show><status>reading</status></presence>")
        alice.wait("buddy-status", f"sip:{ROMEO}", where=lambda e: e[2] in ("busy", "do-not-disturb",
                                                                           "unavailable"))
        alice.wait("buddy-status", f"sip:{ROMEO}",
                   where=lambda e: "reading" in e[3])
        self.world.romeo.send_raw("<presence/>")

    def test_messages_and_typing_both_ways(self):
        alice = self.sign_in("bob")
        text = unique("from a Lync client")
        alice.do("im", f"sip:{ROMEO}", text)
        message = self.world.romeo.wait("message", body=text)
        self.assertEqual(message["from"].split("/")[0], "bob@contoso.example")
        self.world.romeo.send("bob@contoso.example", text + " back")
        alice.wait("im", f"sip:{ROMEO}", text + " back")
        self.world.romeo.send_raw(
            "<message to='bob@contoso.example' type='chat'>"
            "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
        alice.wait("typing", f"sip:{ROMEO}", "on")
        alice.do("typing", f"sip:{ROMEO}", "on")
        self.world.romeo.wait("message", where=None) if False else None

    def test_somebody_has_added_him(self):
        carol = self.sign_in("carol")
        self.world.romeo.send_raw("<presence to='carol@contoso.example' type='subscribe'/>")
        carol.wait("authorize")
        self.world.romeo.wait("presence", type="subscribed", bare="carol@contoso.example")
        self.world.romeo.wait("presence", type="available", bare="carol@contoso.example")

    def test_a_contact_list_survives(self):
        dora = self.sign_in("dora")
        self.add(dora, ROMEO, self.world.romeo, "Verona")
        dora.wait("buddy-status", f"sip:{ROMEO}", "available")
        dora.quit()
        self.gateway.kill()
        self.gateway.restart()
        again = self.sign_in("dora", name="purple-dora-again")
        again.wait("buddy-added", f"sip:{ROMEO}", None, "Verona")
        again.wait("buddy-status", f"sip:{ROMEO}", "available")

    def test_failed_delivery_is_shown(self):
        erin = self.sign_in("erin")
        erin.do("im", "sip:nobody@elsewhere.example", "hello?")
        erin.wait("error", "sip:nobody@elsewhere.example")

    def test_wrong_password(self):
        frank = self.sign_in("frank", password="not the right one", signed_on=False)
        frank.wait("connection-error")

    def test_signed_out_by_the_server(self):
        frank = self.sign_in("frank")
        self.gateway.cli("user", "password", "frank@contoso.example", "--delete")
        frank.wait("connection-error")
        self.gateway.cli("user", "password", "frank@contoso.example", stdin=HOME_PASSWORD + "\n")
