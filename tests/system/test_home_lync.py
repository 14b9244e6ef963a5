"""A Lync-protocol client (pidgin-sipe) signs in to the home server: contacts, presence and messages
with a user on Prosody, and on ejabberd."""

import json
import sqlite3
import unittest

from base import OwnWorldTest, unique
from test_home_clients import WithEjabberd

from lab.process import PATIENCE, wait_until
from lab.purple import PurpleClient, purple_client
from lab.world import HOME_PASSWORD

COMPOSING = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
GONE = "<gone xmlns='http://jabber.org/protocol/chatstates'/>"


@unittest.skipUnless(purple_client(), "needs libpurple-dev, pidgin-sipe and purple_client")
class LyncWorld:
    jid = "romeo@fabrikam.example"

    @classmethod
    def add_partner(cls, world):
        """Who the contact's server is."""
        world.add_prosody(users=("romeo", "nurse"))
        return world.prosody

    @classmethod
    def build(cls, world):
        cls.uri = f"sip:{cls.jid}"
        server = cls.add_partner(world.add_home())
        world.start()
        world.romeo, world.nurse = (world.xmpp_user(name, server) for name in ("romeo", "nurse"))
        for name in ("alice", "bob", "carol", "dora", "erin", "frank", "grace", "heidi", "ivan",
                     "judy"):
            world.home_account(name)

    def tearDown(self):
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())
        self.assertEqual(self.world.nurse.received(), [])

    def sign_in(self, who, transport="tls", password=HOME_PASSWORD, **more):
        client = PurpleClient(
            self.world.bench, f"{who}@contoso.example", password,
            self.gateway.sip_port(transport), transport,
            certificate=self.gateway.certificate.certificate, **more)
        self.addCleanup(client.process.stop)
        if more.get("signed_on", True):
            client.wait("group-added", "Other Contacts")  # its list has come
        return client

    def add(self, client, address, whom, group=""):
        """Adds the contact; the XMPP user `whom` approves."""
        client.do("add", f"sip:{address}", *([group] if group else []))
        whom.wait("presence", type="subscribe", bare=client.address)
        whom.send_raw(f"<presence to='{client.address}' type='subscribed'/>")
        client.wait("buddy-status", f"sip:{address}", "available")


