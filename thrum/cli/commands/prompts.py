"""``thrum prompts``: what agents' runtimes ask leave for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli.context import Context
from thrum.cli.render.ids import ShortIds, short
from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago

if TYPE_CHECKING:
    import typer

_COLUMNS: Final = (
    Column("ID", 6),
    Column("AGENT", 8),
    Column("WAITS", 5, leaves=2),
    Column("BY", 4, leaves=3),
    Column("TOOL", 6, leaves=1),
    Column("FOR", 12, weight=3),
)

_ID = "the id that `thrum prompts` shows"


def prompts(context: Context) -> None:
    """What agents' runtimes ask leave for, and nobody has answered.

    Supervisors (`permission_supervisors`) are told of it by a message. They, people and
    coordinators may answer, once, with `thrum prompts approve` or `deny`, or by a message that
    answers that one with `y` or `n`; the agent itself may not.
    """
    answer: dict[str, Any] = context.call("prompt.list", {})
    context.document(answer)
    rows = [row for row in answer.get("prompts") or () if isinstance(row, dict)]
    if not rows:
        context.done("Nothing waits for leave.")
        return
    now, shortened = context.now_ns(), ShortIds(str(row.get("id")) for row in rows)
    lines = [[one_line(shortened(str(row.get("id")))), *_line(row, now)] for row in rows]
    context.say(table(_COLUMNS, lines, is_plain=context.is_plain, columns=context.columns))
    context.hint("thrum prompts approve ID, or deny ID, answers once")


def _line(row: dict[str, Any], now_ns: int) -> list[str]:
    return [
        f"@{one_line(str(row.get('agent_id', '?')))}",
        ago(str(row.get("since") or ""), now_ns),
        one_line(str(row.get("way", "?"))),
        one_line(str(row.get("tool") or "-")),
        one_line(str(row.get("details") or row.get("pattern") or "-")),
    ]


def approve(context: Context, prompt_id: Annotated[str, typer.Argument(help=_ID)]) -> None:
    """Allow, this once, what an agent's runtime asks leave for.

    For those who were told of it, people and coordinators; never for the agent that asks.
    """
    _answer(context, prompt_id, allow=True)


def deny(context: Context, prompt_id: Annotated[str, typer.Argument(help=_ID)]) -> None:
    """Refuse what an agent's runtime asks leave for.

    For those who were told of it, people and coordinators; never for the agent that asks.
    """
    _answer(context, prompt_id, allow=False)


def _answer(context: Context, prompt_id: str, *, allow: bool) -> None:
    params = {"id": prompt_id, "allow": allow, "caller_agent_id": context.caller.agent_id}
    answer: dict[str, Any] = context.call("prompt.answer", params)
    context.document(answer)
    who, verb = one_line(str(answer.get("agent_id", "?"))), "Allowed" if allow else "Refused"
    context.done(f"✓ {verb} {short(answer.get('id', prompt_id))} of @{who}")
