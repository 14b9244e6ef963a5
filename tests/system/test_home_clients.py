"""Plain SIP clients at the home server: Linphone, libpurple's SIMPLE, resource lists, who watches,
receipts."""

import os
import re
import subprocess
import unittest

from base import OwnWorldTest, unique
from test_errors import cpim, is_notice
from test_typing import DELIVERED

from lab.gateway import binary
from lab.linphone import Linphone, linphone
from lab.postgres import Postgres
from lab.process import PATIENCE, wait_until
from lab.purple import PurpleClient, purple_client
from lab.world import HOME_PASSWORD

ROMEO = "romeo@fabrikam.example"
COMPOSING = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"


def change_list(agent, call, address):
    """As a Lync client does it: setContact, deleteContact."""
    body = ("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='http://"
            f"schemas.microsoft.com/winrtc/2002/11/sip'><s:Body><m:{call}><m:displayName>Romeo"
            f"</m:displayName><m:groups>1</m:groups><m:URI>sip:{address}</m:URI></m:{call}>"
            "</s:Body></s:Envelope>")
    return agent.call("SERVICE", agent.uri, headers=[("Content-Type", "application/SOAP+xml")],
                      body=body)


class HomeUsers:
    jid = "romeo@fabrikam.example"

    @classmethod
    def add_partner(cls, world):
        world.add_prosody()
        return world.prosody

    @classmethod
    def build(cls, world):
        server = cls.add_partner(world.add_home())
        world.start()
        world.romeo, world.nurse = (world.xmpp_user(name, server) for name in ("romeo", "nurse"))
        for name in ("alice", "bob", "carol", "dora"):
            world.home_account(name)
        world.carol = world.home_device("carol").sign_in()

    def tearDown(self):
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())
        self.assertEqual(self.world.carol.requests, [])
        self.assertEqual(self.world.nurse.received(), [])

    def approve(self, user):
        # SIMPLE of libpurple looks every ten seconds whom it has not asked yet. What fails then, or
        # gets no answer in five seconds, is asked again after twenty minutes.
        self.world.romeo.wait("presence", seconds=150, type="subscribe", bare=f"{user}@contoso.example")
        self.world.romeo.send_raw(f"<presence to='{user}@contoso.example' type='subscribed'/>")


@unittest.skipUnless(linphone(), "needs linphone-cli")
class LinphoneClient(HomeUsers, OwnWorldTest):
    def test_messages_and_presence(self):
        bob = Linphone(self.world.bench, "bob@contoso.example", HOME_PASSWORD,
                       self.gateway.sip_port("tcp"), f"sip:{self.jid}")
        romeo = self.world.romeo
        self.approve("bob")
        text = unique("typed into linphone")
        bob.chat(f"sip:{self.jid}", text)
        message = romeo.wait("message", body=text)
        self.assertEqual(message["from"].split("/")[0], "bob@contoso.example")
        ident = romeo.send("bob@contoso.example", text + " back", receipt=True)
        bob.wait(r"Message received from .*romeo.*" + re.escape(text + " back"))
        self.assertTrue(ident)
        bob.wait(r"Friend .*Romeo.* is Online")
        romeo.send_raw("<presence><show>dnd</show></presence>")
        self.addCleanup(romeo.send_raw, "<presence/>")
        bob.wait(r"Friend .*Romeo.* is (Busy|Do not disturb)")


@unittest.skipUnless(purple_client(), "needs libpurple-dev, pidgin-sipe and purple_client")
class SimpleClient(HomeUsers, OwnWorldTest):
    """By UDP: over TCP it falls behind by one as soon as two messages come in one piece."""

    def sign_in(self, who):
        client = PurpleClient(self.world.bench, f"{who}@contoso.example", HOME_PASSWORD,
                              self.gateway.sip_port("udp"), "udp", protocol="prpl-simple",
                              name=f"simple-{who}")
        self.addCleanup(client.process.stop)
        return client

    def test_messages_typing_and_presence(self):
        dora, romeo = self.sign_in("dora"), self.world.romeo
        text = unique("typed into libpurple")
        dora.do("im", f"sip:{self.jid}", text)
        message = romeo.wait("message", body=text)
        self.assertEqual(message["from"].split("/")[0], "dora@contoso.example")
        romeo.send("dora@contoso.example", text + " back", extra=[
            "<active xmlns='http://jabber.org/protocol/chatstates'/>"])
        dora.wait("im", f"sip:{self.jid}", text + " back")
        self.gateway.wait_nothing_pending()  # a notice that meets a MESSAGE is dropped
        romeo.send_raw(f"<message to='dora@contoso.example' type='chat'>{COMPOSING}"
                       "</message>")
        dora.wait("typing", f"sip:{self.jid}", "on")
        dora.quit()

    def test_a_contact_is_seen(self):
        alice, romeo = self.sign_in("alice"), self.world.romeo
        self.sign_in("bob")  # on the same machine: nothing for alice is taken by his client
        alice.do("add", f"sip:{self.jid}")
        self.approve("alice")
        alice.wait("buddy-status", f"sip:{self.jid}", "available")
        seen = len(alice.events)
        romeo.send_raw("<presence type='unavailable'/>")
        self.addCleanup(romeo.send_raw, "<presence/>")
        alice.wait("buddy-status", f"sip:{self.jid}", "offline", since=seen)


