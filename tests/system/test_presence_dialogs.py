"""The dialogs of presence to the letter, with both ends ours: RFC 6665, RFC 3856 and RFC 8048."""

from base import settle
from presence import BRIEF, COALESCED, LIVE, PresenceTest, Stanzas, bare

from lab import pidf
from lab.process import PATIENCE, wait_until
from lab.sip_agent import SipAgent
from lab.sip_presence import Notifier, Watch, Watched, state_of


class DialogTest(Stanzas, PresenceTest):
    """branch.example has a notifier that does as the test says, and watchers."""

    def setUp(self):
        super().setUp()
        agent = self.world.branch
        self.notifier = Notifier(agent)
        self.notifier.body = lambda d: pidf.document(d.user)
        self.addCleanup(self.notifier.close)

    def watcher(self):
        """A device at branch.example that no other test knows."""
        agent = SipAgent(f"sip:{self.bob()}", "udp", proxy=self.world.branch.proxy,
                         host=self.world.branch.host)
        self.addCleanup(agent.stop)
        return agent

    def approved_watch(self, watcher, tybalt):
        """`watcher` watches tybalt, who approved and is online."""
        sip = bare(watcher)
        self.gateway.cli("contact", "add", "--user", sip, tybalt)
        self.wait_heard(sip, tybalt, "subscribe")
        self.say(tybalt, sip, "subscribed")
        self.say(f"{tybalt}/duel", sip)
        self.wait_seen(sip, tybalt)
        watch = Watch(watcher, f"sip:{tybalt}")
        watch.wait_basic("open", LIVE)
        return watch

    def live(self, tybalt=None, bob=None):
        """tybalt watches bob; returns (tybalt, bob, the dialog)."""
        tybalt, bob = tybalt or self.someone(), bob or self.bob()
        self.say(tybalt, bob, "subscribe")
        self.wait_heard(bob, tybalt, "subscribed")
        self.wait_heard(bob, tybalt)
        return tybalt, bob, self.notifier.wait_dialog(f"sip:{bob}")


