"""Who may see whom, and what they see: Kamailio's presence server on one side, Prosody and ejabberd
on the other. RFC 8048 with RFC 6665 and RFC 6121."""

from base import settle
from presence import COALESCED, LIVE, PresenceTest, bare, user

from lab import pidf
from lab.process import PATIENCE, wait_until
from lab.sip_presence import Publication, Watch, reason_of, seconds_of


class Flows:
    """What every XMPP server must carry; `server` names it in the world."""

    server = None

    def juliet(self, **how):
        return self.xmpp(server=getattr(self.world, self.server), **how)

    # She watches him

    def test_xmpp_user_watches_sip_user(self):
        alice, juliet = self.sip(), self.juliet()
        status = self.watching(juliet, alice)
        juliet.wait_subscription(bare(alice), "to")
        self.must_be_seen(status, juliet, alice, "at the desk")
        status.publish(activity="away")
        juliet.wait_presence(bare(alice), show="away")
        # A second device has its own resource; what one device withdraws leaves the other.
        phone = self.sip(user(alice), "udp", again=True)
        second = Publication(phone)
        second.publish(pidf.Tuple("phone", note="on the phone"))
        other = juliet.wait_presence(bare(alice), status="on the phone")
        mark = juliet.mark(bare(alice))
        second.withdraw()
        juliet.wait_presence(bare(alice), "unavailable", after=mark, resource=other["resource"])
        resources = {e["resource"] for e in juliet.presences(bare(alice), mark)
                     if e["type"] == "unavailable"}
        self.assertEqual(resources, {other["resource"]})
        mark = juliet.mark(bare(alice))
        status.withdraw()
        juliet.wait_presence(bare(alice), "unavailable", after=mark)
        # She hears nothing more after she has unsubscribed.
        juliet.unsubscribe(bare(alice))
        self.world.kamailio.presence.wait_watchers(user(alice), 0)
        juliet.wait_subscription(bare(alice), "none")

    def test_sip_user_decides_late(self):
        alice, juliet = self.sip(), self.juliet()
        rules = self.world.kamailio.presence
        rules.ask(user(alice))
        Publication(alice).publish(pidf.Tuple(note="private"))
        juliet.subscribe(bare(alice))
        wait_until(lambda: rules.watchers(user(alice)) == [(f"sip:{juliet.bare}", "pending")],
                   PATIENCE, f"{juliet.bare} pending with {bare(alice)}")
        settle(0.5)
        self.assertEqual([e for e in juliet.presences(bare(alice))
                          if e["type"] in ("available", "subscribed")], [])
        rules.allow(user(alice))
        juliet.wait_presence(bare(alice), "subscribed")
        juliet.wait_presence(bare(alice), status="private")
        rules.block(user(alice))
        juliet.wait_presence(bare(alice), "unsubscribed")
        juliet.wait_subscription(bare(alice), "none")

    def test_sip_user_declines(self):
        alice, juliet = self.sip(), self.juliet()
        self.world.kamailio.presence.block(user(alice))
        juliet.subscribe(bare(alice))
        juliet.wait_presence(bare(alice), "unsubscribed")

    def test_she_comes_back(self):
        alice, juliet = self.sip(), self.juliet()
        status = self.watching(juliet, alice)
        name = juliet.bare.split("@")[0]
        self.leave(juliet)
        status.publish(pidf.Tuple(note="meanwhile"))
        again = self.juliet(name=name, resource="later", again=True)
        again.wait_presence(bare(alice), status="meanwhile")

    # He watches her

    def test_sip_user_watches_xmpp_user(self):
        alice, juliet = self.sip(), self.juliet()
        watch = Watch(alice, f"sip:{juliet.bare}")
        self.assertIn(int(watch.response.get("Expires")), range(1, 3601))
        first = watch.wait_state("pending")
        self.assertFalse(first.body and pidf.Document(first.body).basic == "open")
        juliet.wait_presence(bare(alice), "subscribe")
        juliet.approve(bare(alice))
        active = watch.wait_state("active", seconds=LIVE)
        self.assertIn(seconds_of(active), range(1, 3601))
        document = watch.wait_basic("open", LIVE)
        self.assertIn(document.entity, (f"pres:{juliet.bare}", f"sip:{juliet.bare}"))
        mark = watch.mark()
        juliet.presence("dnd", "in a meeting", 5)
        document = watch.wait_document(lambda d: "dnd" in d.shows(), COALESCED, mark)
        self.assertIn("in a meeting", document.notes)
        # Two resources are two tuples of one document; when one leaves, the other stays.
        phone = self.juliet(name=juliet.bare.split("@")[0], resource="phone", again=True)
        watch.wait_document(lambda d: len([t for t in d.tuples if t.basic == "open"]) == 2,
                            COALESCED)
        mark = watch.mark()
        self.leave(phone)
        document = watch.wait_document(
            lambda d: len([t for t in d.tuples if t.basic == "open"]) == 1, COALESCED, mark)
        self.assertIn("dnd", document.shows())
        mark = watch.mark()
        self.assertEqual(watch.refresh().code, 200)
        watch.wait_state("active", after=mark)
        self.assertEqual(watch.end().code, 200)
        watch.wait_state("terminated", "timeout")
        # The approval outlives the dialog: nobody is asked again.
        again = Watch(alice, f"sip:{juliet.bare}")
        again.wait_basic("open", LIVE)
        self.assertEqual(len([e for e in juliet.presences(bare(alice))
                              if e["type"] == "subscribe"]), 1)

    def test_xmpp_user_declines(self):
        alice, juliet = self.sip(), self.juliet()
        watch = Watch(alice, f"sip:{juliet.bare}")
        juliet.wait_presence(bare(alice), "subscribe")
        juliet.deny(bare(alice))
        final = watch.wait_state("terminated")
        self.assertEqual(reason_of(final), "rejected")
        self.assertEqual(final.body, b"")

    def test_xmpp_user_takes_it_back(self):
        alice, juliet = self.sip(), self.juliet()
        watch = self.watched(alice, juliet)
        juliet.deny(bare(alice))
        watch.wait_state("terminated", "rejected")
        self.assertEqual(watch.refresh().code, 481)

    def test_two_devices(self):
        alice, juliet = self.sip(), self.juliet()
        phone = self.sip(user(alice), "udp", again=True)
        watches = [Watch(alice, f"sip:{juliet.bare}"), Watch(phone, f"sip:{juliet.bare}")]
        juliet.wait_presence(bare(alice), "subscribe")
        juliet.approve(bare(alice))
        for watch in watches:
            watch.wait_basic("open", LIVE)
        watches[0].end()
        self.must_see(watches[1], juliet, "away")
        self.assertEqual(len([e for e in juliet.presences(bare(alice))
                              if e["type"] == "subscribe"]), 1)

    def test_one_direction_ends_alone(self):
        alice, juliet = self.sip(), self.juliet()
        watch, status = self.both_see_each_other(alice, juliet)
        juliet.wait_subscription(bare(alice), "both")
        juliet.unsubscribe(bare(alice))
        juliet.wait_subscription(bare(alice), "from")
        self.world.kamailio.presence.wait_watchers(user(alice), 0)
        self.must_see(watch, juliet, "away")
        # And the other way round: she watches again, then takes his permission back.
        juliet.subscribe(bare(alice))
        juliet.wait_subscription(bare(alice), "both")
        juliet.deny(bare(alice))
        watch.wait_state("terminated", "rejected")
        juliet.wait_subscription(bare(alice), "to")
        self.must_be_seen(status, juliet, alice, "still here")


class WithProsody(Flows, PresenceTest):
    server = "prosody"


class WithEjabberd(Flows, PresenceTest):
    server = "ejabberd"
