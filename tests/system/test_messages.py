"""Messages both ways through the running gateway, over every transport and with every server."""

from base import OwnWorldTest, SharedWorldTest, settle, unique

from lab.baresip import Baresip
from lab.sip_agent import SipAgent
from lab.sip_message import SipMessage, new_branch, parameter, uri_of
from lab.xmpp_stream import NS_SERVER


class WithProsody(SharedWorldTest):
    def test_both_ways(self):
        alice, romeo = self.world.alice, self.world.romeo
        for text in (unique("hello"), unique("naïve ☃ 𝒜 <b>&amp;</b> ]]> \"quoted\"")):
            response = alice.message("sip:romeo@fabrikam.example", text,
                                     "text/plain;charset=UTF-8").wait()
            self.assertIn(response.code, (200, 202))
            message = romeo.wait("message", body=text)
            self.assertEqual(message["from"].split("/")[0], "alice@contoso.example")
            romeo.send("alice@contoso.example", text + " back")
            request = alice.wait_request(body=text + " back")
            self.assertTrue(uri_of(request.get("From")).startswith("sip:romeo@fabrikam.example"))
            self.assertEqual(uri_of(request.get("To")), "sip:alice@contoso.example")

    def test_each_user_transport(self):
        for transport in ("udp", "tcp", "tls"):
            with self.subTest(transport):
                name = f"dave-{transport}"
                user = self.world.sip_user(name, transport)
                text = unique(transport)
                self.assertIn(user.message("sip:romeo@fabrikam.example", text).wait().code,
                              (200, 202))
                self.world.romeo.wait("message", body=text)
                self.world.romeo.send(f"{name}@contoso.example", text)
                user.wait_request(body=text)

    def test_a_real_sip_client(self):
        baresip = Baresip(self.world.bench, "sip:erin@contoso.example",
                          "sip:romeo@fabrikam.example", self.world.kamailio.port,
                          self.world.authority.ca_file)
        text = unique("typed into baresip")
        baresip.send(text)
        self.world.romeo.wait("message", body=text)
        self.world.romeo.send("erin@contoso.example", text + " back")
        baresip.wait_message(text + " back")
        self.assertNotIn("415", baresip.process.output())

    def test_order_is_kept_for_a_pair(self):
        texts = [unique("in order") for _ in range(100)]
        calls = [self.world.alice.message("sip:romeo@fabrikam.example", t) for t in texts]
        for call in calls:
            self.assertIn(call.wait().code, (200, 202))
        self.world.romeo.wait("message", body=texts[-1])
        self.assertEqual([b for b in self.world.romeo.bodies() if b in texts], texts)
        for text in texts:
            self.world.romeo.send("alice@contoso.example", text)
        self.world.alice.wait_request(body=texts[-1])
        self.assertEqual([b for b in self.world.alice.bodies() if b in texts], texts)

    def test_subject_thread_and_id(self):
        text = unique("with subject")
        ident = self.world.romeo.send("alice@contoso.example", text, extra=[
            "<subject xmlns='jabber:client'>Verona</subject>",
            "<thread xmlns='jabber:client'>0e3141cd80894871a68e6fe6b1ec56fa</thread>"])
        request = self.world.alice.wait_request(body=text)
        self.assertEqual(request.get("Subject"), "Verona")
        self.assertTrue(ident)


class WithEjabberd(SharedWorldTest):
    def test_both_ways(self):
        world = self.world
        juliet = getattr(world, "juliet", None) or world.xmpp_user("juliet", world.ejabberd)
        world.juliet = juliet
        text = unique("hello ejabberd")
        self.assertIn(world.alice.message("sip:juliet@litware.example", text).wait().code,
                      (200, 202))
        juliet.wait("message", body=text)
        juliet.send("alice@contoso.example", text + " back")
        world.alice.wait_request(body=text + " back")


