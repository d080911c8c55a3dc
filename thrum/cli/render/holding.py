"""Who holds what somebody is about to change, and how to reach them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from thrum.cli.render.text import one_line
from thrum.cli.render.times import span
from thrum.clock import parse
from thrum.plurals import counted

Row = Mapping[str, Any]

MOST: Final = 5
"""Holders, and files of each, that are named."""

_MS: Final = 1_000_000
_LONGEST: Final = 200


def commit(held: Iterable[Row], now_ns: int, *, stops: bool) -> str:
    """What is said before a commit.

    Args:
        held: rows of ``claim.check``.
        now_ns: the clock.
        stops: whether the commit is stopped because of it.
    """
    end = (
        "The commit is stopped. Leave these files out of it, or ask; --no-verify goes past this.\n"
        if stops
        else "The commit goes on, since you are nobody's agent.\n"
    )
    return "".join(f"{line}\n" for line in lines(held, now_ns)) + end


def alone(answer: Any) -> list[Row]:
    """The rows of an answer of ``claim.check`` that keep others out: what is shared does not."""
    rows = answer.get("held") if isinstance(answer, dict) else None
    found = []
    for row in rows or ():
        claim = row.get("claim") if isinstance(row, dict) else None
        if isinstance(claim, dict) and not claim.get("shared"):
            found.append(row)
    return found


def lines(held: Iterable[Row], now_ns: int) -> Iterator[str]:
    """Each holder with what it holds of that, and how it is reached."""
    by_claim: dict[str, list[Row]] = {}
    for each in held:
        by_claim.setdefault(str(each["claim"].get("claim_id")), []).append(each)
    for rows in list(by_claim.values())[:MOST]:
        claim = rows[0]["claim"]
        agent = one_line(str(claim.get("agent_id")))[:64]
        files = named([str(each.get("path")) for each in rows])
        yield f"@{agent} holds {files}{_note(claim)}{_until(claim, now_ns)}."
        yield f'  To ask: thrum send "…" --to @{agent}'
    more = len(by_claim) - MOST
    if more > 0:
        yield f"{counted(more, 'other claim')} besides: thrum claims"


def named(files: Sequence[str], most: int = MOST) -> str:
    """Some of the files by name, the others by number."""
    shown = ", ".join(one_line(each)[:_LONGEST] for each in files[:most])
    more = len(files) - most
    return f"{shown} and {counted(more, 'other file')}" if more > 0 else shown


def _note(claim: Row) -> str:
    note = one_line(str(claim.get("note") or "")).strip()
    return f" ({note[:_LONGEST]})" if note else ""


def _until(claim: Row, now_ns: int) -> str:
    """For how long still; nothing where that says nothing."""
    try:
        left = parse(str(claim.get("until") or "")) - now_ns
    except ValueError:
        return ""
    return f" for {span(left // _MS)} more" if left > 0 else ""
