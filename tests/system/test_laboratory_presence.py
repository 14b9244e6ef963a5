"""The presence servers of the laboratory by themselves, without the gateway."""

import unittest

from lab import pidf
from lab.dns import DnsServer
from lab.ejabberd import Ejabberd
from lab.kamailio import Kamailio
from lab.pki import Authority
from lab.process import Bench, LabError, free_port
from lab.prosody import Prosody
from lab.sip_agent import SipAgent
from lab.sip_presence import Notifier, Publication, Watch
from lab.xmpp_client import XmppClient


class PresenceLaboratory(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.addCleanup(self.bench.stop)
        self.authority = Authority(self.bench.subdirectory("pki"))

    def device(self, proxy, name, transport="tcp"):
        agent = self.bench.own(SipAgent(f"sip:{name}@contoso.example", transport,
                                        proxy=proxy.address))
        agent.register()
        return agent

    def test_kamailio_is_a_presence_server(self):
        far = self.bench.own(SipAgent("sip:juliet@fabrikam.example", "tcp"))
        proxy = Kamailio(self.bench, self.authority, presence=True)
        proxy.start(f"sip:127.0.0.1:{far.port};transport=tcp")
        far.proxy = proxy.address
        alice, bob = self.device(proxy, "alice"), self.device(proxy, "bob", "udp")
        status = Publication(alice)
        status.publish(pidf.Tuple(note="here"))

        # Pending without rules, active when allowed, terminated when blocked.
        watch = Watch(bob, alice.uri)
        watch.wait_state("pending")
        proxy.presence.allow("alice", bob.uri)
        watch.wait_state("active")
        self.assertEqual(watch.wait_basic("open").notes, ["here"])
        status.publish(pidf.Tuple(note="away"), activity="away")
        self.assertEqual(watch.wait_document(lambda d: d.activities).activities, ["away"])
        watch.refresh()
        proxy.presence.wait_watchers("alice", 1)

        # A second device adds its tuple; after a restart the dialogs go on.
        second = Publication(self.device(proxy, "alice", "udp"))
        second.publish(pidf.Tuple(ident="other"))
        watch.wait_document(lambda d: len(d.tuples) == 2)
        proxy.restart()
        alice.close_connections()
        mark = watch.mark()
        status.publish(pidf.Tuple(note="again"))
        watch.wait_document(lambda d: "again" in d.notes, after=mark)
        proxy.presence.block("alice", bob.uri)
        watch.wait_state("terminated", "rejected")
        self.assertEqual(proxy.presence.watchers("alice"), [])

        # The gateway's place: a watcher outside, with dialogs through Record-Route.
        proxy.presence.allow("alice")
        far.contact_host = "gateway.contoso.example"
        outside = Watch(far, alice.uri)
        outside.wait_basic("open")
        outside.refresh()
        outside.end()
        outside.wait_state("terminated")

    def test_kamailio_relays_watching_to_the_gateway_and_back(self):
        far = self.bench.own(SipAgent("sip:juliet@fabrikam.example", "tcp"))
        proxy = Kamailio(self.bench, self.authority, presence=True)
        proxy.start(f"sip:127.0.0.1:{far.port};transport=tcp")
        far.proxy = proxy.address
        notifier = Notifier(far)
        notifier.body = lambda d: pidf.document(d.user)
        for transport in ("tcp", "udp"):
            with self.subTest(transport):
                watch = Watch(self.device(proxy, f"bob-{transport}", transport), far.uri)
                watch.wait_basic("open")
                dialog = notifier.dialogs[-1]
                dialog.notify(body=pidf.document(far.uri, pidf.Tuple(basic="closed"))).wait()
                watch.wait_basic("closed")
                self.assertTrue(dialog.dialog.route)
                self.assertEqual(watch.refresh().code, 200)
                watch.end()
                watch.wait_state("terminated", "timeout")
                self.assertEqual(len(dialog.requests), 3)
                self.assertEqual(watch.refresh().code, 481)
        notifier.answer = (423, "", [("Min-Expires", "900")])
        with self.assertRaises(LabError):
            Watch(self.device(proxy, "carol"), far.uri)

    def test_rosters_of_prosody_and_ejabberd(self):
        dns = self.bench.own(DnsServer(free_port()))
        prosody = Prosody(self.bench, "fabrikam.example", dns, self.authority, "certificate")
        prosody.add_user("romeo")
        prosody.start()
        ejabberd = Ejabberd(self.bench, "litware.example", dns, self.authority).start()
        ejabberd.add_user("juliet")
        romeo = XmppClient(self.bench, prosody, "romeo@fabrikam.example", self.authority.ca_file)
        juliet = XmppClient(self.bench, ejabberd, "juliet@litware.example",
                            self.authority.ca_file)
        for one, other in ((romeo, juliet), (juliet, romeo)):
            one.subscribe(other.bare)
            other.wait_presence(one.bare, "subscribe")
            other.approve(one.bare)
            one.wait_presence(other.bare, "subscribed")
        romeo.wait_subscription(juliet.bare, "both")
        juliet.presence("away", "on the balcony", 5)
        seen = romeo.wait_presence(juliet.bare, show="away")
        self.assertEqual((seen["status"], seen["priority"]), ("on the balcony", 5))
        phone = XmppClient(self.bench, ejabberd, "juliet@litware.example",
                           self.authority.ca_file, resource="phone")
        romeo.wait_presence(juliet.bare, resource="phone")
        phone.stop()
        romeo.wait_presence(juliet.bare, "unavailable", resource="phone")
        romeo.deny(juliet.bare)
        juliet.wait_presence(romeo.bare, "unsubscribed")
        romeo.wait_subscription(juliet.bare, "to")


if __name__ == "__main__":
    unittest.main()
