"""What SIP devices do with presence, on top of SipAgent: watch (SUBSCRIBE), publish (PUBLISH), and,
for precise tests, a scripted notifier of our own. RFC 6665, RFC 3856, RFC 3903.
"""

import re
import secrets
import threading

from . import pidf
from .process import PATIENCE, LabError, wait_until
from .sip_message import SipMessage, new_branch, parameter, uri_of

ALLOW_EVENTS = ("Allow-Events", "presence")


class Dialog:
    """Our half of a dialog; requests in it go to the agent's proxy with the dialog's route set."""

    def __init__(self, agent, local, remote, target, call_id=None):
        self.agent, self.local, self.remote, self.target = agent, local, remote, target
        self.call_id = call_id or secrets.token_hex(8)
        self.route = []
        self.cseq = 0

    def request(self, method, headers=(), body=b""):
        """Sends a request and returns its Call."""
        agent = self.agent
        self.cseq += 1
        message = SipMessage(method=method, uri=self.target, body=body, headers=[
            ("Via", f"SIP/2.0/{agent.transport.upper()} {agent.host}:{agent.port}"
                    f";branch={new_branch()};rport"),
            ("Max-Forwards", "70"), *[("Route", route) for route in self.route],
            ("From", self.local), ("To", self.remote), ("Call-ID", self.call_id),
            ("CSeq", f"{self.cseq} {method}"), ("Contact", f"<{agent.contact}>"), *headers])
        return agent.send(message)


class Watch:
    """One subscription of a SIP device to somebody's presence."""

    def __init__(self, agent, target, expires=3600, event="presence", accept=pidf.CONTENT_TYPE,
                 start=True):
        self.agent, self.expires = agent, expires
        self._headers = [(n, v) for n, v in (("Event", event), ("Accept", accept)) if v]
        self.dialog = Dialog(agent, f"<{agent.uri}>;tag={secrets.token_hex(4)}", f"<{target}>",
                             target)
        self.call = self.response = None
        if start:
            self.subscribe()

    def subscribe(self):
        """The first SUBSCRIBE; must be accepted."""
        self.begin(self.expires)
        return self.establish()

    def establish(self):
        """Waits for the answer and the first NOTIFY, which make the dialog."""
        self.response = response = self.call.wait(PATIENCE)
        if response.code not in (200, 202):
            raise LabError(f"{self.agent.uri} cannot watch: {response!r}")
        # RFC 6665 §4.4.1: the dialog is the NOTIFY's.
        notify = self.wait_notify(lambda n: True)
        self.dialog.remote = notify.get("From")
        self.dialog.target = uri_of(notify.get("Contact"))
        self.dialog.route = notify.values("Record-Route")
        return response

    def begin(self, expires):
        """Sends a SUBSCRIBE with this Expires in the dialog; returns its Call."""
        headers = list(self._headers)
        if expires is not None:
            headers.append(("Expires", str(expires)))
        self.call = self.dialog.request("SUBSCRIBE", headers)
        return self.call

    def send(self, expires):
        """The same; returns the final response."""
        self.response = self.begin(expires).wait(PATIENCE)
        return self.response

    def refresh(self):
        return self.send(self.expires)

    def end(self):
        return self.send(0)

    # What came

    def notifies(self):
        return [r for r in list(self.agent.requests)
                if r.method == "NOTIFY" and r.get("Call-ID") == self.dialog.call_id]

    def documents(self):
        return [pidf.Document(n.body) for n in self.notifies() if n.body]

    @property
    def state(self):
        """Of the last NOTIFY: "active", "pending", "terminated", or None."""
        return state_of(self.notifies()[-1]) if self.notifies() else None

    def wait_notify(self, where, seconds=PATIENCE, after=0):
        """The first NOTIFY from number `after` on that `where` accepts."""
        return wait_until(lambda: next(filter(where, self.notifies()[after:]), None), seconds,
                          _NotifyWanted(self))

    def wait_state(self, state, reason=None, seconds=PATIENCE, after=0):
        return self.wait_notify(lambda n: state_of(n) == state and (
            reason is None or reason_of(n) == reason), seconds, after)

    def wait_document(self, where, seconds=PATIENCE, after=0):
        """The first document from NOTIFY number `after` on that `where` accepts."""
        notify = self.wait_notify(lambda n: n.body and where(pidf.Document(n.body)), seconds,
                                  after)
        return pidf.Document(notify.body)

    def wait_basic(self, basic, seconds=PATIENCE, after=0):
        return self.wait_document(lambda d: d.basic == basic, seconds, after)

    def mark(self):
        """The number of NOTIFYs so far, for `after`."""
        return len(self.notifies())


class _NotifyWanted:
    """Says, when waiting was in vain, what came instead."""

    def __init__(self, watch):
        self._watch = watch

    def __str__(self):
        came = [(n.get("Subscription-State"), n.text[-300:]) for n in self._watch.notifies()]
        return f"a NOTIFY at {self._watch.agent.uri}; came: {came[-4:]}"


