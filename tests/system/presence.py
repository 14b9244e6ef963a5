"""What the tests of presence share: people who are met in one test only, and stanzas of our own."""

import itertools
import json

from base import SharedWorldTest
from test_messages import with_stream

from lab import pidf
from lab.process import PATIENCE, LabError, wait_until
from lab.sip_agent import SipAgent
from lab.sip_presence import Publication, Watch
from lab.xmpp_stream import NS_SERVER

_numbers = itertools.count(1)

LIVE = PATIENCE  # seconds until a subscription is live: two NOTIFYs, 5 s apart
BRIEF = 60  # seconds: what the gateway grants at the least
COALESCED = PATIENCE  # seconds until a change has come: RFC 3856 §6.10 allows one NOTIFY in five


class Steering:
    """`isthmus subscription` and `isthmus contact`, for tests with a `gateway`."""

    def subscriptions(self, sip="", xmpp="", **wanted):
        """The subscriptions of this pair whose properties equal `wanted`."""
        names = [part for flag, value in (("--user", sip), ("--contact", xmpp)) if value
                 for part in (flag, value)]
        items = self._listed("subscription", "list", *names)
        return [i for i in items if all(i.get(k) == v for k, v in wanted.items())]

    def subscription(self, direction, sip, xmpp, **wanted):
        """The one of this direction and pair, or None."""
        found = self.subscriptions(sip, xmpp, direction=direction, **wanted)
        return found[0] if found else None

    def wait_subscription(self, direction, sip, xmpp, seconds=PATIENCE, **wanted):
        try:
            return wait_until(lambda: self.subscription(direction, sip, xmpp, **wanted), seconds,
                              f"{direction} of {sip} and {xmpp} with {wanted}")
        except LabError as error:
            raise LabError(f"{error}; there is "
                           f"{self.subscription(direction, sip, xmpp)}") from None

    def wait_seen(self, sip, xmpp):
        """Until the XMPP user approved and the gateway knows her presence."""
        wait_until(lambda: (self.subscription("sip_watches_xmpp", sip, xmpp) or {}).get(
            "last_presence"), PATIENCE, f"presence of {xmpp} for {sip}")

    def wait_no_subscription(self, direction, sip, xmpp, seconds=PATIENCE):
        wait_until(lambda: not self.subscription(direction, sip, xmpp), seconds,
                   f"the end of {direction} of {sip} and {xmpp}")

    def contacts(self, sip):
        return self._listed("contact", "list", "--user", sip)

    def _listed(self, *arguments):
        listed = json.loads(self.gateway.cli(*arguments, "-o", "json").stdout)
        return listed["items"] if isinstance(listed, dict) else listed


class People(Steering):
    """Makes users for one test and lets them go after it; `world` is where."""

    def sip(self, name="alice", transport="tcp", again=False):
        """A SIP user's device; `again` is another one of the same user."""
        agent = self.world.sip_user(name if again else f"{name}{next(_numbers)}", transport)
        self.addCleanup(self._leave, agent)
        return agent

    def xmpp(self, name="juliet", server=None, resource="lab", again=False, quiet=False):
        client = self.world.xmpp_user(name if again else f"{name}{next(_numbers)}", server,
                                      resource, quiet=quiet)
        self.addCleanup(self._leave, client)
        return client

    def leave(self, person):
        self._leave(person)

    def _leave(self, person):
        self.world.bench.disown(person)
        person.stop()

    # What people do

    def both_see_each_other(self, alice, juliet):
        """Both directions live, as both users would have done it; returns alice's Watch and her
        Publication."""
        watch = self.watched(alice, juliet)
        return watch, self.watching(juliet, alice)

    def watched(self, alice, juliet):
        """alice watches juliet, approved; returns the Watch.

        She is a contact before he has a dialog, so that no NOTIFY waits for its interval.
        """
        self.gateway.cli("contact", "add", "--user", bare(alice), juliet.bare)
        juliet.wait_presence(bare(alice), "subscribe")
        juliet.approve(bare(alice))
        self.wait_seen(bare(alice), juliet.bare)
        watch = Watch(alice, f"sip:{juliet.bare}")
        watch.wait_basic("open", LIVE)
        return watch

    def watching(self, juliet, alice):
        """juliet watches alice, whom everybody may watch; returns alice's Publication."""
        self.world.kamailio.presence.allow(user(alice))
        status = Publication(alice)
        status.publish()
        juliet.subscribe(bare(alice))
        juliet.wait_presence(bare(alice), "subscribed", LIVE)
        juliet.wait_presence(bare(alice), seconds=LIVE)
        return status

    def must_see(self, watch, juliet, show):
        """A change of juliet's reaches the watcher."""
        mark = watch.mark()
        juliet.presence(show)
        watch.wait_document(lambda d: show in d.shows(), COALESCED, after=mark)

    def must_be_seen(self, status, juliet, alice, note):
        """A change of alice's reaches juliet. Returns the presence stanza."""
        mark = juliet.mark(bare(alice))
        status.publish(pidf.Tuple(note=note))
        return juliet.wait_presence(bare(alice), after=mark, seconds=COALESCED, status=note)


class PresenceTest(People, SharedWorldTest):
    """In the shared world, where one subscription is left to expire while other tests run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not hasattr(cls.world, "brief_watch"):
            agent = cls.world.bench.own(SipAgent(
                "sip:brief@branch.example", "udp", proxy=cls.world.branch.proxy,
                host=cls.world.branch.host))
            cls.world.brief_watch = Watch(agent, "sip:tybalt@northwind.example", start=False)
            cls.world.brief_watch.begin(BRIEF)


class Stanzas:
    """Presence by hand: northwind.example and branch.example are both ours."""

    def someone(self, name="tybalt"):
        """A bare JID at northwind that no other test knows."""
        return f"{name}{next(_numbers)}@northwind.example"

    def bob(self):
        return f"bob{next(_numbers)}@branch.example"

    def say(self, sender, to, kind=None, children="", more=""):
        """northwind sends a presence stanza."""
        attribute = f" type='{kind}'" if kind else ""
        with_stream(self.world).send(
            f"<presence from='{sender}' to='{to}'{attribute}{more}>{children}</presence>")

    def heard(self, sender, to, kind=None):
        """The presence stanzas northwind got, of a type ("available" for none) or of all."""
        return [s for s in list(self.world.northwind.stanzas)
                if s.tag == NS_SERVER + "presence" and s.get("from").split("/")[0] == sender
                and s.get("to").split("/")[0] == to
                and (kind is None or s.get("type", "available") == kind)]

    def wait_heard(self, sender, to, kind="available", seconds=PATIENCE, number=1):
        """The number-th such stanza."""
        try:
            return wait_until(lambda: self.heard(sender, to, kind)[number - 1:], seconds,
                              f"presence {kind} {number} from {sender} to {to}")[0]
        except LabError as error:
            came = [s.get("type", "available") for s in self.heard(sender, to)]
            raise LabError(f"{error}; came: {came}") from None


def bare(agent):
    """The JID that stands for a SIP agent's user."""
    return agent.uri.removeprefix("sip:")


def user(agent):
    return bare(agent).split("@")[0]
