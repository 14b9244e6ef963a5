"""The move from the old gateway, step by step: what `migrate readiness` says is what traffic gets."""

import json
import os
import shlex

from base import OwnWorldTest

USER = "ann@branch.example"
PARTNER = "fabrikam.example"
OLD = "oldgw.branch.example"
NOT_READY = 3


class Migration(OwnWorldTest):
    """One story, in the order of docs/migration.md."""

    @classmethod
    def build(cls, world):
        world.add_branch("udp").start(allow=False)

    def cli(self, *words):
        return self.gateway.cli(*words)

    def readiness(self, exit_code):
        done = self.gateway.cli("migrate", "readiness", "-o", "json", check=False)
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        return told["verdict"], {finding["id"]: finding for finding in told["findings"]}, told

    def gate(self):
        done = self.gateway.cli("policy", "explain", "--user", USER, "--to", PARTNER, "-o", "json")
        return json.loads(done.stdout)["decided_by"]

    def test_from_the_first_user_to_the_end_of_the_old_gateway(self):
        self.beside_the_old_one()
        self.users_come()
        self.partners_come_disabled()
        self.users_move()
        self.cut_over()

    def beside_the_old_one(self):
        verdict, found, _ = self.readiness(NOT_READY)
        self.assertEqual(verdict, "not-ready")
        self.assertLessEqual({"federation-off", "nobody-allowed", "no-partner"}, set(found))

    def users_come(self):
        path = os.path.join(self.world.bench.directory, "users.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"SipAddress,DisplayName,homed\nsip:{USER},Ann,legacy\n"
                       "sip:ben@branch.example,Ben,here\n")
        self.cli("user", "import", path)
        self.cli("policy", "set", "global", "--enable-federation-access", "true",
                 "--enable-xmpp-access", "true")
        self.cli("access-edge", "set", "--allow-federated-users", "true")
        _, found, told = self.readiness(NOT_READY)
        self.assertEqual(set(found), {"users-not-moved", "no-partner"})
        self.assertEqual(found["users-not-moved"]["objects"], [{"name": USER, "note": "Ann"}])
        self.assertEqual(told["users"], {"entered": 2, "not_moved": 1, "may_talk_xmpp": 2})

    def partners_come_disabled(self):
        self.cli("partner", "create", PARTNER, "--partner-type", "Federated", "--enabled", "false")
        self.cli("sip-domain", "allow", PARTNER, "--proxy-fqdn", OLD)
        self.cli("sip-domain", "allow", "forgotten.example", "--proxy-fqdn", OLD)
        _, found, told = self.readiness(NOT_READY)
        self.assertEqual(set(found), {"users-not-moved", "partners-at-old-gateway",
                                      "allowed-domain-in-use", "domain-without-partner"})
        self.follow("domain-without-partner")
        self.assertEqual(told["partners"],
                         {"total": 1, "served_here": 0, "served_by_old_gateway": 1})
        self.assertNotIn("domain-without-partner", self.readiness(NOT_READY)[1])
        self.assertEqual(self.gate(), "partner-state", "nobody is served here before the cut-over")

    def users_move(self):
        self.cli("user", "set", USER, "--homed", "here")
        verdict, found, _ = self.readiness(0)
        self.assertEqual(verdict, "ready")
        self.assertNotIn("users-not-moved", found)

    def cut_over(self):
        self.follow("partners-at-old-gateway")
        self.assertEqual(self.gate(), "open", "the command names the first partner in the list")
        # Left behind, it would lead the SIP system past us.
        verdict, found, _ = self.readiness(NOT_READY)
        self.assertEqual(verdict, "not-ready")
        self.assertIn(OLD, found["leftover-allowed-domain"]["objects"][0]["note"])
        self.follow("leftover-allowed-domain")
        verdict, found, _ = self.readiness(0)
        self.assertEqual((verdict, set(found)),
                         ("ready", {"partners-at-old-gateway", "allowed-domain-in-use"}))
        self.follow("partners-at-old-gateway")
        self.follow("leftover-allowed-domain")
        verdict, found, _ = self.readiness(0)
        self.assertEqual((verdict, found), ("done", {}))
        table = self.gateway.cli("migrate", "readiness").stdout
        self.assertTrue(table.startswith("done: "), table)

    def follow(self, finding):
        """Runs the command that the finding names."""
        done = self.gateway.cli("migrate", "readiness", "-o", "json", check=False)
        found = {one["id"]: one for one in json.loads(done.stdout)["findings"]}
        words = shlex.split(found[finding]["command"])
        self.assertEqual(words[0], "isthmus")
        self.cli(*words[1:])
