"""Servers of the Lync kind that are several, lose what is sent, refuse each step, or ask for more than
text."""

import collections

from base import OwnWorldTest, unique
from test_lync_trunk import SDP, SipeClient

from lab.process import PATIENCE, free_port, wait_until
from lab.sipp import Sipp
from lab.world import BRANCH_ADDRESS

SECOND = "127.0.0.3"
CALLS = 60
AUDIO = ("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
         "m=audio 40000 RTP/AVP 0\r\nm=video 40002 RTP/AVP 31\r\n")


class TwoServers(OwnWorldTest):
    """Two servers of one peer at once, each with a connection for every session."""

    @classmethod
    def build(cls, world):
        world.add_peer("branch", f"tcp:{BRANCH_ADDRESS}:{free_port()}", ["branch.example"],
                       addresses=[BRANCH_ADDRESS, SECOND], kind="lync")
        world.add_northwind().start()

    def test_each_message_once(self):
        servers = [Sipp(self.world.bench, "session_messages", host, free_port(), CALLS,
                        self.gateway.sip_address("tcp"), rate=30, transport="tcp", many=True,
                        user=user)
                   for host, user in ((BRANCH_ADDRESS, "bob"), (SECOND, "ann"))]
        for server in servers:
            server.wait()
        northwind = self.world.northwind
        wait_until(lambda: len(northwind.bodies()) >= 4 * CALLS, PATIENCE, "all messages")
        self.assertEqual(collections.Counter(northwind.bodies()),
                         {f"{kind} {n}": 2 for kind in ("session", "rich")
                          for n in range(1, CALLS + 1)})


class Losses(OwnWorldTest):
    """Over UDP one datagram in twenty is lost on either side of SIPp, whatever it holds."""

    @classmethod
    def build(cls, world):
        world.add_peer("branch", f"udp:{BRANCH_ADDRESS}:{free_port()}", ["branch.example"],
                       addresses=[BRANCH_ADDRESS], kind="lync")
        world.add_northwind().start()

    def test_nothing_is_lost_or_doubled(self):
        Sipp(self.world.bench, "session_messages", BRANCH_ADDRESS, free_port(), CALLS,
             self.gateway.sip_address("udp"), rate=30, lost=5).wait()
        northwind = self.world.northwind
        wait_until(lambda: len(northwind.bodies()) >= 2 * CALLS, PATIENCE, "all messages")
        self.assertEqual(collections.Counter(northwind.bodies()),
                         {f"{kind} {n}": 1 for kind in ("session", "rich")
                          for n in range(1, CALLS + 1)})


class Refusals(OwnWorldTest):
    """What is refused in each step comes back to who wrote it, once for each text."""

    @classmethod
    def build(cls, world):
        cls.port = free_port()
        world.add_peer("branch", f"tcp:{BRANCH_ADDRESS}:{cls.port}", ["branch.example"],
                       addresses=[BRANCH_ADDRESS], kind="lync")
        world.add_northwind().start()

    def refused(self, scenario, prefix):
        sipp = Sipp(self.world.bench, scenario, BRANCH_ADDRESS, self.port, CALLS, transport="tcp")
        stream = self.world.northwind_stream(to="branch.example")
        for number in range(CALLS):
            stream.send(f"<message from='tybalt@northwind.example' id='{prefix}{number}' "
                        f"to='{prefix}{number}@branch.example' type='chat'><body>{number}</body>"
                        "</message>")

        def errors():
            return [s for s in self.world.northwind.stanzas if s.get("type") == "error"
                    and s.get("id").startswith(prefix)]

        wait_until(lambda: len(errors()) >= CALLS, PATIENCE, "all errors")
        sipp.wait()
        self.assertEqual(sorted(e.get("id") for e in errors()),
                         sorted(f"{prefix}{number}" for number in range(CALLS)))

    def test_1_the_session(self):
        self.refused("refuse_sessions", "s")

    def test_2_the_text(self):
        self.refused("refuse_texts", "t")


class MoreThanText(OwnWorldTest):
    """Sound, pictures and a third party are refused; the text goes on."""

    @classmethod
    def build(cls, world):
        world.add_branch("tcp", kind="lync").add_northwind().start()

    def ask(self, request):
        return self.world.branch.send(request, repeat=False).wait()

    def acknowledge(self, client, number):
        self.world.branch.send_raw(client.request("ACK", cseq=number).encode())

    def test_the_text_lives_on(self):
        northwind = self.world.northwind
        client = SipeClient(self.world.branch, "sip:romeo@northwind.example")
        client.open()
        refused = self.ask(client.request("INVITE", AUDIO, "application/sdp", branch=True))
        self.assertEqual(refused.code, 488)
        self.assertIn("304", refused.get("Warning"))
        self.acknowledge(client, client.cseq)
        both = self.ask(client.request("INVITE", SDP + AUDIO[AUDIO.index("m="):],
                                       "application/sdp", branch=True))
        self.assertEqual(both.code, 200)
        self.assertRegex(both.text, r"m=message \d+ sip")
        self.assertIn("m=audio 0 RTP/AVP 0", both.text)
        self.assertIn("m=video 0 RTP/AVP 31", both.text)
        self.acknowledge(client, client.cseq)
        self.assertEqual(self.ask(client.request("REFER", branch=True)).code, 405)
        third = SipeClient(self.world.branch, "sip:romeo@northwind.example")
        invite = third.invite()
        invite.headers.append(("EndPoints", "<sip:bob@branch.example>, <sip:ann@branch.example>, "
                                            "<sip:romeo@northwind.example>"))
        self.assertEqual(self.ask(invite).code, 488)
        text = unique("still talking")
        self.assertEqual(self.ask(client.text(text, branch=True)).code, 200)
        wait_until(lambda: text in northwind.bodies(), PATIENCE, text)
        self.assertEqual(self.ask(client.request("BYE", branch=True)).code, 200)

    def test_both_invite_at_once(self):
        """Glare: the branch answers our INVITE with one of its own. Theirs is the session."""
        branch, northwind = self.world.branch, self.world.northwind
        client = SipeClient(branch, "sip:mercutio@northwind.example")
        text = unique("at the same time")
        branch.answer = lambda request: None if request.method == "INVITE" else 200
        self.addCleanup(setattr, branch, "answer", 200)
        self.world.northwind_stream(to="branch.example").send(
            f"<message from='mercutio@northwind.example' to='bob@branch.example' id='g1' "
            f"type='chat'><body>{text}</body></message>")
        ours = branch.wait_request(method="INVITE")
        client.open()
        # His client keeps its own session: ours is refused, and what waited goes by theirs.
        branch.answer_late(ours, 491)
        message = branch.wait_request(method="MESSAGE", body=text)
        self.assertEqual(message.get("Call-ID"), client.call_id)
        self.assertEqual(branch.bodies().count(text), 1)
        self.assertEqual([s for s in northwind.stanzas if s.get("type") == "error"], [])
