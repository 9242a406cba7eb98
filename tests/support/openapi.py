"""docs/openapi.yaml: what it documents, and whether responses are like that."""

import json
import re
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/openapi.yaml"
API = ROOT / "hub/api.c"
PULL = ROOT / "hub/pull/subscription.h"
JSON = "application/json"
METHODS = ("get", "post", "put", "delete", "options")

_ROUTE = re.compile(r'^    \{"([A-Z]+)",\s*(?:"([^"]+)"|(\w+)),', re.MULTILINE)
_NAMED = re.compile(r'^#define (\w+) "(/[^"]*)"', re.MULTILINE)
_REF = "#/"


def routes():
    """(method, path) of each route of the hub; a `*` stands for a segment."""
    named = dict(_NAMED.findall(PULL.read_text()))
    table = API.read_text().split("hub_routes[] = {", 1)[1]
    return {(method, path or named[name])
            for method, path, name in _ROUTE.findall(table)}


class Document:
    def __init__(self):
        self.root = yaml.safe_load(DOCUMENT.read_text())
        self.seen = set()    # (method, path, status)
        self.filled = set()  # names of arrays that had a row
        self._validators = {}

    def operations(self):
        """The operations by (method, path)."""
        return {(method.upper(), path): operation
                for path, item in self.root["paths"].items()
                for method, operation in item.items() if method in METHODS}

    def documented(self):
        return {(method, path, int(status))
                for (method, path), operation in self.operations().items()
                for status in operation["responses"]}

    def resolve(self, item):
        """What it says, where it is a reference."""
        while "$ref" in item:
            at = self.root
            for step in item["$ref"].removeprefix(_REF).split("/"):
                at = at[step]
            item = at
        return item

    def parameters(self, operation):
        return [self.resolve(parameter)
                for parameter in operation.get("parameters", ())]

    def body(self, operation):
        """The Content-Type that is wanted; None: no body is."""
        if "requestBody" not in operation:
            return None
        return next(iter(self.resolve(operation["requestBody"])["content"]))

    def check(self, method, path, response):
        """Fails unless the operation has such a response."""
        operation = self.operations()[method, path]
        where = f"{method} {path} {response.status}"
        assert str(response.status) in operation["responses"], \
            f"{where} is not documented: {response}"
        said = self.resolve(operation["responses"][str(response.status)])
        self._check_headers(where, said.get("headers", {}), response.headers)
        self._check_content(where, said.get("content"), response)
        self.seen.add((method, path, response.status))

    def lists(self):
        """The arrays of the pages of /admin, named as in `filled`."""
        found = set()
        for (method, path), operation in self.operations().items():
            if method != "GET" or not path.startswith("/admin/"):
                continue
            content = operation["responses"]["200"]["content"]
            schema = self.resolve(content.get(JSON, {}).get("schema", {}))
            found |= {f"{method} {path} {name}" for name, member
                      in schema.get("properties", {}).items()
                      if member.get("type") == "array" and "{" not in path}
        return found

    def _check_headers(self, where, said, headers):
        for name, header in said.items():
            header = self.resolve(header)
            if name in headers:
                self.validate(f"{where} {name}", header["schema"], headers[name])
            else:
                assert not header.get("required"), f"{where} has no {name}"

    def _check_content(self, where, said, response):
        if said is None:
            assert response.body == b"", f"{where} has a body: {response}"
            return
        kind = response.headers.get("Content-Type", "").split(";")[0]
        assert kind in said or "*/*" in said, f"{where} has a body of {kind}"
        schema = said.get(kind, {}).get("schema")
        if schema is None:
            return
        text = response.body.decode()
        value = json.loads(text) if kind == JSON else text
        self.validate(where, schema, value)
        if isinstance(value, dict):
            name_of = where.rsplit(" ", 1)[0]
            self.filled |= {f"{name_of} {name}" for name, rows in value.items()
                            if isinstance(rows, list) and rows}

    def validate(self, where, schema, value):
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = jsonschema.Draft202012Validator(
                {**schema, "components": self.root["components"]})
        for error in self._validators[key].iter_errors(value):
            raise AssertionError(f"{where}: {error.message} at "
                                 f"{error.json_path} of {value}")
