"""The audit log and the keys of the secrets, with the real daemon, on SQLite and on PostgreSQL."""

import csv
import io
import json
import os
import stat
import subprocess

from archive import ArchiveTest
from test_admin import PASSWORD, totp

from lab.process import PATIENCE


class AuditLog(ArchiveTest):
    def test_the_log_is_asked_and_exported(self):
        cli = self.gateway.cli
        cli("partner", "create", "audited.example", "--reason", "a reason, with \"quotes\"")
        cli("partner", "delete", "audited.example")
        found = self.told("audit", "list", "--object", "partner/audited.example")["items"]
        self.assertEqual([row["action"] for row in found], ["delete", "create"])
        self.assertEqual(self.told("audit", "list", "--object", "partner/", "--action", "create",
                                   "--limit", "1")["items"], found[1:])
        page = self.told("audit", "list", "--limit", "2")
        older = self.told("audit", "list", "--before", str(page["next"]), "--limit", "1")
        self.assertEqual(older["items"][0]["seq"], page["next"] - 1)
        self.assertEqual(self.told("audit", "list", "--since", "1h", "--outcome", "done",
                                   "--object", "partner/audited.example")["items"], found)
        self.assertEqual(self.told("audit", "list", "--until", "1h")["items"], [])
        self.assertIn("IST-API-001", self.ask("audit", "list", "--since", "soon", code=2).stderr)

        lines = [json.loads(line) for line in self.ask("audit", "export").stdout.splitlines()]
        self.assertEqual([line["seq"] for line in lines], list(range(1, len(lines) + 1)))
        self.assertIn(found[1], lines)
        rows = list(csv.DictReader(io.StringIO(
            self.ask("audit", "export", "--format", "csv", "--object",
                     "partner/audited.example").stdout)))
        self.assertEqual([row["detail"] for row in rows], ["a reason, with \"quotes\"", ""])
        self.assertEqual(rows[0]["hash"], found[1]["hash"])

    def test_what_was_tampered_with_is_found(self):
        for i in range(4):
            self.gateway.cli("partner", "create", f"chain{i}.example")
        verdict = self.told("audit", "verify")
        self.assertTrue(verdict["good"])
        head = f"{verdict['head']['seq']}:{verdict['head']['hash']}"
        last = verdict["head"]["seq"]
        self.sql("CREATE TABLE kept AS SELECT * FROM audit; "
                 "CREATE TABLE kept_head AS SELECT * FROM audit_head;")
        put_back = ("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DELETE FROM "
                    "audit_head; INSERT INTO audit_head SELECT * FROM kept_head;")
        forgeries = {
            f"UPDATE audit SET admin = 'nobody' WHERE seq = {last - 2};": last - 2,
            f"DELETE FROM audit WHERE seq = {last - 1};": last,
            f"DELETE FROM audit WHERE seq >= {last - 1};": last - 1,
            f"UPDATE audit SET seq = -1 WHERE seq = {last - 3}; UPDATE audit SET seq = {last - 3} "
            f"WHERE seq = {last - 2}; UPDATE audit SET seq = {last - 2} WHERE seq = -1;": last - 3,
            "UPDATE config_changes SET after = '{}' WHERE revision = "
            f"(SELECT revision FROM audit WHERE seq = {last - 1});": last - 1,
        }
        try:
            for forgery, row in forgeries.items():
                self.sql("CREATE TABLE kept_changes AS SELECT * FROM config_changes;" + forgery)
                said = self.ask("audit", "verify", code=3).stdout
                self.assertIn("IST-API-039", said)
                self.assertIn(f"row {row}\n", said, forgery)
                self.sql("DELETE FROM config_changes; INSERT INTO config_changes SELECT * FROM "
                         "kept_changes; DROP TABLE kept_changes;" + put_back)
        finally:
            self.sql("DROP TABLE kept; DROP TABLE kept_head;")
        self.assertIn("good", self.ask("audit", "verify").stdout)
        # A head that was written down is what a forger of everything cannot meet.
        self.ask("audit", "verify", "--head", head)
        self.assertIn("written down", self.ask(
            "audit", "verify", "--head", f"{last}:{'0' * 64}", code=3).stdout)
        for i in range(4):
            self.gateway.cli("partner", "delete", f"chain{i}.example")

    def test_secrets_are_sealed_with_a_key_that_is_not_in_the_database(self):
        key = os.path.join(self.gateway.directory, "secret.key")
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)
        self.ask("admin", "create", "otto", "--role", "admin", "--password-stdin", stdin=PASSWORD)
        secret, uri = self.ask("admin", "set", "otto", "--totp").stdout.split()
        self.assertTrue(uri.startswith("otpauth://totp/"), uri)
        self.assertIn("IST-AUTH-020", self.ask("admin", "confirm-totp", "otto", code=4,
                                               stdin="000000").stderr)
        codes = self.ask("admin", "confirm-totp", "otto", stdin=totp(secret)).stdout.split()
        self.assertEqual(len(codes), 10)
        self.ask("gateway", "set", "--dialback-passphrase", "-", stdin="hunter2hunter2")
        self.assertTrue(self.is_stored("otto"))  # it looks in the right place
        for text in (secret, "hunter2hunter2"):
            self.assertFalse(self.is_stored(text))
        browser = self.browser(self.gateway)
        self.assertEqual(browser.sign_in("otto", PASSWORD)[0], 401)
        self.gateway.stop()
        self.gateway.restart()
        self.assertEqual(browser.sign_in("otto", PASSWORD, totp(secret, 30))[0], 200)

        # Without its key the daemon says what is lost, and goes on; with it all is well again.
        os.rename(key, key + ".away")
        self.gateway.stop()
        start = self.gateway.mark()
        self.gateway.restart()
        self.gateway.wait_event("secret.unreadable", start=start, code="IST-API-036")
        self.assertEqual(browser.sign_in("otto", PASSWORD, totp(secret, -30))[0], 401)
        self.assertEqual(browser.sign_in("otto", PASSWORD, codes[0])[0], 200)
        os.rename(key + ".away", key)
        self.gateway.stop()
        self.gateway.restart()

    def is_stored(self, text):
        """Does somebody read it who gets hold of the files of the database?"""
        places = [self.world.postgres.data] if self.database == "postgresql" else [
            os.path.join(self.gateway.directory, name)
            for name in os.listdir(self.gateway.directory) if name.startswith("isthmus.db")]
        done = subprocess.run(["grep", "-rqaF", text, *places], timeout=PATIENCE, check=False)
        return done.returncode == 0


class AuditLogOnPostgres(AuditLog):
    database = "postgresql"
