"""Handing a message over so that it arrives once, and telling the sender what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from thrum.cli.context import Context
from thrum.cli.render.ids import ShortIds
from thrum.cli.render.messages import target
from thrum.cli.render.text import cut, one_line, some

LONGEST: Final = 57


def hand_over(context: Context, params: Mapping[str, object]) -> dict[str, Any]:
    """Sends the message; an answer that is lost or late is asked for again.

    The key makes the daemon give the first message's answer to every further request with it.

    Raises:
        ThrumError: the daemon refused, does not answer, or went away for good.
    """
    keyed = {**params, "idempotency_key": context.random_hex(16)}
    answer: dict[str, Any] = context.call("message.send", keyed)
    return answer


def report(context: Context, answer: Mapping[str, Any], verb: str) -> None:
    """Says which message was sent and to whom."""
    context.document(answer)
    full = str(answer.get("message_id", "?"))
    shown = ShortIds([full])(full) if context.is_plain else full
    targets = [target(each) for each in answer.get("audiences") or ()]
    people = [f"@{each.get('agent_id')}" for each in answer.get("recipients") or ()]
    to = f" to {some(targets)}" if targets else ""
    if people and people != targets:
        to += f": {some(people)}" if targets else f" to {some(people)}"
    line = one_line(f"{verb} {shown}{to}")
    context.done(f"✓ {cut(line, LONGEST) if context.is_plain else line}")
    for warning in answer.get("warnings") or ():
        context.note(f"warning: {one_line(str(warning))}")
