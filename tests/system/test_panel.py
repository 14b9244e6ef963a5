"""The control panel in a real Chromium, against a real gateway. The tests are web/e2e/*.mjs."""

import os
import shutil
import subprocess
import threading

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
        """Runs web/e2e/NAME.mjs. It may ask for the gateway to stop and to start."""
        process = subprocess.Popen(["node", os.path.join(WEB, "e2e", name + ".mjs"), *steps],
                                   env=self.environment(), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if line.startswith("STEER "):
                    self.steer(line.split()[1])
                    process.stdin.write("done\n")
                    process.stdin.flush()
            process.wait()
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            process.stdout.close()
            process.stdin.close()
        self.assertEqual(process.returncode, 0, "".join(said)[-12000:])
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())

    def steer(self, command):
        if command == "stop":
            self.gateway.stop()
        else:
            self.gateway.restart()


class Procedure(PanelTest):
    def test_the_procedure_of_the_original(self):
        self.browse("procedure")


class Editing(PanelTest):
    def test_forms_conflicts_sessions_and_restarts(self):
        self.browse("editing")


class Attacks(PanelTest):
    def test_script_other_sites_and_frames(self):
        self.browse("security")


class Pages(PanelTest):
    def test_every_page_is_accessible(self):
        self.browse("pages")