class SheWatches(DialogTest):
    def test_the_request(self):
        tybalt, bob, dialog = self.live()
        request = dialog.requests[0]
        self.assertEqual(request.get("Event"), "presence")
        self.assertIn(pidf.CONTENT_TYPE, request.get("Accept"))
        self.assertGreater(int(request.get("Expires")), 0)
        self.assertEqual(dialog.watcher.split(";")[0], f"sip:{tybalt}")
        self.say(tybalt, bob, "unsubscribe")
        end = self.notifier.wait_subscribe(dialog, 2)
        self.assertEqual(end.get("Expires"), "0")
        self.wait_heard(bob, tybalt, "unsubscribed")
        self.assertEqual([r for r in self.world.branch.requests if r.method == "NOTIFY"], [])

    def test_the_interval_is_the_gateways(self):
        """Row 70: SubscriptionRefreshInterval."""
        self.assertEqual(self.live()[2].requests[0].get("Expires"), "28800")
        self.gateway.cli("gateway", "set", "--subscription-refresh-interval", "1800")
        try:
            self.assertEqual(self.live()[2].requests[0].get("Expires"), "1800")
        finally:
            self.gateway.cli("gateway", "set", "--subscription-refresh-interval", "28800")

    def test_a_closed_or_vanished_tuple_is_unavailable(self):
        tybalt, bob, dialog = self.live()
        one, two = pidf.Tuple("one"), pidf.Tuple("two")
        dialog.notify(body=pidf.document(f"sip:{bob}", one, two)).wait()
        wait_until(lambda: len({s.get("from") for s in self.heard(bob, tybalt, "available")
                                if "/" in s.get("from")}) >= 2, PATIENCE, "two resources")
        before = len(self.heard(bob, tybalt, "unavailable"))
        dialog.notify(body=pidf.document(f"sip:{bob}", one)).wait()
        self.wait_heard(bob, tybalt, "unavailable", number=before + 1)
        dialog.notify(body=pidf.document(f"sip:{bob}", pidf.Tuple("one", "closed"))).wait()
        self.wait_heard(bob, tybalt, "unavailable", number=before + 2)

    def test_refused_for_good(self):
        for code in (403, 489, 603):
            with self.subTest(code):
                self.notifier.answer = code
                tybalt, bob = self.someone(), self.bob()
                self.say(tybalt, bob, "subscribe")
                self.wait_heard(bob, tybalt, "unsubscribed")

    def test_refused_for_now(self):
        self.notifier.answer = 404
        tybalt, bob = self.someone(), self.bob()
        self.say(tybalt, bob, "subscribe")
        self.wait_heard(bob, tybalt, "error")
        self.notifier.answer = (423, "", [("Min-Expires", "90000")])
        tybalt, bob = self.someone(), self.bob()
        self.say(tybalt, bob, "subscribe")
        again = wait_until(lambda: [r for r in self.world.branch.requests
                                    if r.method == "SUBSCRIBE" and bob in r.get("To")][1:],
                           PATIENCE, "another SUBSCRIBE")[0]
        self.assertGreaterEqual(int(again.get("Expires")), 90000)

    def test_a_lost_dialog_is_made_anew(self):
        tybalt, bob, dialog = self.live()
        dialog.ended = True  # it answers 481 from now on
        status = self.wait_subscription("xmpp_watches_sip", bob, tybalt)
        self.gateway.cli("subscription", "refresh", status["id"])
        again = self.notifier.wait_dialog(f"sip:{bob}", 2)
        self.assertNotEqual(again.dialog.call_id, dialog.dialog.call_id)
        self.assertEqual(self.heard(bob, tybalt, "unsubscribed"), [])

    def test_terminated_by_reason(self):
        for state, again in (("terminated;reason=deactivated", True),
                             ("terminated;reason=timeout", True),
                             ("terminated;reason=probation;retry-after=1", True),
                             ("terminated;reason=rejected", False),
                             ("terminated;reason=noresource", False)):
            with self.subTest(state):
                tybalt, bob, dialog = self.live()
                self.assertEqual(dialog.notify(state).wait().code, 200)
                dialog.ended = True
                if again:
                    other = self.notifier.wait_dialog(f"sip:{bob}", 2)
                    self.assertNotEqual(other.dialog.call_id, dialog.dialog.call_id)
                    self.assertEqual(self.heard(bob, tybalt, "unsubscribed"), [])
                else:
                    self.wait_heard(bob, tybalt, "unavailable")
                    if "rejected" in state:
                        self.wait_heard(bob, tybalt, "unsubscribed")
                    settle(0.5)
                    self.assertEqual(len(self.notifier.of(f"sip:{bob}")), 1)

    def test_one_dialog_of_a_fork_is_kept(self):
        _, bob, dialog = self.live()
        fork = Watched(self.world.branch, dialog.requests[0])
        self.assertEqual(fork.notify(body=pidf.document(f"sip:{bob}")).wait().code, 481)
        self.assertEqual(dialog.notify(body=pidf.document(f"sip:{bob}")).wait().code, 200)

    def test_notify_that_nobody_asked_for(self):
        _, bob, dialog = self.live()
        dialog.dialog.call_id += "x"
        self.assertEqual(dialog.notify(body=pidf.document(f"sip:{bob}")).wait().code, 481)

    def test_documents_that_lie(self):
        tybalt, bob, dialog = self.live()
        before = len(self.heard(bob, tybalt))
        entity = f"sip:{bob}"
        bomb = ('<?xml version="1.0"?><!DOCTYPE presence [<!ENTITY a "aaaaaaaaaa">'
                '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
                f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{entity}">'
                '<tuple id="t"><status><basic>closed</basic></status><note>&b;</note></tuple>'
                "</presence>")
        crowd = pidf.document(entity, *[pidf.Tuple(f"t{n}", "closed") for n in range(10000)])
        for what, body in (("another entity", pidf.document("sip:eve@branch.example",
                                                            pidf.Tuple(basic="closed"))),
                           ("a bomb", bomb), ("a crowd", crowd), ("no XML", "<presence")):
            with self.subTest(what):
                code = self.over_tcp(dialog, body)
                self.assertIn(code, range(400, 600))
        settle(0.3)
        self.assertEqual(len(self.heard(bob, tybalt)), before)

    def over_tcp(self, dialog, body):
        """The code for a NOTIFY that may be too large for UDP; 0 if the connection ends."""
        agent = SipAgent(dialog.user, "tcp", host=self.world.branch.host,
                         proxy=self.gateway.sip_address("tcp"))
        old, dialog.dialog.agent = dialog.dialog.agent, agent
        try:
            return dialog.notify(body=body).wait().code
        finally:
            dialog.dialog.agent = old
            agent.stop()

    def test_probe(self):
        tybalt, bob, dialog = self.live()
        before = len(self.heard(bob, tybalt, "available"))
        self.say(f"{tybalt}/later", bob, "probe")
        self.wait_heard(bob, tybalt, number=before + 1)
        stranger = self.someone("stranger")
        self.say(stranger, bob, "probe")
        self.wait_heard(bob, stranger, "unsubscribed")


