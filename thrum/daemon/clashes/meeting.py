"""Which agents change the same file, or one that another holds. Pure.

Whoever shares a worktree cannot be told apart by what is changed in it, and an agent does not clash
with itself, in however many worktrees it works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
        paths: from the root, by how they are compared.
    """

    agent: str
    place: tuple[str, str]
    paths: Mapping[str, str]


class Held(NamedTuple):
    """What an agent holds alone; `covers` says of a path, as it is compared, if that is meant."""

    agent: str
    covers: Callable[[str], bool]


class Clash(NamedTuple):
    """What `agent` is to hear of `other`; `folded` is the path as it is compared."""

    agent: str
    other: str
    form: Form
    path: str
    folded: str

    @property
    def key(self) -> tuple[str, str, str]:
        """It is told once for each pair and file, whatever form it takes later."""
        return self.agent, self.other, self.folded


def changed(agent: str, place: tuple[str, str], paths: Iterable[str]) -> Changed:
    """What an agent has changed, of paths as they are written."""
    return Changed(agent, place, {fold(path.rstrip("/")): path for path in paths})


class Meetings:
    """What is changed and held, and what follows for each agent.

    Args:
        changed: what agents have changed.
        held: what they hold.
    """

    def __init__(self, changed: Iterable[Changed], held: Iterable[Held]) -> None:
        self._changed = list(changed)
        self._held = list(held)
        self._places: dict[str, set[tuple[str, str]]] = {}
        self._by_path: dict[str, list[Changed]] = {}
        for each in self._changed:
            self._places.setdefault(each.agent, set()).add(each.place)
            for folded in each.paths:
                self._by_path.setdefault(folded, []).append(each)

    def of(self, agent: str) -> list[Clash]:
        """What an agent is to hear: claims before changes, else by name."""
        found: dict[tuple[str, str, str], Clash] = {}
        for clash in (*self._of_claims(agent), *self._of_changes(agent)):
            found.setdefault(clash.key, clash)
        return sorted(found.values(), key=_order)

    def _of_claims(self, agent: str) -> Iterator[Clash]:
        for claim in self._held:
            for each in self._changed:
                if agent not in (claim.agent, each.agent) or claim.agent == each.agent:
                    continue
                if each.place in self._places.get(claim.agent, ()):
                    continue
                is_holder = agent == claim.agent
                form = Form.HOLDS if is_holder else Form.HELD
                other = each.agent if is_holder else claim.agent
                for folded, path in each.paths.items():
                    if claim.covers(folded):
                        yield Clash(agent, other, form, path, folded)

    def _of_changes(self, agent: str) -> Iterator[Clash]:
        for each in self._changed:
            for folded, path in each.paths.items() if each.agent == agent else ():
                for other in self._by_path[folded]:
                    if other.agent != agent and other.place != each.place:
                        yield Clash(agent, other.agent, Form.CHANGES, path, folded)


def _order(clash: Clash) -> tuple[int, str, str]:
    return _FORMS.index(clash.form), clash.other, clash.path
