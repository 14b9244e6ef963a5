"""Messages that cannot be delivered: their sender learns it, once, and nobody else does."""

import time

from base import OwnWorldTest, SharedWorldTest, settle, unique
from test_messages import with_stream

from lab.xmpp_stream import NS_SERVER

CONDITION = "{urn:ietf:params:xml:ns:xmpp-stanzas}"

CPIM = """From: <{sender}>\r
To: <{to}>\r
DateTime: 2026-11-22T18:00:00Z\r
NS: imdn <urn:ietf:params:imdn>\r
imdn.Message-ID: {ident}\r
imdn.Disposition-Notification: {wanted}\r
\r
Content-Type: text/plain;charset=UTF-8\r
\r
{text}"""


def cpim(agent, to, text, ident, wanted="positive-delivery, negative-delivery"):
    """Sends a message that asks for notifications (RFC 5438)."""
    body = CPIM.format(sender=agent.uri, to=to, ident=ident, wanted=wanted, text=text)
    return agent.message(to, body, "message/cpim")


def is_notice(status):
    """Accepts a MESSAGE that carries an IMDN with this status, in CPIM or bare."""
    return lambda request: "imdn" in request.text and f"<{status}" in request.text.replace(
        "imdn:", "")


class ToXmpp(SharedWorldTest):
    def test_unknown_user_is_told_by_imdn(self):
        # Prosody answers service-unavailable after our 202.
        call = cpim(self.world.alice, "sip:nobody@fabrikam.example", unique("anybody?"), "imdn1")
        self.assertIn(call.wait().code, range(200, 600))
        if call.final.code < 300:
            notice = self.world.alice.wait_request(where=lambda r: "imdn1" in r.text)
            self.assertTrue(is_notice("failed")(notice) or is_notice("error")(notice)
                            or is_notice("forbidden")(notice), notice.text)

    def test_nobody_who_did_not_ask_is_bothered(self):
        before = len(self.world.alice.messages())
        self.world.alice.message("sip:nobody@fabrikam.example", unique("anybody?")).wait()
        settle(1)
        self.assertEqual(len(self.world.alice.messages()), before)

    def test_receipt_becomes_imdn(self):
        text = unique("tell me when")
        call = cpim(self.world.alice, "sip:romeo@fabrikam.example", text, "imdn2",
                    "positive-delivery")
        self.assertIn(call.wait().code, (200, 202))
        message = self.world.romeo.wait("message", body=text)
        self.assertTrue(message["wants_receipt"])
        if call.final.code == 202:
            self.world.alice.wait_request(
                where=lambda r: "imdn2" in r.text and is_notice("delivered")(r))

    def test_imdn_is_never_answered_by_imdn(self):
        # A notice for a message nobody knows: no stanza, no other notice.
        notice = ("<imdn xmlns='urn:ietf:params:xml:ns:imdn'><message-id>ghost</message-id>"
                  "<datetime>2026-11-22T18:00:00Z</datetime><delivery-notification><status>"
                  "<delivered/></status></delivery-notification></imdn>")
        body = ("From: <sip:alice@contoso.example>\r\nTo: <sip:romeo@fabrikam.example>\r\n"
                "DateTime: 2026-11-22T18:00:00Z\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
                "imdn.Message-ID: n1\r\n\r\nContent-Type: message/imdn+xml\r\n"
                f"Content-Disposition: notification\r\n\r\n{notice}")
        seen, before = len(self.world.romeo.received()), len(self.world.alice.requests)
        self.world.alice.message("sip:romeo@fabrikam.example", body, "message/cpim").wait()
        settle(0.5)
        self.assertEqual(len(self.world.romeo.received()), seen)
        self.assertEqual(len(self.world.alice.requests), before)

    def test_what_cannot_be_carried_is_refused(self):
        for content_type, body, code in (("application/sdp", "v=0", 415),
                                         ("image/png", b"\x89PNG", 415),
                                         ("text/plain;charset=martian", "x", 415)):
            with self.subTest(content_type):
                self.refused(self.world.branch.message("sip:tybalt@northwind.example", body,
                                                       content_type), code)

    def test_other_methods(self):
        for method in ("INVITE", "PUBLISH", "REFER", "INFO"):
            with self.subTest(method):
                call = self.world.branch.request(method, "sip:tybalt@northwind.example")
                self.refused(call, 403, 405, 481, 488, 489, 501)
        call = self.world.branch.request("OPTIONS", "sip:branch.example")
        self.assertEqual(call.wait().code, 200)
        self.assertIn("MESSAGE", call.final.get("Allow", ""))


