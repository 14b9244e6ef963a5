"""What the tests of the LDAP directory share."""

import json
import socket

from base import OwnWorldTest

from lab.process import PATIENCE
from lab.slapd import Slapd, person


class DirectoryTest(OwnWorldTest):
    """A gateway with one bystander whom no directory knows."""

    @classmethod
    def build(cls, world):
        cls.slapd = Slapd(world.bench, world.authority)
        cls.fill(cls.slapd)
        cls.slapd.start()
        world.add_branch("udp").start(
            allow=False,
            tables={"directory": cls.slapd.section(**cls.section_of(world, cls.slapd))})

    @classmethod
    def fill(cls, directory):
        directory.add_offline(person("alice") + person("bob"))

    @classmethod
    def section_of(cls, _world, _directory):
        return {}

    def sync(self, *arguments, check=True):
        done = self.gateway.cli("user", "sync", "-o", "json", *arguments, check=check,
                                seconds=PATIENCE)
        return json.loads(done.stdout)

    def refused(self, code, exit_code=1, *arguments):
        done = self.gateway.cli("user", "sync", "-o", "json", *arguments, check=False)
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        body = json.loads(done.stdout)
        self.assertEqual(body["code"], code, body)
        return body

    def api(self, path, method="GET", body=None):
        """Status and body, whatever the status."""
        text = json.dumps(body) if body is not None else ""
        request = (f"{method} /api/v1/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                   "Content-Type: application/json\r\n"
                   f"Content-Length: {len(text)}\r\n\r\n{text}")
        with socket.socket(socket.AF_UNIX) as stream:
            stream.settimeout(PATIENCE)
            stream.connect(self.gateway.admin_socket)
            stream.sendall(request.encode())
            answer = b"".join(iter(lambda: stream.recv(65536), b""))
        head, _, content = answer.decode().partition("\r\n\r\n")
        return int(head.split()[1]), json.loads(content)

    def change(self, path, method, body):
        status, answer = self.api(path, method, body)
        self.assertLess(status, 300, answer)

    def user(self, name):
        status, body = self.api(f"users/{name}%40contoso.example")
        return body if status == 200 else None

    def status(self):
        return json.loads(self.gateway.cli("status", "-o", "json").stdout)["directory"]
