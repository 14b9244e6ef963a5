"""The published user model's sign-in rate by SIPp: new subscriptions, then a change of each."""

from base import OwnWorldTest

from lab.process import free_port
from lab.sipp import Sipp
from lab.world import BRANCH_ADDRESS
from lab.xmpp_stream import NS_SERVER, body_of

RATE = 222  # new subscriptions a second, when 80,000 users sign in
CALLS = 666


class PresenceLoad(OwnWorldTest):
    @classmethod
    def build(cls, world):
        cls.port = free_port()
        world.add_peer("branch", f"udp:{BRANCH_ADDRESS}:{cls.port}", ["branch.example"],
                       addresses=[BRANCH_ADDRESS])
        world.add_northwind().start()

    def test_watchers_sign_in(self):
        """Every contact approves at once, is online, and changes her state as soon as she is
        seen."""
        northwind = self.world.northwind
        self.stream = self.world.northwind_stream(to="branch.example")
        northwind.on_stanza = self.answer
        cpu = self.gateway.cpu_seconds()
        sipp = Sipp(self.world.bench, "watch", BRANCH_ADDRESS, self.port, CALLS,
                    self.gateway.sip_address("udp"), rate=RATE)
        sipp.wait()
        asked = [(s.get("to"), s.get("from")) for s in self.asked()]
        self.assertEqual(len(asked), CALLS)
        self.assertEqual(len(set(asked)), CALLS)
        print(f"    {CALLS} watchers, {RATE} a second, and a change of each: "
              f"{self.gateway.cpu_seconds() - cpu:.2f} s of processor time")

    def asked(self):
        return [s for s in list(self.world.northwind.stanzas)
                if s.tag == NS_SERVER + "presence" and s.get("type") == "subscribe"]

    def answer(self, _, stanza):
        contact, watcher = stanza.get("to"), stanza.get("from")
        if stanza.get("type") == "subscribe":
            self.stream.send(f"<presence from='{contact}' to='{watcher}' type='subscribed'/>"
                             f"<presence from='{contact}/x' to='{watcher}'/>")
        elif body_of(stanza) == "ready":
            self.stream.send(f"<presence from='{contact}/x' to='{watcher.split('/')[0]}'>"
                             "<show>dnd</show></presence>")
