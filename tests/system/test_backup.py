"""Backups and power cuts, with the real daemon, on SQLite and on PostgreSQL."""

import json
import os
import random
import stat
import subprocess
import threading

from archive import OWN_CERTIFICATE, ArchiveTest
from base import OwnWorldTest
from test_admin import PASSWORD, totp

from lab.gateway import Gateway, binary
from lab.postgres import Postgres
from lab.process import PATIENCE


class Archive(ArchiveTest):
    def test_it_goes_back_to_what_it_was_and_that_is_in_force(self):
        cli = self.gateway.cli
        cli("partner", "create", "before.example", "--description", "kept")
        cli("user", "create", "ann@branch.example", "--display-name", "Ann")
        before = self.state()
        backup = self.back_up()
        self.assertEqual(stat.S_IMODE(os.stat(backup).st_mode), 0o600)
        with open(backup, "rb") as file:
            self.assertNotIn(b"before.example", file.read())
        self.assertIn("good", self.ask("backup", "verify", backup).stdout)

        cli("partner", "delete", "before.example")
        cli("partner", "create", "after.example")
        cli("user", "set", "ann@branch.example", "--enabled", "false")
        changed = self.state()
        trial = self.told("backup", "restore", backup, "--dry-run")
        kinds = {one["kind"]: one["names"] for one in trial["changes"]}
        self.assertEqual(sorted(kinds["partner"]), ["+before.example", "-after.example"])
        self.assertEqual(kinds["user"], ["~ann@branch.example"])
        self.assertEqual(self.state(), changed)

        made = self.told("backup", "restore", backup, "--reason", "the wrong partner")
        self.assertEqual(made["changes"], trial["changes"])
        self.assertTrue(made["in_force"])
        self.assertEqual(self.state(), before)
        explained = self.told("policy", "explain", "--user", "ann@branch.example", "--to",
                              "before.example")
        self.assertNotIn(explained["decided_by"], ("partner", "user-state"), explained)
        # One revision, which can be taken back as any other; and the log goes on.
        newest = self.told("config", "history")["items"][0]
        self.assertEqual((newest["revision"], newest["action"], newest["reason"]),
                         (made["revision"], "restore", "the wrong partner"))
        cli("config", "rollback", str(made["revision"] - 1))
        self.assertEqual(self.state(), changed)
        self.assertIn("good", self.ask("audit", "verify").stdout)
        self.gateway.stop()
        self.gateway.restart()
        self.assertEqual(self.state(), changed)
        cli("partner", "delete", "after.example")
        cli("user", "delete", "ann@branch.example")

    def test_another_machine_becomes_this_one(self):
        self.gateway.cli("partner", "create", "moved.example")
        self.ask("admin", "create", "mira", "--role", "admin", "--password-stdin", stdin=PASSWORD)
        secret = self.ask("admin", "enrol-totp", "mira").stdout.split()[0]
        self.ask("admin", "confirm-totp", "mira", stdin=totp(secret))
        self.gateway.cli("gateway", "set", "--enabled", "true")
        backup = self.back_up()
        tables = dict(OWN_CERTIFICATE)
        if self.database == "sqlite":  # from each to the other
            postgres = Postgres(self.world.bench, name="postgres2").start()
            tables["database"] = {"url": postgres.url}
        other = Gateway(self.world.bench, self.world.authority, ["branch.example"], [],
                        tables=tables, name="other").start()
        try:
            made = self.told("backup", "restore", backup, gateway=other)
            self.assertTrue(made["history_taken"])
            self.assertEqual(self.state(other)[:3], self.state()[:3])
            self.assertIn("good", self.ask("audit", "verify", gateway=other).stdout)
            # The secret of the second factor was sealed by a key of the first machine.
            browser = self.browser(other)
            status, answer = browser.sign_in("mira", PASSWORD, totp(secret, 30))
            self.assertEqual(status, 200, answer)
            other.stop()
            other.restart()
            self.assertEqual(self.state(other)[:3], self.state()[:3])
        finally:
            other.stop()

    def test_what_is_no_good_backup_changes_nothing(self):
        self.gateway.cli("partner", "create", "stays.example")
        backup = self.back_up()
        self.gateway.cli("partner", "delete", "stays.example")
        before = self.state()
        with open(backup, "rb") as file:
            good = file.read()
        middle = len(good) // 2
        cases = {
            "IST-API-031": [b"", b"SQLite format 3\0" * 100, good[:-1], good[:middle], good + b"x",
                            good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1:]],
            "IST-API-032": [good[:15] + b"\x02" + good[16:]],
        }
        for code, bodies in cases.items():
            for body in bodies:
                bad = self.path("bad")
                with open(bad, "wb") as file:
                    file.write(body)
                for command in (["verify", bad], ["restore", bad], ["restore", bad, "--dry-run"]):
                    said = self.ask("backup", *command, code=2).stderr
                    self.assertIn(code, said)
        self.assertIn("IST-API-030", self.ask("backup", "restore", backup, code=2,
                                              stdin="another passphrase").stderr)
        self.assertEqual(self.state(), before)
        # A backup never replaces another; a weak passphrase is none.
        self.ask("backup", "create", backup, code=2)
        self.ask("backup", "create", self.path("weak"), stdin="short", code=2)
        self.assertFalse(os.path.exists(self.path("weak")))
        self.assertEqual([name for name in os.listdir(self.folder) if ".part" in name], [])

    def test_the_last_administrator_is_not_locked_out(self):
        without = self.back_up("without")
        self.ask("admin", "create", "lara", "--role", "admin", "--password-stdin", stdin=PASSWORD)
        self.assertIn("IST-API-033", self.ask("backup", "restore", without, code=5).stderr)
        self.assertEqual([one["name"] for one in self.told("admin", "list")["items"]], ["lara"])

    def test_changes_go_on_while_it_is_made(self):
        with open(self.path("users.csv"), "w", encoding="utf-8") as file:
            file.write("uri,display_name\n")
            file.writelines(f"u{i}@branch.example,User {i}\n" for i in range(20_000))
        self.gateway.cli("user", "import", self.path("users.csv"))
        done = {}
        making = threading.Thread(target=lambda: done.update(
            path=self.back_up("under-way")), daemon=True)
        making.start()
        changes = 0
        while making.is_alive() or changes < 3:
            self.gateway.cli("partner", "create", f"p{changes}.example")
            changes += 1
        making.join(PATIENCE)
        self.assertIn("good", self.ask("backup", "verify", done["path"]).stdout)
        self.ask("backup", "restore", done["path"])
        self.assertIn("good", self.ask("audit", "verify").stdout)
        self.assertEqual(self.told("user", "list", "--limit", "1")["total"], 10_000)  # counted so far
        for i in range(changes):
            self.ask_if_there("partner", "delete", f"p{i}.example")
        self.sql("DELETE FROM users")
        self.gateway.stop()
        self.gateway.restart()

    def ask_if_there(self, *arguments):
        self.gateway.cli(*arguments, check=False)

    def test_who_may_not_hears_so(self):
        token = self.ask("admin", "token", "create", "--role", "user-admin").stdout
        file = self.path("token")
        with open(file, "w", encoding="utf-8") as text:
            text.write(token)
        for command in (["backup", "create", self.path("none")], ["audit", "list"],
                        ["audit", "verify"], ["audit", "export"]):
            self.assertIn("IST-API-007",
                          self.ask("--token-file", file, *command, code=4).stderr)
        self.assertFalse(os.path.exists(self.path("none")))

    def test_what_was_acknowledged_survives_a_kill(self):
        random.seed()
        acknowledged = []
        for round_ in range(4):
            names = [f"cut{round_}-{i}.example" for i in range(60)]
            told = []

            def load(names=names, told=told):
                for name in names:
                    if self.gateway.cli("partner", "create", name, check=False).returncode != 0:
                        return
                    told.append(name)

            loading = threading.Thread(target=load, daemon=True)
            loading.start()
            loading.join(random.uniform(0.2, 0.8))
            self.cut_power()
            loading.join(PATIENCE)
            acknowledged += told
            self.gateway.restart()
            there = [one["domain"] for one in self.told("partner", "list")["items"]
                     if one["domain"].startswith("cut")]
            self.assertLessEqual(set(acknowledged), set(there))
            self.assertLessEqual(len(there), len(acknowledged) + round_ + 1)
            self.assertIn("good", self.ask("audit", "verify").stdout)
        print(f"    {self.database}: {len(acknowledged)} changes acknowledged, none lost")
        for name in there:
            self.gateway.cli("partner", "delete", name)

    def cut_power(self):
        self.gateway.kill()


