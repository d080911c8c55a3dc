"""``thrum user ...``: the people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli.context import Context
from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago

if TYPE_CHECKING:
    import typer

_COLUMNS: Final = (
    Column("PERSON", 8, weight=2),
    Column("NAME", 8, weight=2, leaves=1),
    Column("REGISTERED", 10, leaves=2),
    Column("", 3),
)


def register(
    context: Context,
    username: Annotated[str | None, typer.Argument(help="your name; without it git's")] = None,
    display: Annotated[str | None, typer.Option(help="your name as you write it")] = None,
) -> None:
    """Say that this account is yours: what you do by hand is done as a person.

    It counts in terminals that are no agent's, where no agent lives; elsewhere with
    THRUM_NAME=user:NAME. People speak for agents (`thrum send --as`), and have the same rights as
    coordinators.
    """
    params = {"username": username or "", "display": display or ""}
    answer: dict[str, Any] = context.call("user.register", params)
    context.document(answer)
    word = "are" if answer.get("status") == "existing" else "are now"
    context.done(f"✓ You {word} {one_line(str(answer.get('user_id')))}")


def list_(context: Context) -> None:
    """Everybody who registered as a person, in whatever clone."""
    answer: dict[str, Any] = context.call("user.list", {})
    context.document(answer)
    rows = [row for row in answer.get("users") or () if isinstance(row, dict)]
    if not rows:
        context.done("Nobody registered as a person.")
        context.hint("thrum user register")
        return
    now, me = context.now_ns(), answer.get("me")
    lines = [
        [
            one_line(str(row.get("agent_id"))),
            one_line(str(row.get("display") or "")),
            ago(str(row.get("registered_at") or ""), now),
            "you" if row.get("agent_id") == me else "",
        ]
        for row in rows
    ]
    context.say(table(_COLUMNS, lines, is_plain=context.is_plain, columns=context.columns))
