"""Starts programs, waits until they really work, and never leaves one behind.

Every program runs in its own process group with its output in a file, so that a test can wait
for a line of the log, and is ended by that group alone. Whatever ends us (return, exception,
Ctrl-C, SIGTERM) ends the programs; if we are killed, the kernel ends them (PR_SET_PDEATHSIG).
"""

import atexit
import ctypes
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

POLL_INTERVAL = 0.02
PATIENCE = 60  # seconds for what should take none: the machine may have other things to do
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)
_claims = []  # sockets whose names are the ports we gave away


class LabError(Exception):
    """The laboratory could not do what it was asked."""


def wait_until(condition, seconds, what):
    """Polls until condition() is true and returns its value; LabError names `what` otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise LabError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(POLL_INTERVAL)


def free_port():
    """A port free for UDP and TCP on both loopback families, given to nobody else.

    It lies below the range from which the kernel picks ports for outgoing connections, and a name
    in the abstract namespace, which lasts as long as we do, keeps it from every other laboratory
    on this machine: nobody takes it before the server binds it, or while that is being restarted.
    """
    for _ in range(1000):
        port = random.randrange(11000, 32000)
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0isthmus-lab-port-{port}")
        except OSError:
            claim.close()
            continue
        if _port_is_free(port):
            _claims.append(claim)
            return port
        claim.close()
    raise LabError("no free port found")


def _port_is_free(port):
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(family, kind) as probe:
                try:
                    probe.bind((host, port))
                except OSError:
                    return False
    return True


def accepts(port, host="127.0.0.1"):
    """Does somebody accept connections there right now?"""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def find_program(*names):
    """The path of the first of these programs that is installed."""
    places = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
    for name in names:
        path = shutil.which(name, path=places)
        if path:
            return path
    raise LabError(f"{names[0]} is not installed")


class Process:
    """A running program; its output goes to `log`."""

    def __init__(self, name, argv, directory, env=None, stdin=None, stdout=None, stop_signal=None):
        self.name = name
        self.log = os.path.join(directory, f"{name}.log")
        self._stop_signal = stop_signal or signal.SIGTERM
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                argv,
                cwd=directory,
                env=dict(os.environ, **(env or {})),
                stdin=stdin or subprocess.DEVNULL,
                stdout=stdout or log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def output(self, start=0):
        with open(self.log, "rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")

    def wait_ready(self, condition, seconds, what):
        """wait_until, but fails at once, with the log's tail, when the program has ended."""

        def check():
            value = condition()
            if not value and not self.running():
                raise LabError(f"{self.name} ended with {self.popen.returncode}:\n{self.tail()}")
            return value

        try:
            return wait_until(check, seconds, what)
        except LabError as error:
            if self.running():
                raise LabError(f"{self.name}: {error}\n{self.tail()}") from None
            raise

    def wait_exit(self, seconds):
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} did not end within {seconds:g} s") from None

    def tail(self, lines=25):
        return "\n".join(self.output().splitlines()[-lines:])

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def kill(self):
        """kill -9 for the whole group, at once."""
        self._signal_group(signal.SIGKILL)
        self.popen.wait()

    def stop(self, seconds=5):
        """Asks politely, then insists; the group is empty afterwards."""
        if self.running():
            self.popen.send_signal(self._stop_signal)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream:
                try:
                    stream.close()
                except OSError:
                    pass

    def _signal_group(self, number):
        try:
            os.killpg(self.popen.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


class Server:
    """One program with a directory of its own, started and stopped as a test wants."""

    bench = directory = process = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def passages(self):
        """What passed, in order, of those that log it: dicts with at, what or name, ..."""
        lines = (line.partition("LADDER ")[2] for line in self.process.output().splitlines())
        return [json.loads(line) for line in lines if line.startswith("{")]

    def stop(self):
        if self.process:
            self.bench.disown(self.process)
            self.process.stop()
            self.process = None


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def end_with_parent():
    """This process gets SIGTERM when the one that forked it has ended."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Bench:
    """Owns a temporary directory and everything started in it; stops it in reverse order."""

    def __init__(self, keep=None):
        self.directory = tempfile.mkdtemp(prefix="isthmus-lab-")
        os.chmod(self.directory, 0o755)
        self._keep = bool(os.environ.get("ISTHMUS_LAB_KEEP")) if keep is None else keep
        self._things = []
        open_benches.append(self)

    def subdirectory(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        return path

    def own(self, thing):
        """Anything with stop(); returns it."""
        self._things.append(thing)
        return thing

    def things(self):
        """What it owns now, the oldest first."""
        return list(self._things)

    def disown(self, thing):
        if thing in self._things:
            self._things.remove(thing)

    def stop(self):
        while self._things:
            try:
                self._things.pop().stop()
            except Exception as error:  # the others must be stopped all the same
                print(f"lab: {error}", flush=True)
        if self in open_benches:
            open_benches.remove(self)
            if not self._keep:
                shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


open_benches = []


def stop_everything():
    for bench in list(open_benches):
        bench.stop()


def stop_on_signals():
    """Turns SIGTERM and SIGHUP into an orderly end of the laboratory."""

    def handler(number, _frame):
        raise KeyboardInterrupt(f"signal {number}")  # unittest takes SystemExit for a failure

    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGHUP, handler)


atexit.register(stop_everything)