class Packages(HomeUsers, OwnWorldTest):
    """What a client has to ask for by itself: an agent of ours does."""

    def subscribe(self, agent, uri, event, accept, headers=(), expires=600):
        return agent.call("SUBSCRIBE", uri, headers=[
            ("Event", event), ("Accept", accept), ("Expires", str(expires)),
            ("Contact", f"<{agent.contact}>"), *headers])

    def test_the_contact_list_as_a_resource_list(self):
        bob = self.world.home_device("bob").sign_in()
        uri = "sip:bob@contoso.example;list=contacts"
        accept = "application/pidf+xml, application/rlmi+xml, multipart/related"
        self.assertEqual(self.subscribe(bob, uri, "presence", accept).code, 421)
        answer = self.subscribe(bob, uri, "presence", accept, [("Supported", "eventlist")])
        self.assertEqual(answer.code, 200)
        self.assertEqual(answer.get("Require"), "eventlist")
        first = bob.wait_request(method="NOTIFY", where=lambda r: "fullState='true'" in r.text)
        self.assertEqual(first.get("Require"), "eventlist")
        self.assertEqual(change_list(bob, "setContact", self.jid).code, 200)
        self.approve("bob")
        whole = bob.wait_request(method="NOTIFY", where=lambda r: f"uri='sip:{self.jid}'" in r.text)
        self.assertIn("<name>Romeo</name>", whole.text)
        seen = bob.wait_request(method="NOTIFY",
                                where=lambda r: "<basic>open</basic>" in r.text)
        self.assertTrue(seen.get("Content-Type").startswith("multipart/related"))
        self.assertIn("state='active'", seen.text)
        other = self.subscribe(bob, "sip:alice@contoso.example;list=contacts", "presence", accept,
                               [("Supported", "eventlist")])
        self.assertEqual(other.code, 403)
        bob.register(0)

    def test_who_watches(self):
        bob = self.world.home_device("bob").sign_in()
        answer = self.subscribe(bob, "sip:bob@contoso.example", "presence.winfo",
                                "application/watcherinfo+xml")
        self.assertEqual(answer.code, 200)
        bob.wait_request(method="NOTIFY", where=lambda r: "<watcherinfo" in r.text
                         and "state='full'" in r.text)
        self.world.romeo.send_raw("<presence to='bob@contoso.example' type='subscribe'/>")
        bob.wait_request(method="NOTIFY", where=lambda r: f">sip:{self.jid}</watcher>" in r.text
                         and "status='active'" in r.text)
        other = self.subscribe(bob, "sip:alice@contoso.example", "presence.winfo",
                               "application/watcherinfo+xml")
        self.assertEqual(other.code, 403)
        once = self.subscribe(bob, "sip:bob@contoso.example", "presence.winfo",
                              "application/watcherinfo+xml", expires=0)
        self.assertEqual(once.code, 200)
        bob.wait_request(method="NOTIFY", where=lambda r: (
            r.get("Subscription-State").startswith("terminated") and "<watcherinfo" in r.text))
        bob.register(0)

    def test_receipts_both_ways(self):
        dora, romeo = self.world.home_device("dora").sign_in(), self.world.romeo
        text = unique("tell me when")
        self.assertEqual(cpim(dora, f"sip:{self.jid}", text, "imdn-home",
                              "positive-delivery, display").wait().code, 202)
        message = romeo.wait("message", body=text)
        dora.wait_request(where=lambda r: "imdn-home" in r.text and is_notice("delivered")(r))
        romeo.send_raw("<message to='dora@contoso.example' type='chat' id='seen-home'><displayed "
                       f"xmlns='urn:xmpp:chat-markers:0' id='{message['id']}'/></message>")
        dora.wait_request(where=lambda r: "imdn-home" in r.text and is_notice("displayed")(r))
        text = unique("and you me")
        ident = romeo.send("dora@contoso.example", text, receipt=True)
        request = dora.wait_request(where=lambda r: text in r.text)
        asked = re.search(r"Message-ID: *(\S+)", request.text)
        self.assertTrue(asked, request.text)
        self.assertEqual(dora.message(f"sip:{self.jid}", DELIVERED.format(asked[1]),
                                      "message/imdn+xml").wait().code, 200)
        romeo.wait("receipt", of=ident)
        dora.register(0)

    def test_presence_that_is_not_refreshed(self):
        dora = self.world.home_device("dora").sign_in()
        document = ("<presence xmlns='urn:ietf:params:xml:ns:pidf' "
                    "entity='sip:dora@contoso.example'><tuple id='a'><status><basic>open</basic>"
                    "</status></tuple></presence>")

        def publish(*headers, body=document):
            return dora.call("PUBLISH", "sip:dora@contoso.example", headers=[
                ("Event", "presence"), ("Content-Type", "application/pidf+xml"), *headers],
                body=body)

        short = publish(("Expires", "5"))
        self.assertEqual((short.code, short.get("Min-Expires")), (423, "60"))
        self.assertEqual(publish(body=b"").code, 400)
        good = publish(("Expires", "600"))
        self.assertEqual((good.code, good.get("Expires")), (200, "600"))
        again = publish(("Expires", "600"), ("SIP-If-Match", good.get("SIP-ETag")), body=b"")
        self.assertEqual(again.code, 200)
        dora.register(0)

    def test_udp_answers_are_small(self):
        """A stranger's address may be forged: what goes there is at most three times what came."""
        device = self.world.home_device("alice", "udp")
        call = device.request("REGISTER", "sip:contoso.example", to=device.uri,
                              headers=[("Contact", f"<{device.contact}>")])
        answer = call.wait()
        self.assertEqual(answer.code, 401)
        self.assertIn("SHA-256", answer.get("WWW-Authenticate"))
        self.assertLessEqual(len(answer.encode()), 3 * len(call.request.encode()))


