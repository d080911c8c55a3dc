"""What each runtime has of us, part by part; nothing is changed or started by looking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from thrum.runtimes.contract import Adapter, Part, Piece, Scope
from thrum.setup import editing, fired, plan, presence, trust, wanted
from thrum.setup.fired import Sign
from thrum.setup.plan import Change, Wanted
from thrum.setup.wanted import Ground

State = Literal["ready", "plugin", "old", "blocked", "missing"]
_BEST: Final[Sequence[State]] = ("ready", "plugin", "old", "blocked", "missing")


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part in one runtime.

    Attributes:
        state: ``ready``; ``plugin``, a plugin of ours brings it; ``old``, what another Thrum
            wrote; ``missing``; ``blocked``.
        scope: in whose files.
        path: the file.
        why: what is in the way.
    """

    state: State
    scope: Scope
    path: Path
    why: str = ""


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """One runtime.

    Attributes:
        adapter: the runtime.
        is_here: whether it seems to be installed.
        parts: what it has, the best that is found in the person's files and in the work tree's.
        is_trusted: whether it runs what was set up, None where nobody can tell.
        last: the last event that it told us of.
        failure: what went wrong last in a hook of its.
    """

    adapter: Adapter
    is_here: bool
    parts: dict[Part, PartStatus] = field(default_factory=dict)
    is_trusted: bool | None = None
    last: Sign | None = None
    failure: Sign | None = None

    @property
    def is_set_up(self) -> bool:
        """Whether anything of ours is in files of its own."""
        return any(
            part not in wanted.SHARED and each.state in {"ready", "plugin", "old"}
            for part, each in self.parts.items()
        )


def of(adapters: Iterable[Adapter], grounds: Sequence[Ground]) -> list[RuntimeStatus]:
    """How it stands with these runtimes.

    Args:
        adapters: the runtimes.
        grounds: the person's, and that of the work tree if there is one.
    """
    first = grounds[0]
    looked: Looked = {}
    asked = tuple(adapters)
    here = {adapter.name for adapter in wanted.installed(first.env, first.home, asked)}
    return [
        RuntimeStatus(
            adapter,
            adapter.name in here,
            _parts(adapter, grounds, looked),
            trust.trusted(adapter.name, first.home, first.roots[0], first.env),
            fired.last(first.home, adapter.name),
            fired.failure(first.home, adapter.name),
        )
        for adapter in asked
    ]


_TOGETHER: Final = frozenset({Part.HOOKS, Part.GUARD})
"""Parts that are in one list, in which whatever is ours and is not wanted is out of place."""

Looked = dict[tuple[Piece, ...], PartStatus]
"""What is known of skills: most runtimes read one folder, whose files are looked at once."""


def _parts(adapter: Adapter, grounds: Sequence[Ground], looked: Looked) -> dict[Part, PartStatus]:
    found: dict[Part, PartStatus] = {}
    for ground in grounds:
        pieces = wanted.pieces(ground, [adapter])
        for part in dict.fromkeys(each.piece.part for each in pieces):
            together = _TOGETHER if part in _TOGETHER else {part}
            mine = [each for each in pieces if each.piece.part in together]
            skills = tuple(each.piece for each in mine) if part is Part.SKILL else ()
            status = looked.get(skills) or _worst(ground.scope, mine)
            if skills:
                looked[skills] = status
            known = found.get(part)
            if known is None or _BEST.index(status.state) < _BEST.index(known.state):
                found[part] = status
    plugin = wanted.plugins(grounds[0], [adapter]).get(adapter.name)
    return _brought(found, plugin) if plugin else found


def _brought(found: dict[Part, PartStatus], plugin: str) -> dict[Part, PartStatus]:
    """The same, with what is there because of a plugin that is in use."""
    return {
        part: replace(each, state="plugin", why=f"the plugin {plugin} brings it")
        if each.state == "missing" and part in presence.BROUGHT
        else each
        for part, each in found.items()
    }


def _worst(scope: Scope, pieces: Sequence[Wanted]) -> PartStatus:
    """How it stands with a part that may have several files."""
    by_file = [
        PartStatus(_state(change, pieces), scope, change.path, _why(change))
        for change in plan.putting(pieces, new_mode=0o600)
    ]
    return max(by_file, key=lambda each: _BEST.index(each.state))


def _why(change: Change) -> str:
    return change.obstacle.why if change.obstacle else "; ".join(change.notes)


def _state(change: Change, pieces: Iterable[Wanted]) -> State:
    if change.obstacle or change.notes:
        return "blocked"
    if not change.changes:
        return "ready"
    if change.before is None or change.before.raw is None:
        return "missing"
    text = change.before.text
    mine = [each.piece for each in pieces if each.piece.path == change.path]
    return "missing" if editing.cleared(text, mine, ()).text == text else "old"
