"""One side goes away for a while; the other is told the truth meanwhile and afterwards."""

from base import OwnWorldTest
from presence import People, bare

from lab import pidf
from lab.sip_presence import Publication

RIGHT_AGAIN = 10  # seconds after the return


class Outage(People, OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_kamailio("tcp", presence=True).add_prosody(users=()).start()

    def test_xmpp_server_away(self):
        alice, juliet = self.sip(), self.xmpp()
        watch, status = self.both_see_each_other(alice, juliet)
        name = juliet.bare.split("@")[0]
        mark = watch.mark()
        self.world.prosody.stop()
        self.leave(juliet)  # too late for her server to say it
        watch.wait_basic("closed", after=mark)
        self.assertNotEqual(watch.state, "terminated")
        status.publish(pidf.Tuple(note="while away"))
        mark = watch.mark()
        self.world.prosody.start()
        again = self.xmpp(name, again=True)
        watch.wait_basic("open", RIGHT_AGAIN, mark)
        again.wait_presence(bare(alice), status="while away", seconds=RIGHT_AGAIN)
        again.wait_subscription(bare(alice), "both")
        self.assertEqual([e for e in again.presences(bare(alice))
                          if e["type"] == "subscribe"], [])

    def test_sip_side_away(self):
        """And when it is back it has forgotten all dialogs."""
        alice, juliet = self.sip(), self.xmpp()
        kamailio = self.world.kamailio
        watch, _ = self.both_see_each_other(alice, juliet)
        mark = juliet.mark(bare(alice))
        kamailio.stop()
        juliet.wait_presence(bare(alice), "unavailable", after=mark)
        kamailio.presence.forget_dialogs()
        mark = juliet.mark(bare(alice))
        kamailio.restart()
        alice.close_connections()
        alice.register()
        Publication(alice).publish(pidf.Tuple(note="back"))
        juliet.wait_presence(bare(alice), after=mark, seconds=RIGHT_AGAIN, status="back")
        self.must_see(watch, juliet, "dnd")
        self.assertEqual([e for e in juliet.presences(bare(alice))
                          if e["type"] == "unsubscribed"], [])
