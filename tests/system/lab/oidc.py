"""A real OpenID Connect provider (the npm package oidc-provider) and a user at it."""

import http.client
import html
import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.parse

from .process import LabError, Process, find_program

SOURCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "oidc")


def installed():
    """The folder with the provider and what it needs, as the lock file says."""
    if not os.path.isdir(os.path.join(SOURCE, "node_modules", "oidc-provider")):
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                              cwd=SOURCE, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise LabError(f"npm ci in {SOURCE}: {done.stderr[-2000:]}")
    return SOURCE


class OidcProvider:
    """On loopback as https://localhost:PORT, with a certificate of the laboratory's authority."""

    def __init__(self, bench, authority, redirect_uri):
        if not shutil.which("npm"):
            raise LabError("npm is missing; run tools/setup all")
        self.certificate = authority.issue("oidc", ["localhost"])
        self.ca_file = authority.ca_file
        self.process = bench.own(Process(
            "oidc", [find_program("node"), os.path.join(installed(), "provider.mjs"),
                     self.certificate.certificate, self.certificate.key, redirect_uri],
            bench.subdirectory("oidc")))
        self.issuer = self.process.wait_ready(self._issuer, 30, "its address")
        self.lie("")

    def _issuer(self):
        found = re.search(r'^\{"issuer":.*\}$', self.process.output(0), re.M)
        return json.loads(found[0])["issuer"] if found else None

    def lie(self, name):
        """Its ID tokens are wrong in this way from now on; "" is the truth."""
        User(self.ca_file).get(f"{self.issuer}/lie/{name}")


class User:
    """A browser at the provider: cookies, redirects, forms."""

    def __init__(self, ca_file):
        self.context = ssl.create_default_context(cafile=ca_file)
        self.cookies = {}

    def request(self, method, url, form=None):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=self.context,
                                                 timeout=10)
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, parts._replace(scheme="", netloc="").geturl(), body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, content = value.split(";", 1)[0].split("=", 1)
                self.cookies[key] = content
        return answer.status, text, answer.getheader("Location")

    def get(self, url):
        return self.request("GET", url)

    def sign_in(self, url, name, redirect_uri):
        """Walks through the provider's forms; the address it finally sends the browser to."""
        form = None
        for _ in range(12):
            status, text, location = self.request("POST" if form else "GET", url, form)
            form = None
            if location:
                url = urllib.parse.urljoin(url, location)
                if url.startswith(redirect_uri):
                    return url
                continue
            action = re.search(r'<form[^>]* action="([^"]+)"', text)
            if status != 200 or not action:
                raise LabError(f"the provider at {url}: HTTP {status}\n{text[:2000]}")
            prompt = re.search(r'name="prompt" value="(\w+)"', text)
            form = {"prompt": prompt[1] if prompt else "", "login": name, "password": "x"}
            url = urllib.parse.urljoin(url, html.unescape(action[1]))
        raise LabError("the provider sends the browser round in circles")
