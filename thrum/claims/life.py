"""From when to when a claim lasts, and which of several has what they all want.

Both follow from the events alone, so every clone finds the same, in whatever order they came: how
long a claim lasts follows from what is said of it and of who made it; it is granted unless one that
was granted before it, and lasts when it begins, stands in its way. One that was not granted is lost
for good, however short the other one lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from thrum.claims.patterns import What, overlap
from thrum.clock import LAST_NS, format_ns, parse

Key = tuple[str, str]
"""Time and id of an event."""

DAY_NS: Final = 24 * 3600 * 1_000_000_000
LONGEST_NS: Final = 7 * DAY_NS
"""A claim ends after that, unless it is renewed."""


class Take(NamedTuple):
    """Somebody wants something for himself, from now on."""

    key: Key
    claim_id: str
    agent_id: str
    what: What
    until: str
    shared: bool = False


class Renewal(NamedTuple):
    """A claim is to end at another time."""

    key: Key
    until: str


class End(NamedTuple):
    """A claim is released, or who made it is gone; then maybe before the claim was made."""

    key: Key
    why: str = ""
    by: str = ""


class Life(NamedTuple):
    """How long a claim lasts.

    Attributes:
        until: when it ends by itself.
        end: what ended it before; None if nothing did.
    """

    until: str
    end: End | None = None

    @property
    def finish(self) -> str:
        """When it lasts no more."""
        return self.end.key[0] if self.end else self.until


def bounded(until: str, since: str) -> str:
    """The end of a claim as it counts: within a bound of when it was said, not before it."""
    latest = format_ns(min(parse(since) + LONGEST_NS, LAST_NS))
    return max(min(until, latest), since)


def life(take: Take, renewals: Iterable[Renewal], ends: Iterable[End]) -> Life:
    """How long a claim lasts; not at all where who made it was gone by then."""
    first = min(ends, default=None)
    if first is not None and first.key < take.key:
        return Life(take.key[0], End(take.key, first.why, first.by))
    until = bounded(take.until, take.key[0])
    for each in sorted(renewals):
        is_late = each.key[0] >= until or (first is not None and each.key > first.key)
        if each.key > take.key and not is_late:
            until = bounded(each.until, each.key[0])
    return Life(until, first if first is not None and first.key[0] < until else None)


def stands_in_the_way(holder: Take, other: Take) -> bool:
    """Whether two claims are not for two agents at once."""
    is_for_both = holder.shared and other.shared
    return (
        holder.agent_id != other.agent_id and not is_for_both and overlap(holder.what, other.what)
    )


def settle(takes: Iterable[Take], lives: Mapping[str, Life]) -> dict[str, str]:
    """Of each claim the one that it lost against, or nothing where it is granted.

    Args:
        takes: all claims.
        lives: how long each lasts, by its id.
    """
    verdicts: dict[str, str] = {}
    granted: list[Take] = []
    for take in sorted(takes):
        granted = [each for each in granted if lives[each.claim_id].finish > take.key[0]]
        winner = next((each for each in granted if stands_in_the_way(each, take)), None)
        verdicts[take.claim_id] = winner.claim_id if winner else ""
        if winner is None:
            granted.append(take)
    return verdicts
