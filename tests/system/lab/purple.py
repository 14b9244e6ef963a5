"""A real Lync-protocol client (pidgin-sipe) or plain SIMPLE client (prpl-simple), driven without a
screen by tests/clients/purple_client.c."""

import os
import shutil
import subprocess
import threading

from .gateway import binary
from .process import PATIENCE, LabError, Process, free_port

SIPE = "/usr/lib/purple-2/libsipe.so"


def purple_client():
    """The program, beside the gateway's own; None if it was not built or there is no SIPE."""
    path = os.path.join(os.path.dirname(os.path.realpath(binary())), "tests", "clients",
                        "purple_client")
    return path if os.access(path, os.X_OK) and os.path.exists(SIPE) else None


class PurpleClient:
    """One account of one protocol; `events` are lists of fields, the first is the event's name."""

    def __init__(self, bench, address, password, port, transport="tls", protocol="prpl-sipe",
                 certificate=None, name=None, host="127.0.0.1", signed_on=True, settings=(),
                 seed=None, machine=None):
        """`seed`: as if it had been started in that second (SIPE draws Call-IDs and tags from it);
        `machine`: the name of the computer that it takes itself to be on."""
        environment = {"PURPLE_CLIENT_SEED": seed, "PURPLE_CLIENT_HOST": machine,
                       "PURPLE_CLIENT_PORT": free_port() if protocol == "prpl-simple" else None}
        self.address = address
        self.events = []
        self._arrived = threading.Condition()
        directory = bench.subdirectory(name or f"purple-{address.split('@')[0]}")
        if certificate:  # a user who has accepted it before
            pinned = os.path.join(directory, "certificates", "x509", "tls_peers")
            os.makedirs(pinned, exist_ok=True)
            shutil.copy(certificate, os.path.join(pinned, host))
        if protocol == "prpl-sipe":
            user = f"{address},"
            options = [f"server={host}:{port}", f"transport={transport}", "authentication=ntlm",
                       "dont-publish=bool:true"]
        else:
            user = address
            options = ["useproxy=bool:true", f"proxy={host}", f"port=int:{port}",
                       f"udp=bool:{'true' if transport == 'udp' else 'false'}",
                       "dopublish=bool:true"]
        self.process = bench.own(Process(
            f"purple-{address}", [purple_client(), protocol, user, password, directory, *options,
                                  *settings],
            directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={name: str(value) for name, value in environment.items() if value is not None}))
        threading.Thread(target=self._read, daemon=True).start()
        if signed_on:
            self.wait("signed-on")

    def _read(self):
        for line in self.process.popen.stdout:
            text = line.decode(errors="replace") if isinstance(line, bytes) else line
            with self._arrived:
                self.events.append(text.rstrip("\n").split("\t"))
                self._arrived.notify_all()

    def do(self, *words):
        """Gives a command: do("im", address, text)."""
        line = " ".join(words) + "\n"
        stdin = self.process.popen.stdin
        stdin.write(line.encode() if "b" in getattr(stdin, "mode", "b") else line)
        stdin.flush()

    def wait(self, event, *fields, seconds=PATIENCE, since=0, where=None):
        """The first event of that name whose next fields are these; None stands for any."""

        def matches(candidate):
            return (candidate[0] == event and len(candidate) > len(fields)
                    and all(want is None or want == have
                            for want, have in zip(fields, candidate[1:]))
                    and (where is None or where(candidate)))

        with self._arrived:
            found = self._arrived.wait_for(
                lambda: next(filter(matches, self.events[since:]), None), timeout=seconds)
        if not found:
            raise LabError(f"{self.address} saw no {event} {fields} within {seconds:g} s; events: "
                           f"{self.events[-8:]}\n{self.process.tail(8)}")
        return found

    def buddies(self):
        """{address: (status, text, alias, group, own name)} as the client has them now."""
        with self._arrived:
            start = len(self.events)
        self.do("buddies")
        self.wait("buddies-end", since=start)
        found = {}
        for event in self.events[start:]:
            if event[0] == "buddy":
                found[event[1].removeprefix("sip:")] = tuple(event[2:])
        return found

    def quit(self, seconds=PATIENCE):
        self.do("quit")
        self.process.popen.wait(seconds)
