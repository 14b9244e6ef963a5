"""What the tests of the admin API's contract share: clients whose every answer is compared with
api/openapi.yaml, and the requests that all operations must refuse alike."""

import http.client
import json
import os
import re
import ssl
import urllib.parse

from base import OwnWorldTest
from test_admin import PASSWORD

from lab.gateway import ROOT
from lab.openapi import Description
from lab.unix_http import OverUnixSocket

# More than any operation takes.
TOO_LONG = 1 << 40
OCTETS = "application/octet-stream"
# More than any property takes that has no length of its own in the description.
LONG = 100_000
# Properties whose values no message repeats.
SECRETS = ("pass", "content", "base64", "code")


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


class Unix:
    def __init__(self, asked, path, token=None):
        self.asked, self.path, self.token = asked, path, token

    def connection(self):
        return OverUnixSocket(self.path)

    def send(self, method, target, body=None, headers=None):
        """(status, headers, text); `body` as text or octets, or an object for JSON. Octets that
        come back are a text of characters below 256."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        sent.update(headers or {})
        connection = self.connection()
        try:
            connection.request(method, "/api/v1/" + target,
                               json.dumps(body) if isinstance(body, (dict, list)) else body, sent)
            answer = connection.getresponse()
            self.keep_cookies(answer.headers.get_all("Set-Cookie", []))
            is_binary = answer.headers.get("Content-Type") == OCTETS
            text = answer.read().decode("latin-1" if is_binary else "utf-8")
            return answer.status, dict(answer.getheaders()), text
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
        kind = got.get("Content-Type", "")
        return json.loads(text) if kind.endswith("json") and "ndjson" not in kind else text

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


class ContractTest(OwnWorldTest):
    """Operations with some `tags`: each documented status of each must have been brought about.

    `not_driven` says where else a status is tested, `elsewhere` which operations are. `samples` has
    for each path parameter something that is there and something that is not; `bodies` has a body
    that is good, by the name of its schema, for what is refused for other reasons.
    """

    tags, not_driven, elsewhere = set(), {}, set()
    samples, samples_of, bodies = {}, {}, {}

    def setUp(self):
        self.description = Description()
        self.asked = Asked(self, self.description)
        self.local = self.asked.over(self.gateway)

    def browser(self, source="127.0.0.1", token=None):
        return Tls(self.asked, self.gateway, self.world.authority.ca_file, source, token)

    def accounts(self):
        """Viola may read and nothing else: each_operation() tries what she must not do."""
        for name, role in (("adam", "admin"), ("viola", "viewer")):
            self.local.ask(201, "POST", "admins",
                           {"name": name, "role": role, "password": PASSWORD})

    def operations(self):
        return [one for one in self.description.operations
                if self.tags & set(one.tags) and one.id not in self.elsewhere]

    def drive(self, *parts):
        for part in (*parts, self.each_operation):
            with self.subTest(part=part.__name__):
                part()
        missing = sorted((one.id, status) for one in self.operations()
                         for status in one.statuses()
                         if (one.id, status) not in self.asked.seen
                         and (one.id, status) not in self.not_driven)
        self.assertEqual(missing, [], "documented, but nothing here brings it about")
        self.assertEqual([pair for pair in self.not_driven if pair in self.asked.seen], [])

    # What holds for all operations alike

    def target(self, operation, which=0):
        """Its path with samples: 0 of what is there, 1 of what is not."""
        samples = {**self.samples, **self.samples_of.get(operation.path, {})}
        return re.sub(r"\{(\w+)\}", lambda found: urllib.parse.quote(
            samples[found[1]][which], safe=""), operation.path).removeprefix("/")

    def each_operation(self):
        stranger, viewer = self.browser("127.0.0.7"), self.browser("127.0.0.6")
        viewer.sign_in("viola")
        for operation in self.operations():
            with self.subTest(operation=operation.id):
                self.one_operation(operation, stranger, viewer)

    def one_operation(self, operation, stranger, viewer):
        method, target, documented = operation.method, self.target(operation), operation.statuses()
        schema = self.description.body_schema(operation)
        body = self.bodies.get(self.schema_name(schema), {}) if schema else None
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
            answer = self.local.announce(method, target, TOO_LONG)
            self.asked.check(method, target, *answer, 413)
        if schema and schema[0] == "application/json" and "session" not in operation.tags:
            self.local.ask(400, method, target, '["no", "object"]')
            self.local.ask(400, method, target, '{"half')
        query = {one["name"]: one["schema"] for one in
                 self.description.parameters(operation, "query")}
        for name, kind in query.items():
            kind = self.description.resolve(kind)
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
            problem = self.local.ask(404, method, self.target(operation, 1), body)
            self.assertEqual(problem["code"], "IST-API-002")

        if schema and schema[0] == "application/json" and "session" not in operation.tags:
            self.wrong_properties(operation, schema[1]["schema"], body)
        if method != "GET" and not any(one["name"] == "dry_run" for one in
                                       self.description.parameters(operation, "query")):
            # What knows no trial must not be done for one.
            for slip in ("dry_run", "dryrun", "dry-run"):
                problem = self.local.ask(400, method, f"{target}?{slip}=true", body)
                self.assertEqual(problem["code"], "IST-API-001")

    def wrong_properties(self, operation, schema, good):
        """Each property that is not as documented is named, with its value and the rule."""
        target = self.target(operation)
        for name, value in self.wrong_values(schema):
            with self.subTest(property=name, value=str(value)[:40]):
                status, _, text = self.local.send(operation.method, target,
                                                  {**(good or {}), name: value})
                problem = json.loads(text)
                is_secret = not name.endswith("_is_set") and any(word in name for word in SECRETS)
                if status == 404 and isinstance(value, str):
                    # It would name something that there is not.
                    self.assertRegex(problem["detail"], f"^There is no .*{value[:4]}")
                    continue
                self.assertEqual(status, 400, problem)
                if "CERT" not in problem["code"]:  # what is wrong inside a file
                    self.assertEqual(problem.get("field"), name, problem)
                    if problem["code"] != "IST-AUTH-013":  # says itself what a password needs
                        self.assertRegex(problem["detail"], "must be|is not|is none of|: ", problem)
                        self.assertIn(name, problem["fix"])
                is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
                if is_number and not is_secret:
                    self.assertIn(str(value), problem["detail"])
                if is_secret and isinstance(value, str):
                    self.assertNotIn(value[:20], json.dumps(problem))
        problem = self.local.ask(400, operation.method, target,
                                 {**(good or {}), "no_such_property": 1})
        self.assertEqual(problem.get("field"), "no_such_property", problem)

    def wrong_values(self, schema):
        for name, node in self.description.properties(schema).items():
            kinds = node.get("type", [])
            kinds = {kinds} if isinstance(kinds, str) else set(kinds)
            if not kinds:
                continue
            if "object" not in kinds:
                yield name, {"an": "object"}
            if not kinds & {"integer", "number"}:
                yield name, 7
            if "boolean" not in kinds:
                yield name, True
            if "boolean" in kinds:
                yield name, "yes"
            if "string" in kinds:
                yield name, "x" * (node.get("maxLength", LONG) + 1)
                yield name, "line\nbreak"
            if "enum" in node:
                yield name, "Perhaps"
            for limit, step in (("minimum", -1), ("maximum", 1)):
                if limit in node:
                    yield name, node[limit] + step
            if "integer" in kinds:
                yield name, 1.5
                if not node.get("x-unbounded"):
                    yield name, 1 << 50
            if "array" in kinds:
                yield name, [7]
                yield name, ["x"] * (node.get("maxItems", 100_000) + 1)

    @staticmethod
    def schema_name(schema):
        return schema and schema[1]["schema"].get("$ref", "").rsplit("/", 1)[-1]