class LyncClient(LyncWorld, OwnWorldTest):
    def test_contact_by_address_with_presence(self):
        alice, romeo = self.sign_in("alice"), self.world.romeo
        self.add(alice, self.jid, romeo)
        self.addCleanup(romeo.send_raw, "<presence/>")
        romeo.send_raw("<presence><show>dnd</show><status>reading</status></presence>")
        alice.wait("buddy-status", self.uri, "do-not-disturb")
        self.assertIn("reading", alice.buddies()[self.jid][1])
        romeo.send_raw("<presence><show>away</show></presence>")
        alice.wait("buddy-status", self.uri, "away")
        seen = len(alice.events)
        romeo.send_raw("<presence type='unavailable'/>")
        alice.wait("buddy-status", self.uri, "offline", since=seen)
        # What she calls herself, and calls herself next.
        for name in ("Romeo M.", "Romeo of Verona"):
            romeo.send_raw("<presence><nick xmlns='http://jabber.org/protocol/nick'>"
                           f"{name}</nick></presence>")
            wait_until(lambda: alice.buddies()[self.jid][4] == name, PATIENCE, name)
        romeo.send_raw("<presence type='unavailable'/>")
        alice.wait("buddy-status", self.uri, "offline", since=seen + 1)
        # Removed in the client, gone on her side too.
        romeo.send_raw("<presence/>")
        alice.wait("buddy-status", self.uri, "available", since=len(alice.events) - 1)
        alice.do("remove", self.uri)
        romeo.wait("presence", type="unsubscribe", bare="alice@contoso.example")

    def test_messages_and_typing_both_ways(self):
        bob, romeo = self.sign_in("bob"), self.world.romeo
        text = unique("from a Lync client")
        bob.do("im", self.uri, text)
        message = romeo.wait("message", body=text)
        self.assertEqual(message["from"].split("/")[0], "bob@contoso.example")
        self.assertEqual(message["type"], "chat")  # a session is a conversation
        romeo.send("bob@contoso.example", text + " back", extra=["<active xmlns='http://jabber.org/"
                                                                "protocol/chatstates'/>"])
        bob.wait("im", self.uri, text + " back")
        self.gateway.wait_nothing_pending()  # a notice that meets a MESSAGE is dropped
        romeo.send_raw(f"<message to='bob@contoso.example' type='chat'>{COMPOSING}</message>")
        bob.wait("typing", self.uri, "on")
        bob.do("typing", self.uri, "on")
        wait_until(lambda: any("composing" in m["xml"] and m["from"].startswith("bob@")
                               for m in romeo.messages()), PATIENCE, "bob's typing")
        self.assertFalse([e for e in bob.events if e[0] == "error"], bob.events)

    def test_a_closed_window(self):
        """Her client says BYE, which is `gone` to him; the next text opens another session, and a
        window. His `gone` ends it."""
        heidi, romeo = self.sign_in("heidi", name="purple-heidi-closes"), self.world.romeo
        text = unique("before the window is closed")
        romeo.send("heidi@contoso.example", text, extra=["<active xmlns='http://jabber.org/"
                                                        "protocol/chatstates'/>"])
        heidi.wait("im", self.uri, text)
        self.gateway.wait_nothing_pending()
        heidi.do("close", self.uri)
        wait_until(lambda: not self.sessions("heidi"), PATIENCE, "her session to end")
        wait_until(lambda: any("<gone" in m["xml"] and m["from"].startswith("heidi@")
                               for m in romeo.messages()), PATIENCE, "her `gone`")
        romeo.send("heidi@contoso.example", text + " again")
        heidi.wait("im", self.uri, text + " again")
        wait_until(lambda: self.sessions("heidi"), PATIENCE, "another session")
        romeo.send_raw(f"<message to='heidi@contoso.example' type='chat'>{GONE}</message>")
        wait_until(lambda: not self.sessions("heidi"), PATIENCE, "that session to end")

    def test_whoever_starts_in_the_same_second(self):
        """SIPE draws Call-IDs and tags from the second in which it is started: these two have the
        same ones."""
        texts = {name: unique(f"from {name}") for name in ("carol", "erin")}
        clients = {name: self.sign_in(name, name=f"purple-{name}-twin", seed=1) for name in texts}
        for name, client in clients.items():
            client.do("im", self.uri, texts[name])
            message = self.world.romeo.wait("message", body=texts[name])
            self.assertEqual(message["from"].split("/")[0], f"{name}@contoso.example")

    def test_his_other_client_follows(self):
        romeo = self.world.romeo
        first = self.sign_in("ivan", name="purple-ivan-1")
        second = self.sign_in("ivan", name="purple-ivan-2", machine="laptop")
        self.add(first, self.jid, romeo, "Verona")
        second.wait("buddy-added", self.uri, None, "Verona")
        second.wait("buddy-status", self.uri, "available")
        first.do("remove", self.uri)
        second.wait("buddy-removed", self.uri)
        romeo.wait("presence", type="unsubscribe", bare="ivan@contoso.example")

    def test_a_message_opens_the_session(self):
        heidi, romeo = self.sign_in("heidi"), self.world.romeo
        texts = [unique("nobody had written before") for _ in range(3)]
        for text in texts:
            romeo.send("heidi@contoso.example", text)
        heidi.wait("im", self.uri, texts[-1])
        self.assertEqual([e[2] for e in heidi.events if e[0] == "im"], texts)

    def test_own_presence_and_note(self):
        grace, romeo = self.sign_in("grace"), self.world.romeo
        romeo.send_raw("<presence to='grace@contoso.example' type='subscribe'/>")
        grace.wait("added", self.uri)
        romeo.wait("presence", type="subscribed", bare="grace@contoso.example")
        romeo.wait("presence", type="available", bare="grace@contoso.example")
        grace.do("status", "busy", "in a meeting")
        romeo.wait("presence", bare="grace@contoso.example", show="dnd", status="in a meeting")
        grace.quit()
        romeo.wait("presence", type="unavailable", bare="grace@contoso.example")

    def test_who_has_added_him_is_blocked(self):
        carol, romeo = self.sign_in("carol"), self.world.romeo
        carol.do("block", self.uri)
        wait_until(lambda: "block" in self.stored("carol"), PATIENCE, "the block")
        romeo.send_raw("<presence to='carol@contoso.example' type='subscribe'/>")
        romeo.wait("presence", type="unsubscribed", bare="carol@contoso.example")
        ident = romeo.send("carol@contoso.example", unique("unwanted"))
        romeo.wait("error", id=ident)
        self.assertFalse([e for e in carol.events if e[0] in ("im", "added")], carol.events)

    def test_whom_he_accepted_is_blocked_later(self):
        judy, romeo = self.sign_in("judy", name="purple-judy-blocks"), self.world.romeo
        since = len(romeo.events)
        romeo.send_raw("<presence to='judy@contoso.example' type='subscribe'/>")
        judy.wait("added", self.uri)
        romeo.wait("presence", type="available", bare="judy@contoso.example")
        judy.do("block", self.uri)
        wait_until(lambda: any(e.get("bare") == "judy@contoso.example"
                               and e.get("type") in ("unsubscribed", "unavailable")
                               for e in romeo.events[since:]), PATIENCE, "the block to be felt")
        ident = romeo.send("judy@contoso.example", unique("unwanted now"))
        romeo.wait("error", id=ident)
        judy.do("unblock", self.uri)
        wait_until(lambda: "block" not in self.stored("judy"), PATIENCE, "the end of the block")
        text = unique("wanted again")
        romeo.send("judy@contoso.example", text)
        judy.wait("im", self.uri, text)

    def sessions(self, name):
        """Those that his client has with the contact."""
        listed = json.loads(self.gateway.cli("dialog", "list", "--contact", self.jid, "-o",
                                             "json").stdout)
        return [one for one in listed["items"] if one["role"] == "session"
                and one["user"] == f"{name}@contoso.example"]

    def stored(self, name):
        """The user's contacts as the database has them."""
        with sqlite3.connect(f"file:{self.gateway.directory}/isthmus.db?mode=ro",
                             uri=True) as database:
            row = database.execute("SELECT body FROM home_documents WHERE \"user\" = ? AND "
                                   "kind = 'contacts'", (f"{name}@contoso.example",)).fetchone()
        return row[0] if row else ""

    def test_a_contact_list_survives(self):
        dora, romeo = self.sign_in("dora"), self.world.romeo
        self.add(dora, self.jid, romeo, "Verona")
        romeo.send_raw("<presence to='dora@contoso.example' type='subscribe'/>")
        romeo.wait("presence", type="available", bare="dora@contoso.example")
        dora.do("block", "sip:tybalt@fabrikam.example")
        dora.do("status", "busy", "at the feast")
        romeo.wait("presence", bare="dora@contoso.example", show="dnd", status="at the feast")
        wait_until(lambda: "contact\t" + self.jid in self.stored("dora") and
                   "block\ttybalt@fabrikam.example" in self.stored("dora"), PATIENCE, "the list")
        self.gateway.kill()
        self.gateway.restart()
        self.assertIn("block\ttybalt@fabrikam.example", self.stored("dora"))
        # A plain device says nothing of how she is: what she said before the crash holds.
        since = len(romeo.events)
        device = self.world.home_device("dora").sign_in()
        wait_until(lambda: any(e.get("bare") == "dora@contoso.example" and e.get("show") == "dnd"
                               and e.get("status") == "at the feast"
                               for e in romeo.events[since:]), PATIENCE, "dora's state")
        device.register(0)
        again = self.sign_in("dora", name="purple-dora-again")
        again.wait("buddy-added", self.uri, None, "Verona")
        again.wait("buddy-status", self.uri, "available")

    def test_colleagues(self):
        ivan, heidi = self.sign_in("ivan"), self.sign_in("heidi", name="purple-heidi-2")
        ivan.do("add", "sip:heidi@contoso.example")
        ivan.wait("buddy-status", "sip:heidi@contoso.example", "available")
        text = unique("among colleagues")
        ivan.do("im", "sip:heidi@contoso.example", text)
        heidi.wait("im", "sip:ivan@contoso.example", text)

    def test_failed_delivery_is_shown(self):
        erin = self.sign_in("erin")
        erin.do("im", "sip:nobody@elsewhere.example", "hello?")
        erin.wait("error", "sip:nobody@elsewhere.example")

    def test_wrong_password(self):
        frank = self.sign_in("frank", password="not the right one", signed_on=False)
        frank.wait("connection-error")

    def test_signed_out_by_the_server(self):
        frank = self.sign_in("frank", name="purple-frank-2")
        self.gateway.cli("user", "password", "frank@contoso.example", "--delete")
        frank.wait("connection-error")
        self.gateway.cli("user", "password", "frank@contoso.example", stdin=HOME_PASSWORD + "\n")


class LyncClientAndEjabberd(WithEjabberd, LyncClient):
    """The same with a partner on ejabberd."""
