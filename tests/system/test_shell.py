"""The command line as scripts and shells use it: YAML, talk and silence, completion, help."""

import json
import os
import pty
import re
import shutil
import socket
import subprocess
import time

import yaml
from base import OwnWorldTest

from lab.gateway import binary
from lab.process import LabError

ODD = ["no", "0777", "1e3", "2026-01-01", "a: b # c", "=1+1", "ünïcode", "'quoted\"", "- x", "null",
       "~", "true", "1.5", "*", "&a", "%TAG", "`tick`", "{a}", "@x", "12:30:45", " blank "]


class Scripts(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").start(allow=False)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for i, text in enumerate(ODD):
            cls.gateway.cli("partner", "create", f"p{i}.example", "--description", text)
        cls.gateway.cli("policy", "create", "Sales", "--description", "off")
        cls.gateway.cli("site", "create", "No")
        cls.gateway.cli("user", "create", "alice@branch.example", "--display-name", "Yes")

    def cli(self, *arguments, **more):
        return self.gateway.cli(*arguments, **more)

    def same(self, yaml_value, json_value, at=""):
        """Equal, but for what changes between two questions."""
        self.assertIs(type(yaml_value), type(json_value), at)
        if isinstance(json_value, dict):
            self.assertEqual(list(yaml_value), list(json_value), at)
            for name, value in json_value.items():
                self.same(yaml_value[name], value, f"{at}.{name}")
        elif isinstance(json_value, list):
            self.assertEqual(len(yaml_value), len(json_value), at)
            for i, value in enumerate(json_value):
                self.same(yaml_value[i], value, f"{at}[{i}]")
        elif not re.search(r"seconds$", at):
            self.assertEqual(yaml_value, json_value, at)

    def test_yaml_says_what_json_says(self):
        for command in ("partner list", "partner get p0.example", "policy list", "policy get global",
                        "access-edge get", "gateway get", "user list", "user get alice@branch.example",
                        "site list", "site pools", "sip-domain list", "config history",
                        "config history 3", "status", "admin list", "admin roles",
                        "admin token list", "admin session list", "subscription list",
                        "contact list --user alice@branch.example",
                        "policy explain --user alice@branch.example --to p0.example",
                        "partner set p1.example --enabled false", "cs Get-CsXmppAllowedPartner"):
            with self.subTest(command):
                as_json = json.loads(self.cli("-o", "json", *command.split()).stdout)
                text = self.cli("-o", "yaml", *command.split()).stdout
                for loader in (yaml.SafeLoader, yaml.CSafeLoader):
                    self.same(yaml.load(text, loader), as_json)
        listed = yaml.safe_load(self.cli("-o", "yaml", "partner", "list").stdout)["items"]
        self.assertLessEqual(set(ODD), {one["description"] for one in listed})

    def test_quiet_and_verbose(self):
        self.assertEqual(self.cli("-q", "partner", "enable", "p0.example").stderr, "")
        self.assertEqual(self.cli("-q", "contact", "list", "--user", "x@branch.example").stderr, "")
        done = self.cli("-v", "partner", "get", "p0.example")
        self.assertIn(f"asking unix:{self.gateway.admin_socket}: GET /api/v1/partners/p0.example",
                      done.stderr)
        self.assertRegex(done.stderr, r"answered 200 after \d+ ms")
        self.assertIn("p0.example", done.stdout)
        failed = self.cli("-q", "partner", "get", "no.example", check=False)
        self.assertEqual(failed.returncode, 1)
        self.assertNotEqual(failed.stderr, "")

    def test_errors_are_three_lines(self):
        """What, why, what to do."""
        for command in ("partner get no.example", "partner create p0.example", "partner frobnicate",
                        "partner set p0.example --connection-limit 0", "partner create",
                        "partner set p0.example --enabled perhaps", "policy grant Sales",
                        "-o xml status", "--timeout 0 status", "--server unix:/nonexistent status",
                        "--server ftp://x status", "admin create x --role viewer", "completion csh",
                        "user import /nonexistent", "policy delete Sales extra",
                        "admin set nobody --enabled perhaps", "partner set p0.example", "partner get p0.example --bogus"):
            with self.subTest(command):
                done = self.cli(*command.split(), check=False)
                self.assertIn(done.returncode, (1, 2, 5, 6))
                lines = done.stderr.splitlines()
                self.assertEqual(len(lines), 3, done.stderr)
                self.assertTrue(lines[1].startswith("  why: "), done.stderr)
                self.assertTrue(lines[2].startswith("  fix: "), done.stderr)
                self.assertEqual(done.stdout, "")

    def test_help(self):
        done = self.cli("help", "partner", "create")
        self.assertEqual(done.stdout, self.cli("partner", "create", "--help").stdout)
        self.assertIn("Examples:\n  isthmus partner create fabrikam.example", done.stdout)

    def test_explain_says_it_once(self):
        told = self.cli("policy", "explain", "--user", "x@branch.example", "--to", "p0.example")
        self.assertEqual(told.stdout.count("Federation is switched off"), 2)

    def test_timeout(self):
        path = os.path.join(self.world.bench.directory, "mute.sock")
        with socket.socket(socket.AF_UNIX) as mute:
            mute.bind(path)
            mute.listen()
            started = time.monotonic()
            done = self.cli("--server", "unix:" + path, "--timeout", "1", "status", check=False)
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertLess(time.monotonic() - started, 8)

    def test_nobody_is_asked(self):
        leader, follower = pty.openpty()
        try:
            done = subprocess.run(
                [binary(), "--server", f"unix:{self.gateway.admin_socket}", "--no-input", "admin",
                 "create", "x", "--role", "viewer", "--password-stdin"],
                stdin=follower, capture_output=True, text=True, timeout=10, check=False)
        finally:
            os.close(leader)
            os.close(follower)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--no-input", done.stderr)

    # Completion

    def completed(self, *words):
        return [line.split("\t")[0] for line in self.cli("status") and subprocess.run(
            [binary(), "__complete", *words], capture_output=True, text=True, timeout=10,
            check=True, env=self.environment()).stdout.splitlines()]

    def environment(self):
        return {**os.environ, "ISTHMUS_SERVER": f"unix:{self.gateway.admin_socket}",
                "PATH": f"{self.folder()}:{os.environ['PATH']}", "HOME": self.folder()}

    def folder(self):
        """Where the program is called isthmus."""
        path = self.world.bench.subdirectory("bin")
        if not os.path.exists(os.path.join(path, "isthmus")):
            os.symlink(binary(), os.path.join(path, "isthmus"))
        return path

    def test_names_come_from_the_daemon(self):
        self.assertEqual(self.completed("partner", "get", "p1."), ["p1.example"])
        self.assertEqual(self.completed("policy", "get", "tag:"), ["Tag:Sales"])
        self.assertEqual(self.completed("user", "set", "al"), ["alice@branch.example"])
        self.assertEqual(self.completed("policy", "grant", "--user", "ali"),
                         ["alice@branch.example"])
        self.assertEqual(self.completed("site", "map", "--pool", "x", ""), ["No"])
        self.assertIn("3", self.completed("config", "rollback", ""))
        self.assertEqual(self.completed("partner", "create", "p"), [])
        self.assertEqual(self.completed("--server", "unix:/nonexistent", "partner", "get", ""), [])

    def shell(self, program, script):
        if not shutil.which(program):
            raise LabError(f"{program} is missing; run tools/setup all")
        done = subprocess.run([program, "-c", script], capture_output=True, text=True, timeout=30,
                              check=False, env=self.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()

    LINES = (("isthmus partner en", ["enable"]), ("isthmus partner get p1.", ["p1.example"]),
             ("isthmus -o js", ["json"]), ("isthmus partner set p1.example --tls-negotiation Op",
                                           ["Optional"]))

    def test_bash(self):
        for line, wanted in (*self.LINES, ("isthmus policy get Tag:Sa", ["Sales"]),
                             ("isthmus user get alice@br", ["branch.example"]),
                             ("isthmus --output=js", ["json"])):
            with self.subTest(line):
                found = self.shell("bash", 'eval "$(isthmus completion bash)"; '
                                   f"COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; _isthmus; "
                                   'printf "%s\\n" "${COMPREPLY[@]}"')
                self.assertEqual(found, wanted)

    def test_zsh(self):
        for line, wanted in self.LINES:
            with self.subTest(line):
                found = self.shell("zsh", "compdef() { : }; _files() { print files }; "
                                   "_describe() { print -l -- ${described%%:*} }; "
                                   'eval "$(isthmus completion zsh)"; '
                                   f"words=({line}); CURRENT=${{#words}}; _isthmus")
                self.assertEqual(found, wanted)

    def test_fish(self):
        for line, wanted in self.LINES:
            with self.subTest(line):
                found = self.shell("fish", f"isthmus completion fish | source; complete -C '{line}'")
                self.assertEqual([one.split("\t")[0] for one in found], wanted)
