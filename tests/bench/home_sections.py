"""What is measured of Lync clients: many that sign in and stay, and messages in sessions with a
server behind us."""
import sqlite3
import subprocess
import tempfile
import json
import queue
import collections

from daemon import Daemon, many_descriptors
from generator import Failure, on_core
from management_sections import _Local
from stream_sections import Helper

PASSWORD = "correct-horse-battery"
DOMAIN = "contoso.example"
CONTACTS = 50
AT_ONCE = 200  # sign-ins under way

CONFIGURATION = """
[server]
name = "gateway.contoso.example"
state_dir = "{folder}"
[sip]
listen = ["tls:127.0.0.1:0"]
domains = ["contoso.example"]
[home]
enabled = true
[xmpp]
listen = []
[tls]
trust = "none"
extra_ca_files = ["{certificates}/ca.pem"]
certificate_file = "{certificates}/gateway.pem"
private_key_file = "{certificates}/gateway.key"
[admin]
listen = []
[metrics]
listen = ""
"""


def address(number):
    return f"u{number:07}@{DOMAIN}"


def contact_list(number, users):
    """As the home server keeps it."""
    contacts = [address((number + i) % users) for i in range(1, CONTACTS + 1)]
    return "delta\t1\nnext-group\t2\n" + "".join(f"contact\t{one}\t1\t1\t\n" for one in contacts)


class HomeGateway(Daemon):
    """The home server with so many users, each with a password and a list of his colleagues."""

    def __init__(self, binary, certificates, core, users):
        self.binary, self.core = binary, core
        self.folder = tempfile.TemporaryDirectory(prefix="bench-isthmus-")
        self.said = collections.deque(maxlen=20)
        with open(f"{self.folder.name}/isthmus.toml", "w") as out:
            out.write(CONFIGURATION.format(folder=self.folder.name, certificates=certificates))
        self._start(None)
        self._fill(users)
        self.end(15)
        with sqlite3.connect(f"{self.folder.name}/isthmus.db") as store:
            store.executemany(
                "INSERT INTO home_documents VALUES (?, 'contacts', ?)",
                ((address(number), contact_list(number, users)) for number in range(users)))
        self._start(core)

    def _start(self, core):
        listeners = self.run(
            [*on_core(core), self.binary, "serve", "--config", f"{self.folder.name}/isthmus.toml"],
            self.said.append, preexec_fn=many_descriptors)
        if listeners is None:
            self.stop()
            raise Failure(f"the gateway did not start: {''.join(self.said)}")
        self.port = int(listeners["sip"][0].rsplit(":", 1)[1])

    def _fill(self, users):
        api = _Local(f"{self.folder.name}/admin.sock")
        path = f"{self.folder.name}/users.csv"
        with open(path, "w") as out:
            out.write("SipAddress\n" + "".join(f"sip:{address(n)}\n" for n in range(users)))
        done = subprocess.run([self.binary, "--server", f"unix:{self.folder.name}/admin.sock",
                               "user", "import", path], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"user import: {done.stdout}{done.stderr}")
        for number in range(users):
            api.request("PUT", f"/api/v1/users/{address(number).replace('@', '%40')}/password",
                        json.dumps({"password": PASSWORD}), {"Content-Type": "application/json"})
            answer = api.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise Failure(f"password of {address(number)}: {answer.status} {said[:200]}")
        api.close()

    def coded(self):
        """What of its last words carries a code: a limit that a client has met, say."""
        return [line.strip() for line in self.said if '"code":"IST-' in line]

    def stop(self):
        self.end_at_once()
        self.folder.cleanup()


class Clients(Helper):
    """bench_home."""

    def __init__(self, programs, core):
        self.command = [*on_core(core), f"{programs}/bench_home"]
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=many_descriptors)

    def sign_in(self, port, count, users):
        answer = self.ask(f"sign-in port={port} count={count} users={users} contacts={CONTACTS} "
                          f"password={PASSWORD} domain={DOMAIN} "
                          f"at-once={AT_ONCE} timeout=300")
        if answer["signed_in"] != count:
            raise Failure(f"{answer['signed_in']:,} of {count:,} clients have signed in; "
                          f"{answer['failed']:,} failed: {answer['first_complaint']}")
        return answer


class HomeSections:
    """Of plan.Bench."""

    def home(self):
        count = self.sizes.clients
        self.say(f"{count:,} Lync clients on TLS, each with {CONTACTS} contacts")
        gateway = clients = None
        try:
            gateway = HomeGateway(self.binary, self.folder, 0, count)
            clients = Clients(self.programs, 1)
            clients.sign_in(gateway.port, 100, count)  # warms up
            before, busy = gateway.kilobytes(), gateway.cpu_seconds()
            answer = clients.sign_in(gateway.port, count - 100, count)
            used = gateway.cpu_seconds() - busy
            clients.ask("stay seconds=5")
            each = (gateway.kilobytes() - before) / (count - 100)
            rate = (count - 100) / answer["seconds"]
            self.facts["home"] = {"sign_in": answer, "cpu_seconds": used, "kib_each": each}
            self.budget("Sign-ins/s with a list of 50, on one core", rate, 500, at_least=True)
            self.budget("Memory of a signed-in client, KiB", each, 80)
            self.budget("CPU of a sign-in, ms", used * 1000 / (count - 100), None)
        except (Failure, OSError, queue.Empty, sqlite3.Error) as failure:
            said = gateway.coded() if gateway else []
            for words in (f"home: {failure}", *(f"home: the gateway said {line}" for line in said)):
                self.failures.append(words)
                self.say(f"  failed: {words}")
        finally:
            for each in (clients, gateway):
                if each is not None:
                    each.stop()

    def sessions(self):
        """Pager mode and session mode take turns, each with a peer of its own kind."""
        self.say("Messages in INVITE sessions")
        pager, session = self.gateway(), self.gateway(kind="lync")
        subjects = [subject for subject in (pager, session) if subject]
        if len(subjects) == 2:
            session.name = "isthmus, sessions"
            try:
                session.generator.must("sessions", count=self.window, timeout=60)
                load = {"count": self.sizes.messages}
                self.rounds("sessions", [(pager, load), (session, load)])
                for direction, words in self.directions.items():
                    ours = self.row("sessions", session.name, direction).median("rate")
                    theirs = self.row("sessions", pager.name, direction).median("rate")
                    if ours and theirs:
                        self.budget(f"Rate, sessions / pager mode, {words}", ours / theirs, 0.5,
                                    at_least=True)
            except Failure as failure:
                self.failures.append(f"sessions: {failure}")
                self.say(f"  failed: {failure}")
        self.close(subjects)
