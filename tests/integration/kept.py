"""A world that is made once, and put back as it was before each test.

What a clone holds names places on the disk, so it is put back at the very place.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.conftest import World, stop_daemons, world_in


@dataclass
class Kept:
    """A world in which no daemon runs, and a copy of its folder."""

    world: World
    copy: Path

    @classmethod
    def made(cls, folder: Path, make: Callable[[World], object]) -> Kept:
        """Makes a world in an empty folder, stops its daemons and copies it."""
        root = folder / "world"
        root.mkdir()
        with world_in(root) as world:
            make(world)
        shutil.copytree(root, folder / "kept", symlinks=True)
        return cls(world, folder / "kept")

    @contextmanager
    def again(self) -> Iterator[World]:
        """The world as it was kept; its daemons are stopped at the end."""
        root = self.world.root
        shutil.rmtree(root)
        shutil.copytree(self.copy, root, symlinks=True)
        try:
            yield World(root, dict(self.world.environment))
        finally:
            stop_daemons(root)
