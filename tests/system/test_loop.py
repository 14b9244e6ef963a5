"""Two gateways that send each other the same message, by a mistake in their routes: it ends."""

import unittest

from base import settle

from lab.gateway import Gateway
from lab.pki import Authority
from lab.process import Bench, free_port
from lab.sip_agent import SipAgent


class Loop(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.addCleanup(self.bench.stop)
        authority = Authority(self.bench.subdirectory("pki"))
        ports = {"branch.example": free_port(), "northwind.example": free_port()}
        static = {}
        for domain, port in ports.items():
            static[f"_xmpp-server._tcp.{domain}"] = [f"0 0 {port} xmpp.{domain}"]
            static[f"xmpp.{domain}"] = ["127.0.0.1"]
        self.bob = self.bench.own(SipAgent("sip:bob@branch.example", "udp"))

        def gateway(name, domain, target):
            peer = {"name": "peer", "kind": "simple", "target": target, "domains": [domain],
                    "addresses": ["127.0.0.1"]}
            return Gateway(self.bench, authority, [domain], [peer], static,
                           {"xmpp": {"listen": [f"127.0.0.1:{ports[domain]}"]}}, name).start()

        self.near = gateway("near", "branch.example", f"udp:127.0.0.1:{self.bob.port}")
        # The mistake: northwind's gateway takes us for its users' SIP system, at an address that
        # we trust to speak for branch.example.
        self.far = gateway("far", "northwind.example", f"udp:127.0.0.1:{self.near.sip_port('udp')}")
        self.near.allow_everything("northwind.example")
        self.far.allow_everything("branch.example")
        self.bob.proxy = self.near.sip_address("udp")

    def rounds(self):
        return self.near.metric("isthmus_messages_total", direction="sip_to_xmpp")

    def test_it_ends(self):
        self.bob.message("sip:tybalt@northwind.example", "round and round").wait()
        seen = -1
        while (now := self.rounds()) != seen:
            seen = now
            self.assertLessEqual(seen, 10)
            settle(1)
        self.assertGreaterEqual(seen, 2, "the loop was not set up")
        # Both gateways go on working. It goes in circles again, and as each round waits for the
        # next (XEP-0198, RFC 3428 §8) nobody takes it: the sender hears of that.
        self.assertEqual(self.bob.message("sip:tybalt@northwind.example", "again").wait().code,
                         504)
