"""Contacts from both sides: the command line, the truth about each half, and the partner types."""

from base import settle, unique
from presence import LIVE, PresenceTest, Stanzas, bare, user

from lab import pidf
from lab.sip_presence import Publication, Watch

TO_XMPP, TO_SIP = "sip_watches_xmpp", "xmpp_watches_sip"


class CommandLine(PresenceTest):
    def cli_fails(self, code, *arguments):
        done = self.gateway.cli(*arguments, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_each_half_told_truly(self):
        alice, juliet = self.sip(), self.xmpp()
        watch = Watch(alice, f"sip:{juliet.bare}")
        juliet.wait_presence(bare(alice), "subscribe")
        half = self.wait_subscription(TO_XMPP, bare(alice), juliet.bare, standing="pending",
                                      dialogs=1)
        self.assertIn("not answered", half["why"])
        self.assertEqual(half["partner"], "fabrikam.example")
        self.assertIsNone(self.subscription(TO_SIP, bare(alice), juliet.bare, standing="active"))
        juliet.approve(bare(alice))
        watch.wait_basic("open", LIVE)
        half = self.wait_subscription(TO_XMPP, bare(alice), juliet.bare, standing="active")
        self.assertEqual(half["why"], "")
        self.assertIn("lab", half["last_presence"])
        self.watching(juliet, alice)
        half = self.wait_subscription(TO_SIP, bare(alice), juliet.bare, standing="active")
        self.assertEqual(half["dialogs"], 1)
        self.assertIn("available", half["last_notify"])
        shown = self.gateway.cli("subscription", "get", half["id"]).stdout
        self.assertIn(juliet.bare, shown)
        self.cli_fails(1, "subscription", "get", "no-such-id")

    def test_refresh_and_end(self):
        alice, juliet = self.sip(), self.xmpp()
        watch, _ = self.both_see_each_other(alice, juliet)
        ids = {d: self.subscription(d, bare(alice), juliet.bare)["id"] for d in (TO_XMPP, TO_SIP)}
        mark = juliet.mark(bare(alice))
        self.gateway.cli("subscription", "refresh", ids[TO_SIP])
        self.gateway.cli("subscription", "refresh", ids[TO_XMPP])
        self.gateway.cli("subscription", "end", ids[TO_SIP])
        juliet.wait_presence(bare(alice), "unsubscribed", after=mark)
        self.world.kamailio.presence.wait_watchers(user(alice), 0)
        self.must_see(watch, juliet, "away")
        self.gateway.cli("subscription", "end", ids[TO_XMPP])
        watch.wait_state("terminated")
        self.wait_no_subscription(TO_XMPP, bare(alice), juliet.bare)
        juliet.wait_subscription(bare(alice), "none")

    def test_add_and_remove(self):
        alice, juliet = self.sip(), self.xmpp()
        contact = ("--user", bare(alice), juliet.bare)
        self.assertEqual(self.contacts(bare(alice)), [])
        self.gateway.cli("contact", "add", *contact)
        juliet.wait_presence(bare(alice), "subscribe")
        self.cli_fails(5, "contact", "add", *contact)
        self.assertIn(juliet.bare, str(self.contacts(bare(alice))))
        self.wait_subscription(TO_XMPP, bare(alice), juliet.bare, standing="pending")
        juliet.approve(bare(alice))
        self.wait_subscription(TO_XMPP, bare(alice), juliet.bare, standing="active")
        # Approved already, so a device that watches needs nobody.
        watch = Watch(alice, f"sip:{juliet.bare}")
        watch.wait_basic("open", LIVE)
        self.gateway.cli("contact", "remove", *contact)
        watch.wait_state("terminated")
        juliet.wait_subscription(bare(alice), "none")
        self.assertEqual(self.contacts(bare(alice)), [])
        self.cli_fails(1, "contact", "remove", *contact)
        self.cli_fails(2, "contact", "add", "--user", "not an address", juliet.bare)

    def test_not_allowed(self):
        alice = self.sip()
        done = self.cli_fails(4, "contact", "add", "--user", bare(alice), "eve@stranger.example")
        self.assertIn("IST-POL-001", done.stderr)

    def test_she_removes_him(self):
        alice, juliet = self.sip(), self.xmpp()
        watch, _ = self.both_see_each_other(alice, juliet)
        juliet.remove_contact(bare(alice))
        watch.wait_state("terminated", "rejected")
        self.world.kamailio.presence.wait_watchers(user(alice), 0)
        for direction in (TO_XMPP, TO_SIP):
            self.wait_no_subscription(direction, bare(alice), juliet.bare)


class PartnerTypes(Stanzas, PresenceTest):
    """lync.md 5.2: what each type of partner may do before our user has added the contact."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.partner_type, "Federated")

    def partner_type(self, kind):
        self.gateway.cli("partner", "set", "northwind.example", "--partner-type", kind)

    def message(self, sender, agent, text):
        self.world_stream().send(
            f"<message from='{sender}/x' to='{bare(agent)}' type='chat' id='{text[-5:]}'>"
            f"<body>{text}</body></message>")

    def world_stream(self):
        stream = getattr(self.world, "_contoso_stream", None)
        if stream is None or not stream.alive():
            stream = self.world._contoso_stream = self.world.northwind_stream()
        return stream

    def say(self, sender, to, kind=None, children="", more=""):
        attribute = f" type='{kind}'" if kind else ""
        self.world_stream().send(
            f"<presence from='{sender}' to='{to}'{attribute}{more}>{children}</presence>")

    def test_unverified_must_be_added_first(self):
        self.partner_type("PublicUnverified")
        alice, tybalt = self.sip(), self.someone()
        self.world.kamailio.presence.allow(user(alice))
        Publication(alice).publish(pidf.Tuple(note="secret"))
        self.say(tybalt, bare(alice), "subscribe")
        settle(1)
        self.assertEqual(self.heard(bare(alice), tybalt, "subscribed"), [])
        self.assertEqual(self.heard(bare(alice), tybalt, "available"), [])
        self.assertEqual(self.world.kamailio.presence.watchers(user(alice)), [])
        text = unique("unsolicited")
        self.message(tybalt, alice, text)
        settle(0.5)
        self.assertNotIn(text, alice.bodies())
        # She adds him: the gate opens for both.
        watch = Watch(alice, f"sip:{tybalt}")
        self.wait_heard(bare(alice), tybalt, "subscribe")
        self.say(tybalt, bare(alice), "subscribed")
        self.say(tybalt, bare(alice), "subscribe")
        self.wait_heard(bare(alice), tybalt, "subscribed", LIVE)
        presence = self.wait_heard(bare(alice), tybalt, seconds=LIVE)
        self.assertIsNone(presence.findtext("{jabber:server}status"))  # the note
        text = unique("solicited")
        self.message(tybalt, alice, text)
        alice.wait_request(body=text)
        # She removes him: it is shut again.
        watch.wait_state("active", seconds=LIVE)
        self.gateway.cli("contact", "remove", "--user", bare(alice), tybalt)
        self.wait_heard(bare(alice), tybalt, "unsubscribed", LIVE)
        text = unique("unsolicited again")
        self.message(tybalt, alice, text)
        settle(0.5)
        self.assertNotIn(text, alice.bodies())

    def test_the_note_goes_with_the_type(self):
        """What was shown to a Federated partner is taken back when it is that no longer."""
        alice, tybalt = self.sip(), self.someone()
        self.world.kamailio.presence.allow(user(alice))
        Publication(alice).publish(pidf.Tuple(note="visible"))
        self.say(tybalt, bare(alice), "subscribe")
        first = self.wait_heard(bare(alice), tybalt, seconds=LIVE)
        self.assertEqual(first.findtext("{jabber:server}status"), "visible")
        before = len(self.heard(bare(alice), tybalt, "available"))
        self.partner_type("PublicVerified")
        again = self.wait_heard(bare(alice), tybalt, number=before + 1)
        self.assertIsNone(again.findtext("{jabber:server}status"))
        self.say(f"{tybalt}/x", bare(alice), "probe")
        probed = self.wait_heard(bare(alice), tybalt, number=before + 2)
        self.assertIsNone(probed.findtext("{jabber:server}status"))

    def test_the_note_is_for_federated_partners(self):
        for kind, note in (("Federated", "visible"), ("PublicVerified", None)):
            with self.subTest(kind):
                self.partner_type(kind)
                alice, tybalt = self.sip(), self.someone()
                self.world.kamailio.presence.allow(user(alice))
                Publication(alice).publish(pidf.Tuple(note="visible"))
                self.say(tybalt, bare(alice), "subscribe")
                self.wait_heard(bare(alice), tybalt, "subscribed", LIVE)
                presence = self.wait_heard(bare(alice), tybalt, seconds=LIVE)
                self.assertEqual(presence.findtext("{jabber:server}status"), note)
                text = unique("unsolicited")
                self.message(tybalt, alice, text)
                alice.wait_request(body=text)
