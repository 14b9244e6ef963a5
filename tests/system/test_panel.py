"""The control panel in a real Chromium, against a real gateway. The tests are web/e2e/*.mjs."""

import os
import shutil
import subprocess
import threading
import unittest

from base import OwnWorldTest

from lab.gateway import ROOT, binary
from lab.oidc import OidcProvider
from lab.process import LabError

PASSWORD = "correct horse battery"
WEB = os.path.join(ROOT, "web")
SECONDS = 240


def is_in_api(path):
    """Whether the gateway has it; a page without it is not shown."""
    with open(os.path.join(ROOT, "api", "openapi.yaml"), encoding="utf-8") as file:
        return f"\n  /{path}:\n" in file.read()


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
              ("hans", "helpdesk"), ("toni", "tracer"))

    TABLES = {}

    @classmethod
    def build(cls, world):
        prepare()
        world.add_branch("udp").start(
            allow=False, tables={"sip": {"listen": ["udp:127.0.0.1:0"]}, **cls.TABLES})
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
        steps = steps or os.environ.get("PANEL_STEPS", "").split()
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
        if "PANEL_SHOTS" in os.environ:
            with open(os.path.join(os.environ["PANEL_SHOTS"], name + ".log"), "w",
                      encoding="utf-8") as file:
                file.writelines(said)
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


class FirstSteps(PanelTest):
    """A real Prosody is the first partner, and one of its users gets the first message."""

    @classmethod
    def build(cls, world):
        world.add_prosody(users=("romeo",))
        super().build(world)
        cls.romeo = world.xmpp_user("romeo")

    def steer(self, command):
        self.assertEqual(command, "message")
        call = self.world.branch.message("sip:romeo@fabrikam.example", "the first of all")
        self.assertIn(call.wait().code, (200, 202))
        self.romeo.wait("message", body="the first of all")

    def test_the_first_page_leads_on(self):
        self.browse("first")


class ManyUsers(PanelTest):
    def test_grants_and_files(self):
        self.browse("users")


class Editing(PanelTest):
    def test_forms_conflicts_sessions_and_restarts(self):
        self.browse("editing")


class Migration(PanelTest):
    """The files of Lync's own shell, from the upload to the way back."""

    def test_from_the_files_to_the_commit_and_back(self):
        self.browse("migration")


class Attacks(PanelTest):
    def test_script_other_sites_and_frames(self):
        self.browse("security")


class Pages(PanelTest):
    def test_every_page_is_accessible(self):
        self.browse("pages")


class Traffic(PanelTest):
    """Messages and presence pass both ways; some of their text wants to be script."""

    EVIL = "&lt;img src=x onerror=window.pwned=1&gt;"

    @classmethod
    def build(cls, world):
        world.add_northwind()
        super().build(world)
        world.gateway.allow_everything("northwind.example", "silent.example")

    def test_what_passes(self):
        world, branch = self.world, self.world.branch
        stream = world.northwind_stream(to="branch.example")
        self.assertEqual(branch.message("sip:tybalt@northwind.example", "a secret between us")
                         .wait().code, 202)
        world.northwind.wait_body("a secret between us")
        stream.send(f"<message from='tybalt@northwind.example/{self.EVIL}' to='bob@branch.example' "
                    "type='chat' id='m1'><body>answered</body></message>")
        branch.wait_request(body="answered")
        branch.answer = lambda request: 404 if request.text == "to nobody" else 200
        stream.send("<message from='tybalt@northwind.example' to='carol@branch.example' "
                    "type='chat' id='m0'><body>to nobody</body></message>")
        branch.wait_request(body="to nobody")
        self.assertGreaterEqual(branch.message("sip:x@nowhere.example", "lost").wait().code, 400)
        self.assertGreaterEqual(branch.message("sip:x@silent.example", "lost").wait().code, 400)
        self.gateway.cli("contact", "add", "--user", "bob@branch.example",
                         "tybalt@northwind.example")
        stream.send("<presence from='tybalt@northwind.example' to='bob@branch.example' "
                    "type='subscribed'/>")
        stream.send(f"<presence from='tybalt@northwind.example/{self.EVIL}' to='bob@branch.example'>"
                    f"<status>{self.EVIL}</status></presence>")
        done = threading.Event()

        def talk():
            number = 1
            while not done.wait(0.05):
                branch.message("sip:tybalt@northwind.example", "and so on").wait()
                number += 1
                stream.send(f"<message from='tybalt@northwind.example/{self.EVIL}' type='chat' "
                            f"to='bob@branch.example' id='m{number}'><body>a secret</body>"
                            "<active xmlns='http://jabber.org/protocol/chatstates'/></message>")

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            self.browse("traffic")
        finally:
            done.set()
            talker.join()


class IdentityProvider(PanelTest):
    """The browser knows the gateway by its name: the provider sends it back to that."""

    HOST = "gateway.contoso.example:8443"

    @classmethod
    def build(cls, world):
        redirect = f"https://{cls.HOST}/api/v1/oidc/callback"
        cls.provider = OidcProvider(world.bench, world.authority, redirect)
        secret = os.path.join(world.bench.directory, "oidc.secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write("a secret: with % and +\n")
        cls.TABLES = {
            "admin": {"names": ["gateway.contoso.example"]},
            "admin.oidc": {"issuer": cls.provider.issuer, "client_id": "isthmus",
                           "client_secret_file": secret, "redirect_url": redirect},
            "admin.oidc.roles": {"xmpp-operators": "admin", "service-desk": "helpdesk"}}
        super().build(world)

    def environment(self):
        return {**super().environment(), "PANEL_URL": f"https://{self.HOST}/",
                "PANEL_HOST": f"{self.HOST} {self.gateway.listeners['admin'][0]}"}

    def test_a_browser_signs_in(self):
        self.browse("oidc")


class Administration(PanelTest):
    def test_accounts_tokens_and_history(self):
        self.browse("administration")


class LongList(PanelTest):
    def test_a_hundred_thousand_users(self):
        self.browse("long")


@unittest.skipUnless(is_in_api("certificates"), "the API has no certificates")
class Certificates(PanelTest):
    def test_the_wizard(self):
        self.browse("certificates")


@unittest.skipUnless(is_in_api("doctor"), "the API has no tests")
class Diagnostics(PanelTest):
    @classmethod
    def build(cls, world):
        world.add_northwind()
        super().build(world)
        world.gateway.allow_everything("northwind.example")

    def test_partners_are_tested(self):
        self.browse("diagnostics")
