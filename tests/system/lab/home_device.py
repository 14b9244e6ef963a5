"""A device of a user who signs in to the home server: a SipAgent that answers challenges."""

import hashlib
import re
import secrets

from .process import PATIENCE, LabError
from .sip_agent import SipAgent
from .sip_message import SipMessage, new_branch


def digest(challenge, method, uri, username, password, count=1):
    """The value of (Proxy-)Authorization that answers an MD5 or SHA-256 challenge."""
    fields = dict(re.findall(r'(\w+)=(?:"([^"]*)"|[^,\s]+)', challenge))
    for name, value in re.findall(r'(\w+)=([^",\s]+)', challenge):
        fields.setdefault(name, value)
        fields[name] = fields[name] or value
    algorithm = fields.get("algorithm", "MD5")
    function = hashlib.sha256 if algorithm.upper().startswith("SHA-256") else hashlib.md5

    def hashed(text):
        return function(text.encode()).hexdigest()

    cnonce, number = secrets.token_hex(4), f"{count:08x}"
    secret = hashed(f"{username}:{fields['realm']}:{password}")
    answer = hashed(f"{secret}:{fields['nonce']}:{number}:{cnonce}:auth:"
                    f"{hashed(f'{method}:{uri}')}")
    return (f'Digest username="{username}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", '
            f'uri="{uri}", algorithm={algorithm}, qop=auth, nc={number}, cnonce="{cnonce}", '
            f'response="{answer}"')


class HomeDevice(SipAgent):
    """Signs in with the user's address or local part, over any transport."""

    def __init__(self, uri, password, transport="tcp", proxy=None, tls=None, username=None,
                 instance=None):
        super().__init__(uri, transport, proxy=proxy, tls=tls)
        self.password, self.instance = password, instance
        self.username = username or uri.split(":", 1)[1].split("@")[0]

    def call(self, method, uri, to=None, from_uri=None, headers=(), body=b"", password=None,
             algorithm=None):
        """Sends a request, answers a challenge, and returns the final response."""
        first = self.request(method, uri, to=to, from_uri=from_uri, headers=headers, body=body)
        response = first.wait(PATIENCE)
        if response.code not in (401, 407):
            return response
        asks = "WWW-Authenticate" if response.code == 401 else "Proxy-Authenticate"
        answers = "Authorization" if response.code == 401 else "Proxy-Authorization"
        challenges = [value for name, value in response.headers if name.lower() == asks.lower()]
        if algorithm:
            challenges = [c for c in challenges if f"algorithm={algorithm}" in c]
        value = digest(challenges[0], method, uri, self.username, password or self.password)
        self._cseq += 1
        again = [(name, value) for name, value in first.request.headers
                 if name.lower() not in ("via", "cseq", "content-length")]
        via = dict(first.request.headers)["Via"]
        message = SipMessage(method=method, uri=uri, body=body, headers=[
            ("Via", re.sub(r"branch=[^;]+", f"branch={new_branch()}", via)),
            ("CSeq", f"{self._cseq} {method}"), *again, (answers, value)])
        return self.send(message).wait(PATIENCE)

    def register(self, expires=600, **more):
        instance = f';+sip.instance="<urn:uuid:{self.instance}>"' if self.instance else ""
        domain = self.uri.split("@")[1]
        response = self.call("REGISTER", f"sip:{domain}", to=self.uri, headers=[
            ("Contact", f"<{self.contact}>{instance}"), ("Expires", str(expires)),
            ("Supported", "gruu")], **more)
        return response

    def sign_in(self):
        response = self.register()
        if response.code != 200:
            raise LabError(f"{self.uri} cannot sign in: {response!r}")
        return self

    def say(self, to, text, content_type="text/plain"):
        return self.call("MESSAGE", to, headers=[("Content-Type", content_type)], body=text)
