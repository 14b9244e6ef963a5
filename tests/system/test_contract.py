"""The admin API keeps what api/openapi.yaml says: every documented request and every documented error
is driven against the daemon, every answer is compared with the file, and the file has exactly the
routes that the daemon serves."""

import http.client
import json
import os
import re
import socket
import ssl
import unittest
import urllib.parse

import yaml
from base import OwnWorldTest
from test_admin import PASSWORD, totp
from test_oidc import REDIRECT, SECRET

from lab.gateway import ROOT, Gateway
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
# Operations with other tags have tests of their own.
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
SAMPLES_OF = {"/sip-domains/{domain}": ("sip.example", "nobody.example")}


class Asked:
    """Sends requests and compares each answer with the description."""

    def __init__(self, test, description):
        self.test, self.description = test, description
        self.seen = set()  # (operation, status)

    def over(self, gateway, token=None):
        return Unix(self, gateway.admin_socket, token)

    def check(self, method, target, status, headers, text, wanted):
        operation = self.description.match(method, target.split("?")[0])
        self.test.assertIsNotNone(operation, f"{method} {target} is not documented")
        self.test.assertEqual(status, wanted, f"{method} {target}: {text[:600]}")
        faults = self.description.faults_of_answer(operation, status, headers, text)
        self.test.assertEqual(faults, [], f"{method} {target}: {status} {text[:600]}")
        self.seen.add((operation.id, status))


class OverUnixSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Unix:
    def __init__(self, asked, path, token=None):
        self.asked, self.path, self.token = asked, path, token

    def connection(self):
        return OverUnixSocket(self.path)

    def send(self, method, target, body=None, headers=None):
        """(status, headers, text); `body` as text, or an object for JSON."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        sent.update(headers or {})
        connection = self.connection()
        try:
            connection.request(method, "/api/v1/" + target,
                               body if isinstance(body, (str, type(None))) else json.dumps(body),
                               sent)
            answer = connection.getresponse()
            self.keep_cookies(answer.headers.get_all("Set-Cookie", []))
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def keep_cookies(self, cookies):
        pass

    def ask(self, wanted, method, target, body=None, headers=None):
        """The answer, which must have the status `wanted` and be as described."""
        if wanted < 300 and isinstance(body, dict):
            operation = self.asked.description.match(method, target.split("?")[0])
            faults = self.asked.description.faults_of_body(operation, body)
            self.asked.test.assertEqual(faults, [], f"{method} {target} {body}")
        status, got, text = self.send(method, target, body, headers)
        self.asked.check(method, target, status, got, text, wanted)
        return json.loads(text) if got.get("Content-Type", "").endswith("json") else text

    def etag(self, target):
        return self.send("GET", target)[1]["ETag"]

    def announce(self, method, target, length):
        """A request whose body is announced but never sent."""
        connection = self.connection()
        try:
            connection.putrequest(method, "/api/v1/" + target)
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()


class Tls(Unix):
    """A browser: cookies and their token; `source` is the address it comes from."""

    def __init__(self, asked, gateway, ca_file, source="127.0.0.1", token=None):
        super().__init__(asked, None, token)
        self.host, self.port = gateway.listeners["admin"][0].rsplit(":", 1)
        self.context = ssl.create_default_context(cafile=ca_file)
        self.context.check_hostname = False  # the laboratory's certificate names no address
        self.source, self.cookies, self.csrf = source, {}, None

    def connection(self):
        return http.client.HTTPSConnection(self.host, int(self.port), context=self.context,
                                           timeout=20, source_address=(self.source, 0))

    def send(self, method, target, body=None, headers=None):
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if self.csrf:
            sent["X-CSRF-Token"] = self.csrf
        return super().send(method, target, body, {**sent, **(headers or {})})

    def keep_cookies(self, cookies):
        self.cookies.update(cookie.split(";", 1)[0].split("=", 1) for cookie in cookies)

    def sign_in(self, name, wanted=200, **more):
        answer = self.ask(wanted, "POST", "session", {"name": name, "password": PASSWORD, **more})
        self.csrf = answer.get("csrf", self.csrf)
        return answer


def served_routes():
    """{(method, pattern): right} of src/admin/routes.cpp."""
    with open(os.path.join(ROOT, "src", "admin", "routes.cpp"), encoding="utf-8") as file:
        rows = re.findall(r'\{"([A-Z]+)",\s*"([^"]+)",\s*Right::(\w+)', file.read())
    return {(method, pattern): re.sub("(?<=[a-z])(?=[A-Z])", " ", right).lower()
            for method, pattern, right in rows}


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


class Contract(OwnWorldTest):
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

    def setUp(self):
        self.description = Description()
        self.asked = Asked(self, self.description)
        self.local = self.asked.over(self.gateway)

    def browser(self, source="127.0.0.1", token=None):
        return Tls(self.asked, self.gateway, self.world.authority.ca_file, source, token)

    def test_everything(self):
        for part in (self.partners, self.policies, self.users, self.settings, self.revisions,
                     self.presence, self.administrators, self.sessions, self.provider_sign_in,
                     self.without_provider, self.each_operation, self.served_is_documented):
            with self.subTest(part=part.__name__):
                part()
        missing = sorted(
            (one.id, status) for one in self.description.operations
            if DRIVEN_TAGS & set(one.tags) and one.id not in ELSEWHERE
            for status in one.statuses()
            if (one.id, status) not in self.asked.seen and (one.id, status) not in NOT_DRIVEN)
        self.assertEqual(missing, [], "documented, but nothing here brings it about")
        self.assertEqual([pair for pair in NOT_DRIVEN if pair in self.asked.seen], [])

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

    # What holds for all operations alike

    def target(self, operation, which=0):
        """Its path with samples: 0 of what is there, 1 of what is not."""
        samples = dict(SAMPLES)
        if operation.path in SAMPLES_OF:
            samples["domain"] = SAMPLES_OF[operation.path]
        if operation.path.startswith("/subscriptions"):
            samples["id"] = (self.local.ask(200, "GET", "subscriptions")["items"][0]["id"], "0")
        return re.sub(r"\{(\w+)\}", lambda found: urllib.parse.quote(
            samples[found[1]][which], safe=""), operation.path).removeprefix("/")

    def each_operation(self):
        stranger, viewer = self.browser("127.0.0.7"), self.browser("127.0.0.6")
        viewer.sign_in("viola")
        for operation in self.description.operations:
            if not DRIVEN_TAGS & set(operation.tags) or operation.id in ELSEWHERE:
                continue
            with self.subTest(operation=operation.id):
                self.one_operation(operation, stranger, viewer)

    def one_operation(self, operation, stranger, viewer):
        method, target, documented = operation.method, self.target(operation), operation.statuses()
        schema = self.description.body_schema(operation)
        body = {} if schema else None
        if operation.right != "anyone":
            stranger.ask(401, method, target, body)
            stranger.ask(401, method, target, body, {"Authorization": "Bearer none"})
            self.assertIn(401, documented)
        if operation.right != "anyone" and method != "GET":
            csrf, viewer.csrf = viewer.csrf, None
            problem = viewer.ask(403, method, target, body)
            viewer.csrf = csrf
            self.assertEqual(problem["code"], "IST-AUTH-016")
        if operation.right not in ("anyone", "signed in", "read"):
            problem = viewer.ask(403, method, target, body)
            self.assertEqual(problem["code"], "IST-API-007")
        if schema:
            problem = self.local.ask(415, method, target, "x", {"Content-Type": "text/plain"})
            self.assertEqual(problem["code"], "IST-API-008")
            answer = self.local.announce(method, target, 1 << 30)
            self.asked.check(method, target, *answer, 413)
        if schema and schema[0] == "application/json" and "session" not in operation.tags:
            self.local.ask(400, method, target, '["no", "object"]')
            self.local.ask(400, method, target, '{"half')
        query = {one["name"]: one["schema"] for one in
                 self.description.parameters(operation, "query")}
        for name, kind in query.items():
            if kind.get("type") in ("boolean", "integer") or "enum" in kind:
                problem = self.local.ask(400, method, f"{target}?{name}=perhaps", body)
                self.assertTrue(problem["field"], problem)
        if "maximum" in query.get("limit", {}):
            for bad in (0, query["limit"]["maximum"] + 1):
                self.local.ask(400, method, f"{target}?limit={bad}")
        if "reason" in query:
            self.local.ask(400, method, f"{target}?reason={'x' * 1025}", body)
        if any(one["name"] == "If-Match"
               for one in self.description.parameters(operation, "header")):
            problem = self.local.ask(412, method, target, body, {"If-Match": '"0"'})
            self.assertEqual(problem["code"], "IST-API-005")
        if 404 in documented and "{" in operation.path and "PUT" != method:
            problem = self.local.ask(404, method, self.target(operation, 1), {
                "GrantRequest": {"users": [ALICE]}}.get(self.schema_name(schema), body))
            self.assertEqual(problem["code"], "IST-API-002")

    @staticmethod
    def schema_name(schema):
        return schema and schema[1]["schema"].get("$ref", "").rsplit("/", 1)[-1]

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
