"""The command line as an administrator meets it: words, exit codes, files."""

import json
import os
import subprocess

from base import OwnWorldTest

from lab.gateway import binary


class CommandLine(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").start(allow=False)

    def offline(self, *arguments):
        return subprocess.run([binary(), *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=20, check=False)

    def file(self, text):
        path = os.path.join(self.world.bench.directory, "checked.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_config_check(self):
        self.assertEqual(self.offline("config", "check", self.gateway.config_file).returncode, 0)
        good = self.file('[server]\nname = "gateway.contoso.example"\n')
        self.assertEqual(self.offline("config", "check", good).returncode, 0)
        for text, wanted in (('[server]\nname = "g.example"\nstatedir = "/x"\n', "state_dir"),
                             ('[sip]\nlisten = []\n', "name"), ("[server\n", "1:"),
                             ('[server]\nname = "g.example"\n[tls]\ntrust = "maybe"\n', "system")):
            with self.subTest(text):
                done = self.offline("config", "check", self.file(text))
                self.assertEqual(done.returncode, 2)
                self.assertIn(wanted, done.stdout + done.stderr)
                self.assertIn("checked.toml:", done.stdout + done.stderr)

    def test_serve_refuses_a_bad_file(self):
        done = self.offline("serve", "--config", self.file('[server]\nnmae = "g.example"\n'))
        self.assertEqual(done.returncode, 2)

    def test_an_unreachable_daemon(self):
        done = self.offline("--server", "unix:/nonexistent/admin.sock", "partner", "list")
        self.assertEqual(done.returncode, 6)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr)

    def test_partners(self):
        run = self.gateway.cli
        run("partner", "create", "fabrikam.example", "--partner-type", "Federated",
            "--description", "Prosody, \"quoted\" & ünïcode", "--tls-negotiation", "Required",
            "--sasl-negotiation", "Optional")
        partner = json.loads(run("partner", "get", "fabrikam.example", "-o", "json").stdout)
        partner = partner[0] if isinstance(partner, list) else partner
        self.assertEqual(partner["domain"], "fabrikam.example")
        self.assertEqual(partner["partner_type"], "Federated")
        self.assertEqual(partner["description"], "Prosody, \"quoted\" & ünïcode")
        self.assertIs(partner["support_dialback_negotiation"], True)
        self.assertEqual(run("partner", "list", "-o", "name").stdout.split(), ["fabrikam.example"])
        self.assertEqual(run("partner", "create", "FABRIKAM.example", check=False).returncode, 5)
        for bad in ("two words", "-x.example", "a..b", "user@fabrikam.example", "x" * 300):
            with self.subTest(bad):
                self.assertEqual(run("partner", "create", "--", bad, check=False).returncode, 2)
        self.assertEqual(run("partner", "create", "c.example", "--partner-type", "Nonsense",
                             check=False).returncode, 2)
        run("partner", "delete", "fabrikam.example", "--yes")
        self.assertEqual(run("partner", "list", "-o", "name").stdout, "")
        self.assertEqual(run("partner", "delete", "fabrikam.example", "--yes",
                             check=False).returncode, 1)

    def test_dry_run_changes_nothing(self):
        self.gateway.cli("partner", "create", "dry.example", "--dry-run")
        self.assertNotIn("dry.example", self.gateway.cli("partner", "list").stdout)

    def test_switches_are_off_until_set(self):
        self.assertIn("alse", self.gateway.cli("access-edge", "get", "-o", "yaml").stdout)
        policy = self.gateway.cli("policy", "get", "global", "-o", "json").stdout
        self.assertNotIn("true", policy)

    def test_the_socket_is_not_for_everybody(self):
        self.assertEqual(os.stat(self.gateway.admin_socket).st_mode & 0o007, 0)

    def test_version_and_help(self):
        self.assertEqual(self.offline("version").returncode, 0)
        self.assertEqual(self.offline("--help").returncode, 0)
        self.assertEqual(self.offline("nonsense").returncode, 2)
