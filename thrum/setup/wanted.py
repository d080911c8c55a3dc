"""Which pieces a setup consists of: for which runtimes, in whose files, in which work trees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from thrum import skills
from thrum.runtimes import detection
from thrum.runtimes.contract import (
    Adapter,
    Block,
    Entry,
    Moment,
    Own,
    Part,
    Piece,
    Reach,
    Scope,
    Where,
)
from thrum.setup import instructions, launcher, presence
from thrum.setup.plan import Wanted
from thrum.setup.receipts import Placed, Receipts

SHARED: Final = frozenset({Part.SKILL, Part.INSTRUCTIONS})
"""Parts whose files several runtimes read, so that they say nothing of any single one."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a setup takes place.

    Attributes:
        scope: whose files are written.
        home: the person's home.
        roots: the work trees, of which the first is the one that setup runs in.
        env: the environment.
        guarded: the runtimes that have, or shall have, a hook that may refuse an edit.
    """

    scope: Scope
    home: Path
    roots: tuple[Path, ...]
    env: Mapping[str, str]
    guarded: frozenset[str] = frozenset()

    def wheres(self) -> Iterator[Where]:
        """One for each set of files: one for a person, else one for each work tree."""
        program = self.home / launcher.PLACE
        for root in self.roots[:1] if self.scope is Scope.USER else self.roots:
            yield Where(self.scope, root, self.home, self.env, program)


def pieces(ground: Ground, adapters: Iterable[Adapter]) -> list[Wanted]:
    """Everything that these runtimes shall have."""
    chosen = tuple(adapters)
    found = []
    for where in ground.wheres():
        whose = str(where.root) if where.scope is Scope.PROJECT else ""
        for adapter in chosen:
            wish = replace(where, guards=adapter.name in ground.guarded)
            every = (*adapter.pieces(wish), *skills.pieces(where, adapter))
            found += [Wanted(adapter.name, piece, whose) for piece in every]
            if where.scope is Scope.PROJECT and tells_nobody(adapter) and adapter.instructions:
                path = where.root / adapter.instructions
                block = Block(Part.INSTRUCTIONS, path, instructions.text())
                found.append(Wanted(adapter.name, block, whose))
    return found


def plugins(ground: Ground, adapters: Iterable[Adapter]) -> dict[str, str]:
    """The plugins of ours that are in use already, by runtime."""
    chosen = tuple(adapters)
    wheres = tuple(ground.wheres())
    found = {each.name: [presence.plugin(where, each) for where in wheres] for each in chosen}
    return {runtime: next(filter(None, names)) for runtime, names in found.items() if any(names)}


def beside_plugins(wanted: Iterable[Wanted], plugins: Collection[str]) -> list[Wanted]:
    """What is left to be written where these runtimes have a plugin of ours."""
    return [
        each
        for each in wanted
        if each.runtime not in plugins or each.piece.part not in presence.BROUGHT
    ]


def only(wanted: Iterable[Wanted], skills: bool | None) -> list[Wanted]:
    """Those that are meant: skills alone, everything but skills, or all where that is None."""
    return [each for each in wanted if skills is None or (each.piece.part is Part.SKILL) is skills]


def readers(adapters: Iterable[Adapter], scope: Scope) -> list[Adapter]:
    """Those of the runtimes that have a folder for skills in that scope."""
    return [each for each in adapters if each.skills.get(scope)]


def remembered(ground: Ground, adapters: Iterable[Adapter], known: Receipts) -> list[Wanted]:
    """What was put into files, where this Thrum or an older one put it; see `pieces`."""
    trees = {""} if ground.scope is Scope.USER else {str(root) for root in ground.roots}
    names = {adapter.name for adapter in adapters}
    return [
        Wanted(runtime, _piece(Path(path), placed), receipt.whose)
        for path, receipt in known.found.items()
        for runtime in receipt.runtimes
        for placed in receipt.placed
        if receipt.whose in trees and runtime in names
    ]


def guarded(ground: Ground, adapters: Iterable[Adapter], known: Receipts) -> frozenset[str]:
    """The runtimes that were set up with a hook that may refuse an edit.

    Args:
        ground: where; of a repository any of its work trees counts.
        adapters: those that are asked about.
        known: what is remembered of files.
    """
    names = {each.name for each in adapters if each.guard}
    trees = {""} if ground.scope is Scope.USER else {str(root) for root in ground.roots}
    return frozenset(
        runtime
        for receipt in known.found.values()
        for runtime in receipt.runtimes
        if receipt.whose in trees and runtime in names
        if any(placed.part == Part.GUARD.value for placed in receipt.placed)
    )


def outdated(pieces: Iterable[Wanted], remembered: Iterable[Wanted]) -> list[Wanted]:
    """What was put into files into which nothing shall be put any more.

    So goes what an older Thrum had and this one has not, and what a plugin brings since.
    """
    paths = {each.piece.path for each in pieces}
    return [each for each in remembered if each.piece.path not in paths]


def _piece(path: Path, placed: Placed) -> Piece:
    """A piece by its place; what it held does not matter to who takes it out."""
    part = Part(placed.part)
    if placed.kind == "entry":
        return Entry(part, path, placed.keys, None, placed.joins, placed.syntax)
    return Block(part, path, "") if placed.kind == "block" else Own(part, path, "")


def tells_nobody(adapter: Adapter) -> bool:
    """Whether no hook tells an agent at its start what Thrum is, so that a file has to."""
    return adapter.is_chosen or adapter.reaches.get(Moment.START) is not Reach.CONTEXT


def installed(env: Mapping[str, str], home: Path, adapters: Iterable[Adapter]) -> list[Adapter]:
    """The runtimes of which a program or a folder in the home is there; none is started.

    Args:
        env: the environment.
        home: the person's home.
        adapters: those that are looked for.
    """
    return [each for each in adapters if detection.is_installed(each, home, env)]


def unconnected(ground: Ground, adapters: Iterable[Adapter], known: Receipts) -> list[Adapter]:
    """The runtimes that are on this machine and have nothing of their own from setup or a plugin.

    Args:
        ground: a person's, in the work tree that is asked about.
        adapters: those that are looked for.
        known: what is remembered of files.
    """
    has = connected(known, ("", *map(str, ground.roots)))
    found = [
        each
        for each in installed(ground.env, ground.home, adapters)
        if each.name not in has and _has_own(ground, each)
    ]
    plugged = plugins(ground, found)
    return [each for each in found if each.name not in plugged]


def connected(known: Receipts, whose: Collection[str] = ("",)) -> set[str]:
    """The runtimes that have something of their own from setup.

    Args:
        known: what is remembered of files.
        whose: the work trees whose files count; empty for those of a person.
    """
    return {
        name
        for receipt in known.found.values()
        if receipt.whose in whose and any(Part(each.part) not in SHARED for each in receipt.placed)
        for name in receipt.runtimes
    }


def _has_own(ground: Ground, adapter: Adapter) -> bool:
    """Whether setup would write anything that is for this runtime alone."""
    wheres = ground.wheres()
    return any(each.part not in SHARED for where in wheres for each in adapter.pieces(where))
