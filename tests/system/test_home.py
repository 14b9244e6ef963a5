"""The home server with plain SIP clients: sign-in, several devices, messages, what is refused."""

import json

from base import OwnWorldTest, settle, unique

from lab.baresip import Baresip
from lab.process import free_port
from lab.sipp import Sipp
from lab.world import HOME_PASSWORD

ROMEO = "sip:romeo@fabrikam.example"


class PlainClients(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_home().add_prosody().start()
        world.romeo, world.nurse = world.xmpp_user("romeo"), world.xmpp_user("nurse")
        for name in ("alice", "bob", "carol", "dora", "erin"):
            world.home_account(name)
        world.carol = world.home_device("carol").sign_in()

    def tearDown(self):
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())
        self.assertEqual(self.world.carol.requests, [])
        self.assertEqual(self.world.nurse.received(), [])

    def test_sign_in_and_messages_over_each_transport(self):
        for transport in ("tcp", "tls", "udp"):
            for algorithm in ("MD5", "SHA-256"):
                with self.subTest(transport=transport, algorithm=algorithm):
                    alice = self.world.home_device("alice", transport)
                    self.assertEqual(alice.register(algorithm=algorithm).code, 200)
                    text = unique(f"from home by {transport}")
                    self.assertIn(alice.say(ROMEO, text).code, (200, 202))
                    message = self.world.romeo.wait("message", body=text)
                    self.assertEqual(message["from"].split("/")[0], "alice@contoso.example")
                    self.world.romeo.send("alice@contoso.example", text + " back")
                    request = alice.wait_request(body=text + " back")
                    self.assertTrue(request.get("From").startswith("<sip:romeo@fabrikam.example"))
                    self.assertEqual(alice.register(0).code, 200)

    def test_address_as_user_name(self):
        alice = self.world.home_device("alice", username="alice@contoso.example")
        self.assertEqual(alice.register().code, 200)
        self.assertEqual(alice.register(0).code, 200)

    def test_all_devices_of_a_user(self):
        first = self.world.home_device("bob", instance="00000000-0000-4000-8000-000000000001")
        second = self.world.home_device("bob", "tls",
                                        instance="00000000-0000-4000-8000-000000000002")
        first.sign_in()
        response = second.register()
        self.assertEqual(len([n for n, _ in response.headers if n == "Contact"]), 2, response)
        gruus = [v for n, v in response.headers if n == "Contact" and "pub-gruu=" in v]
        self.assertEqual(len(gruus), 2)
        text = unique("to all of bob")
        self.world.romeo.send("bob@contoso.example", text)
        first.wait_request(body=text)
        second.wait_request(body=text)
        # One of them answers "busy": the other's answer counts, and no error comes back.
        first.answer = 486
        text = unique("one is enough")
        self.world.romeo.send("bob@contoso.example", text)
        second.wait_request(body=text)
        settle()
        self.assertFalse([e for e in self.world.romeo.events if e["event"] == "error"])
        for device in (first, second):
            device.answer = 200
            device.register(0)

    def test_home_to_home(self):
        dora, erin = (self.world.home_device(name).sign_in() for name in ("dora", "erin"))
        text = unique("from one of us to another")
        self.assertEqual(dora.say("sip:erin@contoso.example", text).code, 200)
        self.assertTrue(erin.wait_request(body=text).get("From").startswith(
            "<sip:dora@contoso.example>"))
        nobody = dora.say("sip:nobody@contoso.example", text)
        self.assertEqual(nobody.code, 404)
        self.assertTrue(nobody.get("ms-diagnostics").startswith("4005;source="), nobody)
        elsewhere = dora.say("sip:romeo@elsewhere.example", text)
        self.assertEqual(elsewhere.code, 403)
        self.assertTrue(elsewhere.get("ms-diagnostics-public").startswith("1005;source="),
                        elsewhere)
        erin.register(0)
        self.assertEqual(dora.say("sip:erin@contoso.example", text).code, 480)
        dora.register(0)

    def test_nobody_is_there(self):
        before = len(self.world.romeo.events)
        self.world.romeo.send("erin@contoso.example", unique("to nobody"))
        error = self.world.romeo.wait("error")
        self.assertIn(error["condition"], ("recipient-unavailable", "service-unavailable"))
        self.assertGreater(len(self.world.romeo.events), before)

    def test_a_forged_sender_after_sign_in(self):
        dora = self.world.home_device("dora").sign_in()
        text = unique("in somebody else's name")
        # He has signed in as dora; carol's name has to be proved by carol's password.
        response = dora.call("MESSAGE", ROMEO, from_uri="sip:carol@contoso.example",
                             headers=[("Content-Type", "text/plain")], body=text)
        self.assertEqual(response.code, 403)
        response = dora.call("MESSAGE", ROMEO, from_uri="sip:mallory@evil.example",
                             headers=[("Content-Type", "text/plain")], body=text)
        self.assertEqual(response.code, 403)
        response = dora.call("MESSAGE", ROMEO, headers=[
            ("Content-Type", "text/plain"), ("P-Asserted-Identity", "<sip:carol@contoso.example>")],
            body=text + " asserted")
        self.assertIn(response.code, (200, 202))
        message = self.world.romeo.wait("message", body=text + " asserted")
        self.assertEqual(message["from"].split("/")[0], "dora@contoso.example")
        self.assertNotIn(text, self.world.romeo.bodies())
        # Nobody registers for somebody else.
        other = dora.call("REGISTER", "sip:contoso.example", to="sip:carol@contoso.example",
                          headers=[("Contact", f"<{dora.contact}>")])
        self.assertEqual(other.code, 403)
        dora.register(0)

    def test_wrong_password_and_unknown_user_look_alike(self):
        wrong = self.world.home_device("alice").register(password="not this one at all")
        unknown = self.world.home_device("mallory").register()
        self.assertEqual((wrong.code, unknown.code), (403, 403))
        self.assertEqual(wrong.reason, unknown.reason)
        self.assertTrue([e for e in self.gateway.events() if e.get("event") == "home.refused"
                         and e.get("code") == "IST-HOME-001"])

    def test_who_is_disabled_is_signed_out(self):
        self.world.home_account("frank")
        devices = [self.world.home_device("frank", transport).sign_in()
                   for transport in ("tcp", "udp")]
        self.gateway.cli("user", "set", "frank@contoso.example", "--enabled", "false")
        again = self.world.home_device("frank").register()
        self.assertEqual(again.code, 403)
        ident = self.world.romeo.send("frank@contoso.example", unique("to a disabled user"))
        self.world.romeo.wait("error", id=ident)
        for device in devices:
            self.assertEqual(device.messages(), [])

    def test_a_new_password_counts_at_once(self):
        self.world.home_account("grace")
        new = "another good long one"
        self.gateway.cli("user", "password", "grace@contoso.example", stdin=new + "\n")
        self.assertEqual(self.world.home_device("grace").register().code, 403)
        self.assertEqual(self.world.home_device("grace", password=new).register().code, 200)
        self.gateway.cli("user", "password", "grace@contoso.example", "--delete")
        self.assertEqual(self.world.home_device("grace", password=new).register().code, 403)
        weak = self.gateway.cli("user", "password", "grace@contoso.example", stdin="short\n",
                                check=False)
        self.assertEqual(weak.returncode, 2, weak)
        self.assertNotIn(new, self.gateway.process.output())

    def test_a_real_sip_client(self):
        baresip = Baresip(self.world.bench, "sip:alice@contoso.example", ROMEO,
                          self.gateway.sip_port("tcp"), self.world.authority.ca_file,
                          password=HOME_PASSWORD)
        text = unique("typed into baresip")
        baresip.send(text)
        self.world.romeo.wait("message", body=text)
        self.world.romeo.send("alice@contoso.example", text + " back")
        baresip.wait_message(text + " back")

    def test_presence_of_a_real_sip_client(self):
        """baresip watches romeo, and he sees what it publishes."""
        romeo = self.world.romeo
        erin = Baresip(self.world.bench, "sip:erin@contoso.example", ROMEO,
                       self.gateway.sip_port("tcp"), self.world.authority.ca_file, presence=True,
                       password=HOME_PASSWORD)
        self.addCleanup(erin.process.stop)
        romeo.wait("presence", type="subscribe", bare="erin@contoso.example")
        romeo.send_raw("<presence to='erin@contoso.example' type='subscribed'/>")
        erin.wait_contact_status("Online")
        self.addCleanup(romeo.send_raw, "<presence/>")
        romeo.send_raw("<presence><show>dnd</show></presence>")
        erin.wait_contact_status("Busy")
        romeo.send_raw("<presence to='erin@contoso.example' type='subscribe'/>")
        romeo.wait("presence", type="available", bare="erin@contoso.example")
        erin.set_online(False)
        romeo.wait("presence", type="unavailable", bare="erin@contoso.example")

    def test_presence_of_a_contact(self):
        bob = self.world.home_device("bob").sign_in()
        response = bob.call("SUBSCRIBE", ROMEO, headers=[
            ("Event", "presence"), ("Accept", "application/pidf+xml"), ("Expires", "600"),
            ("Contact", f"<{bob.contact}>")])
        self.assertEqual(response.code, 200)
        self.world.romeo.wait("presence", type="subscribe", bare="bob@contoso.example")
        self.world.romeo.send_raw("<presence to='bob@contoso.example' type='subscribed'/>")
        bob.wait_request(method="NOTIFY", where=lambda r: "<basic>open</basic>" in r.text)
        bob.register(0)

    def test_published_presence(self):
        dora = self.world.home_device("dora").sign_in()
        self.world.romeo.send_raw("<presence to='dora@contoso.example' type='subscribe'/>")
        # A plain client cannot be asked: policy alone decides.
        self.world.romeo.wait("presence", type="subscribed", bare="dora@contoso.example")
        self.world.romeo.wait("presence", type="available", bare="dora@contoso.example")
        document = ("<presence xmlns='urn:ietf:params:xml:ns:pidf' "
                    "entity='sip:dora@contoso.example'><tuple id='a'><status><basic>open</basic>"
                    "<show xmlns='jabber:client'>away</show></status><note>at lunch</note></tuple>"
                    "</presence>")
        published = dora.call("PUBLISH", "sip:dora@contoso.example", headers=[
            ("Event", "presence"), ("Content-Type", "application/pidf+xml")], body=document)
        self.assertEqual(published.code, 200)
        self.assertTrue(published.get("SIP-ETag"))
        self.world.romeo.wait("presence", bare="dora@contoso.example", show="away",
                              status="at lunch")
        stale = dora.call("PUBLISH", "sip:dora@contoso.example", headers=[
            ("Event", "presence"), ("SIP-If-Match", "not-ours")])
        self.assertEqual(stale.code, 412)
        dora.register(0)
        self.world.romeo.wait("presence", type="unavailable", bare="dora@contoso.example")

    def test_presence_of_a_colleague(self):
        erin, bob = (self.world.home_device(name).sign_in() for name in ("erin", "bob"))
        response = bob.call("SUBSCRIBE", "sip:erin@contoso.example", headers=[
            ("Event", "presence"), ("Accept", "application/pidf+xml"), ("Expires", "600"),
            ("Contact", f"<{bob.contact}>")])
        self.assertEqual(response.code, 200)
        bob.wait_request(method="NOTIFY", where=lambda r: "<basic>open</basic>" in r.text)
        erin.register(0)
        bob.wait_request(method="NOTIFY", where=lambda r: "<basic>closed</basic>" in r.text)
        unknown = bob.call("SUBSCRIBE", "sip:erin@contoso.example", headers=[
            ("Event", "dialog"), ("Contact", f"<{bob.contact}>")])
        self.assertEqual(unknown.code, 489)
        bob.register(0)

    def test_typing_and_receipts(self):
        dora = self.world.home_device("dora").sign_in()
        text = unique("with a receipt")
        ident = self.world.romeo.send("dora@contoso.example", text, receipt=True)
        request = dora.wait_request(where=lambda r: text in r.text)
        self.assertTrue(request)
        self.assertTrue(ident)
        composing = ('<?xml version="1.0"?><isComposing xmlns="urn:ietf:params:xml:ns:'
                     'im-iscomposing"><state>active</state></isComposing>')
        self.assertIn(dora.say(ROMEO, composing, "application/im-iscomposing+xml").code, (200, 202))
        dora.register(0)

    def test_restart_keeps_passwords(self):
        self.gateway.kill()
        self.gateway.restart()
        self.world.carol = self.world.home_device("carol").sign_in()
        listed = json.loads(self.gateway.cli("status", "-o", "json").stdout)
        self.assertTrue(listed)


