"""The admin API keeps what api/openapi.yaml says: every documented request and every documented error
is driven against the daemon, every answer is compared with the file, and the file has exactly the
routes that the daemon serves."""

import json
import os
import unittest
import urllib.parse

import yaml
from contract import ContractTest, served_routes
from test_admin import PASSWORD, totp
from test_oidc import REDIRECT, SECRET

from lab.gateway import Gateway
from lab.oidc import OidcProvider, User
from lab.openapi import FILE, Description

ALICE = "alice@branch.example"

# Statuses that no request alone brings about; where else each is tested.
NOT_DRIVEN = {
    ("signIn", 503): "a full queue of password hashes: tests/control/sign_in_test.cpp",
    ("createAdmin", 503): "the same",
    ("setAdmin", 503): "the same",
    ("changeOwnPassword", 503): "the same",
    ("endProviderSignIn", 503): "the same, of the provider's own worker",
    ("getStatus", 503): "a traffic thread that hangs: tests/admin/api_test.cpp",
    ("listSubscriptions", 503): "the same",
    ("getSubscription", 503): "the same",
    ("deleteSubscription", 503): "the same",
    ("refreshSubscription", 503): "the same",
    ("endSubscription", 503): "the same",
    ("listContacts", 503): "the same",
    ("addContact", 503): "the same",
    ("removeContact", 503): "the same",
}
# Those with other tags: test_contract_operation.py.
DRIVEN_TAGS = {"partners", "policies", "users", "settings", "revisions", "presence", "status",
               "administrators", "session"}
# Operations of those tags that other tests drive.
ELSEWHERE = {"enrolAdminTotp", "confirmAdminTotp"}

# What stands for a path parameter: something that is there, something that is not.
SAMPLES = {
    "domain": ("fabrikam.example", "nobody.example"), "pattern": ("*.evil.example", "nobody.example"),
    "policy": ("tag:Open", "tag:Nobody"), "user": (ALICE, "nobody@branch.example"),
    "site": ("Rome", "Nowhere"), "fqdn": ("pool.branch.example", "nopool.branch.example"),
    "provider": ("Yahoo!", "Nobody"), "revision": ("1", "99999"), "id": ("0", "0"),
    "name": ("viola", "nobody"), "contact": ("juliet@fabrikam.example", "nobody@nobody.example"),
}
SAMPLES_OF = {"/sip-domains/{domain}": {"domain": ("sip.example", "nobody.example")}}


class Routes(unittest.TestCase):
    """The file and the table of routes, without a daemon."""

    def test_each_operation_is_a_route_with_its_right(self):
        routes = served_routes()
        for one in Description().operations:
            with self.subTest(operation=one.id):
                self.assertIn((one.method, one.pattern), routes)
                if one.right is not None:
                    self.assertEqual(one.right, routes[one.method, one.pattern])

    def test_no_key_is_there_twice_or_empty(self):
        """YAML takes the last of two; a comma in a text without quotes makes a key of the rest."""
        def look(node, at):
            if isinstance(node, yaml.MappingNode):
                names = [key.value for key, _ in node.value]
                self.assertEqual(sorted(names), sorted(set(names)), at)
                for key, value in node.value:
                    is_empty = value.tag.endswith(":null") and value.value == ""
                    self.assertFalse(is_empty, f"{at}/{key.value} at {key.start_mark}")
                    look(value, f"{at}/{key.value}")
            elif isinstance(node, yaml.SequenceNode):
                for each in node.value:
                    look(each, at)
        with open(FILE, encoding="utf-8") as file:
            look(yaml.compose(file), "")

    def test_names_are_unique(self):
        names = [one.id for one in Description().operations]
        self.assertEqual(sorted(names), sorted(set(names)))


