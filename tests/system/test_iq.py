"""What the gateway answers to a curious server: disco, ping, version; and nothing more."""

import uuid

from base import SharedWorldTest, settle, unique
from test_messages import with_stream

from lab.xmpp_stream import NS_SERVER

DISCO = "{http://jabber.org/protocol/disco#info}"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"


class Iq(SharedWorldTest):
    def ask(self, payload, to="branch.example", kind="get"):
        """Sends an IQ as northwind.example; the answer comes on a stream of its own."""
        ident = uuid.uuid4().hex
        with_stream(self.world).send(
            f"<iq from='tybalt@northwind.example/x' to='{to}' id='{ident}' type='{kind}'>{payload}"
            "</iq>")
        return self.world.northwind.wait_stanza(
            lambda s: s.tag == NS_SERVER + "iq" and s.get("id") == ident,
            what=f"answer to {payload}")

    def test_disco(self):
        answer = self.ask("<query xmlns='http://jabber.org/protocol/disco#info'/>")
        self.assertEqual(answer.get("type"), "result")
        identity = answer.find(f"{DISCO}query/{DISCO}identity")
        self.assertEqual((identity.get("category"), identity.get("type")), ("gateway", "simple"))
        features = {f.get("var") for f in answer.iter(DISCO + "feature")}
        self.assertIn("urn:xmpp:ping", features)

    def test_ping_and_version(self):
        self.assertEqual(self.ask("<ping xmlns='urn:xmpp:ping'/>").get("type"), "result")
        version = self.ask("<query xmlns='jabber:iq:version'/>")
        self.assertIn("Isthmus", "".join(version.itertext()))

    def test_everything_else_is_refused(self):
        for payload, kind in (("<query xmlns='jabber:iq:roster'/>", "set"),
                              ("<query xmlns='jabber:iq:roster'/>", "get"),
                              ("<command xmlns='http://jabber.org/protocol/commands' node='x'/>",
                               "set"),
                              ("<vCard xmlns='vcard-temp'/>", "set"),
                              ("<unheard xmlns='urn:of'/>", "get")):
            for to in ("branch.example", "bob@branch.example"):
                with self.subTest(payload=payload, to=to):
                    answer = self.ask(payload, to, kind)
                    self.assertEqual(answer.get("type"), "error")
                    self.assertIsNotNone(
                        answer.find(f"{NS_SERVER}error/{STANZAS}service-unavailable"))

    def test_ping_through_prosody(self):
        self.world.romeo.send_raw("<iq to='contoso.example' id='p1' type='get'>"
                                  "<ping xmlns='urn:xmpp:ping'/></iq>")
        text = unique("after the ping")
        self.world.romeo.send("alice@contoso.example", text)
        self.world.alice.wait_request(body=text)

    def test_a_room_message_is_refused(self):
        ident = self.world.romeo.send("alice@contoso.example", unique("to the room"),
                                      kind="groupchat")
        self.world.romeo.wait("error", id=ident)

    def test_presence_harms_nothing(self):
        before = len(self.world.branch.requests)
        for kind in ("", " type='subscribe'", " type='probe'", " type='unavailable'"):
            with_stream(self.world).send(
                f"<presence from='tybalt@northwind.example' to='bob@branch.example'{kind}/>")
        settle(0.3)
        text = unique("after presence")
        with_stream(self.world).send(
            "<message from='tybalt@northwind.example' to='bob@branch.example' type='chat'>"
            f"<body>{text}</body></message>")
        self.world.branch.wait_request(body=text)
        # What she asked for, and nothing in the name of somebody who did not.
        self.assertEqual({r.method for r in self.world.branch.requests[before:]} - {"OPTIONS"},
                         {"SUBSCRIBE", "MESSAGE"})
