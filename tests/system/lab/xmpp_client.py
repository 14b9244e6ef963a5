"""An XMPP user as the tests see her: a slixmpp client in a process of its own."""

import json
import os
import subprocess
import threading
import time
import uuid
from xml.sax.saxutils import escape, quoteattr

from .evidence import clock
from .process import PATIENCE, LabError, Process

PYTHON = "/usr/bin/python3"  # Debian's: it knows python3-slixmpp


class XmppClient:
    """Logs in over STARTTLS with a checked certificate and records everything it receives."""

    def __init__(self, bench, server, jid, authority_file, resource="lab", receipts=True,
                 quiet=False):
        self.bare = jid
        self.events = []
        self._arrived = threading.Condition()
        arguments = ["--jid", f"{jid}/{resource}", "--password", server.users[jid], "--port",
                     str(server.c2s_port), "--ca", authority_file]
        if not receipts:
            arguments.append("--no-receipts")
        if quiet:
            arguments.append("--quiet")
        main = os.path.join(os.path.dirname(__file__), "xmpp_client_main.py")
        self.process = bench.own(Process(
            f"xmpp-{jid}-{resource}", [PYTHON, main, *arguments], bench.directory,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        threading.Thread(target=self._read, daemon=True).start()
        self.jid = self.wait("online")["jid"]

    def _read(self):
        for line in self.process.popen.stdout:
            event = {"at": time.time(), **json.loads(line)}
            with self._arrived:
                self.events.append(event)
                self._arrived.notify_all()

    def send(self, to, body, receipt=False, kind="chat", extra=(), ident=None):
        """Sends a message and returns its id."""
        ident = ident or uuid.uuid4().hex
        self._do(do="message", to=to, body=body, id=ident, receipt=receipt, type=kind,
                 extra=list(extra))
        return ident

    def send_raw(self, xml):
        self._do(do="raw", xml=xml)

    def wait(self, event, seconds=PATIENCE, **wanted):
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
        """Everything that others sent, except being online."""
        return [e for e in self.events if e["event"] not in ("online", "disconnected")
                and not (e["event"] == "presence" and e["bare"] == self.bare)]

    # Presence and contacts (RFC 6121)

    def presence(self, show=None, status=None, priority=None, kind=None, to=None):
        """Tells everybody who may know (or `to`) how she is."""
        attributes = "".join(f" {n}={quoteattr(v)}" for n, v in (("type", kind), ("to", to)) if v)
        children = "".join(f"<{n}>{escape(str(v))}</{n}>" for n, v in (
            ("show", show), ("status", status), ("priority", priority)) if v is not None)
        self.send_raw(f"<presence{attributes}>{children}</presence>")

    def subscribe(self, to):
        """Adds a contact as clients do: first the roster item, then the request."""
        self.send_raw(f"<iq type='set' id='{uuid.uuid4().hex}'><query xmlns='jabber:iq:roster'>"
                      f"<item jid={quoteattr(to)}/></query></iq>")
        self.presence(kind="subscribe", to=to)

    def unsubscribe(self, to):
        self.presence(kind="unsubscribe", to=to)

    def approve(self, to):
        self.presence(kind="subscribed", to=to)

    def deny(self, to):
        """Denies a request, or takes an approval back."""
        self.presence(kind="unsubscribed", to=to)

    def remove_contact(self, jid):
        self.send_raw(f"<iq type='set' id='{uuid.uuid4().hex}'><query xmlns='jabber:iq:roster'>"
                      f"<item jid={quoteattr(jid)} subscription='remove'/></query></iq>")

    def presences(self, contact, after=0):
        """The presence stanzas from a bare JID, from number `after` on."""
        return [e for e in list(self.events)
                if e["event"] == "presence" and e["bare"] == contact][after:]

    def mark(self, contact):
        """The number of presence stanzas from `contact` so far, for `after`."""
        return len(self.presences(contact))

    def wait_presence(self, contact, kind="available", seconds=PATIENCE, after=0, **wanted):
        """The first presence stanza of this type from a contact with these fields."""

        def find():
            return next((e for e in self.presences(contact, after) if e["type"] == kind
                         and all(e[n] == v for n, v in wanted.items())), None)

        with self._arrived:
            found = self._arrived.wait_for(find, timeout=seconds)
        if not found:
            came = [e["xml"] for e in self.presences(contact)][-4:]
            raise LabError(f"{self.bare} saw no presence {kind} {wanted} of {contact} within "
                           f"{seconds:g} s; came: {came}\n{self.process.tail(4)}")
        return found

    def wait_subscription(self, jid, subscription, seconds=PATIENCE):
        """Until her server says that the roster item is in this state, "from" for instance."""
        def last():
            items = [e for e in self.events if e["event"] == "roster" and e["jid"] == jid]
            return items and items[-1]["subscription"] == subscription and items[-1]

        with self._arrived:
            found = self._arrived.wait_for(last, timeout=seconds)
        if not found:
            items = [e for e in self.events if e["event"] == "roster" and e["jid"] == jid]
            raise LabError(f"{self.bare}'s roster does not say {subscription} of {jid}: {items}")
        return found

    def testimony(self, since):
        """(who, lines) for lab.evidence: what came in since then."""
        return f"{self.jid} got", [
            f"{clock(e['at'])} {e['event']} {e.get('xml') or e}" for e in list(self.events)
            if e["at"] >= since]

    def stop(self):
        self.process.stop()

    def _do(self, **command):
        self.process.popen.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.popen.stdin.flush()
