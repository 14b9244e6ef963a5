"""A PostgreSQL of our own from Debian's package, on a free port of the loopback, gone afterwards."""
import glob
import os
import pwd
import queue
import shutil
import socket
import subprocess
import tempfile
import threading

from generator import Failure

READY = "database system is ready to accept connections"
ACCOUNT = "postgres"  # the server refuses to run as root


class Postgres:
    """As Debian sets it up: every commit is synced to the disk."""

    def __init__(self):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not programs:
            raise Failure("PostgreSQL is not installed: tools/setup all")
        self.programs = programs[-1]
        self.folder = tempfile.mkdtemp(prefix="bench-postgres-")
        self.account = ACCOUNT if os.geteuid() == 0 else None
        if self.account:
            owner = pwd.getpwnam(self.account)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None
        try:
            self._run("initdb", "-D", f"{self.folder}/data", "-U", "isthmus", "-A", "trust",
                      "-E", "UTF8", "--locale", "C.UTF-8")
            self._start()
        except Failure:
            self.stop()
            raise
        self.url = f"postgresql://isthmus@127.0.0.1:{self.port}/postgres"

    def _run(self, program, *words):
        done = subprocess.run([f"{self.programs}/{program}", *words], capture_output=True,
                              text=True, user=self.account, cwd="/")
        if done.returncode != 0:
            raise Failure(f"{program}: {done.stdout}{done.stderr}")

    def _start(self):
        self.process = subprocess.Popen(
            [f"{self.programs}/postgres", "-D", f"{self.folder}/data", "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            user=self.account, cwd="/")
        ready = queue.Queue()
        threading.Thread(target=self._read_log, args=(self.process, ready), daemon=True).start()
        try:
            said = ready.get(timeout=30)
        except queue.Empty:
            said = ["nothing in 30 s"]
        if said is not None:
            raise Failure(f"PostgreSQL did not start: {''.join(said)[-1000:]}")

    @staticmethod
    def _read_log(process, ready):
        """Keeps the pipe empty, and tells when connections are taken: None, or what went wrong."""
        said = []
        for line in process.stderr:
            if said is not None:
                said.append(line)
                if READY in line:
                    ready.put(None)
                    said = None
        if said is not None:
            ready.put(said)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
