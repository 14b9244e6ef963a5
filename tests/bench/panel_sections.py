"""What is measured of the control panel: a real Chromium against the gateway, which holds many users.
web/e2e/measure.mjs takes the times."""
import json
import os
import shutil
import subprocess

import crowd
from gateway import ROOT
from generator import Failure

PASSWORD = "correct horse battery"


class PanelSections:
    """Of plan.Bench, which has rows, budgets and the subjects."""

    def panel(self):
        users = self.sizes.users
        self.say(f"Control panel in Chromium, {users:,} users")
        if not shutil.which("chromium"):
            self.failures.append("panel: chromium is missing; run tools/setup all")
            return
        subject = self.gateway(core=None, fill=lambda database: crowd.add(database, users, 0))
        if not subject:
            return
        try:
            figures = self._in_browser(subject, users)
        except Failure as failure:
            self.failures.append(f"panel: {failure}")
            return
        finally:
            self.close([subject])
        self.facts["panel"] = figures
        for text, key, limit in (
                ("First view, KB as sent", "first_view_kilobytes", 200),
                ("First view, seconds", "first_view_seconds", 1.0),
                ("Home, seconds", "home_seconds", 1.0),
                (f"95 of 100 frames of {users:,} users scrolled, ms", "frame_milliseconds", 34),
                (f"One of {users:,} users found, seconds", "find_seconds", 1.0)):
            self.budget(text, figures[key], limit)

    def _in_browser(self, subject, users):
        modules = subprocess.run([f"{ROOT}/tools/panel", "--modules"], capture_output=True,
                                 text=True, check=False)
        if modules.returncode:
            raise Failure(modules.stderr)
        made = subprocess.run(
            [self.binary, "--server", subject.socket, "admin", "create", "alice", "--role",
             "admin", "--password-stdin"], input=PASSWORD + "\n", capture_output=True, text=True,
            check=False)
        if made.returncode:
            raise Failure(made.stderr)
        environment = {**os.environ, "PANEL_URL": f"https://{subject.admin_address}/",
                       "PANEL_PASSWORD": PASSWORD, "PANEL_ROWS": str(users)}
        done = subprocess.run(["node", f"{ROOT}/web/e2e/measure.mjs"], env=environment, text=True,
                              capture_output=True, timeout=600, check=False)
        for line in done.stdout.splitlines():
            if line.startswith("MEASURED "):
                return json.loads(line.removeprefix("MEASURED "))
        raise Failure((done.stdout + done.stderr)[-1500:])
