"""The method table as an OpenRPC document."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator

from thrum.cli.render import schema
from thrum.daemon.rpc.discovery import _brief, document
from thrum.daemon.services import METHODS, pushes
from thrum.errors import KINDS

PUSHES = pushes()
WHOLE: dict[str, Any] = msgspec.to_builtins(document(METHODS, "1.2.3", PUSHES))


def references(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        if "$ref" in thing:
            yield thing["$ref"]
        for value in thing.values():
            yield from references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from references(value)


def test_every_method_is_in_it_once_with_what_the_table_says() -> None:
    rows = {row["name"]: row for row in WHOLE["methods"]}
    assert sorted(rows) == [row["name"] for row in WHOLE["methods"]] == sorted(METHODS)
    for name, method in METHODS.items():
        row = rows[name]
        fields = msgspec.structs.fields(method.params)
        assert [param["name"] for param in row["params"]] == [f.encode_name for f in fields]
        assert [p["required"] for p in row["params"]] == [
            f.name in method.params.needs for f in fields
        ]
        assert row["x-anonymous"] is method.anonymous
        assert {error["$ref"].rpartition("/")[2] for error in row["errors"]} >= set(method.errors)


def test_it_has_what_is_said_unasked() -> None:
    schemas = WHOLE["components"]["schemas"]
    rows = {row["name"]: row["params"]["$ref"].rpartition("/")[2] for row in WHOLE["x-pushes"]}
    assert list(rows) == sorted(each.name for each in PUSHES)
    for each in PUSHES:
        fields = {field.encode_name for field in msgspec.structs.fields(each)}
        assert schemas[rows[each.name]]["properties"].keys() == fields


def test_a_result_is_described_by_its_own_type() -> None:
    schemas = WHOLE["components"]["schemas"]
    for row in WHOLE["methods"]:
        result = METHODS[row["name"]].result
        if not issubclass(result, msgspec.Struct):
            continue
        fields = {field.encode_name for field in msgspec.structs.fields(result)}
        described = schemas[row["result"]["schema"]["$ref"].rpartition("/")[2]]
        assert set(described.get("properties", ())) == fields, row["name"]


@pytest.mark.parametrize(
    ("names", "brief"),
    [
        (["Row"], ["Row"]),
        (["Row", "t.a.Listed", "t.b.Listed"], ["Row", "a.Listed", "b.Listed"]),
        (["t.a.m.Listed", "t.b.m.Listed"], ["a.m.Listed", "b.m.Listed"]),
        (["t.a.m.Row", "t.b.m.Row", "t.b.n.Row"], ["a.m.Row", "b.m.Row", "n.Row"]),
        (["t.m.Row", "t.t.m.Row"], ["t.m.Row", "t.t.m.Row"]),
    ],
)
def test_types_of_one_name_are_told_apart(names: list[str], brief: list[str]) -> None:
    assert [_brief(each, names) for each in names] == brief


def allowed(thing: dict[str, Any], *, needed: set[str], may: Collection[str] = ()) -> None:
    """Holds an object to the fields that the format knows; others begin with ``x-``."""
    own = {key for key in thing if not key.startswith("x-")}
    assert needed <= own <= needed | set(may), thing


def test_it_is_what_openrpc_demands() -> None:
    allowed(WHOLE, needed={"openrpc", "info", "methods"}, may={"components"})
    assert [part.isdigit() for part in WHOLE["openrpc"].split(".")] == [True] * 3
    allowed(WHOLE["info"], needed={"title", "version"}, may={"description"})
    for row in WHOLE["methods"]:
        allowed(
            row,
            needed={"name", "params", "result"},
            may={"summary", "description", "paramStructure", "errors"},
        )
        assert row["paramStructure"] == "by-name"
        names = [param["name"] for param in row["params"]]
        assert len(set(names)) == len(names)
        for given in (*row["params"], row["result"]):
            allowed(given, needed={"name", "schema"}, may={"required", "description", "summary"})
            Draft7Validator.check_schema(given["schema"])
        assert all(error.keys() == {"$ref"} for error in row["errors"])
    allowed(WHOLE["components"], needed={"schemas", "errors"})
    for shape in WHOLE["components"]["schemas"].values():
        Draft7Validator.check_schema(shape)
        is_null = shape["type"] == "null"
        assert is_null or set(shape.get("required", ())) <= set(shape["properties"])
    for error in WHOLE["components"]["errors"].values():
        allowed(error, needed={"code", "message"}, may={"data"})
        assert isinstance(error["code"], int)
        assert isinstance(error["message"], str)
    for place in WHOLE["components"].values():
        assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in place)


def test_every_reference_leads_somewhere() -> None:
    known = {
        f"#/components/{place}/{name}"
        for place in ("schemas", "errors")
        for name in WHOLE["components"][place]
    }
    found = set(references(WHOLE))
    assert found <= known
    assert "#/components/errors/anonymous_caller" in found


def test_types_of_one_name_stay_apart_and_show_no_module_path() -> None:
    types = {kind for row in METHODS.values() for kind in (row.params, row.result)}
    _, apart = msgspec.json.schema_components([*types, *PUSHES])
    names = WHOLE["components"]["schemas"]
    assert len(names) == len(apart)
    assert [name for name in names if name.startswith("thrum.")] == []


def test_errors_carry_their_code_and_kind() -> None:
    errors = WHOLE["components"]["errors"]
    assert {kind: error["code"] for kind, error in errors.items()} == {
        kind: code for kind, (code, _) in KINDS.items()
    }


def test_the_daemon_gives_it_to_a_stranger_and_answers_as_it_says(node: Any) -> None:
    answer = node.call("nobody", "rpc.discover")
    assert answer["openrpc"] == "1.3.2"
    assert [row["name"] for row in answer["methods"]] == sorted(METHODS)
    for name in ("health", "agent.list", "sync.status"):
        row = next(row for row in answer["methods"] if row["name"] == name)
        shape = schema.resolved(row["result"]["schema"], answer["components"]["schemas"])
        given = node.call("nobody", name)
        assert set(given) <= set(shape["properties"])
        assert set(given) >= set(shape["required"])
