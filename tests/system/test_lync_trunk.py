"""A SIP peer of the kind lync: sessions by the thousand from SIPp, and what real clients sent,
replayed with losses, repetitions and in the wrong order."""

import base64
import collections
import json
import re

from base import OwnWorldTest, settle, unique

from lab import pidf
from lab.process import PATIENCE, free_port, wait_until
from lab.sip_message import SipMessage, new_branch, parameter, uri_of
from lab.sip_presence import Notifier
from lab.sipp import Sipp
from lab.world import BRANCH_ADDRESS

CALLS = 300
STATES = 2000

SDP = ("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=message 25060 sip null\r\na=accept-types:text/plain text/html image/gif "
       "application/im-iscomposing+xml application/ms-imdn+xml text/x-msmsgsinvite\r\n")
# As pidgin-sipe 1.25 writes it: font and colours of the text in UTF-16.
MSGR = base64.b64encode("X-MMS-IM-Format: FN=MS%20Sans%20Serif; EF=; CO=0\r\n\r\n"
                        .encode("utf-16-le")).decode().rstrip("=")


class SessionLoad:
    transport = None
    burst = CALLS  # sessions that we are made to begin at once

    @classmethod
    def build(cls, world):
        cls.port = free_port()
        world.add_peer("branch", f"{cls.transport}:{BRANCH_ADDRESS}:{cls.port}",
                       ["branch.example"], addresses=[BRANCH_ADDRESS], kind="lync")
        world.add_northwind().start()

    def test_1_from_sip(self):
        sipp = Sipp(self.world.bench, "session_messages", BRANCH_ADDRESS, free_port(), CALLS,
                    self.gateway.sip_address(self.transport), rate=100, transport=self.transport)
        sipp.wait()
        northwind = self.world.northwind
        wait_until(lambda: len(northwind.bodies()) >= 2 * CALLS, PATIENCE, "all messages")
        counts = collections.Counter(northwind.bodies())
        expected = {f"session {n}": 1 for n in range(1, CALLS + 1)}
        expected |= {f"rich {n}": 1 for n in range(1, CALLS + 1)}
        self.assertEqual(counts, expected)

    def test_2_from_xmpp(self):
        sipp = Sipp(self.world.bench, "take_sessions", BRANCH_ADDRESS, self.port, self.burst,
                    transport=self.transport)
        stream = self.world.northwind_stream(to="branch.example")
        for number in range(self.burst):
            stream.send(f"<message from='tybalt@northwind.example' to='b{number}@branch.example' "
                        f"id='n{number}' type='chat'><body>number {number}</body></message>")
        sipp.wait()
        errors = [s for s in self.world.northwind.stanzas if s.get("type") == "error"]
        self.assertEqual(errors, [])


class SessionLoadOverUdp(SessionLoad, OwnWorldTest):
    transport = "udp"
    # What finds the buffer of SIPp's socket full is lost, and SIPp takes no MESSAGE without its ACK.
    burst = 40


class SessionLoadOverTcp(SessionLoad, OwnWorldTest):
    transport = "tcp"


class SipeClient:
    """What pidgin-sipe 1.25 sends in a session (Via without branch, GRUU, msgr), request by
    request, over connections of our choice."""

    def __init__(self, agent, to):
        self.agent, self.to = agent, to
        self.call_id, self.tag = f"call-{new_branch()}", f"t{new_branch()[-8:]}"
        self.cseq, self.remote_tag, self.target = 0, None, None

    def request(self, method, body=b"", content_type=None, cseq=None, branch=False):
        if cseq is None and method != "ACK":
            self.cseq += 1
        number = self.cseq if cseq is None else cseq
        via = f"SIP/2.0/{self.agent.transport} {self.agent.host}:{self.agent.port}"
        headers = [("Via", via + (f";branch={new_branch()}" if branch else "")),
                   ("From", f"<sip:bob@branch.example>;tag={self.tag};epid=ebb6c516f6b0"),
                   ("To", f"<{self.to}>" +
                    (f";tag={self.remote_tag}" if self.remote_tag else "")),
                   ("Max-Forwards", "70"),
                   ("CSeq", f"{number} {method}"),
                   ("User-Agent", "Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)"),
                   ("Call-ID", self.call_id),
                   ("Contact", "<sip:bob@branch.example;opaque=user:epid:36rDqic973;gruu>")]
        if content_type:
            headers.append(("Content-Type", content_type))
        return SipMessage(method, self.target or self.to, headers=headers,
                          body=body.encode() if isinstance(body, str) else body)

    def invite(self):
        request = self.request("INVITE", SDP, "application/sdp")
        request.headers += [("ms-text-format", f"text/plain; charset=UTF-8;msgr={MSGR};"
                             "ms-body=Zmlyc3QgbWVzc2FnZQ=="), ("Ms-Conversation-ID", "594462085")]
        return request

    def established(self, response):
        self.remote_tag = parameter(response.get("To"), "tag")
        self.target = uri_of(response.get("Contact"))
        return self.request("ACK", cseq=1)

    def text(self, text, **options):
        return self.request("MESSAGE", text, f"text/plain; charset=UTF-8;msgr={MSGR}", **options)

    def open(self):
        response = self.agent.send(self.invite(), repeat=False).wait()
        assert response.code == 200, response
        self.agent.send_raw(self.established(response).encode())
        return response