class Contract(ContractTest):
    tags, not_driven, elsewhere = DRIVEN_TAGS, NOT_DRIVEN, ELSEWHERE
    samples, samples_of = SAMPLES, SAMPLES_OF
    bodies = {"GrantRequest": {"users": [ALICE]},
              "NewAdmin": {"name": "nora", "role": "viewer", "password": PASSWORD},
              "NewToken": {"role": "viewer"},
              "NewProvider": {"name": "New", "proxy_fqdn": "new.example"},
              "NewBlock": {"domain": "*.new.example"},
              "NewSipDomain": {"domain": "new.example", "kind": "allowed"},
              "ContactName": {"user": ALICE, "contact": "new@fabrikam.example"},
              "UserPolicyRequest": {"policy": None},
              "PoolChange": {"site": "Rome"}}

    @classmethod
    def build(cls, world):
        cls.provider = OidcProvider(world.bench, world.authority, REDIRECT)
        secret = os.path.join(world.bench.directory, "oidc.secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write(SECRET + "\n")
        world.add_branch("udp").start(allow=False, tables={
            "admin": {"names": ["gateway.contoso.example"]},
            "admin.oidc": {"issuer": cls.provider.issuer, "client_id": "isthmus",
                           "client_secret_file": secret, "redirect_url": REDIRECT},
            "admin.oidc.roles": {"xmpp-operators": "admin", "service-desk": "helpdesk"}})

    def test_everything(self):
        self.drive(self.partners, self.policies, self.users, self.settings, self.revisions,
                   self.presence, self.administrators, self.sessions, self.provider_sign_in,
                   self.without_provider, self.served_is_documented, self.injections)

    def target(self, operation, which=0):
        if operation.path.startswith("/subscriptions"):
            known = self.local.ask(200, "GET", "subscriptions")["items"][0]["id"]
            self.samples = {**self.samples, "id": (known, "0")}
        return super().target(operation, which)

    def collection(self, path, made, changed, identity, *, id_in_path=None):
        """Create, read, list, change and delete of one kind of object; it is there afterwards."""
        ask, one = self.local.ask, path + "/" + urllib.parse.quote(id_in_path or identity, safe="")
        trial = ask(200, "POST", path + "?dry_run=true", made)
        self.assertTrue(trial["dry_run"])
        ask(404, "GET", one)
        first = ask(201, "POST", path + "?reason=the+contract", made)
        ask(409, "POST", path, made)
        defaults = self.description.resolve(
            next(iter(self.description.body_schema(self.description.match("POST", path))[1]
                      .values())))
        for name, value in {**defaults.get("default", {}), **made}.items():
            self.assertEqual(first[name], value, name)
        self.assertIn(identity, [list(each.values())[0] for each in ask(200, "GET", path)["items"]])
        ask(200, "GET", one)
        tag = self.local.etag(one)
        self.assertTrue(ask(200, "PATCH", one + "?dry_run=true", changed)["dry_run"])
        after = ask(200, "PATCH", one, changed, {"If-Match": tag})
        for name, value in changed.items():
            self.assertEqual(after[name], value)
        ask(412, "PATCH", one, changed, {"If-Match": tag})
        ask(400, "PATCH", one, {"no_such_property": 1})
        ask(200, "DELETE", one + "?dry_run=true")
        ask(200, "DELETE", one, None, {"If-Match": self.local.etag(one)})
        ask(404, "DELETE", one)
        ask(404, "PATCH", one, changed)
        return ask(201, "POST", path, made)

    def partners(self):
        ask = self.local.ask
        self.collection("partners", {"domain": "fabrikam.example"},
                        {"partner_type": "Federated", "connection_limit": 5}, "fabrikam.example")
        ask(201, "POST", "partners", {"domain": "litware.example", "additional_domains":
                                      ["a.litware.example"]})
        problem = ask(409, "PATCH", "partners/litware.example",
                      {"additional_domains": ["fabrikam.example"]})
        self.assertEqual(problem["code"], "IST-API-003")
        shown = ask(200, "GET", "partners/A.Litware.Example")
        self.assertIn("SASL over TLS", shown["negotiation"]["will_use"])
        for verb in ("disable", "enable"):
            done = ask(200, "POST", f"partners/litware.example:{verb}")
            self.assertEqual(done["enabled"], verb == "enable")
        problem = ask(400, "POST", "partners", {"domain": "x.example", "connection_limit": 0})
        self.assertEqual(problem["field"], "connection_limit")
        for slip in ("dryrun", "dry-run", "dryRun", "drY_run", "forec", "reasons"):
            ask(400, "DELETE", f"partners/litware.example?{slip}=true")
        page = ask(200, "GET", "partners?q=LIT&limit=1")
        self.assertEqual((page["total"], len(page["items"])), (1, 1))
        self.collection("blocks", {"domain": "*.evil.example"}, {"comment": "spam"},
                        "*.evil.example")

    def policies(self):
        ask = self.local.ask
        self.collection("policies", {"identity": "Tag:Open"}, {"enable_xmpp_access": True},
                        "Tag:Open", id_in_path="tag:Open")
        ask(404, "POST", "policies", {"identity": "site:Nowhere"})
        ask(200, "POST", "policies/tag:Open:grant?dry_run=true", {"users": [ALICE]})
        done = ask(200, "POST", "policies/tag:Open:grant", {"users": [ALICE]})
        self.assertEqual((done["users"], done["changed"]), ([ALICE], 1))
        ask(409, "DELETE", "policies/tag:Open")
        ask(200, "DELETE", "policies/global")
        told = ask(200, "GET", f"explain?user={ALICE}&to=romeo@fabrikam.example")
        self.assertEqual(told["verdict"], "refused")
        ask(200, "GET", f"explain?user={ALICE}&domain=fabrikam.example")
        ask(400, "GET", "explain?user=nobody")

    def users(self):
        ask = self.local.ask
        self.collection("sites", {"name": "Rome"}, {"description": "the eternal one"}, "Rome")
        ask(404, "PUT", "pools/pool.branch.example", {"site": "Nowhere"})
        ask(412, "PUT", "pools/pool.branch.example", {"site": "Rome"}, {"If-Match": "*"})
        ask(201, "PUT", "pools/pool.branch.example", {"site": "Rome"})
        ask(200, "PUT", "pools/pool.branch.example", {"site": "Rome"})
        ask(200, "GET", "pools/pool.branch.example")
        ask(200, "GET", "pools")
        ask(200, "DELETE", "pools/pool.branch.example?dry_run=true")
        self.collection("users", {"uri": "bob@branch.example"}, {"display_name": "Bob"},
                        "bob@branch.example")
        ask(200, "PATCH", "users/bob@branch.example", {"pool": "pool.branch.example"})
        ask(409, "DELETE", "pools/pool.branch.example")
        ask(409, "DELETE", "sites/Rome")
        ask(201, "PUT", "pools/other.branch.example", {"site": "Rome"})
        ask(200, "DELETE", "pools/other.branch.example")
        shown = ask(200, "GET", "users/" + ALICE)
        self.assertEqual((shown["effective_policy"], shown["effective_scope"]), ("Tag:Open", "user"))
        ask(200, "GET", f"users/{ALICE}/policy")
        self.assertEqual(ask(200, "PUT", f"users/{ALICE}/policy", {"policy": None})["changed"], 1)
        ask(200, "PUT", f"users/{ALICE}/policy", {"policy": "Open"})
        ask(200, "DELETE", f"users/{ALICE}/policy")
        ask(404, "PUT", f"users/{ALICE}/policy", {"policy": "NoSuchPolicy"})
        ask(400, "PUT", f"users/{ALICE}/policy", {"policy": 1})
        ask(200, "GET", "users?q=bob&site=Rome&homed=here&enabled=true&limit=1&offset=0")
        for name in ("twin1", "twin2"):
            ask(201, "POST", "users", {"uri": name + "@branch.example", "display_name": "Twin"})
        for method, body in (("GET", None), ("PATCH", {"enabled": False}), ("DELETE", None)):
            ask(400, method, "users/Twin", body)
        for method, body in (("GET", None), ("DELETE", None)):
            ask(400, method, "users/Twin/policy", body)
        csv = {"Content-Type": "text/csv"}
        ask(200, "POST", "users:import?dry_run=true", "uri\ncarol@branch.example\n", csv)
        done = ask(200, "POST", "users:import", "uri\ncarol@branch.example\n", csv)
        self.assertEqual((done["created"], done["dry_run"]), (1, False))
        problem = ask(400, "POST", "users:import", "uri,enabled\nnobody,true\n", csv)
        self.assertEqual(problem["faults"][0]["line"], 2)

    def settings(self):
        ask = self.local.ask
        for path, schema, change in (
                ("access-edge", "AccessEdge", {"allow_federated_users": True}),
                ("gateway", "Gateway", {"keep_alive_interval": 60, "dialback_passphrase": "x y"})):
            fresh = ask(200, "GET", path)
            for name, value in self.description.document["components"]["schemas"][schema][
                    "default"].items():
                self.assertEqual(fresh[name], value, name)
            tag = self.local.etag(path)
            ask(200, "PATCH", path + "?dry_run=true", change)
            ask(200, "PATCH", path, change, {"If-Match": tag})
            ask(412, "PATCH", path, change, {"If-Match": tag})
        self.assertNotIn("x y", self.local.send("GET", "gateway")[2])
        allowed = self.collection("sip-domains", {"domain": "sip.example", "kind": "allowed"},
                                  {"comment": "by hand"}, "sip.example")
        self.assertEqual(allowed["verification_level"], "UseSourceVerification")
        ask(201, "POST", "sip-domains", {"domain": "bad.example", "kind": "blocked"})
        ask(200, "GET", "sip-domains/bad.example")
        ask(200, "PATCH", "sip-domains/bad.example", {"comment": "spam"})
        self.collection("providers", {"name": "Yahoo", "proxy_fqdn": "a.example"},
                        {"enabled": True}, "Yahoo")
        read = ask(200, "GET", "config")
        self.assertEqual(read["config"]["sip"]["domains"], ["branch.example"])
        self.assertNotIn("cluster", read["config"])
        self.assertEqual(ask(200, "GET", "config?effective=true")["config"]["cluster"],
                         {"url": ""})
        ask(200, "POST", "config:reload")
        with open(self.gateway.config_file, encoding="utf-8") as file:
            good = file.read()
        try:
            with open(self.gateway.config_file, "a", encoding="utf-8") as file:
                file.write("\nthis is no TOML\n")
            ask(400, "POST", "config:reload")
        finally:
            with open(self.gateway.config_file, "w", encoding="utf-8") as file:
                file.write(good)
        ask(200, "GET", "status")
        ask(200, "GET", "series")
        with open(FILE, encoding="utf-8") as file:
            self.assertEqual(ask(200, "GET", "openapi.yaml"), file.read())

    def revisions(self):
        ask = self.local.ask
        page = ask(200, "GET", "revisions?limit=1")
        newest = page["items"][0]["revision"]
        self.assertEqual(page["total"], newest)
        older = ask(200, "GET", f"revisions?limit=1&before={newest}")["items"][0]
        self.assertEqual(older["revision"], newest - 1)
        ask(400, "GET", "revisions?before=yesterday")
        shown = [ask(200, "GET", f"revisions/{number + 1}") for number in range(newest)]
        self.assertIn("the contract", [one["reason"] for one in shown])
        ask(201, "POST", "partners", {"domain": "undone.example"})
        ask(200, "POST", f"revisions/{newest}:rollback?dry_run=true")
        done = ask(200, "POST", f"revisions/{newest}:rollback")
        self.assertEqual((done["rolled_back_to"], done["objects"]), (newest, 1))
        ask(404, "GET", "partners/undone.example")

    def presence(self):
        ask = self.local.ask
        ask(200, "PATCH", "policies/global", {"enable_federation_access": True,
                                              "enable_xmpp_access": True})
        pair = {"user": ALICE, "contact": "juliet@fabrikam.example"}
        ask(201, "POST", "contacts", pair)
        ask(409, "POST", "contacts", pair)
        problem = ask(403, "POST", "contacts", {**pair, "contact": "eve@stranger.example"})
        self.assertEqual(problem["code"], "IST-POL-001")
        self.assertEqual(ask(200, "GET", f"contacts?user={ALICE}")["items"][0]["contact"],
                         pair["contact"])
        ask(400, "GET", "contacts")
        listed = ask(200, "GET", f"subscriptions?user={ALICE}&limit=10")
        one = "subscriptions/" + listed["items"][0]["id"]
        ask(200, "GET", one)
        ask(200, "POST", one + ":refresh")
        ask(200, "POST", one + ":end")
        ask(201, "POST", "contacts", pair)
        listed = ask(200, "GET", f"subscriptions?user={ALICE}")
        ask(200, "DELETE", "subscriptions/" + listed["items"][0]["id"])
        ask(201, "POST", "contacts", pair)
        ask(400, "DELETE", f"contacts/{ALICE}/nothing%20at%20all")
        ask(200, "DELETE", f"contacts/{ALICE}/{pair['contact']}")
        ask(404, "DELETE", f"contacts/{ALICE}/{pair['contact']}")
        ask(201, "POST", "contacts", pair)

    def administrators(self):
        ask = self.local.ask
        ask(200, "GET", "roles")
        adam = {"name": "adam", "role": "admin", "password": PASSWORD}
        ask(200, "POST", "admins?dry_run=true", adam)
        ask(201, "POST", "admins", adam)
        ask(409, "POST", "admins", adam)
        for name, role in (("viola", "CsViewOnlyAdministrator"), ("greta", "helpdesk"),
                           ("tina", "viewer")):
            ask(201, "POST", "admins", {**adam, "name": name, "role": role})
        self.assertEqual(ask(200, "GET", "admins")["total"], 4)
        ask(200, "GET", "admins/viola")
        ask(409, "PATCH", "admins/adam", {"role": "viewer"})
        ask(409, "DELETE", "admins/adam")
        for dry in (("PATCH", {"role": "viewer"}), ("PATCH", {"enabled": False}), ("DELETE", None)):
            problem = ask(409, dry[0], "admins/adam?dry_run=true", dry[1])
            self.assertEqual(problem["code"], "IST-AUTH-014")
        ask(200, "PATCH", "admins/greta?dry_run=true", {"role": "viewer"})
        ask(200, "PATCH", "admins/greta", {"role": "viewer"},
            {"If-Match": self.local.etag("admins/greta")})
        ask(200, "POST", "admins/viola:unlock")
        ask(200, "POST", "admins/viola:reset-totp")
        ask(201, "POST", "admins/viola:link")
        ask(201, "POST", "admins/-:link")
        ask(200, "PATCH", "admins/greta", {"enabled": False})
        ask(409, "POST", "admins/greta:link")
        ask(200, "DELETE", "admins/greta?dry_run=true")
        ask(200, "DELETE", "admins/greta")
        ask(200, "POST", "tokens?dry_run=true", {"role": "viewer"})
        made = ask(201, "POST", "tokens", {"role": "viewer", "expires": "1h", "description": "x"})
        self.assertTrue(made["token"])
        ask(200, "GET", "tokens")
        ask(200, "GET", "tokens/" + made["id"])
        ask(200, "DELETE", "tokens/" + made["id"])
        self.one_token_too_many()

    def one_token_too_many(self):
        made = []
        for _ in range(1001):
            status, _, text = self.local.send("POST", "tokens", {"role": "viewer"})
            if status != 201:
                break
            made.append(json.loads(text)["id"])
        problem = self.local.ask(409, "POST", "tokens", {"role": "viewer"})
        self.assertEqual(problem["code"], "IST-API-045")
        for one in made:
            self.local.send("DELETE", "tokens/" + one)

    def sessions(self):
        ask = self.local.ask
        tina = self.browser()
        tina.ask(401, "GET", "session")
        tina.ask(200, "GET", "session:methods")
        tina.sign_in("tina")
        tina.ask(200, "GET", "session")
        problem = tina.ask(403, "POST", "policies", {"identity": "Tag:X"})
        self.assertEqual(problem["code"], "IST-API-007")
        for method, target, body in (
                ("POST", "session:password", {"current": PASSWORD, "new": PASSWORD}),
                ("POST", "session:totp", None), ("DELETE", "session:totp", {"code": "1"}),
                ("POST", "session:totp-confirm", {"code": "1"})):
            ask(409, method, target, body)  # the unix socket has no account
        tina.ask(200, "POST", "session:password", {"current": PASSWORD, "new": PASSWORD})
        tina.ask(400, "POST", "session:password", {"current": PASSWORD, "new": "short"})
        tina.ask(409, "POST", "session:totp-confirm", {"code": "123456"})
        tina.ask(404, "DELETE", "session:totp", {"code": "123456"})
        secret = tina.ask(201, "POST", "session:totp")["secret"]
        tina.ask(403, "POST", "session:totp-confirm", {"code": "12"})
        tina.ask(400, "POST", "session:totp-confirm", {})
        spare = tina.ask(200, "POST", "session:totp-confirm",
                         {"code": totp(secret, -30)})["recovery_codes"]
        tina.ask(409, "POST", "session:totp")
        problem = self.browser().sign_in("tina", 401)
        self.assertEqual(problem["code"], "IST-AUTH-012")
        self.browser().sign_in("tina", code=spare[0])
        tina.ask(400, "DELETE", "session:totp", {"code": spare[1], "more": True})
        tina.ask(200, "DELETE", "session:totp", {"code": spare[1]})
        self.browser().ask(400, "POST", "session", {"name": "tina"})
        self.browser().sign_in("viola")
        ended = next(one for one in ask(200, "GET", "sessions")["items"] if one["admin"] == "viola")
        ask(200, "DELETE", "sessions/" + ended["id"])
        link = ask(201, "POST", "admins/viola:link")["link"]
        viola = self.browser()
        viola.ask(400, "POST", "session:link", {})
        viola.csrf = viola.ask(200, "POST", "session:link", {"link": link})["csrf"]
        viola.ask(401, "POST", "session:link", {"link": link})
        viola.ask(200, "DELETE", "session")
        self.guessing(tina)

    def guessing(self, tina):
        """Until the account, then the address, is locked."""
        for _ in range(6):
            tina.send("POST", "session:totp")
            tina.send("POST", "session:password", {"current": "wrong wrong wrong", "new": PASSWORD})
        tina.ask(429, "POST", "session:password", {"current": PASSWORD, "new": PASSWORD})
        tina.ask(429, "DELETE", "session:totp", {"code": "123456"})
        guest = self.browser("127.0.0.9")
        for i in range(100):
            if guest.send("POST", "session:link", {"link": f"none{i}"})[0] == 429:
                break
        guest.ask(429, "POST", "session:link", {"link": "none"})
        guest.ask(429, "POST", "session", {"name": "tina", "password": PASSWORD})
        guest.ask(429, "GET", "oidc/callback?state=x&code=y")

    def provider_sign_in(self):
        browser = self.browser()
        browser.ask(303, "GET", "oidc/login")
        status, got, _ = browser.send("GET", "oidc/login")
        self.assertEqual(status, 303)
        back = User(self.world.authority.ca_file).sign_in(got["Location"], "alice", REDIRECT)
        browser.ask(303, "GET", "oidc/callback?" + urllib.parse.urlsplit(back).query)
        self.assertEqual(browser.ask(200, "GET", "session")["method"], "oidc")
        browser.ask(401, "GET", "oidc/callback?state=x&code=y")
        crowd = self.browser("127.0.0.8")
        for _ in range(20):
            crowd.send("GET", "oidc/login")
        crowd.ask(503, "GET", "oidc/login")

    def without_provider(self):
        """Two more gateways: one whose provider is wrong, one that has none."""
        for name, oidc, login in (("lost", {"admin.oidc": {
                "issuer": self.provider.issuer + "/nowhere", "client_id": "x",
                "redirect_url": REDIRECT}}, 401), ("alone", {}, 404)):
            other = Gateway(self.world.bench, self.world.authority, ["branch.example"], [],
                            tables=oidc, name=name).start()
            try:
                local = self.asked.over(other)
                local.ask(login, "GET", "oidc/login")
                if login == 404:
                    local.ask(404, "GET", "oidc/callback")
            finally:
                other.stop()

    def injections(self):
        """What looks like SQL, a shell's or a header's is a text like any other."""
        ask = self.local.ask
        texts = ["'; DROP TABLE objects; --", "' OR '1'='1",
                 f"$(touch {self.world.bench.directory}/hit) `id` | true ;",
                 "\\'; \\\"; %00 %0d%0aX-Hit: 1", "<script>alert(1)</script>", "{{7*7}} ${7*7} #{7}",
                 "=HYPERLINK(1)", "../../../etc/passwd", "\u202eevil\u2066 \u2028"]
        places = [("partners", "domain", "text.example", "description"),
                  ("policies", "identity", "Tag:Text", "description"),
                  ("users", "uri", "text@branch.example", "display_name"),
                  ("sites", "name", "Text", "description"),
                  ("blocks", "domain", "*.text.example", "comment")]
        for path, identity, name, field in places:
            one = path + "/" + urllib.parse.quote(name, safe="")
            ask(201, "POST", path, {identity: name})
            for text in texts:
                with self.subTest(path=path, text=text):
                    reason = urllib.parse.quote(text)
                    ask(200, "PATCH", f"{one}?reason={reason}", {field: text})
                    self.assertEqual(ask(200, "GET", one)[field], text)
                    newest = ask(200, "GET", "revisions?limit=1")["items"][0]
                    self.assertEqual(newest["reason"], text)
                    # As a name it is nobody's, and harms nobody. Any user can be asked about.
                    status, headers, _ = self.local.send("GET", path + "/" + urllib.parse.quote(
                        text, safe=""))
                    self.assertIn(status, (200, 400, 404) if path == "users" else (400, 404))
                    self.assertNotIn("X-Hit", headers)
            problem = ask(400, "PATCH", one, {field: "a\r\nX-Hit: 1"})
            self.assertEqual(problem["field"], field)
            ask(200, "DELETE", one)
        for text in texts:
            for query in ("users?q=", "partners?q=", "audit?admin=", "messages?user="):
                self.assertIn(self.local.send("GET", query + urllib.parse.quote(text))[0],
                              (200, 400))
        self.assertGreater(ask(200, "GET", "partners")["total"], 0)
        self.assertFalse(os.path.exists(self.world.bench.directory + "/hit"))

    def served_is_documented(self):
        """Another method, an unknown path, and every route that answers is in the file."""
        known = {(one.method, one.pattern) for one in self.description.operations}
        for method, pattern in served_routes():
            if (method, pattern) in known:
                continue
            target = pattern.replace("{}", "nobody")
            status, _, text = self.local.send(method, target)
            self.assertIn("There is nothing at", text,
                          f"{method} {pattern} is served ({status}) but not documented")
        status, headers, text = self.local.send("PUT", "partners")
        self.assertEqual((status, headers["Allow"]), (405, "GET, POST"))
        self.assertEqual(json.loads(text)["status"], 405)
        self.assertEqual(self.local.send("GET", "no-such-thing")[0], 404)
