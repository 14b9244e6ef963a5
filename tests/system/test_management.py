"""Who may talk to whom, as an administrator says it: policies, users, sites, the history. Each change
is asked of the running gateway: what `policy explain` says is what traffic gets."""

import json
import os

from base import OwnWorldTest

DOMAIN = "fabrikam.example"
SUFFIX = "@branch.example"


class Management(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").start(allow=False)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.allow_everything(DOMAIN)

    def told(self, user, to=DOMAIN):
        done = self.gateway.cli("policy", "explain", "--user", user + SUFFIX, "--to", to,
                                "-o", "json")
        return json.loads(done.stdout)

    def assert_decides(self, user, gate):
        told = self.told(user)
        self.assertEqual(told["decided_by"], gate, told["sentence"])
        self.assertEqual(told["verdict"], "allowed" if gate == "open" else "refused")

    def fails(self, code, *arguments):
        done = self.gateway.cli(*arguments, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def file(self, text):
        path = os.path.join(self.world.bench.directory, "users.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_a_policy_holds_for_whom_it_was_granted(self):
        cli = self.gateway.cli
        cli("policy", "create", "Closed")
        self.assert_decides("ann", "open")
        cli("policy", "grant", "--user", "ann" + SUFFIX, "Closed")
        self.assert_decides("ann", "user-policy")
        self.assert_decides("ben", "open")
        self.assertIn("IST-API-010", self.fails(5, "policy", "delete", "Closed"))
        cli("policy", "revoke", "--user", "ann" + SUFFIX)
        self.assert_decides("ann", "open")
        self.fails(5, "policy", "create", "CLOSED")
        self.fails(1, "policy", "grant", "--user", "ann" + SUFFIX, "NoSuchPolicy")

    def test_a_site_policy_holds_at_once(self):
        cli = self.gateway.cli
        cli("site", "create", "Paris")
        cli("site", "map", "--pool", "pool1.branch.example", "Paris")
        cli("user", "create", "cleo" + SUFFIX, "--pool", "pool1.branch.example")
        self.assert_decides("cleo", "open")
        cli("policy", "create", "site:Paris")
        self.assert_decides("cleo", "user-policy")
        self.assertEqual(self.told("cleo")["object"], "policy/Site:Paris")
        self.assert_decides("dora", "open")
        self.fails(5, "site", "delete", "Paris")
        cli("policy", "delete", "site:Paris")
        self.assert_decides("cleo", "open")

    def test_blocks_and_states_beat_the_policy(self):
        cli = self.gateway.cli
        cli("user", "create", "eve" + SUFFIX, "--enabled", "false")
        self.assert_decides("eve", "user-state")
        cli("partner", "block", DOMAIN)
        try:
            self.assert_decides("fay", "block")
        finally:
            cli("partner", "unblock", DOMAIN)
        self.assert_decides("fay", "open")

    def test_users_come_from_a_file_all_or_none(self):
        bad = self.file(f"uri,enabled\ngus{SUFFIX},false\nnobody,true\n")
        self.assertIn("line 3: uri", self.fails(2, "user", "import", bad))
        self.assert_decides("gus", "open")
        good = self.file(f"uri,enabled\ngus{SUFFIX},false\n")
        self.gateway.cli("user", "import", good, "--dry-run")
        self.assert_decides("gus", "open")
        self.gateway.cli("user", "import", good)
        self.assert_decides("gus", "user-state")
        self.fails(2, "user", "import", self.file("no,columns\n"))

    def test_what_was_done_can_be_taken_back(self):
        cli = self.gateway.cli
        history = json.loads(cli("config", "history", "-o", "json").stdout)["items"]
        before = history[0]["revision"]
        cli("user", "create", "hal" + SUFFIX, "--enabled", "false", "--reason", "he left")
        newest = json.loads(cli("config", "history", "-o", "json").stdout)["items"][0]
        self.assertEqual((newest["object"], newest["reason"]), (f"user/hal{SUFFIX}", "he left"))
        self.assert_decides("hal", "user-state")
        cli("config", "rollback", str(before))
        self.assert_decides("hal", "open")

    def test_cmdlets_do_the_same(self):
        cli = self.gateway.cli
        cli("cs", "New-CsExternalAccessPolicy -Identity FedPic")
        cli("user", "create", "ida" + SUFFIX)
        cli("cs", f"Grant-CsExternalAccessPolicy -Identity sip:ida{SUFFIX} -PolicyName FedPic")
        self.assert_decides("ida", "user-policy")
        cli("cs", "Set-CsExternalAccessPolicy -Identity FedPic -EnableFederationAccess $true "
                  "-EnableXmppAccess $true")
        self.assert_decides("ida", "open")
        cli("cs", f"Grant-CsExternalAccessPolicy -Identity ida{SUFFIX} -PolicyName $null")
        shown = cli("cs", "New-CsXmppAllowedPartner gmail.com -TlsNegotiation NotSupported "
                          "-SaslNegotiation NotSupported -EnableKeepAlive $false "
                          "-SupportDialbackNegotiation $true").stdout
        self.assertIn("TlsNegotiation             : NotSupported", shown)
