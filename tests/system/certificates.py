"""What the tests of the gateway's own certificates share."""

import grp
import hashlib
import json
import os
import re
import ssl
import subprocess

from base import OwnWorldTest, unique

from lab.gateway import binary
from lab.process import PATIENCE, LabError, find_program, wait_until

DOMAINS = ["gateway.contoso.example", "contoso.example", "branch.example"]


def openssl(*arguments, check=True):
    done = subprocess.run([find_program("openssl"), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise LabError(f"openssl {arguments[0]}: {done.stderr.strip()}")
    return done


def fingerprint(pem):
    """SHA-256 of the first certificate in a text."""
    first = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.S)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first[0])).hexdigest() if first else None


def fingerprint_of(file):
    with open(file, encoding="ascii") as text:
        return fingerprint(text.read())


class CertificateTest(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_prosody().add_northwind().start()
        cls.directory = world.bench.subdirectory("certificates")
        cls.authority = world.authority
        cls.count = 0

    def path(self, name):
        return os.path.join(self.directory, name)

    def new(self, hosts=None, **more):
        """A certificate of the laboratory, good for everything unless said otherwise."""
        type(self).count += 1
        return self.authority.issue(f"own-{self.count}", hosts or DOMAINS, **more)

    def cli(self, *arguments, check=True, **more):
        return self.gateway.cli("cert", *arguments, check=check, **more)

    def with_input(self, text, *arguments):
        return subprocess.run(
            [binary(), "--server", f"unix:{self.gateway.admin_socket}", *arguments], input=text,
            capture_output=True, text=True, timeout=PATIENCE, check=False)

    def presented(self, use, name=None):
        """What a handshake shows, by openssl; `name` is asked for by SNI."""
        if use == "xmpp-s2s":
            host, port = self.gateway.xmpp_address
            more = ["-starttls", "xmpp-server", "-xmpphost", "branch.example"]
        else:
            where = self.gateway.listeners["admin"][0] if use == "admin" else \
                f"127.0.0.1:{self.gateway.sip_port('tls')}"
            host, port = where.rsplit(":", 1)
            more = []
        done = openssl("s_client", "-connect", f"{host}:{port}", "-servername",
                       name or "gateway.contoso.example", *more, check=False)
        return fingerprint(done.stdout)

    def hook_environment(self):
        """What the hook of ACME clients has to know of the laboratory."""
        return {"ISTHMUS_TLS_DIR": self.path("tls"), "ISTHMUS": binary(),
                "ISTHMUS_GROUP": grp.getgrgid(os.getgid()).gr_name,
                "ISTHMUS_SERVER": f"unix:{self.gateway.admin_socket}"}

    def wait_presented(self, use, wanted, seconds=PATIENCE, name=None):
        wait_until(lambda: self.presented(use, name) == wanted, seconds, f"{use} shows it")

    def import_pair(self, name, certificate, *more):
        return self.cli("import", certificate.certificate, "--key", certificate.key, "--name", name,
                        *more)

    def use(self, name):
        answer = json.loads(self.cli("uses", "-o", "json").stdout)
        return next(one for one in answer["items"] if one["use"] == name)

    def refused(self, code, *arguments, exit_code=None, stdin=None):
        """The command fails with this code, a sentence and a fix."""
        done = self.with_input(stdin or "", "cert", *arguments)
        self.assertIn(f"{code}: ", done.stderr, done.stderr)
        self.assertIn("fix: ", done.stderr)
        self.assertNotIn(done.returncode, (0, 6), done.stderr)
        if exit_code is not None:
            self.assertEqual(done.returncode, exit_code, done.stderr)
        return done.stderr

    def exchange(self):
        """A message each way over real Prosody."""
        text = unique("hello")
        self.assertIn(self.world.branch.message("sip:romeo@fabrikam.example", text).wait().code,
                      (200, 202))
        self.romeo.wait("message", body=text)

    @property
    def romeo(self):
        cls = type(self)
        if not hasattr(cls, "_romeo"):
            cls._romeo = self.world.xmpp_user("romeo")
        return cls._romeo
