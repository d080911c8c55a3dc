"""Handing a message over so that it arrives once, and telling the sender what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.audience import group_note
from thrum.cli.context import Context
from thrum.cli.render import standing
from thrum.cli.render.ids import short
from thrum.cli.render.messages import target
from thrum.cli.render.text import cut, one_line, some
from thrum.errors import ThrumError

LONGEST: Final = 57


def targets(to: Sequence[str], mentions: Sequence[str]) -> dict[str, object]:
    """To whom, as `hand_over` is told: `to` takes one name, several are mentions.

    Raises:
        ThrumError: ``usage``, one of them is empty.
    """
    if any(not name.strip("@ ") for name in to):
        raise ThrumError("usage", "--to names nobody", "give an agent, as in --to @furiosa")
    at = [name if name.startswith("@") else f"@{name}" for name in dict.fromkeys(to)]
    one = at[0] if len(at) == 1 else None
    return {"to": one, "mentions": [*([] if one else at), *mentions]}


def hand_over(context: Context, params: Mapping[str, object]) -> dict[str, Any]:
    """Sends the message; an answer that is lost or late is asked for again.

    The key makes the daemon give the first message's answer to every further request with it.

    Raises:
        ThrumError: the daemon refused, does not answer, or went away for good.
    """
    keyed = {**params, "idempotency_key": context.random_hex(16)}
    return _asked(context, keyed)


def _asked(context: Context, params: Mapping[str, object]) -> dict[str, Any]:
    """The daemon's answer. Its `to` takes one agent; a group or a role is a mention to it."""
    try:
        answer: dict[str, Any] = context.call("message.send", params)
    except ThrumError as error:
        to = params.get("to")
        if error.kind != "unknown_recipient" or not to:
            raise
        mentions = params.get("mentions")
        others = mentions if isinstance(mentions, list) else []
        named = {**params, "to": None, "mentions": [to, *others]}
        answer = context.call("message.send", named)
    return answer


def report(context: Context, answer: Mapping[str, Any], verb: str) -> None:
    """Says which message was sent and to whom."""
    context.document(answer)
    shown = short(answer.get("message_id", "?"))
    targets = [target(each) for each in answer.get("audiences") or ()]
    people = [f"@{each.get('agent_id')}" for each in answer.get("recipients") or ()]
    to = f" to {some(targets)}" if targets else ""
    if people and people != targets:
        to += f": {some(people)}" if targets else f" to {some(people)}"
    line = one_line(f"{verb} {shown}{to}")
    context.done(f"✓ {cut(line, LONGEST) if context.is_plain else line}")
    for warning in _worth_saying(answer):
        context.note(f"warning: {one_line(warning)}")
    late = standing.late(_unnamed(answer), context.now_ns())
    if late:
        context.note(late)
    me = context.caller.agent_id
    if not people and any(each == f"@{me}" for each in targets):
        context.note("this goes to nobody but yourself; `thrum thread` shows it, your inbox not")


def _unnamed(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Recipients of whom no warning tells already; none where everyone was meant."""
    if any(each.get("type") == "broadcast" for each in answer.get("audiences") or ()):
        return []
    said = " ".join(str(each) for each in answer.get("warnings") or ())
    people = [each for each in answer.get("recipients") or () if isinstance(each, dict)]
    return [each for each in people if f"@{each.get('agent_id')} was last seen" not in said]


def _worth_saying(answer: Mapping[str, Any]) -> list[str]:
    """The daemon's warnings, but for groups: who writes to one has named it as one."""
    named = {group_note(str(each.get("value"))) for each in answer.get("audiences") or ()}
    return [str(each) for each in answer.get("warnings") or () if each not in named]
