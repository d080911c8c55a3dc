"""``thrum rpc``: the daemon's methods by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import lacking, takes
from thrum.cli.context import Context, takes_all
from thrum.cli.render.document import document_text
from thrum.cli.render.schema import fields, mentioned, resolved, type_text
from thrum.cli.render.times import duration
from thrum.errors import ThrumError
from thrum.suggest import did_you_mean

if TYPE_CHECKING:
    import typer

_SECOND: Final = 1_000_000_000


def call(
    context: Context,
    method: Annotated[
        str, typer.Argument(help="its name, as `thrum rpc describe` lists it"), takes.METHOD
    ],
    params: Annotated[
        str, typer.Argument(help="the parameters, a JSON object; '-' reads stdin")
    ] = "{}",
    timeout: Annotated[
        str, typer.Option(help="how long at most, as 30s or 5m"), takes.DURATION
    ] = "30s",
) -> None:
    """Call a method of the daemon by hand and print its result as JSON.

    The parameters go to the daemon exactly as they are written.
    """
    limit = duration(timeout, "--timeout") / _SECOND
    if limit <= 0:
        raise ThrumError("usage", "--timeout 0 leaves no time for an answer", "as 30s or 5m")
    given = _object(context.stdin.read() if params == "-" else params)
    try:
        result = context.client.call(method, given, limit)
    except ThrumError as error:
        if error.kind == "method_not_found" and not error.hint:
            raise _unknown(context, method) from None
        raise
    context.stdout.write(
        document_text(
            result, indent=context.stdout_is_terminal, is_ascii=not takes_all(context.stdout)
        )
    )


def _unknown(context: Context, method: str) -> ThrumError:
    """The refusal of a method that the daemon does not know, with the one that may be meant."""
    error = lacking.refusal(context, method)
    document = lacking.Gaps(context).ask("rpc.discover")
    if document is not None:
        error.hint = _meant(method, _rows(document))
    return error


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ThrumError(
            "usage",
            f"the parameters are no JSON: {error}",
            """write an object, as '{"name":"nux"}'""",
        ) from None
    if not isinstance(found, dict):
        raise ThrumError("usage", "the parameters must be a JSON object, in braces")
    return found


def describe(
    context: Context,
    method: Annotated[
        str | None, typer.Argument(help="only this one, in full"), takes.METHOD
    ] = None,
) -> None:
    """Show what methods the daemon has, and what they take and give.

    With --json it is an OpenRPC document.
    """
    document: dict[str, Any] = context.call("rpc.discover")
    if method is None:
        context.document(document)
        context.say("".join(f"{row['name']}: {row['summary']}\n" for row in document["methods"]))
        return
    row = _row(document, method)
    schemas = document["components"]["schemas"]
    context.document(row | {"components": {"schemas": mentioned(row, schemas)}})
    context.say("".join(f"{line}\n" for line in _in_full(row, schemas)))


def _row(document: Mapping[str, Any], method: str) -> dict[str, Any]:
    rows = _rows(document)
    if method in rows:
        return rows[method]
    raise ThrumError("method_not_found", f"there is no method {method!r}", _meant(method, rows))


def _rows(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in document["methods"]}


def _meant(method: str, rows: Mapping[str, object]) -> str:
    """What to do about a name that no method has."""
    return did_you_mean(method, rows) or "`thrum rpc describe` lists all"


def _in_full(row: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    who = "anybody" if row["x-anonymous"] else "registered agents and users"
    yield f"{row['name']}: {row['summary']}"
    yield f"For {who}; transports: {', '.join(row['x-transports'])}."
    yield "Params:"
    for param in row["params"]:
        yield _field(param["name"], type_text(param["schema"]), "required" * param["required"])
    yield "Result:"
    result = row["result"]["schema"]
    yield from _given(resolved(result, schemas))
    yield f"Errors: {', '.join(each['$ref'].rpartition('/')[2] for each in row['errors'])}"
    for name, schema in mentioned(row, schemas).items():
        if schema is not resolved(result, schemas):
            yield f"{name}:"
            yield from _given(schema)


def _given(schema: Mapping[str, Any]) -> Iterator[str]:
    if schema.get("type") == "array":
        yield f"  {type_text(schema)}"
    for name, kind, always in fields(schema):
        yield _field(name, kind, "" if always else "may be absent")


def _field(name: str, kind: str, remark: str) -> str:
    return f"  {name}: {kind}" + (f", {remark}" if remark else "")
