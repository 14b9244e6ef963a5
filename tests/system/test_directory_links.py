"""The way to the directory: TLS, names and authorities, and servers that leave a run waiting."""

import socket
import threading

from directory import DirectoryTest

from lab.process import PATIENCE, free_port
from lab.slapd import Slapd, person


class OverTls(DirectoryTest):
    """ldaps, with a certificate that is good for the name."""

    @classmethod
    def section_of(cls, world, directory):
        return {"url": f"ldaps://127.0.0.1:{directory.tls_port}",
                "ca_files": [world.authority.ca_file]}

    def test_users_come(self):
        self.assertEqual(self.sync()["created"], 2)


class WithStartTls(DirectoryTest):
    @classmethod
    def section_of(cls, world, directory):
        return {"url": f"ldap://127.0.0.1:{directory.port}", "start_tls": True,
                "ca_files": [world.authority.ca_file]}

    def test_users_come(self):
        self.assertEqual(self.sync()["created"], 2)


class Untrusted(DirectoryTest):
    """The authority is not ours, or the name is another: nothing is sent to such a server."""

    @classmethod
    def build(cls, world):
        cls.slapd = Slapd(world.bench, world.authority, hosts=("dc1.contoso.example",))
        cls.slapd.add_offline(person("alice"))
        cls.slapd.start()
        world.add_branch("udp").start(allow=False)

    def restarted(self, **section):
        self.gateway.tables["directory"] = self.slapd.section(**section)
        self.gateway.stop()
        self.gateway.restart()

    def test_the_name_is_another(self):
        for url in (f"ldaps://127.0.0.1:{self.slapd.tls_port}",
                    f"ldap://127.0.0.1:{self.slapd.port}"):
            self.restarted(url=url, ca_files=[self.world.authority.ca_file],
                           **({"start_tls": True} if url.startswith("ldap:") else {}))
            self.refused("IST-API-021")

    def test_the_authority_is_not_ours(self):
        for url in (f"ldaps://127.0.0.1:{self.slapd.tls_port}",
                    f"ldap://127.0.0.1:{self.slapd.port}"):
            self.restarted(url=url, **({"start_tls": True} if url.startswith("ldap:") else {}))
            self.refused("IST-API-021")


class Hanging(DirectoryTest):
    """Whatever the server does, or leaves, a run ends when it must."""

    @classmethod
    def build(cls, world):
        cls.slapd = Slapd(world.bench, world.authority)
        cls.slapd.add_offline(person("alice"))
        cls.slapd.start()
        world.add_branch("udp").start(allow=False)

    def restarted(self, **section):
        self.gateway.tables["directory"] = self.slapd.section(
            **{"timeout_seconds": 1, "deadline_seconds": 3,
               "ca_files": [self.world.authority.ca_file], **section})
        self.gateway.stop()
        self.gateway.restart()

    def timed(self):
        """The run's own clock says how long it was held."""
        body = self.refused("IST-API-020")
        self.assertLess(body["duration_seconds"], 30)
        return body

    def test_no_answer_to_the_bind(self):
        self.restarted()
        self.slapd.freeze()
        try:
            self.timed()
            self.assertTrue(self.gateway.cli("status").stdout, "the gateway answers meanwhile")
        finally:
            self.slapd.thaw()

    def test_no_answer_to_the_handshake(self):
        self.no_answer(url=f"ldaps://127.0.0.1:{self.slapd.tls_port}")

    def test_no_answer_to_starttls(self):
        self.no_answer(start_tls=True)

    def no_answer(self, **section):
        self.restarted(**section)
        self.slapd.freeze()
        try:
            self.timed()
        finally:
            self.slapd.thaw()

    def test_half_an_answer(self):
        with Half() as half:
            self.restarted(url=f"ldap://127.0.0.1:{half.port}")
            self.timed()

    def test_a_run_that_hangs_does_not_hold_the_stop(self):
        with Half() as half:
            self.restarted(url=f"ldap://127.0.0.1:{half.port}", timeout_seconds=300,
                           deadline_seconds=600)
            thread = threading.Thread(
                target=lambda: self.gateway.cli("user", "sync", check=False))
            thread.start()
            half.asked.wait(PATIENCE)
            self.gateway.process.signal(15)
            self.assertEqual(self.gateway.process.wait_exit(PATIENCE), 0)
            thread.join()
        self.gateway.restart()


class Half:
    """A server that begins an answer and never ends it."""

    def __enter__(self):
        self.port = free_port()
        self.asked = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._streams = []
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def _serve(self):
        try:
            while True:
                stream, _ = self._listener.accept()
                self._streams.append(stream)
                stream.recv(4096)
                stream.sendall(b"\x30\x0c\x02\x01")  # a message of 12 octets, two of them
                self.asked.set()
        except OSError:
            pass

    def __exit__(self, *_):
        self._listener.close()
        for stream in self._streams:
            stream.close()
