"""Typing notices and receipts both ways: isComposing and chat states, IMDN and receipts or markers
(RFC 3994, XEP-0085; RFC 5438, XEP-0184, XEP-0333)."""

import re

from base import SharedWorldTest, settle, unique
from presence import People, bare
from test_errors import cpim, is_notice

from lab.process import PATIENCE, wait_until

DELIVERED = ('<?xml version="1.0" encoding="UTF-8"?><imdn xmlns="urn:ietf:params:xml:ns:imdn">'
             "<message-id>{}</message-id><datetime>2026-11-22T18:00:00Z</datetime>"
             "<delivery-notification><status><delivered/></status></delivery-notification></imdn>")


class Notices(People, SharedWorldTest):
    COMPOSING = ('<?xml version="1.0" encoding="UTF-8"?><isComposing '
                 'xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>{}</state>'
                 "<contenttype>text/plain</contenttype><refresh>90</refresh></isComposing>")
    TYPE = "application/im-iscomposing+xml"

    def test_typing_both_ways(self):
        alice, romeo = self.world.alice, self.world.romeo
        text = unique("let us talk")
        romeo.send("alice@contoso.example", text, extra=[
            "<active xmlns='http://jabber.org/protocol/chatstates'/>"])
        alice.wait_request(body=text)
        alice.message(f"sip:{romeo.bare}", text + " back").wait()
        romeo.wait("message", body=text + " back")
        for state, wanted in (("active", "composing"), ("idle", "active")):
            seen = len(romeo.events)
            call = alice.message(f"sip:{romeo.bare}", self.COMPOSING.format(state), self.TYPE)
            self.assertIn(call.wait().code, (200, 202))
            self.wait_state(romeo, wanted, seen)
        for state, wanted in (("composing", "active"), ("paused", "idle")):
            self.gateway.wait_nothing_pending()  # a notice that meets a MESSAGE is dropped
            romeo.send("alice@contoso.example", None, extra=[
                f"<{state} xmlns='http://jabber.org/protocol/chatstates'/>"])
            alice.wait_request(where=lambda r, w=wanted: self.TYPE in (r.get("Content-Type") or "")
                               and f"<state>{w}</state>" in r.text)

    def wait_state(self, romeo, state, seen):
        wait_until(lambda: [e for e in list(romeo.events)[seen:] if e["event"] == "message"
                            and f"<{state} " in e["xml"]], PATIENCE, f"chat state {state}")

    def test_receipts_both_ways(self):
        alice, juliet = self.sip(), self.xmpp()
        # His client shows that it knows IMDN, and his gets both notices.
        text = unique("tell me when")
        call = cpim(alice, f"sip:{juliet.bare}", text, "imdn9", "positive-delivery, display")
        self.assertEqual(call.wait().code, 202)
        message = juliet.wait("message", body=text)
        alice.wait_request(where=lambda r: "imdn9" in r.text and is_notice("delivered")(r))
        juliet.send_raw(f"<message to='{bare(alice)}' type='chat' id='seen'><displayed "
                        f"xmlns='urn:xmpp:chat-markers:0' id='{message['id']}'/></message>")
        alice.wait_request(where=lambda r: "imdn9" in r.text and is_notice("displayed")(r))
        # Hers comes when his client says so, and once.
        text = unique("and you me")
        ident = juliet.send(bare(alice), text, receipt=True)
        request = alice.wait_request(where=lambda r: text in r.text)
        asked = re.search(r"Message-ID: *(\S+)", request.text)
        self.assertTrue(asked, request.text)
        settle(0.3)
        self.assertEqual([e for e in juliet.events if e["event"] == "receipt"], [])
        for _ in range(2):
            call = alice.message(f"sip:{juliet.bare}", DELIVERED.format(asked[1]),
                                 "message/imdn+xml")
            self.assertEqual(call.wait().code, 200)
        juliet.wait("receipt", of=ident)
        settle(0.3)
        self.assertEqual(len([e for e in juliet.events if e["event"] == "receipt"]), 1)
