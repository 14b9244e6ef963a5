"""The command line as an administrator meets it: words, exit codes, files."""

import json
import os
import subprocess
import tempfile
import unittest

from base import OwnWorldTest

from lab.gateway import binary, write_toml


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

    def test_config_check_finds_what_the_start_would_refuse(self):
        text = ('[server]\nname = "g.example"\nstate_dir = "checked.toml"\n'
                '[sip]\nlisten = ["127.0.0.1:5060"]\ndomains = ["a.example", "a.example"]\n'
                '[[sip.peer]]\nname = "p"\ntarget = "sip.a.example"\n'
                '[[sip.peer]]\nname = "p"\ntarget = "tcp:a.example:5060"\n'
                '[database]\nurl = "mysql:x"\n'
                '[dns.static]\n"x.example" = ["garbage"]\n'
                '[tls]\ncertificate_file = "none.pem"\nprivate_key_file = "none.key"\n'
                'extra_ca_files = ["none.ca"]\n'
                '[admin.oidc]\nissuer = "https://id.example"\nclient_id = "x"\n'
                'client_secret_file = "none.secret"\n[admin.oidc.roles]\nx = "admin"\n')
        file = self.file(text)
        done = self.offline("config", "check", file)
        self.assertEqual(done.returncode, 2)
        places = ("3:13: [server] state_dir", "5:11: [sip] listen", "6:25: [sip] domains",
                  "9:10: [[sip.peer]] target", "11:8: [[sip.peer]] name", "14:7: [database] url",
                  "16:16: [dns.static] x.example", "18:20: [tls] certificate_file",
                  "19:20: [tls] private_key_file", "20:19: [tls] extra_ca_files",
                  "24:22: [admin.oidc] client_secret_file")
        for place in places:
            self.assertIn(f"{file}:{place}: ", done.stderr)
        self.assertIn("IST-CFG-001", done.stderr)
        self.assertIn("11 faults found", done.stderr)
        served = self.offline("serve", "--config", file)
        self.assertEqual(served.returncode, 2)
        self.assertEqual(served.stderr, done.stderr, "the start says the same")

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_config_check_speaks_for_the_user_who_runs_it(self):
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            file = os.path.join(directory, "isthmus.toml")
            with open(file, "w", encoding="utf-8") as text:
                text.write('[server]\nname = "g.example"\nstate_dir = "state"\n'
                           '[tls]\nextra_ca_files = ["ca.pem"]\n')
            with open(os.path.join(directory, "ca.pem"), "w", encoding="utf-8") as secret:
                os.chmod(secret.name, 0o600)
            done = subprocess.run([binary(), "config", "check", file], user="nobody", group="nogroup",
                                  extra_groups=[], capture_output=True, text=True, timeout=20,
                                  check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("state: user nobody cannot make it: Permission denied", done.stderr)
            self.assertIn("ca.pem: user nobody cannot read it: Permission denied", done.stderr)

    def test_config_check_warns_of_what_will_not_work(self):
        file = self.file('[server]\nname = "g.example"\nstate_dir = "state"\n')
        done = self.offline("config", "check", file)
        self.assertEqual(done.returncode, 0)
        self.assertIn("(warning, IST-CERT-003)", done.stderr)
        self.assertIn("good, with 2 warnings", done.stdout)
        self.assertFalse(os.path.exists(os.path.join(self.world.bench.directory, "state")))

    def test_serve_refuses_a_bad_file(self):
        done = self.offline("serve", "--config", self.file('[server]\nnmae = "g.example"\n'))
        self.assertEqual(done.returncode, 2)

    def test_serve_names_every_taken_address(self):
        taken = self.gateway.listeners
        tables = {"server": {"name": "g.example", "state_dir": "second"},
                  "sip": {"listen": [taken["sip"][0], taken["sip"][1]]},
                  "xmpp": {"listen": [taken["xmpp"][0]]},
                  "admin": {"listen": [taken["admin"][0]]},
                  "metrics": {"listen": taken["metrics"][0]}}
        done = self.offline("serve", "--config", self.file(write_toml(tables)))
        self.assertEqual(done.returncode, 1)
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        failed = [line for line in lines if line["event"] == "daemon.failed"]
        self.assertEqual([line["code"] for line in failed], ["IST-TCP-002"] * 5)
        for address in (taken["sip"][0].split(":", 1)[1], taken["xmpp"][0], taken["admin"][0],
                        taken["metrics"][0]):
            self.assertTrue(any(f"{address}: Address already in use" in line["evidence"]
                                for line in failed), address)
        self.assertTrue(all("checked.toml:" in line["evidence"] and "ss -l" in line["evidence"]
                            and line["fix"] for line in failed))
        self.assertTrue(any(line["event"] == "config.warning" for line in lines))
        # And one on the state directory of another.
        tables["server"]["state_dir"] = self.gateway.directory
        done = self.offline("serve", "--config", self.file(write_toml(tables)))
        self.assertEqual(done.returncode, 1)
        self.assertIn("IST-CFG-003", done.stderr)

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
        self.assertEqual(self.offline("--version").stdout, self.offline("version").stdout)
        self.assertEqual(self.offline("--help").returncode, 0)
        self.assertEqual(self.offline("nonsense").returncode, 2)
        near = self.offline("stauts")
        self.assertEqual(near.returncode, 2)
        self.assertIn("the nearest is 'status'", near.stderr)

    def test_nobody_has_no_contacts(self):
        for command in (("contact", "list"), ("subscription", "list")):
            done = self.gateway.cli(*command, "--user", "nobody@branch.example")
            self.assertEqual(done.returncode, 0)
            self.assertEqual(done.stdout, "")
            self.assertIn("nobody@branch.example", done.stderr)
