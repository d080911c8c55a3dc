"""One exchange between agents, and when what they say in it is brought to each other. Pure.

An exchange is a pair of agents, a thread in which three or more take part, or a round of three or
more who pass words on until they are back (`rounds`). An answer is a message by another party than
the one that spoke last.

| what happens                        | FREE               | SLOWED                | HELD      |
|-------------------------------------|--------------------|-----------------------|-----------|
| a party answers                     | counts; over the   | counts; the pauses    | counts    |
|                                     | limit: SLOWED      | are used up: HELD     |           |
| what it said is brought             | at once            | after a pause, which  | when FREE |
|                                     |                    | doubles each time     |           |
| who spoke last says more            | is brought at once | after the same pause  | when FREE |
| a person writes to one or within it | counts anew        | FREE                  | FREE      |
| a party commits                     | counts anew        | FREE                  | FREE      |
| nothing is said for an hour         | is forgotten       | is forgotten          |           |
| an hour after it was held           |                    |                       | FREE      |
| somebody releases it                |                    | FREE                  | FREE      |

Bringing is what hooks and wakers do. Whoever looks for mail finds all of it at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

SECOND_NS: Final = 1_000_000_000
FIRST_PAUSE_NS: Final = 15 * SECOND_NS
PAUSES: Final = 6
"""How often an exchange is slowed before it is held: 15 s, 30 s, 1, 2, 4 and 8 minutes."""

HOUR_NS: Final = 3600 * SECOND_NS
NEVER_NS: Final = 2**63 - 1
"""Of what is held: it is brought when the exchange is free again."""

Heads = Mapping[str, frozenset[str]]
"""The newest commits of agents, by agent."""


class Stage(Enum):
    """How an exchange is treated."""

    FREE = "free"
    SLOWED = "slowed"
    HELD = "held"


class Exchange(Struct, frozen=True):
    """One exchange.

    Attributes:
        key: what tells it from others.
        parties: the agents that take part.
        last: who spoke last.
        heard_ns: when.
        answers: how many there were since it began, or was free again.
        stage: how it is treated.
        since_ns: since when.
        heads: the newest commits of the parties, as far as they were seen.
        told_by: the message because of which everybody is yet to be told that it is held.
    """

    key: str
    parties: frozenset[str]
    last: str
    heard_ns: int
    answers: int = 0
    stage: Stage = Stage.FREE
    since_ns: int = 0
    heads: dict[str, frozenset[str]] = field(default_factory=dict)
    told_by: str = ""

    @property
    def id(self) -> str:
        """What people name it by."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:6]

    @property
    def is_strained(self) -> bool:
        """Whether anything of it waits."""
        return self.stage is not Stage.FREE


def pair_key(one: str, other: str) -> str:
    """The key of what two agents say to each other."""
    return " ".join(sorted((one, other)))


def said(found: Exchange, author: str, now_ns: int, limit: int, least: int = 2) -> Exchange:
    """The exchange after a party said something.

    Args:
        found: as it was.
        author: who said it.
        now_ns: when.
        limit: answers up to which nothing is slowed.
        least: parties below which nothing counts: three in a thread, since two are a pair.
    """
    parties = found.parties | {author}
    is_answer = author != found.last and len(parties) >= least
    answers = found.answers + is_answer
    stage = _stage(answers, limit, found.stage)
    return replace(
        found,
        parties=parties,
        last=author,
        heard_ns=now_ns,
        answers=answers,
        stage=stage,
        since_ns=found.since_ns if stage is found.stage else now_ns,
    )


def _stage(answers: int, limit: int, before: Stage) -> Stage:
    if before is Stage.HELD or answers > limit + PAUSES:
        return Stage.HELD
    return Stage.SLOWED if answers > limit else Stage.FREE


def due_ns(found: Exchange, now_ns: int, limit: int) -> int:
    """When what was said last is brought: 0 for at once, `NEVER_NS` while it is held."""
    if found.stage is Stage.FREE:
        return 0
    if found.stage is Stage.HELD:
        return NEVER_NS
    times = min(max(found.answers - limit, 1), PAUSES)
    return now_ns + (FIRST_PAUSE_NS << (times - 1))


def freed(found: Exchange) -> Exchange:
    """The exchange after a person's word, a commit or a release: it counts anew."""
    return replace(found, answers=0, stage=Stage.FREE, since_ns=0, told_by="")


def committed(found: Exchange, heads: Heads) -> Exchange:
    """The exchange after the newest commits of agents were looked up.

    A party's commit that was not there before frees it; what a party had when it was first seen
    here does not.
    """
    if found.parties.isdisjoint(heads):
        return found
    mine = {each: heads[each] for each in found.parties & heads.keys()}
    known = {each: found.heads[each] for each in mine if each in found.heads}
    if mine == known:
        return found
    is_new = any(mine[each] - known[each] for each in known)
    return replace(freed(found) if is_new else found, heads={**found.heads, **mine})


def is_over(found: Exchange, now_ns: int) -> bool:
    """Whether so much time has passed that it counts no more."""
    since = found.since_ns if found.stage is Stage.HELD else found.heard_ns
    return now_ns - since >= HOUR_NS
