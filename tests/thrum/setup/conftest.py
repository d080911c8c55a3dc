"""A person's home and a work tree, and what every adapter would put there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Piece, Scope
from thrum.setup import applying, plan, receipts, wanted
from thrum.setup.foreign import Obstacle
from thrum.setup.plan import Change
from thrum.setup.wanted import Ground


@dataclass
class Person:
    """Somebody with a home and a repository.

    Attributes:
        home: theirs.
        root: the work tree.
        env: the environment.
        counts: which pieces are wanted; all of them unless a test says otherwise.
    """

    home: Path
    root: Path
    env: dict[str, str] = field(default_factory=dict)
    counts: Callable[[Piece], object] = lambda _piece: True

    def ground(self, scope: Scope = Scope.USER) -> Ground:
        return Ground(scope, self.home, (self.root,), self.env)

    def wanted(self, scope: Scope, *adapters: Adapter) -> list[plan.Wanted]:
        found = wanted.pieces(self.ground(scope), adapters or registry.every())
        return [each for each in found if self.counts(each.piece)]

    def plan(self, scope: Scope, *adapters: Adapter) -> list[Change]:
        return plan.putting(self.wanted(scope, *adapters), new_mode=0o600)

    def set_up(self, scope: Scope, *adapters: Adapter) -> list[Obstacle]:
        with receipts.held(self.home) as known:
            return applying.put(self.plan(scope, *adapters), known)

    def remove(self, scope: Scope, *adapters: Adapter) -> list[Obstacle]:
        with receipts.held(self.home) as known:
            changes = plan.removing(self.wanted(scope, *adapters), known)
            return applying.remove(changes, known)

    def files(self) -> dict[str, bytes]:
        """Every file but the receipts, and every folder."""
        return dict(_files((self.home, self.root)))


def _files(places: Iterable[Path]) -> Iterable[tuple[str, bytes]]:
    for place in places:
        for path in place.rglob("*"):
            if ".thrum" in path.parts:
                continue
            yield str(path), path.read_bytes() if path.is_file() else b"a folder"


@pytest.fixture
def person(tmp_path: Path) -> Person:
    home, root = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    root.mkdir()
    return Person(home, root)
