"""The control panel in a real Chromium, against a real gateway. The tests are web/e2e/*.mjs."""

import os
import shutil
import subprocess

from base import OwnWorldTest

from lab.gateway import ROOT, binary
from lab.process import LabError

PASSWORD = "correct horse battery"
WEB = os.path.join(ROOT, "web")
SECONDS = 240


def prepare():
    """What the tests need beside the gateway: Chromium, and the packages of web/."""
    if not shutil.which("chromium"):
        raise LabError("chromium is missing; run tools/setup all")
    done = subprocess.run([os.path.join(ROOT, "tools", "panel"), "--modules"], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise LabError(done.stderr)


class PanelTest(OwnWorldTest):
    """Each test has the gateway of its class, with administrators of every role."""

    ADMINS = (("alice", "admin"), ("bob", "admin"), ("ulla", "user-admin"), ("vera", "viewer"),
              ("hans", "helpdesk"))

    @classmethod
    def build(cls, world):
        prepare()
        world.add_branch("udp").start(allow=False, tables={"sip": {"listen": ["udp:127.0.0.1:0"]}})
        for name, role in cls.ADMINS:
            done = subprocess.run(
                [binary(), "--server", f"unix:{world.gateway.admin_socket}", "admin", "create",
                 name, "--role", role, "--password-stdin"], input=PASSWORD + "\n", text=True,
                capture_output=True, check=False)
            if done.returncode:
                raise LabError(done.stderr)

    def environment(self):
        known = {key: value for key, value in os.environ.items() if not key.startswith("ISTHMUS_")}
        return {**known, "PANEL_URL": f"https://{self.gateway.listeners['admin'][0]}/",
                "PANEL_PASSWORD": PASSWORD, "PANEL_BINARY": binary(),
                "PANEL_SOCKET": f"unix:{self.gateway.admin_socket}",
                "PANEL_STATE": self.gateway.directory}

    def browse(self, name, *steps):
        """Runs web/e2e/NAME.mjs."""
        done = subprocess.run(["node", os.path.join(WEB, "e2e", name + ".mjs"), *steps],
                              env=self.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-12000:])
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())
        print(done.stdout, end="")


class Procedure(PanelTest):
    def test_the_procedure_of_the_original(self):
        self.browse("procedure")
