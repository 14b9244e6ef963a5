"""A steady load by SIPp, both ways, over UDP and TCP: all arrive, each once."""

import collections

from base import OwnWorldTest

from lab.process import PATIENCE, free_port, wait_until
from lab.sipp import Sipp
from lab.world import BRANCH_ADDRESS

CALLS = 2000


class LoadTest:
    transport = None

    @classmethod
    def build(cls, world):
        cls.port = free_port()
        world.add_peer("branch", f"{cls.transport}:{BRANCH_ADDRESS}:{cls.port}",
                       ["branch.example"], addresses=[BRANCH_ADDRESS])
        world.add_northwind().start()

    def test_1_from_sip(self):
        sipp = Sipp(self.world.bench, "send_messages", BRANCH_ADDRESS, free_port(), CALLS,
                    self.gateway.sip_address(self.transport), transport=self.transport)
        sipp.wait()
        northwind = self.world.northwind
        wait_until(lambda: len(northwind.bodies()) >= CALLS, PATIENCE, "all messages")
        counts = collections.Counter(northwind.bodies())
        self.assertEqual(counts, {f"sipp {n}": 1 for n in range(1, CALLS + 1)})

    def test_2_from_xmpp(self):
        sipp = Sipp(self.world.bench, "take_messages", BRANCH_ADDRESS, self.port, CALLS,
                    transport=self.transport)
        stream = self.world.northwind_stream(to="branch.example")
        for number in range(CALLS):
            stream.send(f"<message from='tybalt@northwind.example' to='b{number}@branch.example' "
                        f"id='n{number}' type='chat'><body>number {number}</body></message>")
        sipp.wait()
        errors = [s for s in self.world.northwind.stanzas if s.get("type") == "error"]
        self.assertEqual(errors, [])


class LoadOverUdp(LoadTest, OwnWorldTest):
    transport = "udp"


class LoadOverTcp(LoadTest, OwnWorldTest):
    transport = "tcp"
