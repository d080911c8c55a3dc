"""A world that is made once, and put back as it was before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.conftest import World, stop_daemons, world_in
from tests.kept import Kept


@dataclass(frozen=True)
class Again:
    """A world, and its folder as it was when no daemon ran."""

    world: World
    folder: Kept

    @classmethod
    def made(cls, folder: Path, make: Callable[[World], object]) -> Again:
        """Makes a world in an empty folder, stops its daemons and keeps it."""
        root = folder / "world"
        root.mkdir()
        with world_in(root) as world:
            make(world)
        return cls(world, Kept.of(root))

    @contextmanager
    def begun(self) -> Iterator[World]:
        """The world as it was kept; its daemons are stopped at the end."""
        self.folder.put_back()
        try:
            yield World(self.world.root, dict(self.world.environment))
        finally:
            stop_daemons(self.world.root)