class WithEjabberd:
    jid = "romeo@litware.example"

    @classmethod
    def add_partner(cls, world):
        world.add_ejabberd(users=("romeo", "nurse"))
        return world.ejabberd


class LinphoneClientAndEjabberd(WithEjabberd, LinphoneClient):
    pass


class SimpleClientAndEjabberd(WithEjabberd, SimpleClient):
    pass


class PackagesAndEjabberd(WithEjabberd, Packages):
    pass


class KeptOnPostgres(OwnWorldTest):
    """Lists and passwords with PostgreSQL; a backup that is restored counts at once."""

    @classmethod
    def build(cls, world):
        world.postgres = Postgres(world.bench).start()
        world.add_home().start(tables={"database": {"url": world.postgres.url}})
        for name in ("alice", "bob"):
            world.home_account(name)

    def tearDown(self):
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())

    def list_of(self, agent):
        return agent.call("SUBSCRIBE", agent.uri, headers=[
            ("Event", "vnd-microsoft-roaming-contacts"), ("Expires", "0"),
            ("Contact", f"<{agent.contact}>")]).text

    def backup(self, verb, path):
        done = subprocess.run(
            [binary(), "--server", f"unix:{self.gateway.admin_socket}", "backup", verb, path],
            input="a long passphrase\n", capture_output=True, text=True, timeout=PATIENCE,
            check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_list_survives(self):
        alice = self.world.home_device("alice").sign_in()
        self.assertEqual(change_list(alice, "setContact", ROMEO).code, 200)
        self.gateway.kill()
        self.gateway.restart()
        alice = self.world.home_device("alice").sign_in()
        self.assertIn(ROMEO, self.list_of(alice))
        self.assertEqual(change_list(alice, "deleteContact", ROMEO).code, 200)

    def test_a_backup_counts_at_once(self):
        alice = self.world.home_device("alice").sign_in()
        bob = self.world.home_device("bob").sign_in()
        self.assertEqual(change_list(alice, "setContact", ROMEO).code, 200)
        path = os.path.join(self.gateway.directory, "home.backup")
        self.backup("create", path)
        self.assertEqual(change_list(alice, "deleteContact", ROMEO).code, 200)
        self.assertNotIn(ROMEO, self.list_of(alice))
        self.world.home_account("carol")
        carol = self.world.home_device("carol").sign_in()
        self.backup("restore", path)
        wait_until(lambda: ROMEO in self.list_of(alice), PATIENCE, "alice's list of before")
        self.assertEqual(bob.register().code, 200)
        # carol was entered after the backup: she is no user of ours now.
        self.assertEqual(self.world.home_device("carol").register().code, 403)
        self.assertTrue(carol)

    def test_whoever_gets_an_address_later_finds_nothing(self):
        self.world.home_account("dora")
        dora = self.world.home_device("dora").sign_in()
        self.assertEqual(change_list(dora, "setContact", ROMEO).code, 200)
        self.gateway.cli("user", "delete", "dora@contoso.example")
        self.assertEqual(self.world.home_device("dora").register().code, 403)
        self.world.home_account("dora")
        dora = self.world.home_device("dora").sign_in()
        self.assertNotIn(ROMEO, self.list_of(dora))