class Replays(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("tcp", kind="lync").add_northwind().start()

    def client(self, name):
        return SipeClient(self.world.branch, f"sip:{name}@northwind.example")

    def arrived(self, text):
        northwind = self.world.northwind
        wait_until(lambda: text in northwind.bodies(), PATIENCE, text)
        self.assertEqual(northwind.bodies().count(text), 1)

    def test_the_text_of_the_invite_comes_once(self):
        client, text = self.client("romeo"), unique("first message")
        response = client.open()
        self.assertNotIn("ms-text-format", " ".join(response.all("Supported")).lower())
        self.assertTrue(re.search(r"^m=message 5060 sip sip:romeo@northwind.example\r$",
                                  response.body.decode(), re.M), response)
        self.assertEqual(self.world.branch.send(client.text(text), repeat=False).wait().code, 200)
        self.arrived(text)
        self.assertEqual(self.world.branch.send(client.request("BYE"), repeat=False).wait().code,
                         200)
        late = self.world.branch.send(client.text("late"), repeat=False).wait()
        self.assertEqual(late.code, 481)

    def test_an_invite_that_comes_twice_makes_one_session(self):
        client, text = self.client("mercutio"), unique("once")
        invite = client.invite()
        call = self.world.branch.send(invite, repeat=False)
        self.world.branch.send_raw(invite.encode())
        ack = client.established(call.wait())
        self.world.branch.send_raw(ack.encode())
        self.world.branch.send_raw(ack.encode())
        message = client.text(text)
        call = self.world.branch.send(message, repeat=False)
        self.world.branch.send_raw(message.encode())
        self.assertEqual(call.wait().code, 200)
        self.arrived(text)
        settle()
        self.assertEqual(self.world.northwind.bodies().count(text), 1)

    def test_what_overtakes_is_refused_and_nothing_is_doubled(self):
        client = self.client("benvolio")
        client.open()
        first, second = unique("overtaken"), unique("overtaking")
        early, late = client.text(first, branch=True), client.text(second, branch=True)
        self.assertEqual(self.world.branch.send(late, repeat=False).wait().code, 200)
        self.assertEqual(self.world.branch.send(early, repeat=False).wait().code, 500)
        self.arrived(second)
        self.assertNotIn(first, self.world.northwind.bodies())

    def test_a_message_instead_of_a_lost_ack(self):
        client, text = self.client("tybalt"), unique("no ACK")
        response = self.world.branch.send(client.invite(), repeat=False).wait()
        client.established(response)
        self.assertEqual(self.world.branch.send(client.text(text), repeat=False).wait().code, 200)
        self.arrived(text)

    def test_a_session_goes_on_over_another_connection(self):
        client, text = self.client("paris"), unique("elsewhere")
        client.open()
        self.world.branch.close_connections()
        self.assertEqual(self.world.branch.send(client.text(text), repeat=False).wait().code, 200)
        self.arrived(text)

    def test_a_session_is_listed_and_ended(self):
        client = self.client("rosaline")
        client.open()
        listed = json.loads(self.gateway.cli("dialog", "list", "--contact",
                                             "rosaline@northwind.example", "-o", "json").stdout)
        self.assertEqual([(one["role"], one["user"], one["call_id"]) for one in listed["items"]],
                         [("session", "bob@branch.example", client.call_id)])
        ident = listed["items"][0]["id"]
        self.assertIn(client.call_id, self.gateway.cli("dialog", "get", ident, "-o", "json").stdout)
        self.gateway.cli("dialog", "end", ident)
        self.world.branch.wait_request(method="BYE",
                                       where=lambda r: r.get("Call-ID") == client.call_id)
        self.assertNotEqual(self.gateway.cli("dialog", "get", ident, check=False).returncode, 0)

    def test_a_flood_of_benotify(self):
        """Two thousand states that want no answer: the last one is shown, and messages go on."""
        northwind = self.world.northwind
        notifier = Notifier(self.world.branch)
        self.addCleanup(notifier.close)
        notifier.body = lambda dialog: pidf.document(dialog.user)
        self.world.northwind_stream(to="branch.example").send(
            "<presence from='laurence@northwind.example' to='bob@branch.example' type='subscribe'/>")
        watched = notifier.wait_dialog("sip:bob@branch.example")
        northwind.wait_stanza(lambda s: s.get("to") == "laurence@northwind.example"
                              and s.get("type") == "subscribed", what="his consent")
        for number in range(1, STATES + 1):
            watched.dialog.cseq += 1
            body = pidf.document(watched.user, pidf.Tuple(note=f"state {number}"))
            self.world.branch.send_raw(SipMessage(
                method="BENOTIFY", uri=watched.dialog.target, body=body, headers=[
                    ("Via", f"SIP/2.0/TCP {self.world.branch.host}:{self.world.branch.port}"
                            f";branch={new_branch()}"), ("Max-Forwards", "70"),
                    ("From", watched.dialog.local), ("To", watched.dialog.remote),
                    ("Call-ID", watched.dialog.call_id),
                    ("CSeq", f"{watched.dialog.cseq} BENOTIFY"), ("Event", "presence"),
                    ("subscription-state", "active;expires=3600"),
                    ("Content-Type", pidf.CONTENT_TYPE)]).encode())
        client, text = self.client("friar"), unique("behind the flood")
        client.open()
        self.assertEqual(self.world.branch.send(client.text(text), repeat=False).wait().code, 200)
        self.arrived(text)
        northwind.wait_stanza(lambda s: any((child.text or "") == f"state {STATES}"
                                            for child in s), what="the last state")
        shown = [s for s in northwind.stanzas if s.get("to") == "laurence@northwind.example"]
        self.assertLessEqual(len(shown), STATES + 3)

    def test_negotiate_is_refused_at_once_and_the_connection_lives(self):
        request = self.client("nobody").request("NEGOTIATE")
        request.headers.append(("Compression", "LZ77-64K"))
        self.assertIn(self.world.branch.send(request, repeat=False).wait().code, (405, 501))
        self.client("capulet").open()

    def test_what_to_set_up_is_printed(self):
        told = self.gateway.cli("sip-peer", "create", "branch").stdout
        for line in ('kind = "lync"', "# In the configuration file already:",
                     "-MatchUri \"northwind.example\"",
                     "New-CsAllowedDomain -Identity \"northwind.example\"",
                     "New-CsHostingProvider -Identity \"Isthmus\""):
            self.assertIn(line, told)
        told = self.gateway.cli("sip-peer", "create", "new", "--kind", "lync", "--target",
                                "tls:pool.corp.example:5061", "--domains", "corp.example").stdout
        self.assertIn("-Registrar pool.corp.example ", told)
        self.assertIn('domains = ["corp.example"]', told)
        self.assertNotIn("new", self.gateway.cli("sip-peer", "list").stdout)
        for wrong in (("x;y", "--kind", "lync"), ("new", "--kind", "exchange"),
                      ("new", "--target", "tls:a b"), ("new", "--domains", "a'b")):
            refused = self.gateway.cli("sip-peer", "create", *wrong, check=False)
            self.assertEqual(refused.returncode, 2, refused.stderr)

    def test_after_a_restart_the_session_is_not_known_and_a_new_one_is(self):
        client, text = self.client("peter"), unique("after the restart")
        client.open()
        self.gateway.kill()
        self.gateway.restart()
        self.world.branch.proxy = self.gateway.sip_address("tcp")
        self.world.branch.close_connections()
        self.assertEqual(self.world.branch.send(client.text("?"), repeat=False).wait().code, 481)
        client = self.client("peter")
        client.open()
        self.assertEqual(self.world.branch.send(client.text(text), repeat=False).wait().code, 200)
        self.arrived(text)
