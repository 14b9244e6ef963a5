"""A PostgreSQL server of our own: in the laboratory's folder, on a socket in it, with fsync on."""

import glob
import os
import pwd
import signal
import subprocess

from .process import PATIENCE, LabError, Process


def _programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    if not found:
        raise LabError("PostgreSQL is not installed: tools/setup all")
    return os.path.dirname(found[-1])


def _as_server_account(argv):
    """The server refuses root."""
    if os.geteuid() != 0:
        return argv
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
            "--pdeathsig=KILL", *argv]


class Postgres:
    def __init__(self, bench, name="postgres"):
        self.bench, self.name = bench, name
        self.directory = bench.subdirectory(name)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.data = os.path.join(self.directory, "data")
        self._run("initdb", f"--pgdata={self.data}", "--auth=trust", "--username=postgres",
                  "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self.process = None
        self._start_of_log = 0

    def _run(self, program, *arguments, stdin=None):
        done = subprocess.run(
            _as_server_account([os.path.join(_programs(), program), *arguments]), input=stdin,
            capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=self.directory)
        if done.returncode != 0:
            raise LabError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    @property
    def url(self):
        return f"postgresql://postgres@/postgres?host={self.directory}"

    def start(self):
        self.process = self.bench.own(Process(self.name, _as_server_account(
            [os.path.join(_programs(), "postgres"), "-D", self.data, "-k", self.directory,
             "-c", "listen_addresses="]), self.directory, stop_signal=signal.SIGINT))
        self.process.wait_ready(
            lambda: "ready to accept connections" in self.process.output(self._start_of_log),
            PATIENCE, "ready to accept connections")
        return self

    def kill(self):
        """kill -9 for the server and all its processes, as a power cut."""
        self.bench.disown(self.process)
        # Each backend is a session of its own.
        with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as file:
            server = int(file.readline())
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server)], text=True,
                                  capture_output=True, check=False).stdout.split()
        self._start_of_log = os.path.getsize(self.process.log)
        for pid in [server, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.kill()

    def sql(self, text):
        """What psql prints, one row a line, columns with | between."""
        return self._run("psql", "--host", self.directory, "--username=postgres", "--no-psqlrc",
                         "-At", "-v", "ON_ERROR_STOP=1", "postgres", stdin=text).strip()
