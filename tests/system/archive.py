"""What the tests of backups, of the audit log and of sealed secrets share; each holds on both
databases."""

import json
import os
import sqlite3
import subprocess

from base import OwnWorldTest

from lab.gateway import binary
from lab.panel import Browser
from lab.postgres import Postgres
from lab.process import PATIENCE

PASSPHRASE = "a passphrase that is long"
# The gateway makes one for its administrators.
OWN_CERTIFICATE = {"sip": {"listen": ["udp:127.0.0.1:0"]},
                   "tls": {"certificate_file": "", "private_key_file": ""}}


class ArchiveTest(OwnWorldTest):
    """Whatever is told here holds on both databases."""

    database = "sqlite"

    @classmethod
    def build(cls, world):
        tables = dict(OWN_CERTIFICATE)
        if cls.database == "postgresql":
            world.postgres = Postgres(world.bench).start()
            tables["database"] = {"url": world.postgres.url}
        world.add_branch("udp").start(allow=False, tables=tables)

    def setUp(self):
        self.folder = self.world.bench.subdirectory(f"files-{self.id()}")
        # The last administrator cannot be removed by the gateway.
        self.sql("DELETE FROM recovery_codes; DELETE FROM admins;")

    def tearDown(self):
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())

    # What the tests say

    def ask(self, *arguments, stdin=PASSPHRASE, code=0, gateway=None):
        gateway = gateway or self.gateway
        done = subprocess.run(
            [binary(), "--server", f"unix:{gateway.admin_socket}", *arguments],
            input=stdin + "\n", capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def told(self, *arguments, **more):
        return json.loads(self.ask(*arguments, "-o", "json", **more).stdout)

    def browser(self, gateway):
        return Browser(gateway.listeners["admin"][0],
                       os.path.join(gateway.directory, "admin-certificate.pem"))

    def path(self, name="isthmus.backup"):
        return os.path.join(self.folder, name)

    def back_up(self, name="isthmus.backup"):
        self.ask("backup", "create", self.path(name))
        return self.path(name)

    def state(self, gateway=None):
        return [self.told(*what, gateway=gateway)["items"] for what in (
            ("partner", "list"), ("policy", "list"), ("user", "list"), ("admin", "list"))]

    def sql(self, text):
        """On the database of the gateway, beside it."""
        if self.database == "postgresql":
            return self.world.postgres.sql("SET search_path = isthmus;\n" + text)
        with sqlite3.connect(os.path.join(self.gateway.directory, "isthmus.db")) as file:
            file.executescript(text)
        file.close()
        return ""
