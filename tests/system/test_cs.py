"""The cmdlets of Lync Server: the command lines of Microsoft's pages, verbatim, against the daemon
(tests/data/cmdlets), and `isthmus cs` as a program."""

import json
import os
import pathlib
import re
import subprocess

from base import OwnWorldTest

from lab.gateway import binary
from lab.unix_http import OverUnixSocket

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "cmdlets"


class Step:
    def __init__(self, page, line):
        self.page = page
        self.line = line
        self.out = []
        self.says = []
        self.silent = False
        self.exit = 0


def steps_of(name):
    steps, page = [], ""
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if word in ("page", "ours"):
            page = rest or word
        elif word == "run":
            steps.append(Step(page, rest))
        elif word == "more":
            steps[-1].line += "\n" + rest
        elif word == "out":
            steps[-1].out.append(rest)
        elif word == "says":
            steps[-1].says.append(rest)
        elif word == "none":
            steps[-1].silent = True
        elif word == "exit":
            steps[-1].exit = int(rest)
    return steps


def squeezed(line):
    return re.sub(" +", " ", line).strip(" ")


class Cmdlets(OwnWorldTest):
    @classmethod
    def build(cls, world):
        # The organisation of the examples.
        world.add_branch("udp").add_peer("lync", "udp:127.0.0.1:9", ["litwareinc.com"])
        world.start(allow=False)

    def run_cmdlets(self, *words, text=None, program=None, flags=()):
        environment = dict(os.environ, ISTHMUS_SERVER="unix:" + self.gateway.admin_socket)
        command = [program or binary(), *flags, *([] if program else ["cs"]), *words]
        return subprocess.run(command, input=text or "", env=environment, capture_output=True,
                              text=True, timeout=30, check=False)

    def api(self, method, target, body=None):
        connection = OverUnixSocket(self.gateway.admin_socket)
        connection.request(method, "/api/v1/" + target,
                           None if body is None else json.dumps(body),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text)

    def load_fixture(self):
        for step in json.loads((DATA / "fixture.json").read_text(encoding="utf-8")):
            status, body = self.api(step["method"], step["target"], step["body"])
            self.assertLess(status, 300, (step, body))

    def play(self, name):
        self.load_fixture()
        printed, page = [], None
        for step in steps_of(name):
            with self.subTest(page=step.page, line=step.line):
                done = self.run_cmdlets(step.line)
                self.assertEqual(done.returncode, step.exit, done.stderr)
                lines = {squeezed(line) for line in done.stdout.splitlines()}
                for wanted in step.out:
                    self.assertIn(squeezed(wanted), lines, done.stdout)
                for wanted in step.says:
                    self.assertIn(wanted, done.stderr)
                if step.silent:
                    self.assertEqual(done.stdout, "")
            if step.page != page:
                page = step.page
                printed.append(f"\n== {page}\n")
            printed.append(f"\n> {step.line}\n{done.stdout}")
            printed += [f"! {line}\n" for line in done.stderr.splitlines()]
        return "".join(printed)

    def play_exactly(self, name):
        """The same, and all that is printed is what NAME.golden holds, no more, no less."""
        printed = self.play(name + ".txt")
        golden = DATA / (name + ".golden")
        if os.environ.get("ISTHMUS_RECORD"):  # to be read before it is kept
            golden.write_text(printed, encoding="utf-8")
        kept = golden.read_text(encoding="utf-8")
        self.assertEqual([line.rstrip() for line in printed.splitlines()],
                         [line.rstrip() for line in kept.splitlines()])


class XmppPages(Cmdlets):
    def test_lines(self):
        self.play_exactly("xmpp")


class PolicyPages(Cmdlets):
    def test_lines(self):
        self.play_exactly("policies")


class EdgePages(Cmdlets):
    def test_lines(self):
        self.play_exactly("edge")


class UserPages(Cmdlets):
    def test_lines(self):
        self.play_exactly("users")


class CertificatePages(Cmdlets):
    def test_lines(self):
        self.play("certificates.txt")


class CmdletProgram(Cmdlets):
    def test_script_from_standard_input(self):
        done = self.run_cmdlets(text="# a script\nNew-CsXmppAllowedPartner one.example | "
                                     "Out-Nothing\n")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.api("GET", "partners/one.example")[0], 404)
        done = self.run_cmdlets(text="$x = New-CsXmppAllowedPartner one.example -InMemory\n"
                                     "$x.PartnerType = 'Federated'\nSet-CsXmppAllowedPartner "
                                     "-Instance $x\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.api("GET", "partners/one.example")[1]["partner_type"], "Federated")

    def test_words_flags_and_formats(self):
        done = self.run_cmdlets("New-CsXmppAllowedPartner", "two.example", "-EnableKeepAlive",
                                "false", "-AdditionalDomains", "a.two.example,b.two.example",
                                flags=("-o", "json"))
        self.assertEqual(done.returncode, 0, done.stderr)
        made = json.loads(done.stdout)[0]
        self.assertEqual(made["AdditionalDomains"], ["a.two.example", "b.two.example"])
        self.assertEqual(made["EnableKeepAlive"], False)
        done = self.run_cmdlets("Remove-CsXmppAllowedPartner", "two.example", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("What if: Performing the operation", done.stderr)
        self.assertEqual(self.api("GET", "partners/two.example")[0], 200)

    def test_conflict_and_the_invalid_rows(self):
        self.assertEqual(self.run_cmdlets("New-CsXmppAllowedPartner", "three.example").returncode, 0)
        done = self.run_cmdlets("New-CsXmppAllowedPartner", "THREE.example")
        self.assertEqual(done.returncode, 5, done.stderr)
        done = self.run_cmdlets("Set-CsXmppAllowedPartner three.example -Tls NotSupported -Sasl "
                                "NotSupported -SupportDialback $false")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("SASL or Dialback must be enabled", done.stderr)

    def test_a_link_named_like_a_cmdlet(self):
        link = os.path.join(self.world.bench.directory, "Get-CsXmppGatewayConfiguration")
        os.symlink(os.path.abspath(binary()), link)
        done = self.run_cmdlets(program=link)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("PartnerConnectionLimit        : 20", done.stdout)

    def test_nobody_home(self):
        done = subprocess.run([binary(), "cs", "Get-CsUser", "--server", "unix:/nonexistent/x"],
                              capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 6)

    def test_nobody_can_confirm(self):
        self.load_fixture()
        done = self.run_cmdlets("Grant-CsExternalAccessPolicy", "*", "SalesAccessPolicy")
        self.assertEqual(done.returncode, 2)
        self.assertIn("Nobody is there to confirm it", done.stderr)
        done = self.run_cmdlets("Grant-CsExternalAccessPolicy", "*", "SalesAccessPolicy", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.api("GET", "users/pilar@litwareinc.com")[1]["policy"],
                         "Tag:SalesAccessPolicy")