class HeWatches(DialogTest):
    def test_fetch(self):
        bob, tybalt = self.watcher(), self.someone()
        sip = bare(bob)
        watch = self.approved_watch(bob, tybalt)
        watch.end()
        final = watch.wait_state("terminated", "timeout")
        self.assertEqual(pidf.Document(final.body).basic, "closed")
        fetch = Watch(bob, f"sip:{tybalt}", expires=0)
        fetch.wait_state("terminated", "timeout")
        self.assertEqual(fetch.response.get("Expires"), "0")
        self.assertEqual(len(self.heard(sip, tybalt, "subscribe")), 1)

    def test_refresh_asks_nobody_again(self):
        bob, tybalt = self.watcher(), self.someone()
        sip = bare(bob)
        watch = self.approved_watch(bob, tybalt)
        for _ in range(3):
            mark = watch.mark()
            self.assertEqual(watch.refresh().code, 200)
            watch.wait_notify(lambda n: state_of(n) == "active", after=mark)
        self.assertEqual(len(self.heard(sip, tybalt, "subscribe")), 1)

    def test_changes_are_gathered(self):
        bob, tybalt = self.watcher(), self.someone()
        sip = bare(bob)
        watch = self.approved_watch(bob, tybalt)
        mark = watch.mark()
        for show in ("away", "dnd", "xa", "chat", "away", "dnd", "xa"):
            self.say(f"{tybalt}/duel", sip, children=f"<show>{show}</show>")
        watch.wait_document(lambda d: d.shows() == ["xa"], COALESCED, mark)
        settle(1)
        self.assertLessEqual(len(watch.notifies()) - mark, 2)
        times = [n.at for n in watch.notifies()]
        for early, late in zip(times, times[2:]):
            self.assertGreater(late - early, 3)  # 5, if the first was not held up here

    def test_what_a_notifier_refuses(self):
        tybalt = f"sip:{self.someone()}"
        bob = self.watcher()
        wrong = Watch(bob, tybalt, event="winfo", start=False).send(3600)
        self.assertEqual(wrong.code, 489)
        self.assertIn("presence", wrong.get("Allow-Events"))
        self.assertEqual(Watch(bob, tybalt, event=None, start=False).send(3600).code, 489)
        self.assertEqual(Watch(bob, tybalt, accept="text/html", start=False).send(3600).code, 406)
        brief = Watch(bob, tybalt, start=False).send(1)
        self.assertEqual(brief.code, 423)
        self.assertGreater(int(brief.get("Min-Expires")), 1)
        stale = Watch(bob, tybalt, start=False)
        stale.dialog.remote += ";tag=stale"
        self.assertEqual(stale.send(3600).code, 481)
        self.assertEqual(bob.requests, [])

    def test_presence_nobody_asked_for(self):
        bob, tybalt = self.watcher(), self.someone()
        sip = bare(bob)
        watch = self.approved_watch(bob, tybalt)
        mark = watch.mark()
        stranger = self.someone("stranger")
        self.say(f"{stranger}/x", sip, children="<show>away</show>")
        self.say(stranger, sip, "subscribed")
        self.say(f"{tybalt}/duel", sip, children="<show>sulking</show>")
        settle(1)
        self.assertEqual([d for d in watch.documents()[mark:] if "sulking" in d.shows()], [])
        self.assertFalse(self.subscriptions(sip, stranger))

    def test_negative_priority_and_no_resource_left(self):
        bob, tybalt = self.watcher(), self.someone()
        sip = bare(bob)
        watch = self.approved_watch(bob, tybalt)
        mark = watch.mark()
        self.say(f"{tybalt}/duel", sip, "unavailable")
        document = watch.wait_basic("closed", COALESCED, mark)
        self.assertTrue(document.tuples)

    def test_a_device_that_is_gone(self):
        bob, tybalt = self.watcher(), self.someone()
        sip = bare(bob)
        watch = self.approved_watch(bob, tybalt)
        bob.answer = 481
        mark = watch.mark()
        self.say(f"{tybalt}/duel", sip, children="<show>away</show>")
        watch.wait_notify(lambda n: True, COALESCED, mark)
        self.wait_subscription("sip_watches_xmpp", sip, tybalt, dialogs=0)
        # The authorisation stays, and a new dialog needs no question.
        bob.answer = 200
        again = Watch(bob, f"sip:{tybalt}")
        again.wait_state("active", seconds=LIVE)
        self.assertEqual(len(self.heard(sip, tybalt, "subscribe")), 1)

    def test_the_package_is_announced(self):
        bob = self.watcher()
        options = bob.request("OPTIONS", "sip:branch.example").wait()
        self.assertIn("presence", options.get("Allow-Events"))
        for method in ("SUBSCRIBE", "NOTIFY"):
            self.assertIn(method, options.get("Allow"))

    def test_expiry(self):
        watch = self.world.brief_watch
        watch.establish()
        final = watch.wait_state("terminated", "timeout", BRIEF + PATIENCE)
        self.assertGreater(final.at - watch.call.sent_at, BRIEF - 1)
        self.assertEqual(watch.refresh().code, 481)

    def test_an_unknown_contact(self):
        bob, tybalt = self.watcher(), self.someone()
        sip = bare(bob)
        watch = Watch(bob, f"sip:{tybalt}")
        asked = self.wait_heard(sip, tybalt, "subscribe")
        self.say(tybalt, sip, "error", "<error type='cancel'><item-not-found "
                 "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                 f" id='{asked.get('id')}'")
        watch.wait_state("terminated", "noresource")
        self.wait_no_subscription("sip_watches_xmpp", sip, tybalt)