class ArchiveOnPostgres(Archive):
    database = "postgresql"

    def cut_power(self):
        self.world.postgres.kill()
        self.gateway.kill()
        self.world.postgres.start()

    def test_the_gateway_goes_on_when_the_server_is_back(self):
        self.world.postgres.kill()
        self.assertIn("IST-API-004", self.gateway.cli("partner", "create", "lost.example",
                                                      check=False).stderr)
        self.world.postgres.start()
        self.gateway.cli("partner", "create", "found.example")
        self.assertIn("good", self.ask("audit", "verify").stdout)
        self.gateway.cli("partner", "delete", "found.example")


class DamagedDatabase(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").start(allow=False)

    def test_it_is_told_at_start_in_a_sentence(self):
        with open(os.path.join(self.world.bench.directory, "users.csv"), "w",
                  encoding="utf-8") as file:
            file.write("uri\n")
            file.writelines(f"u{i}@branch.example\n" for i in range(3000))
        self.gateway.cli("user", "import", file.name)
        self.gateway.stop()
        path = os.path.join(self.gateway.directory, "isthmus.db")
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            file.seek(size // 2)
            file.write(b"\xA5" * 4096 * 8)
        self.gateway.write_config()
        done = subprocess.run([binary(), "serve", "--config", self.gateway.config_file],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1)
        said = json.loads(done.stderr.splitlines()[-1])
        self.assertEqual((said["event"], said["code"]), ("daemon.failed", "IST-API-037"), said)
        self.assertIn("isthmus.db", said["evidence"])
        self.assertIn("damaged", said["msg"])
