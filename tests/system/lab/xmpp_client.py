"""An XMPP user as the tests see her: a slixmpp client in a process of its own."""

import json
import os
import subprocess
import threading
import uuid

from .process import LabError, Process

PYTHON = "/usr/bin/python3"  # Debian's: it knows python3-slixmpp


class XmppClient:
    """Logs in over STARTTLS with a checked certificate and records everything it receives."""

    def __init__(self, bench, server, jid, authority_file, resource="lab", receipts=True):
        self.bare = jid
        self.events = []
        self._arrived = threading.Condition()
        arguments = ["--jid", f"{jid}/{resource}", "--password", server.users[jid], "--port",
                     str(server.c2s_port), "--ca", authority_file]
        if not receipts:
            arguments.append("--no-receipts")
        main = os.path.join(os.path.dirname(__file__), "xmpp_client_main.py")
        self.process = bench.own(Process(
            f"xmpp-{jid}-{resource}", [PYTHON, main, *arguments], bench.directory,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        threading.Thread(target=self._read, daemon=True).start()
        self.jid = self.wait("online", 20)["jid"]

    def _read(self):
        for line in self.process.popen.stdout:
            with self._arrived:
                self.events.append(json.loads(line))
                self._arrived.notify_all()

    def send(self, to, body, receipt=False, kind="chat", extra=(), ident=None):
        """Sends a message and returns its id."""
        ident = ident or uuid.uuid4().hex
        self._do(do="message", to=to, body=body, id=ident, receipt=receipt, type=kind,
                 extra=list(extra))
        return ident

    def send_raw(self, xml):
        self._do(do="raw", xml=xml)

    def wait(self, event, seconds=10, **wanted):
        """The first event of this kind whose fields equal `wanted`."""

        def matches(candidate):
            return candidate["event"] == event and all(
                candidate.get(key.rstrip("_")) == value for key, value in wanted.items())

        with self._arrived:
            found = self._arrived.wait_for(
                lambda: next(filter(matches, self.events), None), timeout=seconds)
        if not found:
            raise LabError(f"{self.bare} saw no {event} {wanted} within {seconds:g} s; "
                           f"events: {self.events[-5:]}\n{self.process.tail(8)}")
        return found

    def messages(self):
        return [e for e in self.events if e["event"] == "message"]

    def bodies(self):
        return [e["body"] for e in self.messages()]

    def received(self):
        """Everything that came in from the network except being online."""
        return [e for e in self.events if e["event"] not in ("online", "disconnected")]

    def stop(self):
        self.process.stop()

    def _do(self, **command):
        self.process.popen.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.popen.stdin.flush()
