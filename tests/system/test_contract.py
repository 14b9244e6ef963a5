"""The admin API keeps what api/openapi.yaml says: every documented request and every documented error
is driven against the daemon, every answer is compared with the file, and the file has exactly the
routes that the daemon serves."""

import json
import os
import unittest
import urllib.parse

import yaml
from contract import ContractTest, served_routes

from lab.openapi import FILE, Description

ALICE = "alice@branch.example"

# Statuses that no request alone brings about; where else each is tested.
NOT_DRIVEN = {
    ("retryPartner", 503): "a traffic thread that hangs: tests/control/traffic_service_test.cpp",
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
# Those with other tags: test_contract_people.py, test_contract_operation.py.
DRIVEN_TAGS = {"partners", "policies", "users", "settings", "revisions", "presence", "status"}

# What stands for a path parameter: something that is there, something that is not.
SAMPLES = {
    "domain": ("fabrikam.example", "nobody.example"), "pattern": ("*.evil.example", "nobody.example"),
    "policy": ("tag:Open", "tag:Nobody"), "user": (ALICE, "nobody@branch.example"),
    "site": ("Rome", "Nowhere"), "fqdn": ("pool.branch.example", "nopool.branch.example"),
    "provider": ("Yahoo!", "Nobody"), "revision": ("1", "99999"), "id": ("0", "0"),
    "contact": ("juliet@fabrikam.example", "nobody@nobody.example"),
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
    tags, not_driven = DRIVEN_TAGS, NOT_DRIVEN
    samples, samples_of = SAMPLES, SAMPLES_OF
    bodies = {"GrantRequest": {"users": [ALICE]},
              "NewProvider": {"name": "New", "proxy_fqdn": "new.example"},
              "NewBlock": {"domain": "*.new.example"},
              "NewSipDomain": {"domain": "new.example", "kind": "allowed"},
              "ContactName": {"user": ALICE, "contact": "new@fabrikam.example"},
              "UserPolicyRequest": {"policy": None},
              "PoolChange": {"site": "Rome"}}

    @classmethod
    def build(cls, world):
        world.add_branch("udp").start(allow=False, tables={
            "admin": {"names": ["gateway.contoso.example"]}})

    def test_everything(self):
        self.drive(self.accounts, self.partners, self.policies, self.users, self.settings,
                   self.revisions, self.presence, self.served_is_documented,
                   self.injections)

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
        self.assertIsNone(shown["last_message_at"])
        self.assertEqual(ask(200, "POST", "partners/a.litware.example:retry"),
                         {"domain": "litware.example", "links": 0})
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
        block = ask(200, "GET", "blocks/*.evil.example")
        self.assertEqual((block["hits"], block["added_by"]), (0, "root"))
        self.assertTrue(block["added_at"])
        self.assertEqual(ask(200, "GET", "blocks")["items"], [block])
        self.assertIn(block, ask(200, "GET", "sip-domains")["items"])

    def policies(self):
        ask = self.local.ask
        self.collection("policies", {"identity": "Tag:Open"}, {"enable_xmpp_access": True},
                        "Tag:Open", id_in_path="tag:Open")
        ask(404, "POST", "policies", {"identity": "site:Nowhere"})
        ask(200, "POST", "policies/tag:Open:grant?dry_run=true", {"users": [ALICE]})
        done = ask(200, "POST", "policies/tag:Open:grant", {"users": [ALICE]})
        self.assertEqual((done["users"], done["changed"]), ([ALICE], 1))
        ask(409, "DELETE", "policies/tag:Open")
        listed = {one["identity"]: one for one in ask(200, "GET", "policies")["items"]}
        self.assertTrue(listed["Tag:Open"]["modified_at"])
        self.assertTrue(listed["Tag:Open"]["modified_by"])
        self.assertIsNone(listed["Global"]["modified_at"])
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
        self.several()

    def several(self):
        """Several changes as one, and that one taken back."""
        ask = self.local.ask
        site = {"method": "POST", "path": "sites", "body": {"name": "Oslo"}}
        policy = {"method": "POST", "path": "policies", "body": {"identity": "Site:Oslo"}}
        users = "uri,site\nolaf@branch.example,Oslo\n"
        tried = ask(200, "POST", "changes?dry_run=true", {"changes": [site, policy]})
        self.assertEqual((tried["objects"], tried["dry_run"]), (2, True))
        ask(404, "GET", "sites/Oslo")
        bad = [(404, [policy]), (409, [site, site]), (400, [{**site, "path": "admins"}]),
               (400, [{**site, "method": "DELETE", "path": "sites/Rome"}]),
               (404, [{"method": "PATCH", "path": "sites/Nowhere", "body": {}}]),
               (412, [{"method": "PATCH", "path": "sites/Rome", "body": {"description": "x"},
                       "if_match": '"old"'}]),
               (400, {"no": "list"}), (400, ["no object"])]
        for status, changes in bad:
            ask(status, "POST", "changes", {"changes": changes})
        faults = ask(400, "POST", "changes", {"changes": [site], "users_csv": "uri,site\nx,Oslo\n"})
        self.assertEqual(faults["faults"][0]["line"], 2)
        ask(404, "GET", "sites/Oslo")
        done = ask(200, "POST", "changes?reason=as+one", {"changes": [site, policy],
                                                          "users_csv": users})
        self.assertEqual((done["objects"], done["users"]["created"]), (2, 1))
        self.assertEqual(ask(200, "GET", "users/olaf@branch.example")["effective_policy"],
                         "Site:Oslo")
        undo = f"revisions/{done['revision']}:undo"
        ask(200, "PATCH", "users/olaf@branch.example", {"display_name": "Olaf"})
        ask(412, "POST", undo)
        ask(200, "PATCH", "users/olaf@branch.example", {"display_name": ""})
        ask(201, "POST", "users", {"uri": "hakon@branch.example", "site": "Oslo"})
        ask(409, "POST", undo)
        ask(200, "DELETE", "users/hakon@branch.example")
        undone = ask(200, "POST", undo)
        self.assertEqual((undone["objects"], undone["users"]), (2, 1))
        ask(404, "GET", "sites/Oslo")
        ask(404, "GET", "users/olaf@branch.example")

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