class Publication:
    """The status one SIP device publishes (RFC 3903)."""

    def __init__(self, agent):
        self.agent, self._etag = agent, None

    def publish(self, *tuples, activity=None, expires=600):
        self._send(pidf.document(self.agent.uri, *tuples, activity=activity), expires)

    def withdraw(self):
        self._send("", 0)
        self._etag = None

    def _send(self, body, expires):
        headers = [("Event", "presence"), ("Expires", str(expires))]
        if body:
            headers.append(("Content-Type", pidf.CONTENT_TYPE))
        if self._etag:
            headers.append(("SIP-If-Match", self._etag))
        response = self.agent.request("PUBLISH", self.agent.uri, headers=headers,
                                      body=body).wait(PATIENCE)
        if response.code != 200:
            raise LabError(f"{self.agent.uri} cannot publish: {response!r}")
        self._etag = response.get("SIP-ETag")


class Watched:
    """A dialog in which the gateway watches one of a scripted notifier's users."""

    def __init__(self, agent, subscribe):
        to = subscribe.get("To") + f";tag={secrets.token_hex(4)}"
        user = uri_of(subscribe.get("To"))
        self.dialog = Dialog(agent, to, subscribe.get("From"), uri_of(subscribe.get("Contact")),
                             subscribe.get("Call-ID"))
        self.dialog.route = subscribe.values("Record-Route")
        self.user, self.watcher = user, uri_of(subscribe.get("From"))
        self.requests = [subscribe]
        self.ended = False

    @property
    def expires(self):
        """What the last SUBSCRIBE asked for."""
        return int(self.requests[-1].get("Expires"))

    def notify(self, state="active;expires=3600", body=None, **headers):
        """Sends a NOTIFY; `body` is a document or None. Returns its Call."""
        more = [("Event", "presence"), ("Subscription-State", state), *headers.items()]
        if body:
            more.append(("Content-Type", pidf.CONTENT_TYPE))
        return self.dialog.request("NOTIFY", more, body or b"")


class Notifier:
    """A presence server of our own behind a SipAgent: decides as told, keeps every dialog.

    `answer` is the status for a SUBSCRIBE outside a dialog (a code, or (code, reason, headers)),
    `refresh` the one inside; `state` and `body` go into the NOTIFY that follows by itself, unless
    `state` is None.
    """

    def __init__(self, agent):
        self.agent = agent
        self.answer = self.refresh = 200
        self.state, self.body = "active;expires=3600", None
        self.granted = None  # Expires of the 200; None: as asked
        self.other = 200  # the answer to everything else
        self.dialogs = []
        self._lock = threading.Lock()
        agent.answer = self._take

    def close(self):
        """Ends every dialog for good; the agent is as it was before."""
        for watched in self.dialogs:
            if not watched.ended:
                watched.ended = True
                watched.notify("terminated;reason=rejected")
        self.agent.answer = 200

    def of(self, user):
        """The dialogs about a user, oldest first."""
        return [d for d in self.dialogs if d.user == user]

    def wait_dialog(self, user, number=1, seconds=PATIENCE):
        """The number-th dialog in which the gateway watches `user`."""
        return wait_until(lambda: (self.of(user)[number - 1:] or [None])[0], seconds,
                          f"SUBSCRIBE {number} about {user}")

    def wait_subscribe(self, dialog, number, seconds=PATIENCE):
        """The number-th SUBSCRIBE of a dialog, the first included."""
        return wait_until(lambda: (dialog.requests[number - 1:] or [None])[0], seconds,
                          f"SUBSCRIBE {number} in the dialog about {dialog.user}")

    def _take(self, request):
        if request.method != "SUBSCRIBE":
            return self.other
        tag = parameter(request.get("To"), "tag")
        with self._lock:
            return self._refresh(request, tag) if tag else self._begin(request)

    def _begin(self, request):
        if self.answer != 200:
            return self.answer
        watched = Watched(self.agent, request)
        self.dialogs.append(watched)
        self._notify_soon(watched, request)
        return self._accepted(request, watched)

    def _refresh(self, request, tag):
        watched = next((d for d in self.dialogs if parameter(d.dialog.local, "tag") == tag
                        and d.dialog.call_id == request.get("Call-ID")), None)
        if watched is None or watched.ended:
            return 481
        watched.requests.append(request)
        if self.refresh != 200:
            return self.refresh
        self._notify_soon(watched, request)
        return self._accepted(request, watched)

    def _accepted(self, request, watched):
        expires = request.get("Expires") if self.granted is None else str(self.granted)
        response = request.response(200, headers=[
            ("Contact", f"<{self.agent.contact}>"), ("Expires", expires), ALLOW_EVENTS])
        response.headers = [(n, watched.dialog.local if n == "To" else v)
                            for n, v in response.headers]
        return response

    def _notify_soon(self, watched, request):
        state = self.state
        if int(request.get("Expires", "3600")) == 0:
            watched.ended = True
            state = "terminated;reason=timeout"
        if state is None:
            return
        body = self.body(watched) if callable(self.body) else self.body
        # From a thread of its own: the agent's would wait for its own answer.
        threading.Thread(target=watched.notify, args=(state, body), daemon=True).start()


def state_of(notify):
    return notify.get("Subscription-State", "").split(";")[0].strip().lower()


def reason_of(notify):
    return parameter(notify.get("Subscription-State", ""), "reason")


def seconds_of(notify, name="expires"):
    found = re.fullmatch(r"\d+", parameter(notify.get("Subscription-State", ""), name) or "")
    return int(found[0]) if found else None
