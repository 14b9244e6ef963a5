"""kill -9 in the middle of each flow: what was granted lives again by itself, nobody re-adds."""

from base import OwnWorldTest, settle
from presence import COALESCED, LIVE, People, bare, user

from lab import pidf
from lab.process import PATIENCE
from lab.sip_presence import Publication, Watch

AGAIN = PATIENCE  # seconds until a restarted gateway has its subscriptions back


class PresenceCrash(People, OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_kamailio("tcp", presence=True).add_prosody(users=()).start()

    def crash(self):
        self.gateway.kill()
        self.gateway.restart()

    def asked(self, juliet, alice):
        """How often her client was asked on behalf of alice."""
        return len([e for e in juliet.presences(bare(alice)) if e["type"] == "subscribe"])

    def test_both_directions_live_again(self):
        alice, juliet = self.sip(), self.xmpp()
        watch, status = self.both_see_each_other(alice, juliet)
        asked = self.asked(juliet, alice)
        # Several times, with a change while it is down that both sides must see afterwards.
        for show in ("away", "dnd"):
            self.gateway.kill()
            mark, seen = watch.mark(), juliet.mark(bare(alice))
            juliet.presence(show)
            status.publish(pidf.Tuple(note=f"while down, {show}"))
            self.gateway.restart()
            watch.wait_document(lambda d, s=show: s in d.shows(), AGAIN, mark)
            juliet.wait_presence(bare(alice), seconds=AGAIN, after=seen,
                                 status=f"while down, {show}")
        self.assertEqual(self.asked(juliet, alice), asked)
        self.must_see(watch, juliet, "xa")
        self.must_be_seen(status, juliet, alice, "and now")
        self.assertEqual(watch.refresh().code, 200)
        juliet.wait_subscription(bare(alice), "both")
        for direction in ("sip_watches_xmpp", "xmpp_watches_sip"):
            self.wait_subscription(direction, bare(alice), juliet.bare, standing="active")

    def test_while_she_is_asked(self):
        alice, juliet = self.sip(), self.xmpp()
        watch = Watch(alice, f"sip:{juliet.bare}")
        watch.wait_state("pending")
        self.crash()
        juliet.wait_presence(bare(alice), "subscribe", AGAIN)
        juliet.approve(bare(alice))
        watch.wait_basic("open", AGAIN)

    def test_right_after_she_approved(self):
        alice, juliet = self.sip(), self.xmpp()
        watch = Watch(alice, f"sip:{juliet.bare}")
        juliet.wait_presence(bare(alice), "subscribe")
        self.gateway.kill()
        juliet.approve(bare(alice))  # nobody hears it
        juliet.wait_subscription(bare(alice), "from")
        self.gateway.restart()
        watch.wait_basic("open", AGAIN)

    def test_right_after_she_declined(self):
        alice, juliet = self.sip(), self.xmpp()
        watch = self.watched(alice, juliet)
        juliet.deny(bare(alice))
        watch.wait_state("terminated", "rejected")
        self.crash()
        settle(1)
        self.assertFalse(self.subscription("sip_watches_xmpp", bare(alice), juliet.bare,
                                           standing="active"))
        self.assertEqual(self.asked(juliet, alice), 1)

    def test_while_he_is_asked(self):
        alice, juliet = self.sip(), self.xmpp()
        rules = self.world.kamailio.presence
        rules.ask(user(alice))
        Publication(alice).publish()
        juliet.subscribe(bare(alice))
        self.wait_subscription("xmpp_watches_sip", bare(alice), juliet.bare, standing="pending")
        self.gateway.kill()
        rules.allow(user(alice))  # nobody hears it
        self.gateway.restart()
        juliet.wait_presence(bare(alice), "subscribed", AGAIN)
        juliet.wait_presence(bare(alice), seconds=AGAIN)

    def test_right_after_the_request(self):
        """Whatever the gateway had of it: her roster and the gateway come to agree."""
        alice, juliet = self.sip(), self.xmpp()
        self.world.kamailio.presence.allow(user(alice))
        Publication(alice).publish()
        juliet.subscribe(bare(alice))
        juliet.wait_presence(bare(alice), "subscribed", LIVE)
        self.crash()
        mark = juliet.mark(bare(alice))
        juliet.wait_presence(bare(alice), seconds=AGAIN, after=mark)
        self.wait_subscription("xmpp_watches_sip", bare(alice), juliet.bare, standing="active")

    def test_right_after_she_left(self):
        alice, juliet = self.sip(), self.xmpp()
        watch, _ = self.both_see_each_other(alice, juliet)
        juliet.unsubscribe(bare(alice))
        self.world.kamailio.presence.wait_watchers(user(alice), 0)
        mark = watch.mark()
        self.crash()
        watch.wait_basic("open", AGAIN, mark)  # the other direction
        settle(1)
        self.assertEqual(self.world.kamailio.presence.watchers(user(alice)), [])

    def test_right_after_he_left(self):
        alice, juliet = self.sip(), self.xmpp()
        watch, status = self.both_see_each_other(alice, juliet)
        watch.end()
        watch.wait_state("terminated", "timeout")
        mark = watch.mark()
        self.crash()
        self.must_be_seen_after_restart(status, juliet, alice)
        self.assertEqual(watch.mark(), mark)
        again = Watch(alice, f"sip:{juliet.bare}")
        again.wait_basic("open", LIVE)
        self.assertEqual(self.asked(juliet, alice), 1)

    def must_be_seen_after_restart(self, status, juliet, alice):
        seen = juliet.mark(bare(alice))
        status.publish(pidf.Tuple(note="after the restart"))
        juliet.wait_presence(bare(alice), seconds=AGAIN, after=seen, status="after the restart")

    def test_right_after_an_administrator_added_her(self):
        alice, juliet = self.sip(), self.xmpp()
        self.gateway.cli("contact", "add", "--user", bare(alice), juliet.bare)
        self.crash()
        juliet.wait_presence(bare(alice), "subscribe", AGAIN)
        juliet.approve(bare(alice))
        self.wait_subscription("sip_watches_xmpp", bare(alice), juliet.bare, standing="active")

    def test_a_change_on_its_way(self):
        """Killed while a NOTIFY waits for its interval: the last state comes all the same."""
        alice, juliet = self.sip(), self.xmpp()
        watch = self.watched(alice, juliet)
        for show in ("away", "dnd", "xa"):
            juliet.presence(show)
        mark = watch.mark()
        self.crash()
        watch.wait_document(lambda d: d.shows() == ["xa"], AGAIN + COALESCED, mark)
