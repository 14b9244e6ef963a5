"""A browser without pages: HTTPS to the administrators' port, a cookie, its CSRF token."""

import http.client
import json
import ssl


class Browser:
    """Speaks to `address` ("127.0.0.1:40123"), whose certificate is in `ca_file`."""

    def __init__(self, address, ca_file):
        self.host, self.port = address.rsplit(":", 1)
        self.context = ssl.create_default_context(cafile=ca_file)
        self.cookies = {}
        self.csrf = None
        self.headers = {}

    def ask(self, method, path, body=None, headers=None):
        """(status, object or text, headers) of one request on a connection of its own."""
        sent = {"Host": f"{self.host}:{self.port}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if self.csrf:
            sent["X-CSRF-Token"] = self.csrf
        sent.update(self.headers)
        sent.update(headers or {})
        connection = http.client.HTTPSConnection(self.host, int(self.port), context=self.context,
                                                 timeout=10)
        try:
            connection.request(method, path if path.startswith("/") else "/api/v1/" + path,
                               body if isinstance(body, (bytes, str, type(None)))
                               else json.dumps(body), sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                pair = value.split(";", 1)[0]
                key, content = pair.split("=", 1)
                self.cookies[key] = content
                if not content:
                    del self.cookies[key]
        try:
            return answer.status, json.loads(text), dict(answer.getheaders())
        except ValueError:
            return answer.status, text, dict(answer.getheaders())

    def sign_in(self, name, password, code=None):
        given = {"name": name, "password": password}
        if code:
            given["code"] = code
        status, answer, _ = self.ask("POST", "session", given)
        if status == 200:
            self.csrf = answer["csrf"]
        return status, answer