class ToSip(SharedWorldTest):
    def error(self, ident):
        stanza = self.world.northwind.wait_stanza(
            lambda s: s.get("id") == ident and s.get("type") == "error", what=f"error {ident}")
        error = stanza.find(NS_SERVER + "error")
        return error.get("type"), [c.tag.removeprefix(CONDITION) for c in error
                                   if c.tag.startswith(CONDITION) and not c.tag.endswith("text")]

    def send(self, to, ident, text=None, kind="chat", extra=""):
        with_stream(self.world).send(
            f"<message from='tybalt@northwind.example/x' to='{to}' id='{ident}' type='{kind}'>"
            f"<body>{text or unique('hello')}</body>{extra}</message>")

    def test_unknown_sip_user(self):
        ident = self.world.romeo.send("nobody@contoso.example", unique("anybody?"))
        error = self.world.romeo.wait("error", id=ident)
        self.assertIn(error["condition"], ("item-not-found", "service-unavailable"))
        self.assertEqual(error["from"], "nobody@contoso.example")

    def test_each_answer_has_its_condition(self):
        branch = self.world.branch
        expected = {400: "bad-request", 403: "forbidden", 404: "item-not-found",
                    415: "not-acceptable", 480: "recipient-unavailable",
                    486: "recipient-unavailable", 488: "not-acceptable",
                    500: "internal-server-error", 513: "policy-violation",
                    603: "recipient-unavailable"}
        also = {403: ("not-allowed", "policy-violation"), 404: ("service-unavailable",),
                480: ("service-unavailable",), 603: ("forbidden", "not-allowed")}
        for code, condition in expected.items():
            with self.subTest(code):
                branch.answer = code
                try:
                    self.send("bob@branch.example", f"code{code}")
                    _, conditions = self.error(f"code{code}")
                    self.assertIn(conditions[0], (condition, *also.get(code, ())))
                finally:
                    branch.answer = 200

    def test_errors_never_answer_errors(self):
        before = len(self.world.northwind.stanzas)
        self.send("nobody@contoso.example", "err1", kind="error",
                  extra="<error type='cancel'><item-not-found "
                        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
        self.send("bob@branch.example", "err2", unique("an error"), kind="error")
        settle(0.7)
        self.assertEqual(len(self.world.northwind.stanzas), before)
        self.assertNotIn("an error", " ".join(self.world.branch.bodies()))

    def test_a_receipt_is_never_made_up(self):
        # bob's 200 says "arrived at the phone" at best; only an IMDN of his is a receipt.
        ident = self.world.romeo.send("alice@contoso.example", text := unique("tell me"),
                                      receipt=True)
        self.world.alice.wait_request(where=lambda r: text in r.text)
        settle(0.5)
        self.assertEqual([e for e in self.world.romeo.events if e.get("of") == ident], [])


class ServerDown(OwnWorldTest):
    """northwind.example is listed, but nobody listens there."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_northwind(running=False).start()

    def test_1_sender_learns_it_in_time(self):
        started = time.monotonic()
        response = self.world.branch.message("sip:tybalt@northwind.example", "nobody home").wait()
        self.assertIn(response.code, (404, 480, 502, 503, 504, 500))
        self.assertLess(time.monotonic() - started, 32)  # Timer F; we take 30

    def test_2_what_waited_arrives_when_the_server_comes(self):
        texts = [unique("patience") for _ in range(20)]
        calls = [self.world.branch.message("sip:tybalt@northwind.example", t) for t in texts]
        settle(1.5)
        northwind = self.world.start_northwind()
        answers = [call.wait().code for call in calls]
        delivered = [text for text, code in zip(texts, answers) if code < 300]
        refused = [text for text, code in zip(texts, answers) if code >= 300]
        if delivered:
            northwind.wait_body(delivered[-1])
        settle()
        self.assertEqual(northwind.bodies(), delivered)
        self.assertEqual(refused, [], "a server that comes up within 30 s should get them")
