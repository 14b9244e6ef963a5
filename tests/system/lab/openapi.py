"""api/openapi.yaml as a judge: which operation a request is, and whether an answer is as it says."""

import json
import os
import re

import jsonschema
import yaml

from .gateway import ROOT

FILE = os.path.join(ROOT, "api", "openapi.yaml")
METHODS = ("get", "post", "put", "patch", "delete")


class Operation:
    def __init__(self, method, path, item, content):
        self.method, self.path = method.upper(), path
        self.id = content["operationId"]
        self.tags = content.get("tags", [])
        self.right = content.get("x-right")
        self.parameters = [*item.get("parameters", []), *content.get("parameters", [])]
        self.body = content.get("requestBody")
        self.responses = content["responses"]
        self.template = re.compile("".join(
            "([^/]+)" if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{[^}]*\})", path)))

    @property
    def pattern(self):
        """As src/admin/routes.cpp writes it."""
        return re.sub(r"\{[^}]*\}", "{}", self.path).removeprefix("/")

    def statuses(self):
        return [int(code) for code in self.responses if code != "default"]


class Description:
    def __init__(self, file=FILE):
        with open(file, encoding="utf-8") as stream:
            self.document = yaml.safe_load(stream)
        self.operations = [Operation(method, path, item, item[method])
                           for path, item in self.document["paths"].items()
                           for method in METHODS if method in item]
        self._resolver = jsonschema.RefResolver("", self.document)

    def operation(self, operation_id):
        return next(one for one in self.operations if one.id == operation_id)

    def match(self, method, raw_path):
        """The operation of a path below /api/v1, as it is sent; a verb beats a name with a colon."""
        found = [one for one in self.operations
                 if one.method == method and one.template.fullmatch("/" + raw_path)]
        return max(found, key=lambda one: one.path.count(":"), default=None)

    def resolve(self, node):
        while "$ref" in node:
            node = self._resolver.resolve(node["$ref"])[1]
        return node

    def properties(self, schema):
        """Name and node of each property that the schema, or a part of it, names."""
        made = {}
        for part in self._parts([schema]):
            made.update({name: self.resolve(node)
                         for name, node in part.get("properties", {}).items()})
        return made

    def parameters(self, operation, place):
        return [one for one in map(self.resolve, operation.parameters) if one["in"] == place]

    def body_schema(self, operation):
        """(content type, schema) of the request, or nothing."""
        if operation.body is None:
            return None
        return next(iter(self.resolve(operation.body)["content"].items()))

    def faults_of_body(self, operation, body):
        """What the description holds against a request that is to succeed."""
        kind, media = self.body_schema(operation) or (None, None)
        if kind is None:
            return [] if body is None else ["it takes no body"]
        return self._faults(media["schema"], body) if kind == "application/json" else []

    def faults_of_answer(self, operation, status, headers, text):
        """What the description holds against an answer."""
        node = operation.responses.get(str(status))
        if node is None:
            return [f"{status} is not documented"]
        response = self.resolve(node)
        sent = {name.lower(): value for name, value in headers.items()}
        faults = [f"the header {name} is missing"
                  for name, header in response.get("headers", {}).items()
                  if name.lower() not in sent and self.resolve(header).get("required")]
        faults += [f"the header {name} is not documented" for name in ("ETag", "Location")
                   if name.lower() in sent and name not in response.get("headers", {})]
        content = response.get("content")
        kind = sent.get("content-type", "").split(";")[0]
        if content is None:
            return faults
        if kind not in content:
            return [*faults, f"its type is {kind!r}"]
        if not kind.endswith("json") or kind == "application/x-ndjson":
            return faults
        value = json.loads(text)
        if kind == "application/problem+json" and value.get("status") != status:
            faults.append(f"status in the body is {value.get('status')}")
        schema = content[kind]["schema"]
        return faults + self._faults(schema, value) + [
            f"{name} is not documented" for name in self._undocumented([schema], value, "")]

    def must_be(self, name, value, test):
        """`value` is what the schema of this name says, and nothing more."""
        schema = {"$ref": f"#/components/schemas/{name}"}
        test.assertEqual(self._faults(schema, value)
                         + list(self._undocumented([schema], value, "")), [], value)

    def _faults(self, schema, value):
        validator = jsonschema.Draft202012Validator(
            schema, resolver=self._resolver, format_checker=jsonschema.FormatChecker())
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def _parts(self, schemas):
        """The schemas with all that they are made of."""
        for schema in schemas:
            schema = self.resolve(schema)
            yield schema
            for word in ("allOf", "oneOf", "anyOf"):
                yield from self._parts(schema.get(word, []))

    def _undocumented(self, schemas, value, at):
        """Members of `value`, at any depth, that no part of the schemas names."""
        parts = list(self._parts(schemas))
        if isinstance(value, list):
            items = [part["items"] for part in parts if "items" in part]
            for i, one in enumerate(value):
                yield from self._undocumented(items, one, f"{at}[{i}]")
        elif isinstance(value, dict) and any("properties" in part for part in parts):
            for name, inner in value.items():
                known = [part["properties"][name] for part in parts
                         if name in part.get("properties", {})]
                if not known:
                    yield f"{at}.{name}"
                else:
                    yield from self._undocumented(known, inner, f"{at}.{name}")
