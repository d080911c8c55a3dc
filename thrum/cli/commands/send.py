"""``thrum send``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.pairs import pairs
from thrum.cli.spellings import older
from thrum.cli.steps import body, hinting, sending
from thrum.errors import ThrumError
from thrum.names import bare

if TYPE_CHECKING:
    import typer


def send(
    context: Context,
    message: Annotated[str | None, typer.Argument(help="the text; '-' reads it from stdin")] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(help="an agent, a group, a role or everyone; repeatable, also with commas"),
        takes.RECIPIENT,
    ] = None,
    broadcast: Annotated[bool, typer.Option("--broadcast", help="to everyone")] = False,
    mention: Annotated[
        list[str] | None,
        typer.Option(help="the same as --to"),
        takes.AUDIENCE,
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="type:value; repeatable"), takes.PAIR
    ] = None,
    ref: Annotated[
        list[str] | None, typer.Option(help="type:value; repeatable"), takes.PAIR
    ] = None,
    structured: Annotated[
        str | None, typer.Option(help="a JSON object to go along"), takes.PARAMS
    ] = None,
    format: Annotated[
        str, typer.Option(help="markdown, plain or json"), takes.words("markdown", "plain", "json")
    ] = "markdown",
    stdin: Annotated[bool, typer.Option("--stdin", help="read the text from stdin")] = False,
    file: Annotated[
        str | None,
        typer.Option("--file", help="read the text from a file"),
        takes.FILE,
        older("--body-file"),
    ] = None,
    acting_as: Annotated[
        str | None, typer.Option("--as", help="an agent to speak for; only people may"), takes.AGENT
    ] = None,
    disclose: Annotated[bool, typer.Option("--disclose", help="show who spoke for it")] = False,
) -> None:
    """Send a message.

    Without --to or --broadcast it goes to everyone. Where one name stands for a role and for a
    group, role:NAME or group:NAME says which. A text that begins with a dash stands behind --,
    after all flags.
    """
    if to and broadcast:
        raise ThrumError("usage", "--to and --broadcast exclude each other", "keep one of them")
    if disclose and not acting_as:
        raise ThrumError("usage", "--disclose goes with --as", "say whom you speak for: --as @nux")
    content = body.read(context, message, stdin=stdin, file=file)
    if not content and not structured:
        raise ThrumError("usage", "the message is empty", "say something")
    answer = sending.hand_over(
        context,
        {
            "content": content,
            "format": format,
            "caller_agent_id": _caller(context, acting_as),
            **sending.targets(["everyone"] if broadcast else to or [], mention or []),
            "scopes": pairs(scope, "--scope"),
            "refs": pairs(ref, "--ref"),
            "structured": _structured(structured),
            "acting_as": acting_as,
            "disclose": disclose or None,
        },
    )
    hints = hinting.find(context, "send", {"to": _agents(to or (), answer)}, result=answer)
    sending.report(context, hinting.added(answer, hints), "Sent")
    hinting.tell(context, hints)
    if not (to or broadcast or mention):
        context.hint("went to everyone; --to @agent writes to one")


def _caller(context: Context, acting_as: str | None) -> str:
    """Who sends: this shell's agent, or the person at it where it speaks for an agent."""
    me = _person(context) if acting_as else ""
    return me or context.caller.agent_id


def _person(context: Context) -> str:
    """The person whose account this is; empty where nobody registered, or a daemon knows none."""
    try:
        return str(context.call("user.list", {}).get("me") or "")
    except ThrumError as error:
        if error.kind == "method_not_found":
            return ""
        raise


def _agents(to: Sequence[str], answer: Mapping[str, Any]) -> list[str]:
    """Those of the names that are agents who got it, and neither groups nor roles."""
    got = {each.get("agent_id") for each in answer.get("recipients") or ()}
    return [name for name in dict.fromkeys(bare(each) for each in to) if name in got]


def _structured(text: str | None) -> dict[str, object] | None:
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ThrumError("usage", f"--structured is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ThrumError("usage", "--structured must be a JSON object", 'as in {"key": 1}')
    return found
