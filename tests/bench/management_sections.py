"""What is measured of management, while messages go on: a million users from a file, and how soon a
change is in force when there are many users and partners."""
import http.client
import json
import os
import socket
import statistics
import subprocess
import threading
import time

import crowd
from generator import Failure
from postgres import Postgres

RATE = 5_000        # messages a second meanwhile
TALKERS = 10_000
STRETCH = 2         # seconds that are read at once
NAMES = ("Alice Adams", "Jürgen Müller", "Katarzyna Kowalska", "Émile Dubois", "Liu Chen")
SLOWEST_DELIVERY = 100  # ms; a stall of the traffic thread is longer
# What is changed, and the request of each round.
ROUNDS = 30
CHANGES = {
    "A user disabled": lambda i: (
        "PATCH", f"users/u{TALKERS + i:07}%40contoso.example", {"enabled": False}),
    "A policy revoked": lambda i: (
        "DELETE", f"users/u{TALKERS + 1000 + i:07}%40contoso.example/policy", None),
    "A partner disabled": lambda i: (
        "PATCH", f"partners/partner{i}.example", {"enabled": False}),
    "A partner created": lambda i: (
        "POST", "partners", {"domain": f"new{i}.example", "partner_type": "Federated"}),
    "A partner deleted": lambda i: ("DELETE", f"partners/partner{i + 5000}.example", None),
    "A policy changed": lambda i: (
        "PATCH", "policies/tag:Bench", {"enable_outside_access": i % 2 == 0}),
    "A domain blocked": lambda i: ("POST", "blocks", {"domain": f"evil{i}.example"}),
    "The access edge changed": lambda i: (
        "PATCH", "access-edge", {"allow_anonymous_users": i % 2 == 0}),
}


def write_users(path, count):
    """As Get-CsUser exports them. Those of the generator come first and may talk."""
    with open(path, "w", encoding="utf-8") as out:
        out.write("SipAddress,DisplayName,Enabled,UserPrincipalName,SamAccountName,"
                  "DistinguishedName,homed\n")
        for i in range(count):
            name = f"{NAMES[i % len(NAMES)]} {i}"
            out.write(f'sip:u{i:07}@contoso.example,{name},{i < TALKERS or i % 50 != 0},'
                      f'u{i:07}@corp.contoso.example,CONTOSO\\u{i:07},'
                      f'"CN={name},OU=People,DC=contoso,DC=example",'
                      f'{"legacy" if i % 3 == 0 else "here"}\n')


class _Local(http.client.HTTPConnection):
    """HTTP over the unix socket of the gateway."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Loader:
    """A command that runs while messages go on; how long it took."""

    def __init__(self, command):
        self.seconds = None
        self._output = ""
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                         text=True)
        self._thread = threading.Thread(target=self._wait, args=(time.monotonic(),))
        self._thread.start()

    def _wait(self, start):
        self._output = self._process.communicate()[0]
        self.seconds = time.monotonic() - start

    def is_running(self):
        return self._thread.is_alive()

    def failure(self):
        """Empty if it did what it should."""
        self._thread.join()
        return self._output if self._process.returncode else ""


class ManagementSections:
    """Of plan.Bench, which has rows, budgets and the subjects."""

    # Users from a file

    def users_import(self):
        self.say(f"{self.sizes.users:,} users from a CSV file, {RATE:,} messages/s meanwhile")
        path = f"{self.folder}/users.csv"
        write_users(path, self.sizes.users)
        self._import("SQLite", path, "")
        try:
            server = Postgres()
        except Failure as failure:
            self.failures.append(f"import: {failure}")
            return
        self._import("PostgreSQL", path, f'[database]\nurl = "{server.url}"\n')
        server.stop()
        os.remove(path)

    def _import(self, database, path, more):
        subject = self.gateway(core=None, more=more)
        if not subject:
            return
        subject.name = f"isthmus, import, {database}"
        before, busy = subject.resident_megabytes(), subject.cpu_seconds()
        loader = Loader([self.binary, "--server", subject.socket, "user", "import", path])
        while loader.is_running() and subject.process.poll() is None:
            self._stretch("import", subject)
        if loader.failure():
            self.failures.append(f"import, {database}: {loader.failure()}")
        else:
            count = f"{self.sizes.users:,} users by CSV, {database}"
            self.budget(f"{count}, s", loader.seconds, 60)
            self.budget(f"{count}: CPU of the gateway with its messages, s",
                        subject.cpu_seconds() - busy, None)
            self.budget(f"{count}: memory at its peak, MB", subject.peak_megabytes() - before, None)
            self.budget(f"{count}: memory afterwards, MB", subject.resident_megabytes() - before,
                        None)
            self._slowest("import", subject, f"{count}: slowest delivery meanwhile, ms")
        self.close([subject])

    def _stretch(self, section, subject):
        self.read(section, subject, "sip", count=RATE * STRETCH, rate=RATE, warmup=0, timeout=120)

    def _slowest(self, section, subject, text):
        values = self.row(section, subject.name, "sip").values("delivery_max_us")
        if values:
            self.budget(text, max(values) / 1000, SLOWEST_DELIVERY)

    # Changes in force

    def changes(self):
        sizes = self.sizes
        self.say(f"Changes with {sizes.users:,} users and {sizes.partners:,} partners,"
                 f" {RATE:,} messages/s meanwhile")
        subject = self.gateway(
            core=None, fill=lambda database: crowd.add(database, sizes.users, sizes.partners))
        if not subject:
            return
        subject.name = "isthmus, changes"
        before = subject.resident_megabytes()
        times = {what: [] for what in CHANGES}
        try:
            changer = threading.Thread(target=self._change, args=(subject, times))
            changer.start()
            while changer.is_alive() and subject.process.poll() is None:
                self._stretch("changes", subject)
            changer.join()
        except (Failure, OSError) as failure:
            self.failures.append(f"changes: {failure}")
        self.facts["changes"] = {
            what: {"median_ms": statistics.median(taken), "max_ms": max(taken)}
            for what, taken in times.items() if taken}
        for what, taken in times.items():
            if taken:
                self.budget(f"{what}: until in force, slowest of {len(taken)}, ms", max(taken),
                            1000)
        self.budget("Memory after all the changes, MB more", subject.resident_megabytes() - before,
                    None)
        self._slowest("changes", subject, "Slowest delivery while changes are made, ms")
        self.close([subject])

    def _change(self, subject, times):
        """Each change in turn; the answer comes when the traffic thread decides by it."""
        try:
            for i in range(ROUNDS):
                for what, make in CHANGES.items():
                    connection = _Local(subject.socket.removeprefix("unix:"))
                    method, path, body = make(i)
                    start = time.monotonic()
                    connection.request(method, f"/api/v1/{path}", json.dumps(body) if body else "",
                                       {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    told = json.loads(answer.read())
                    times[what].append((time.monotonic() - start) * 1000)
                    connection.close()
                    if answer.status >= 300 or not told.get("in_force"):
                        self.failures.append(f"changes: {what}: {told}")
                        return
        except (OSError, ValueError, http.client.HTTPException) as failure:
            self.failures.append(f"changes: {failure}")
