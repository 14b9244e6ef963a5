"""Users from a real OpenLDAP: who comes, changes, leaves; and when the directory misbehaves."""

import json
import socket
import threading
import time

from base import OwnWorldTest

from lab import slapd
from lab.process import PATIENCE, free_port
from lab.slapd import STAFF, SUFFIX, Slapd, ldif, person

POOL = f"cn=1:1,cn=Pools,{SUFFIX}"


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


class Life(DirectoryTest):
    """One story after the other, in the order of the names."""

    @classmethod
    def fill(cls, directory):
        directory.add_offline(
            person("alice") + person("bob")
            + ldif(f"cn=Pools,{SUFFIX}", {"objectClass": "msRTCSIP-Service", "cn": "Pools"})
            + ldif(POOL, {"objectClass": "msRTCSIP-Pool", "cn": "1:1",
                          "dNSHostName": "Pool1.contoso.example"})
            + ldif(f"cn=Lc Services,{POOL}", {"objectClass": "msRTCSIP-Service",
                                              "cn": "Lc Services"})
            + person("carol", **{"msRTCSIP-PrimaryHomeServer": f"cn=Lc Services,{POOL}"})
            + person("dave", **{"msRTCSIP-PrimaryHomeServer": f"cn=gone,{SUFFIX}"})
            + person("erin", userAccountControl="514")
            + person("frank", **{"msRTCSIP-UserEnabled": "FALSE"})
            + person("grace", **{"msRTCSIP-PrimaryUserAddress": "",
                                 "proxyAddresses": ["smtp:g@contoso.example",
                                                    "sip:grace@contoso.example"]})
            + person("heidi", **{"msRTCSIP-PrimaryUserAddress": "",
                                 "mail": "heidi@contoso.example"})
            + person("ivan", **{"msRTCSIP-PrimaryUserAddress": ""})
            + person("judy", **{"msRTCSIP-PrimaryUserAddress": "sip:two words@contoso.example"})
            + person("kim", displayName="Søren \"Kim\" 김, O'Neill"))

    def test_1_a_dry_run_changes_nothing(self):
        made = self.sync("--dry-run")
        self.assertEqual(made["outcome"], "dry-run")
        self.assertEqual(made["created"], 9)
        self.assertIsNone(self.user("alice"))
        self.assertEqual(self.status()["state"], "never")

    def test_2_everybody_comes(self):
        self.change("sites", "POST", {"name": "Paris"})
        self.change("pools/pool1.contoso.example", "PUT", {"site": "Paris"})
        self.change("users", "POST", {"uri": "bystander@contoso.example"})
        made = self.sync()
        self.assertEqual((made["created"], made["skipped"], made["without_address"]), (9, 1, 0))
        self.assertEqual(made["faults"][0]["dn"], f"cn=judy,{STAFF}")
        self.assertIn("two words", made["faults"][0]["sentence"])
        alice = self.user("alice")
        self.assertEqual(alice["display_name"], "Alice")
        self.assertEqual(alice["logon"], "CONTOSO\\alice")
        self.assertEqual(alice["upn"], "alice@contoso.local")
        self.assertEqual(alice["source"], "ldap")
        self.assertEqual(alice["dn"].lower(), f"cn=alice,{STAFF}".lower())
        self.assertEqual(self.user("carol")["pool"], "pool1.contoso.example")
        self.assertEqual(self.user("dave")["pool"], "")
        self.assertTrue(any("cn=gone" in notice for notice in made["notices"]), made["notices"])
        self.assertFalse(self.user("erin")["enabled"])
        self.assertFalse(self.user("frank")["enabled"])
        self.assertTrue(self.user("grace")["enabled"])
        self.assertTrue(self.user("heidi"))
        self.assertIsNone(self.user("ivan"))
        self.assertEqual(self.user("kim")["display_name"], "Søren \"Kim\" 김, O'Neill")
        self.assertEqual(self.gateway.metric("isthmus_directory_users"), 9)
        self.assertEqual(self.gateway.metric("isthmus_directory_syncs_total", result="done"), 1)
        again = self.sync()
        self.assertEqual((again["same"], again["revision"]), (9, made["revision"]))

    def test_3_changes(self):
        self.change("policies", "POST", {"identity": "Sales"})
        self.change("users/alice%40contoso.example/policy", "PUT", {"policy": "Sales"})
        self.slapd.replace("alice", **{"msRTCSIP-PrimaryUserAddress": "sip:adams@contoso.example"})
        self.slapd.replace("bob", displayName="Robert")
        self.slapd.replace("grace", userAccountControl="514")
        self.slapd.replace("erin", userAccountControl="512")
        self.slapd.delete("heidi")
        made = self.sync()
        self.assertEqual([made[name] for name in ("renamed", "changed", "disabled", "enabled",
                                                  "removed", "created")], [1, 1, 1, 1, 1, 0], made)
        self.assertIsNone(self.user("alice"))
        self.assertEqual(self.user("adams")["policy"], "Tag:Sales")
        self.assertEqual(self.user("bob")["display_name"], "Robert")
        self.assertFalse(self.user("grace")["enabled"])
        self.assertIsNone(self.user("heidi"))
        self.assertTrue(self.user("bystander"))
        # Erin came disabled: the directory said so, and takes it back.
        self.assertTrue(self.user("erin")["enabled"], made)

    def test_4_who_was_disabled_by_whom(self):
        self.change("users/bob%40contoso.example", "PATCH", {"enabled": False})
        self.slapd.replace("grace", userAccountControl="512")
        made = self.sync()
        self.assertTrue(self.user("grace")["enabled"])
        self.assertFalse(self.user("bob")["enabled"])
        self.assertTrue(any("disabled here" in notice for notice in made["notices"]))

    def test_5_two_claim_one_address(self):
        self.slapd.add(person("mallory", **{
            "msRTCSIP-PrimaryUserAddress": "sip:BOB@contoso.example"}))
        made = self.sync()
        self.assertEqual(made["skipped"], 3)
        self.assertEqual(self.user("bob")["display_name"], "Robert")
        self.slapd.delete("mallory")

    def test_6_the_password_is_wrong(self):
        before = self.api("users?limit=100")[1]["items"]
        self.slapd.write_password("guessed")
        body = self.refused("IST-API-022")
        self.assertNotIn("guessed", json.dumps(body))
        self.assertEqual(self.status()["state"], "failed")
        self.assertIn("IST-API-022", self.status()["last_error"])
        self.slapd.write_password("")
        self.refused("IST-API-022")
        self.slapd.write_password(slapd.READER_PASSWORD)
        self.assertEqual(self.api("users?limit=100")[1]["items"], before)
        self.assertNotIn(slapd.READER_PASSWORD, self.gateway.process.output())
        self.assertNotIn("guessed", self.gateway.process.output())

    def test_7_the_server_is_down(self):
        self.slapd.stop()
        self.refused("IST-API-020")
        self.assertTrue(self.user("adams"))
        self.slapd.start()
        self.sync()

    def test_8_what_people_read(self):
        done = self.gateway.cli("user", "sync")
        self.assertIn("8 users in the directory", done.stdout)
        self.assertIn(f"cn=judy,{STAFF}", done.stdout)
        self.assertIn("synchronised", done.stderr)
        self.assertIn("DIRECTORY", self.gateway.cli("status").stdout)


