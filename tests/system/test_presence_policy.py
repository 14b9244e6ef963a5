"""Permission withdrawn: what it touches ends within 5 s on both sides, everybody else goes on."""

from base import OwnWorldTest, settle, unique
from presence import COALESCED, LIVE, People, Stanzas

from lab import pidf
from lab.process import PATIENCE, wait_until
from lab.sip_agent import SipAgent
from lab.sip_presence import Notifier, Watch
from lab.xmpp_stream import Stream, XmppPeer

WITHDRAWN = 5  # seconds
SOUTHWIND = "southwind.example"


class PolicyTest(Stanzas, People, OwnWorldTest):
    """bob of branch.example with tybalt of northwind; eve of southwind looks on, with bob too."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind()
        certificate = world.authority.issue(SOUTHWIND, [SOUTHWIND])
        world.southwind = world.bench.own(XmppPeer(SOUTHWIND, certificate,
                                                   world.authority.ca_file))
        world.announce(SOUTHWIND, world.southwind.port)
        world.start()
        world.gateway.cli("partner", "create", SOUTHWIND, "--partner-type", "Federated")
        cls.notifier = Notifier(world.branch)
        cls.notifier.body = lambda d: pidf.document(d.user)
        cls.certificate = certificate
        cls.connect(world)

    @classmethod
    def connect(cls, world):
        cls.stream = Stream.connect(world.gateway.xmpp_address)
        cls.stream.negotiate_tls(SOUTHWIND, "branch.example", cls.certificate,
                                 world.authority.ca_file)
        cls.stream.authenticate(SOUTHWIND, "branch.example")

    def setUp(self):
        self.him, self.her = self.bob(), self.someone()
        self.eve = self.her.replace("tybalt", "eve").replace("northwind", "southwind")

    def device(self):
        agent = SipAgent(f"sip:{self.him}", "udp", proxy=self.world.branch.proxy,
                         host=self.world.branch.host)
        self.addCleanup(agent.stop)
        return agent

    def send_eve(self, kind=None, children=""):
        attribute = f" type='{kind}'" if kind else ""
        sender = self.eve if kind else f"{self.eve}/x"
        self.stream.send(f"<presence from='{sender}' to='{self.him}'{attribute}>{children}"
                         "</presence>")

    def eve_heard(self, kind):
        return [s for s in list(self.world.southwind.stanzas)
                if s.tag.endswith("presence") and s.get("to").startswith(self.eve)
                and s.get("type", "available") == kind]

    def pairs(self):
        """bob and tybalt, bob and eve, both ways; returns bob's two Watches."""
        for who in (self.her, self.eve):
            self.gateway.cli("contact", "add", "--user", self.him, who)
        self.wait_heard(self.him, self.her, "subscribe")
        self.say(self.her, self.him, "subscribed")
        self.say(f"{self.her}/x", self.him)
        self.say(self.her, self.him, "subscribe")
        wait_until(lambda: self.eve_heard("subscribe"), PATIENCE, "subscribe to eve")
        for kind in ("subscribed", None, "subscribe"):
            self.send_eve(kind)
        for who in (self.her, self.eve):
            self.wait_seen(self.him, who)
        device = self.device()
        with_tybalt, with_eve = (Watch(device, f"sip:{who}") for who in (self.her, self.eve))
        with_tybalt.wait_basic("open", LIVE)
        with_eve.wait_basic("open", LIVE)
        self.wait_heard(self.him, self.her, "subscribed")
        wait_until(lambda: self.eve_heard("subscribed"), PATIENCE, "subscribed to eve")
        return with_tybalt, with_eve

    def is_over(self, watch):
        watch.wait_state("terminated", seconds=WITHDRAWN)
        self.wait_heard(self.him, self.her, "unsubscribed", seconds=WITHDRAWN)
        dialog = next(d for d in self.notifier.of(f"sip:{self.him}")
                      if d.watcher.startswith(f"sip:{self.her}"))
        self.assertEqual(self.notifier.wait_subscribe(dialog, 2, WITHDRAWN).get("Expires"), "0")

    def goes_on(self, watch):
        """eve and bob still see each other."""
        self.assertEqual(self.eve_heard("unsubscribed"), [])
        self.assertNotEqual(watch.state, "terminated")
        mark = watch.mark()
        self.send_eve(children="<show>away</show>")
        watch.wait_document(lambda d: d.shows() == ["away"], COALESCED, mark)
        dialog = next(d for d in self.notifier.of(f"sip:{self.him}")
                      if d.watcher.startswith(f"sip:{self.eve}"))
        note = unique("still here")
        dialog.notify(body=pidf.document(f"sip:{self.him}", pidf.Tuple(note=note))).wait()
        wait_until(lambda: [s for s in self.eve_heard("available")
                            if s.findtext("{jabber:server}status") == note], PATIENCE, note)

    def test_partner_disabled(self):
        with_tybalt, with_eve = self.pairs()
        self.gateway.cli("partner", "disable", "northwind.example")
        try:
            self.is_over(with_tybalt)
            self.goes_on(with_eve)
        finally:
            self.gateway.cli("partner", "enable", "northwind.example")

    def test_partner_deleted(self):
        with_tybalt, with_eve = self.pairs()
        self.gateway.cli("partner", "delete", "northwind.example", "--yes")
        try:
            self.is_over(with_tybalt)
            self.goes_on(with_eve)
            self.assertEqual(self.subscriptions(xmpp=self.her), [])
        finally:
            self.gateway.cli("partner", "create", "northwind.example", "--partner-type",
                             "Federated")

    def test_one_users_grant(self):
        """bob's own policy is taken away; benvolio, who has one like it, goes on."""
        self.gateway.cli("policy", "set", "global", "--enable-xmpp-access", "false")
        self.addCleanup(self.gateway.cli, "policy", "set", "global", "--enable-xmpp-access", "true")
        self.gateway.cli("policy", "create", "Talk", "--enable-federation-access", "true",
                         "--enable-xmpp-access", "true")
        bob, other = self.him, self.bob()
        for him in (other, bob):
            self.gateway.cli("policy", "grant", "--user", him, "Talk")
        self.him = other
        _, with_eve = self.pairs()
        eve = self.eve
        self.setUp()
        self.him = bob
        with_tybalt, bobs_eve = self.pairs()
        self.gateway.cli("policy", "revoke", "--user", bob)
        self.is_over(with_tybalt)
        bobs_eve.wait_state("terminated", seconds=WITHDRAWN)
        self.him, self.eve = other, eve
        self.goes_on(with_eve)

    def test_policy_and_edge(self):
        for on, off in (
                (("policy", "set", "global", "--enable-xmpp-access", "true"),
                 ("policy", "set", "global", "--enable-xmpp-access", "false")),
                (("access-edge", "set", "--allow-federated-users", "true"),
                 ("access-edge", "set", "--allow-federated-users", "false")),
                (("gateway", "set", "--enabled", "true"),
                 ("gateway", "set", "--enabled", "false"))):
            with self.subTest(off):
                self.connect(self.world)  # the switches end what there was
                self.setUp()
                with_tybalt, _ = self.pairs()
                self.gateway.cli(*off)
                try:
                    self.is_over(with_tybalt)
                    refused = Watch(self.device(), f"sip:{self.her}", start=False).send(3600)
                    self.assertEqual(refused.code, 403)
                finally:
                    self.gateway.cli(*on)

    def test_one_flood_does_not_wet_others(self):
        stream = self.world.northwind_stream(to="branch.example")
        refused = len(self.limited())
        for number in range(2000):
            stream.send(f"<presence from='f{number}@northwind.example' type='subscribe' "
                        f"to='victim{number}@branch.example'/>")
        self.stream.send(f"<presence from='{self.eve}' to='{self.him}' type='subscribe'/>")
        wait_until(lambda: self.eve_heard("subscribed"), PATIENCE, "eve's turn in the flood")
        wait_until(lambda: len(self.limited()) > refused, PATIENCE, "refusals")
        settle(1)
        asked = [d for d in self.notifier.dialogs if "victim" in d.user]
        self.assertLess(len(asked), 2000)

    def limited(self):
        return [s for s in list(self.world.northwind.stanzas)
                if s.get("type") == "error" and s.tag.endswith("presence")]
