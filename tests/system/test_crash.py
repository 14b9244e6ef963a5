"""kill -9 at random moments under load: nothing acknowledged is lost, nothing arrives twice."""

import collections
import random
import threading
import time

from base import LabError, OwnWorldTest, settle

from lab.process import PATIENCE, wait_until

ROUNDS = 5
SENDERS = 20


class Crash(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("tcp").add_northwind().start()

    def test_messages(self):
        branch, northwind = self.world.branch, self.world.northwind
        random.seed()
        self.stop = False
        to_xmpp = []  # (text, call)
        sip_load = threading.Thread(target=self.sip_load, args=(to_xmpp,), daemon=True)
        xmpp_load = threading.Thread(target=self.xmpp_load, daemon=True)
        sip_load.start()
        xmpp_load.start()
        for _ in range(ROUNDS):
            time.sleep(random.uniform(0.2, 1.0))
            before = len(northwind.stanzas)
            self.gateway.kill()
            branch.close_connections()
            self.gateway.restart()
            deadline = time.monotonic() + PATIENCE
            while len(northwind.stanzas) <= before and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertGreater(len(northwind.stanzas), before, "no traffic after the restart")
        self.stop = True
        sip_load.join(PATIENCE)
        xmpp_load.join(PATIENCE)
        self.gateway.wait_nothing_pending()
        acknowledged = [text for text, call in to_xmpp if call.final and call.final.code < 300]
        refused = [text for text, call in to_xmpp if call.final and call.final.code >= 300]
        wait_until(lambda: set(acknowledged) <= set(northwind.bodies()), PATIENCE,
                   "what was acknowledged")
        settle(1)  # for what should not come twice
        arrived = collections.Counter(northwind.bodies())
        self.assertGreater(len(acknowledged), 100)
        self.assertEqual([t for t in acknowledged if arrived[t] != 1], [])
        self.assertEqual([t for t in refused if arrived[t]], [])
        self.assertEqual([t for t, n in arrived.items() if n > 1], [])
        delivered = collections.Counter(branch.bodies())
        self.assertGreater(len(delivered), 100)
        self.assertEqual([t for t, n in delivered.items() if n > 1], [])
        lost = len(to_xmpp) - len(acknowledged) - len(refused)
        print(f"    {len(to_xmpp)} sent, {len(acknowledged)} acknowledged, {len(refused)} refused, "
              f"{lost} never answered; {len(delivered)} the other way; {ROUNDS} times kill -9")

    def sip_load(self, calls):
        number = 0
        while not self.stop:
            text = f"numbered {number}"
            try:
                call = self.world.branch.message(
                    f"sip:u{number % SENDERS}@northwind.example", text)
                calls.append((text, call))
            except OSError:
                self.world.branch.close_connections()
                time.sleep(0.05)
            number += 1
            time.sleep(0.001)

    def xmpp_load(self):
        number, stream = 0, None
        while not self.stop:
            try:
                stream = stream or self.world.northwind_stream(to="branch.example")
                stream.send(f"<message from='u{number % SENDERS}@northwind.example' "
                            f"to='b{number % SENDERS}@branch.example' id='n{number}' type='chat'>"
                            f"<body>back {number}</body></message>")
            except (OSError, LabError):
                stream = None
                time.sleep(0.05)
            number += 1
            time.sleep(0.001)

    def test_partners(self):
        """What the command line acknowledged is still there after a kill -9."""
        created = []
        for turn in range(3):
            stop = threading.Event()

            def administrator(turn=turn, stop=stop):
                number = 0
                while not stop.is_set():
                    domain = f"p{turn}-{number}.example"
                    try:
                        done = self.gateway.cli("partner", "create", domain, check=False)
                    except Exception:
                        return
                    if done.returncode == 0:
                        created.append(domain)
                    number += 1

            thread = threading.Thread(target=administrator, daemon=True)
            thread.start()
            time.sleep(random.uniform(0.2, 0.6))
            self.gateway.kill()
            stop.set()
            thread.join(PATIENCE)
            self.gateway.restart()
        listed = self.gateway.cli("partner", "list", "-o", "name").stdout
        self.assertTrue(created)
        self.assertEqual([d for d in created if d not in listed], [])
