"""How far a message came with those whom it reached, and why it waits there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum import held
from thrum.cli.render.text import one_line, some
from thrum.cli.render.times import ago, ago_words

Recipient = Mapping[str, Any]

_BRIEF: Final = {
    held.TURN: "busy",
    held.PERSON: "idle",
    held.LEAVE: "asking",
    held.ASLEEP: "asleep",
    held.LOOKS: "",
    held.LOOP: "held",
    held.PEER: "peer away",
    held.CLOSED: "closed",
    **dict.fromkeys(held.RETURNED, "refused"),
}


def full(recipient: Recipient, now_ns: int) -> str:
    """``read 2m ago``, ``offered by hook 2m ago``, ``stored: busy for 3m, gets it when …``."""
    stage = held.stage(recipient)
    if stage == held.READ:
        return _at(stage, recipient.get("read_at"), now_ns)
    if stage == held.OFFERED:
        way = one_line(str(recipient.get("offered_by") or ""))
        return _at(f"{stage} by {way}" if way else stage, recipient.get("seen_at"), now_ns)
    why = _why(recipient, now_ns)
    if recipient.get("held") in held.RETURNED:
        return why
    return f"{stage}: {why}" if why else stage


def brief(recipients: Sequence[Recipient]) -> str:
    """One word for all who have not read it; empty where there is none, or it differs."""
    words = {_word(each) for each in recipients if held.stage(each) != held.READ}
    return words.pop() if len(words) == 1 else ""


def late(recipients: Sequence[Recipient], now_ns: int) -> str:
    """Who will not see it soon, and why; empty if nobody is known to."""
    found: dict[str, list[Recipient]] = {}
    for each in recipients:
        if held.is_late(each):
            found.setdefault(str(each["held"]), []).append(each)
    return "; ".join(
        f"{some([f'@{_name(each)}' for each in those])}: {_why(those[0], now_ns, len(those))}"
        for those in found.values()
    )


def _name(recipient: Recipient) -> str:
    return one_line(str(recipient.get("agent_id")))


def _word(recipient: Recipient) -> str:
    if held.stage(recipient) == held.OFFERED:
        return held.OFFERED
    return _BRIEF.get(str(recipient.get("held") or ""), "")


def _why(recipient: Recipient, now_ns: int, count: int = 1) -> str:
    """Why it waits with one; of several only the reason is told."""
    if not recipient.get("held"):
        return ""
    since = ago(str(recipient.get("held_since") or ""), now_ns) if count == 1 else ""
    if since in {"", "now"}:
        return one_line(held.words(str(recipient["held"]), ""))
    since = f"for {since}" if since[0].isdigit() else f"since {since}"
    return one_line(held.words(str(recipient["held"]), since))


def _at(what: str, moment: object, now_ns: int) -> str:
    when = ago_words(str(moment or ""), now_ns)
    return what if when == "never" else f"{what} {when}"
