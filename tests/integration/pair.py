"""A lead at a shell in the main checkout, and nux in a worktree with an agent program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.integration.conftest import World, world_in
from tests.integration.program import Program


@dataclass
class Pair:
    """Both of them.

    Attributes:
        world: where they are.
        main: the main checkout.
        beside: the worktree of nux.
        nux: the agent program.
    """

    world: World
    main: Path
    beside: Path
    nux: Program


P = TypeVar("P", bound=Pair)


@contextmanager
def pair_in(root: Path, kind: type[P], lead: str, role: str) -> Iterator[P]:
    """Two agents of a repository in that folder; who leads has that name and role."""
    with world_in(root) as world:
        world.environment["THRUM_HOOK_MS"] = "30000"  # a machine may be busy with other tests
        main, beside = world.root / "main", world.root / "beside"
        world.repository(main)
        world.thrum(main, "init", "--non-interactive")
        world.git("worktree", "add", "-q", str(beside), cwd=main)
        world.thrum(beside, "init", "--non-interactive")
        world.thrum(main, "quickstart", lead, "--role", role, "--module", "x")
        with Program(world.root, world.environment) as nux:
            code, _, err = nux.thrum(
                beside, "quickstart", "nux", "--role", "tester", "--module", "x"
            )
            assert code == 0, err
            yield kind(world, main, beside, nux)
