"""What the system tests share: one large world for most of them, and a bystander in each half."""

import itertools
import time
import unittest

from lab.process import LabError
from lab.world import World

_shared = None
_numbers = itertools.count(1)


def shared_world():
    """Kamailio, Prosody, ejabberd and our own two systems around one gateway; started once."""
    global _shared
    if _shared is None:
        world = World()
        try:
            world.add_kamailio("tcp", presence=True).add_branch("udp")
            world.add_prosody().add_ejabberd().add_northwind()
            world.start()
            world.alice, world.carol = world.sip_user("alice"), world.sip_user("carol")
            world.romeo, world.nurse = world.xmpp_user("romeo"), world.xmpp_user("nurse")
        except BaseException:
            world.stop()
            raise
        _shared = world
    return _shared


def unique(text):
    """A body that occurs once in the whole run."""
    return f"{text} #{next(_numbers)}"


def settle(seconds=0.5):
    """Time for something that must not happen to happen."""
    time.sleep(seconds)


class SharedWorldTest(unittest.TestCase):
    """A test in the shared world; afterwards the bystanders must have heard nothing."""

    @classmethod
    def setUpClass(cls):
        cls.world = shared_world()
        cls.gateway = cls.world.gateway

    def tearDown(self):
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())
        self.assertEqual(self.world.carol.requests, [])
        self.assertEqual(self.world.nurse.received(), [])

    def refused(self, call, *codes):
        """The call must end with one of these codes."""
        response = call.wait()
        self.assertIn(response.code, codes, response)
        return response


class OwnWorldTest(unittest.TestCase):
    """A test case with a world of its own, built by build()."""

    world = None

    @classmethod
    def setUpClass(cls):
        cls.world = World()
        try:
            cls.build(cls.world)
        except BaseException:
            cls.world.stop()
            raise
        cls.gateway = cls.world.gateway

    @classmethod
    def tearDownClass(cls):
        cls.world.stop()


__all__ = ["LabError", "OwnWorldTest", "SharedWorldTest", "settle", "shared_world", "unique"]
