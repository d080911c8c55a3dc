"""``rpc.discover``: the method table as an OpenRPC document.

Source of the format: https://spec.open-rpc.org, version 1.3.2. The document is made from the same
table as the reference page and the check of rights, so it cannot fall behind.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from thrum import __version__
from thrum.daemon.rpc.nothing import Nothing
from thrum.daemon.rpc.pushed import Pushed
from thrum.daemon.rpc.registry import (
    COMMON_ERRORS,
    EVERYWHERE,
    Call,
    Method,
    Params,
    Rights,
    Table,
    Transport,
    method,
)
from thrum.errors import KINDS

OPENRPC: Final = "1.3.2"
PLACE: Final = "#/components/schemas/"


class Document(msgspec.Struct):
    """An OpenRPC document."""

    openrpc: str
    info: dict[str, str]
    methods: list[dict[str, Any]]
    components: dict[str, dict[str, Any]]
    pushes: list[dict[str, Any]] = msgspec.field(name="x-pushes")


@method("rpc.discover", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def discover(call: Call, params: Params) -> Document:
    """Describes every method of this daemon as an OpenRPC document."""
    return document(call.node.methods, __version__, call.node.pushes)


def document(table: Table, version: str, pushes: Iterable[type[Pushed]]) -> Document:
    """The table as an OpenRPC document.

    Beside the standard fields a method has `x-anonymous` (whether somebody who is no registered
    agent may call it), `x-rights` (what it touches), `x-transports` and `x-long-poll` (whether it
    may take minutes). `x-pushes` has what the daemon says unasked.
    """
    rows = sorted(table.values(), key=lambda row: row.name)
    unasked = sorted(pushes, key=lambda kind: kind.name)
    types = [*(kind for row in rows for kind in (row.params, row.result)), *unasked]
    references, schemas = _briefly_named(
        *msgspec.json.schema_components(types, ref_template=f"{PLACE}{{name}}")
    )
    by_type = dict(zip(types, references, strict=True))
    return Document(
        OPENRPC,
        {
            "title": "Thrum",
            "version": version,
            "description": "JSON-RPC 2.0, one object per line; params are an object.",
        },
        [_method(row, schemas, by_type) for row in rows],
        {"schemas": schemas, "errors": _errors()},
        [{"name": kind.name, "params": by_type[kind]} for kind in unasked],
    )


def _method(
    row: Method[Any, Any], schemas: Mapping[str, Any], by_type: Mapping[type, Mapping[str, Any]]
) -> dict[str, Any]:
    params = schemas[by_type[row.params]["$ref"].rpartition("/")[2]]
    about = {} if row.params is Params else {"description": params["description"]}
    return {
        "name": row.name,
        "summary": row.summary,
        **about,
        "paramStructure": "by-name",
        "params": [
            {"name": name, "required": name in row.params.needs, "schema": schema}
            for name, schema in params["properties"].items()
        ],
        "result": {"name": "result", "schema": by_type[row.result]},
        "errors": [
            {"$ref": f"#/components/errors/{kind}"}
            for kind in dict.fromkeys((*row.errors, *COMMON_ERRORS))
        ],
        "x-anonymous": row.anonymous,
        "x-rights": row.rights.name.lower(),
        "x-transports": [str(each.name).lower() for each in Transport if each in row.transports],
        "x-long-poll": row.long_poll,
    }


def _briefly_named(
    references: tuple[Any, ...], schemas: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Types of one name are told apart by the last parts of their modules, not by all of them."""
    brief = {name: _brief(name, schemas) for name in schemas}

    def renamed(thing: Any) -> Any:
        if isinstance(thing, dict):
            return {
                key: PLACE + brief[value.removeprefix(PLACE)] if key == "$ref" else renamed(value)
                for key, value in thing.items()
            }
        return [renamed(each) for each in thing] if isinstance(thing, list) else thing

    return (
        tuple(renamed(reference) for reference in references),
        {brief[name]: _titled(renamed(schema), brief[name]) for name, schema in schemas.items()},
    )


def _brief(name: str, names: Iterable[str]) -> str:
    """The end of a name that no other one ends with; one part of the module at least, if it has
    any."""
    parts = name.split(".")
    others = [f".{each}" for each in names if each != name]
    for count in range(min(2, len(parts)), len(parts)):
        end = ".".join(parts[-count:])
        if not any(each.endswith(f".{end}") for each in others):
            return end
    return name


def _titled(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """A type's schema with its brief name, and its docstring without the code's indentation."""
    if name == Nothing.__name__:
        schema = {"type": "null", "description": schema["description"]}
    if "description" in schema:
        schema["description"] = inspect.cleandoc(schema["description"])
    return schema | {"title": name}


def _errors() -> dict[str, Any]:
    return {
        kind: {"code": code, "message": meaning, "data": {"kind": kind}}
        for kind, (code, meaning) in KINDS.items()
    }
