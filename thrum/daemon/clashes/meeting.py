"""Which agents change the same file, or one that another holds. Pure.

Whoever shares a worktree cannot be told apart by what is changed in it, and an agent does not clash
with itself, in however many worktrees it works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple

from thrum.claims.patterns import fold


class Form(Enum):
    """What one agent is told of another.

    Attributes:
        CHANGES: both have changed the file, and neither has committed it.
        HELD: it has changed what the other one holds.
        HOLDS: the other one has changed what it holds.
    """

    CHANGES = "changes"
    HELD = "held"
    HOLDS = "holds"


_FORMS: Final = (Form.HELD, Form.HOLDS, Form.CHANGES)
"""What matters more comes first."""


class Changed(NamedTuple):
    """What an agent has changed.

    Attributes:
        agent: who.
        place: in which worktree of which machine.
        paths: from the root.
    """

    agent: str
    place: tuple[str, str]
    paths: Sequence[str]


class Held(NamedTuple):
    """What an agent holds alone; `covers` says of a path whether that is meant."""

    agent: str
    covers: Callable[[str], bool]


class Clash(NamedTuple):
    """What `agent` is to hear of `other`."""

    agent: str
    other: str
    form: Form
    path: str

    @property
    def key(self) -> tuple[str, str, str]:
        """It is told once for each pair and file, whatever form it takes later."""
        return self.agent, self.other, fold(self.path)


def clashes(changed: Iterable[Changed], held: Iterable[Held]) -> dict[str, list[Clash]]:
    """What there is to hear, by who hears it: claims before changes, else by name."""
    changes = list(changed)
    found: dict[tuple[str, str, str], Clash] = {}
    for each in (*_of_claims(changes, list(held)), *_of_changes(changes)):
        found.setdefault(each.key, each)
    by_agent: dict[str, list[Clash]] = {}
    for clash in found.values():
        by_agent.setdefault(clash.agent, []).append(clash)
    return {agent: sorted(each, key=_order) for agent, each in by_agent.items()}


def _order(clash: Clash) -> tuple[int, str, str]:
    return _FORMS.index(clash.form), clash.other, clash.path


def _of_claims(changed: Sequence[Changed], held: Sequence[Held]) -> Iterable[Clash]:
    places: dict[str, set[tuple[str, str]]] = {}
    for each in changed:
        places.setdefault(each.agent, set()).add(each.place)
    for claim in held:
        for each in changed:
            if each.agent == claim.agent or each.place in places.get(claim.agent, ()):
                continue
            for path in filter(claim.covers, each.paths):
                yield Clash(each.agent, claim.agent, Form.HELD, path)
                yield Clash(claim.agent, each.agent, Form.HOLDS, path)


def _of_changes(changed: Sequence[Changed]) -> Iterable[Clash]:
    by_path: dict[str, list[tuple[Changed, str]]] = {}
    for each in changed:
        for path in each.paths:
            by_path.setdefault(fold(path), []).append((each, path))
    for both in by_path.values():
        for one, path in both:
            for other, _ in both:
                if one.agent != other.agent and one.place != other.place:
                    yield Clash(one.agent, other.agent, Form.CHANGES, path)
