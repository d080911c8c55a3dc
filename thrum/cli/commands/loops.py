"""``thrum loops``: agents that answer each other without end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli.context import Context
from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

_COLUMNS: Final = (
    Column("ID", 6),
    Column("AGENTS", 8, weight=3),
    Column("STATE", 6),
    Column("SINCE", 5, leaves=2),
    Column("ANSWERS", 7, leaves=3),
    Column("WAITING", 7, leaves=1),
)


def loops(context: Context) -> None:
    """Agents that answered each other too often, and whose mail to each other waits.

    After `delivery.loop_limit` answers without a person's word or a commit what they write to each
    other is brought later, then not at all; it stands in their inboxes all the same. A person's
    message to one of them, a commit, an hour and `thrum loops release` end that.
    """
    answer: dict[str, Any] = context.call("loops.list", {})
    context.document(answer)
    rows = [row for row in answer.get("loops") or () if isinstance(row, dict)]
    if not rows:
        limit = int(answer.get("limit") or 0)
        context.done("No loops." if limit else "There is no guard: delivery.loop_limit is 0.")
        return
    now = context.now_ns()
    lines = [_line(row, now) for row in rows]
    context.say(table(_COLUMNS, lines, is_plain=context.is_plain, columns=context.columns))
    context.hint("thrum loops release ID brings what waits")


def _line(row: dict[str, Any], now_ns: int) -> list[str]:
    parties = ", ".join(f"@{one_line(str(each))}" for each in row.get("parties") or ())
    return [
        one_line(str(row.get("id", "?"))),
        parties,
        one_line(str(row.get("stage", "?"))),
        ago(str(row.get("since") or ""), now_ns),
        counted(int(row.get("answers") or 0), "answer"),
        f"{int(row.get('waiting') or 0)} waiting",
    ]


def release(
    context: Context,
    loop_id: Annotated[str | None, typer.Argument(help="the id that `thrum loops` shows")] = None,
    all: Annotated[bool, typer.Option("--all", help="every one there is")] = False,
) -> None:
    """Have mail be brought again between agents that answered each other too often.

    For people and coordinators, and not for those who take part.
    """
    if bool(loop_id) == all:
        raise ThrumError(
            "usage",
            "an id and --all exclude each other" if all else "no loop is named",
            "give the id that `thrum loops` shows, or --all",
        )
    answer: dict[str, Any] = context.call(
        "loops.release",
        {
            "id": loop_id,
            "all": all or None,
            "caller_agent_id": context.caller.agent_id,
        },
    )
    context.document(answer)
    released = answer.get("released") or ()
    context.done(f"✓ Released {counted(len(released), 'loop')}" if released else "No loops.")
