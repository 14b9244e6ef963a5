"""Users from a real OpenLDAP: who comes, changes, leaves; and when the directory misbehaves."""

import json
import threading
import time

from base import OwnWorldTest
from directory import DirectoryTest

from lab import slapd
from lab.process import PATIENCE
from lab.slapd import STAFF, SUFFIX, ldif, person

POOL = f"cn=1:1,cn=Pools,{SUFFIX}"


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
