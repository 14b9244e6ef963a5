"""SIP messages for the laboratory: enough of RFC 3261 §7 to write, read and answer them.

Deliberately small and independent of the gateway's parser, so that the two do not share faults.
"""

import re
import secrets

COMPACT = {"i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length",
           "c": "content-type", "f": "from", "s": "subject", "k": "supported", "t": "to",
           "v": "via"}
BRANCH_COOKIE = "z9hG4bK"


class SipMessage:
    """A request (method, uri) or a response (code, reason) with headers and a body."""

    def __init__(self, method=None, uri=None, code=None, reason="", headers=(), body=b""):
        self.method, self.uri, self.code, self.reason = method, uri, code, reason
        self.headers = list(headers)
        self.body = body.encode() if isinstance(body, str) else body
        self.source = None
        self.at = None

    @classmethod
    def parse(cls, data):
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        headers = []
        for line in lines[1:]:
            if line[:1] in (" ", "\t") and headers:  # §7.3.1: a folded line
                name, value = headers[-1]
                headers[-1] = (name, value + " " + line.strip())
            else:
                name, _, value = line.partition(":")
                headers.append((name.strip(), value.strip()))
        first = lines[0].split(" ", 2)
        if lines[0].startswith("SIP/2.0 "):
            reason = first[2] if len(first) > 2 else ""
            return cls(code=int(first[1]), reason=reason, headers=headers, body=body)
        return cls(method=first[0], uri=first[1], headers=headers, body=body)

    @property
    def is_request(self):
        return self.method is not None

    def all(self, name):
        """Every value of a header, long and compact form."""
        return [value for n, value in self.headers if _same(n, name)]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def values(self, name):
        """Every element of a header whose values are lists of `<...>` (§7.3.1)."""
        return [one.strip() for value in self.all(name)
                for one in re.findall(r'(?:"[^"]*"|<[^>]*>|[^,<"])+', value) if one.strip()]

    @property
    def branch(self):
        return parameter(self.get("Via", ""), "branch")

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def cseq_method(self):
        return self.get("CSeq", " ").split()[-1]

    def encode(self):
        start = (f"{self.method} {self.uri} SIP/2.0" if self.is_request
                 else f"SIP/2.0 {self.code} {self.reason}")
        lines = [start] + [f"{name}: {value}" for name, value in self.headers]
        if self.get("Content-Length") is None:
            lines.append(f"Content-Length: {len(self.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body

    def response(self, code, reason="", headers=(), body=b""):
        """The response to this request (§8.2.6)."""
        copied = [(n, v) for n, v in self.headers
                  if any(_same(n, name) for name in (
                      "Via", "From", "Call-ID", "CSeq", "Record-Route"))]
        to = self.get("To", "")
        if ";tag=" not in to and code > 100:
            to += f";tag={secrets.token_hex(4)}"
        return SipMessage(code=code, reason=reason or REASONS.get(code, "Unknown"),
                          headers=[*copied, ("To", to), *headers], body=body)

    def __repr__(self):
        start = f"{self.method} {self.uri}" if self.is_request else f"{self.code} {self.reason}"
        return f"<{start} | {self.text[:60]!r}>"


REASONS = {100: "Trying", 200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden",
           404: "Not Found", 408: "Request Timeout", 415: "Unsupported Media Type",
           480: "Temporarily Unavailable", 486: "Busy Here", 500: "Server Internal Error",
           503: "Service Unavailable", 603: "Decline"}


def _same(name, wanted):
    lower = name.lower()
    return COMPACT.get(lower, lower) == wanted.lower()


def parameter(value, name):
    """A ;name=value parameter of a header value, or None."""
    for part in value.split(";")[1:]:
        key, _, text = part.strip().partition("=")
        if key.lower() == name:
            return text.split(",")[0].strip()
    return None


def uri_of(value):
    """The URI inside a From or To value."""
    if "<" in value:
        return value[value.index("<") + 1 : value.index(">")]
    return value.split(";")[0].strip()


def new_branch():
    return BRANCH_COOKIE + secrets.token_hex(8)


class StreamSplitter:
    """Cuts a TCP or TLS byte stream into messages by Content-Length (§18.3)."""

    def __init__(self):
        self._data = b""

    def feed(self, data):
        self._data += data
        messages = []
        while True:
            self._data = self._data.lstrip(b"\r\n")
            head, separator, rest = self._data.partition(b"\r\n\r\n")
            if not separator:
                return messages
            length = int(SipMessage.parse(head + separator).get("Content-Length", "0"))
            if len(rest) < length:
                return messages
            messages.append(head + separator + rest[:length])
            self._data = rest[length:]
