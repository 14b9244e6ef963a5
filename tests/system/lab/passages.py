"""What passed the stations of a world, for the demo's ladders."""

import datetime

from .process import PATIENCE, wait_until


class Passages:
    """Everything that passes from now on; all stations read the clock of one machine."""

    def __init__(self, world):
        self._world = world
        self._sip = len(world.kamailio.passages())
        self._xmpp = len(world.prosody.passages())
        self._log = world.gateway.mark()

    def sip(self, what, number=1, **wanted):
        """The number-th request of this method, or response of this code, at the SIP proxy."""
        return self._wait(lambda: self._world.kamailio.passages()[self._sip :], number,
                          lambda p: p["what"] == what, wanted, f"{what} at the SIP proxy")

    def answer(self, request, number=1, **wanted):
        """The number-th final response in the dialog or transaction of a request."""
        def fits(passage):
            return (isinstance(passage["what"], int) and passage["what"] >= 200
                    and passage["call_id"] == request["call_id"])

        return self._wait(lambda: self._world.kamailio.passages()[self._sip :], number, fits,
                          wanted, f"the answer to {request['what']} at the SIP proxy")

    def xmpp(self, name, number=1, **wanted):
        """The number-th stanza of this name at the XMPP server."""
        return self._wait(lambda: self._world.prosody.passages()[self._xmpp :], number,
                          lambda p: p["name"] == name, wanted, f"<{name}> at the XMPP server")

    def gateway(self, event, **wanted):
        """When the gateway logged it first; None if it did not."""
        for entry in self._world.gateway.events(self._log):
            if entry.get("event") == event and _equals(entry, wanted):
                return datetime.datetime.fromisoformat(entry["ts"]).timestamp()
        return None

    def trace_id(self):
        """Of the first message."""
        return next((e["trace_id"] for e in self._world.gateway.events(self._log)
                     if e.get("event", "").startswith("im.") and e.get("trace_id")), None)

    @staticmethod
    def _wait(passages, number, fits, wanted, what):
        def find():
            found = [p for p in passages() if fits(p) and _equals(p, wanted)]
            return found[number - 1] if len(found) >= number else None

        return wait_until(find, PATIENCE, f"{what} {wanted or ''}")


def _equals(fields, wanted):
    return all(fields.get(name) == value for name, value in wanted.items())
