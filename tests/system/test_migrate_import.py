"""From the files that Lync's shell has written to partners, policies and users, and back."""

import json
import os
import re

from base import OwnWorldTest

SAMPLES = os.path.join(os.path.dirname(__file__), "..", "data", "clixml")
CONFLICT = 5


class MigrateImport(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").start(allow=False)

    def file(self, name, text):
        path = os.path.join(self.world.bench.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def samples(self):
        """Its users are of a domain that is not ours: theirs becomes one that is."""
        paths = []
        for name in sorted(os.listdir(SAMPLES)):
            path = os.path.join(SAMPLES, name)
            if "users" in name:
                with open(path, "rb") as file:
                    text = file.read().decode("utf-16")
                text = re.sub(r'(<S N="SipAddress">sip:[^<]*@)[^<]*', r"\1branch.example", text)
                path = self.file("users.xml", text)
            paths.append(path)
        return paths

    def plan(self, *words):
        done = self.gateway.cli("migrate", "plan", *self.samples(), *words, "-o", "json")
        return json.loads(done.stdout)

    def names(self, *words):
        return self.gateway.cli(*words, "-o", "name").stdout.split()

    def apply(self):
        path = self.file("plan.json", json.dumps(self.plan()))
        done = self.gateway.cli("migrate", "apply", path, "-o", "json")
        return json.loads(done.stdout)

    def test_there_and_back(self):
        told = self.gateway.cli("migrate", "inspect", *self.samples()).stdout
        self.assertIn("partner  fabrikam.example", told)
        self.assertIn("left out: 1 not enabled, 1 without an address", told)
        self.assertNotIn("not-a-real-passphrase", told)

        plan = self.plan()
        self.assertEqual(plan["counts"]["refused"], 0, plan)
        self.assertNotIn("not-a-real-passphrase", json.dumps(plan))
        self.assertEqual(self.names("partner", "list"), [], "only looked")
        people = self.gateway.cli("migrate", "plan", *self.samples()).stdout
        self.assertRegex(people, r"(?m)^new +partner +fabrikam.example$")

        done = self.apply()
        self.assertGreater(done["objects"], 3, done)
        newest = json.loads(self.gateway.cli("config", "history", "-o", "json").stdout)["items"][0]
        self.assertEqual((newest["revision"], newest["action"]), (done["revision"], "import"))
        self.assertIn("fabrikam.example", self.names("partner", "list"))
        partner = json.loads(self.gateway.cli("partner", "get", "fabrikam.example", "-o",
                                              "json").stdout)
        self.assertFalse(partner["enabled"], "it waits for its cut-over")
        self.assertIn("Tag:XmppPilot", self.names("policy", "list"))
        user = json.loads(self.gateway.cli("user", "get", "ken.myer@branch.example", "-o",
                                           "json").stdout)
        self.assertEqual(user["homed"], "legacy")

        again = self.plan()
        self.assertEqual((again["counts"]["new"], again["counts"]["changed"]), (0, 0), again)
        self.assertEqual((again["users"]["created"], again["users"]["changed"]), (0, 0))

        self.gateway.cli("migrate", "undo", done["id"])
        self.assertEqual(self.names("partner", "list"), [])
        self.assertEqual(self.names("user", "list"), [])

        done = self.apply()
        self.gateway.cli("partner", "set", "fabrikam.example", "--description", "seen")
        refused = self.gateway.cli("migrate", "undo", done["id"], check=False)
        self.assertEqual(refused.returncode, CONFLICT)
        self.assertIn("changed again since", refused.stderr)
        self.assertIn("fabrikam.example", self.names("partner", "list"))

    def test_what_is_no_export_and_no_plan(self):
        for text in ("", "<a/>", "no XML", '<!DOCTYPE x [<!ENTITY e "&e;">]><x>&e;</x>'):
            done = self.gateway.cli("migrate", "plan", self.file("bad.xml", text), check=False)
            self.assertEqual(done.returncode, 2, text)
            self.assertIn("bad.xml", done.stderr)
        for text in ("", "{}", '{"format":"isthmus-migration-plan/1","users":{},"changes":'
                     '[{"state":"new","kind":"x","id":"x","method":"POST","path":"admins",'
                     '"if_match":"","body":{}}]}'):
            done = self.gateway.cli("migrate", "apply", self.file("bad.json", text), check=False)
            self.assertEqual(done.returncode, 2, text)
            self.assertIn("no plan of a migration", done.stderr)