class Many(DirectoryTest):
    """10,000 entries in pages of 100; the server gives a reader no more at once."""

    COUNT = 10_000

    @classmethod
    def fill(cls, directory):
        directory.add_offline("".join(person(f"user{i}") for i in range(cls.COUNT)))

    def test_1_all_of_them(self):
        began = time.monotonic()
        made = self.sync()
        print(f"    {self.COUNT} users from the directory in {made['duration_seconds']:.2f} s, "
              f"with commit and answer {time.monotonic() - began:.2f} s")
        self.assertEqual((made["users"], made["created"]), (self.COUNT, self.COUNT))
        self.assertEqual(self.sync()["same"], self.COUNT)
        self.assertTrue(self.user("user9999"))

    def test_2_too_many_leave(self):
        self.slapd.delete(*(f"user{i}" for i in range(2001)))
        body = self.refused("IST-API-024", 5)
        self.assertEqual(body["removed"], 2001)
        self.assertEqual(len(body["removed_users"]), 100)
        self.assertTrue(self.user("user0"))
        self.assertEqual(self.status()["state"], "refused")
        self.assertEqual(self.sync("--force")["removed"], 2001)
        self.assertIsNone(self.user("user0"))
        self.assertTrue(self.user("user9999"))


class WithoutPages(DirectoryTest):
    """An answer that the server cuts is not used."""

    @classmethod
    def fill(cls, directory):
        directory.add_offline("".join(person(f"user{i}") for i in range(slapd.PAGE + 1)))

    @classmethod
    def section_of(cls, _world, _directory):
        return {"page_size": 10_000}

    def test_a_cut_answer(self):
        body = self.refused("IST-API-023")
        self.assertIn("limit", body["evidence"].lower())
        self.assertIsNone(self.user("user0"))


class Limited(DirectoryTest):
    @classmethod
    def section_of(cls, _world, _directory):
        return {"max_entries": 1, "filter": "(objectClass=user)"}

    def test_more_than_we_take(self):
        self.assertIn("max_entries", self.refused("IST-API-023")["evidence"])

    def test_only_one_at_a_time(self):
        self.slapd.freeze()
        try:
            first = threading.Thread(target=lambda: self.sync(check=False))
            first.start()
            self.gateway_is_running()
            self.refused("IST-API-025", 5)
        finally:
            self.slapd.thaw()
            first.join()

    def gateway_is_running(self):
        deadline = time.monotonic() + PATIENCE
        while self.status()["state"] != "running":
            self.assertLess(time.monotonic(), deadline)


class Base(DirectoryTest):
    @classmethod
    def section_of(cls, _world, _directory):
        return {"base": f"ou=Nowhere,{SUFFIX}"}

    def test_a_base_that_is_not_there(self):
        self.assertIn("No such object", self.refused("IST-API-023")["evidence"])


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


class ByTheClock(DirectoryTest):
    @classmethod
    def section_of(cls, _world, _directory):
        return {"interval_seconds": 1}

    def test_users_come_by_themselves(self):
        self.gateway.wait_event("directory.sync", result="done", created=2)
        self.slapd.add(person("carol"))
        self.gateway.wait_event("directory.sync", result="done", created=1)
        self.assertTrue(self.user("carol"))
        history = self.api("revisions")[1]["items"]
        self.assertEqual(history[0]["admin"], "directory")


class NoDirectory(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").start(allow=False)

    def test_none_is_configured(self):
        done = self.gateway.cli("user", "sync", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("IST-API-026", done.stderr)