class WithOurOwnPeers(SharedWorldTest):
    """Both ends are ours, so every octet can be looked at."""

    def test_the_stanza(self):
        text = unique("look at me")
        response = self.world.branch.message("sip:tybalt@northwind.example", text,
                                             headers=[("Subject", "A plague"),
                                                      ("Content-Language", "en")]).wait()
        self.assertEqual(response.code, 202)  # gap G-31: 200 would claim a receipt
        self.assertIsNone(response.get("Contact"))
        stanza = self.world.northwind.wait_body(text)
        self.assertEqual(stanza.get("from").split("/")[0], "bob@branch.example")
        self.assertEqual(stanza.get("to"), "tybalt@northwind.example")
        self.assertTrue(stanza.get("id"))
        self.assertEqual(stanza.findtext(NS_SERVER + "subject"), "A plague")

    def test_the_request(self):
        text = unique("look at me too")
        with_stream(self.world).send(
            f"<message from='tybalt@northwind.example/duel' to='bob@branch.example' id='m1' "
            f"type='chat' xml:lang='it'><body>{text}</body></message>")
        request = self.world.branch.wait_request(body=text)
        self.assertEqual(request.uri.split(";")[0], "sip:bob@branch.example")
        self.assertEqual(uri_of(request.get("From")).split(";")[0], "sip:tybalt@northwind.example")
        self.assertTrue(parameter(request.get("From"), "tag"))
        self.assertLessEqual(int(request.get("Max-Forwards")), 70)
        self.assertIsNone(request.get("Contact"))  # RFC 3428 §4
        self.assertIn("text/plain", request.get("Content-Type").lower())
        self.assertEqual(request.get("Content-Language"), "it")

    def test_udp_retransmissions_are_not_doubled(self):
        branch, northwind = self.world.branch, self.world.northwind
        text = unique("said once")
        message = branch_message(branch, "sip:tybalt@northwind.example", text)
        call = branch.send(message, repeat=False)
        data = message.encode()
        for _ in range(5):
            branch.send_raw(data)
        self.assertEqual(call.wait().code, 202)
        for _ in range(3):
            branch.send_raw(data)
        northwind.wait_body(text)
        settle()
        self.assertEqual(northwind.bodies().count(text), 1)
        self.assertEqual({r.code for r in call.responses if r.code >= 200}, {202})

    def test_unanswered_requests_are_sent_again(self):
        branch = self.world.branch
        text = unique("the answer comes late")
        branch.answer = lambda request: None if request.text == text else 200
        try:
            with_stream(self.world).send(
                f"<message from='tybalt@northwind.example' to='bob@branch.example' type='chat'>"
                f"<body>{text}</body></message>")
            request = branch.wait_request(body=text)
            branch.wait_repeat(request)  # RFC 3261 §17.1.2.2: T1 later, the same transaction
            branch.answer_late(request, 200)
            self.gateway.wait_nothing_pending()
            branch.request("OPTIONS", "sip:branch.example").wait()  # what came before it is read
            sent = len(branch.repeats)
            settle(1.5)
            self.assertEqual(len(branch.repeats), sent)
            self.assertEqual(branch.bodies().count(text), 1)
        finally:
            branch.answer = 200

    def test_one_pending_message_per_target(self):
        # RFC 3428 §8: no second MESSAGE to a URI while one is pending, and order is kept.
        branch = self.world.branch
        texts = [unique("queued") for _ in range(5)]
        branch.answer = lambda request: None if request.text == texts[0] else 200
        try:
            stream = with_stream(self.world)
            for text in texts:
                stream.send(f"<message from='tybalt@northwind.example' to='bob@branch.example' "
                            f"type='chat'><body>{text}</body></message>")
            first = branch.wait_request(body=texts[0])
            settle(0.4)
            self.assertEqual([b for b in branch.bodies() if b in texts], texts[:1])
            branch.answer_late(first, 200)
            branch.wait_request(body=texts[-1])
            self.assertEqual([b for b in branch.bodies() if b in texts], texts)
        finally:
            branch.answer = 200

    def test_a_looping_request_is_not_bridged(self):
        # The SIP system sends our own request back to us.
        branch = self.world.branch
        text = unique("round and round")
        with_stream(self.world).send(
            f"<message from='tybalt@northwind.example' to='bob@branch.example' type='chat'>"
            f"<body>{text}</body></message>")
        request = branch.wait_request(body=text)
        for uri in (request.uri, "sip:tybalt@northwind.example"):
            via = f"SIP/2.0/UDP {branch.host}:{branch.port};branch={new_branch()};rport"
            looped = SipMessage(method="MESSAGE", uri=uri, body=request.body,
                                headers=[("Via", via), *request.headers])
            response = branch.send(looped).wait()
            self.assertGreaterEqual(response.code, 400)
            self.assertNotIn(response.code, (401, 407, 408))
        settle()
        self.assertNotIn(text, self.world.northwind.bodies())
        self.assertEqual(branch.bodies().count(text), 1)

    def test_max_forwards_runs_out(self):
        response = self.world.branch.message("sip:tybalt@northwind.example", unique("too far"),
                                             max_forwards=0).wait()
        self.assertEqual(response.code, 483)

    def test_ipv6(self):
        six = SipAgent("sip:bob@branch.example", "udp", host="::1",
                       proxy=self.gateway.sip_address("udp", 6))
        try:
            # [::1] is nobody's listed address: answered there, and refused.
            self.assertEqual(six.message("sip:tybalt@northwind.example", "six").wait().code, 403)
        finally:
            six.stop()


def branch_message(branch, uri, text):
    """A MESSAGE of bob's that is not sent yet."""
    return SipMessage(method="MESSAGE", uri=uri, body=text, headers=[
        ("Via", f"SIP/2.0/UDP {branch.host}:{branch.port};branch={new_branch()};rport"),
        ("Max-Forwards", "70"), ("From", f"<{branch.uri}>;tag=one"), ("To", f"<{uri}>"),
        ("Call-ID", new_branch()), ("CSeq", "1 MESSAGE"), ("Content-Type", "text/plain")])


def with_stream(world):
    """One authenticated stream of northwind's to branch.example, kept for the whole run."""
    stream = getattr(world, "_branch_stream", None)
    if stream is None or not stream.alive():
        stream = world._branch_stream = world.northwind_stream(to="branch.example")
    return stream


class LinkTest:
    """The same exchange over each transport between Kamailio and the gateway."""

    transport = None

    @classmethod
    def build(cls, world):
        world.add_kamailio(cls.transport).add_northwind().start()

    def test_both_ways(self):
        alice = self.world.sip_user("alice", "udp")
        text = unique(f"over {self.transport}")
        self.assertEqual(alice.message("sip:tybalt@northwind.example", text).wait().code, 202)
        self.world.northwind.wait_body(text)
        stream = self.world.northwind_stream()
        stream.send("<message from='tybalt@northwind.example/x' to='alice@contoso.example' "
                    f"type='chat' id='a1'><body>{text}</body></message>")
        alice.wait_request(body=text)
        # and an unknown user, whose 404 becomes a stanza error
        stream.send("<message from='tybalt@northwind.example/x' to='nobody@contoso.example' "
                    f"type='chat' id='a2'><body>{text}</body></message>")
        error = self.world.northwind.wait_stanza(
            lambda s: s.get("type") == "error" and s.get("id") == "a2", what="error")
        self.assertEqual(error.get("from"), "nobody@contoso.example")


class LinkOverUdp(LinkTest, OwnWorldTest):
    transport = "udp"


class LinkOverTls(LinkTest, OwnWorldTest):
    transport = "tls"