class SippSignsIn(OwnWorldTest):
    """SIPp 3.6 reads the first challenge only, and knows no SHA-256: [home] md5_only is for such
    devices. Each call has a socket of its own, for a connection is its user's."""

    USERS = ("alice", "bob", "carol", "dora", "erin")

    @classmethod
    def build(cls, world):
        world.add_home().add_prosody().start(tables={"home": {"enabled": True, "md5_only": True}})
        world.romeo = world.xmpp_user("romeo")
        for name in cls.USERS:
            world.home_account(name)

    def sign_in(self, scenario, transport):
        Sipp(self.world.bench, scenario, "127.0.0.1", free_port(), len(self.USERS),
             self.gateway.sip_address(transport), rate=5, transport=transport, many=True,
             users=[(name, HOME_PASSWORD) for name in self.USERS]).wait()

    def test_over_udp(self):
        self.sign_in("sign_in_by_datagrams", "udp")

    def test_over_tcp(self):
        self.sign_in("sign_in", "tcp")
        self.assertEqual(sorted(self.world.romeo.bodies()),
                         [f"{name} signs in with SIPp" for name in self.USERS])

    def test_only_md5_is_asked_for(self):
        device = self.world.home_device("alice")
        answer = device.request("REGISTER", "sip:contoso.example", to=device.uri,
                                headers=[("Contact", f"<{device.contact}>")]).wait()
        self.assertEqual(answer.code, 401)
        self.assertEqual(["MD5" in value for value in answer.all("WWW-Authenticate")], [True])
