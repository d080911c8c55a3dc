"""What of the files in a worktree is Thrum's own, so that nobody's work is lost with it."""

from __future__ import annotations

import os
from pathlib import Path

from thrum import git_place, paths
from thrum.cli.context import Context
from thrum.cli.steps import housing, settling
from thrum.runtimes import presets
from thrum.runtimes.contract import Scope
from thrum.setup import receipts
from thrum.setup.foreign import Obstacle
from thrum.setup.receipts import Receipts, digest
from thrum.setup.wanted import Ground


class Ours:
    """What of the files in a worktree is Thrum's alone.

    Args:
        context: whose home has the receipts of setup.
        root: the worktree.
    """

    def __init__(self, context: Context, root: Path) -> None:
        home = context.env.get("HOME", "")
        self._root = git_place.real(root)
        self._home = Path(home) if home else None
        self._known = receipts.read(self._home) if self._home else Receipts(Path())
        self._env = context.env
        self._repository = context.place.repository

    def is_ours(self, path: Path, is_tracked: bool) -> bool:
        """Whether a file holds nothing but what Thrum wrote, or what git has besides.

        Args:
            path: the file.
            is_tracked: whether git has it, changed.
        """
        if path.is_relative_to(self._root / paths.NAME):
            # What somebody committed there is theirs, but for what leads to the shared files.
            return not is_tracked or path.name == paths.REDIRECT
        if path == self._root / housing.BEADS / paths.REDIRECT:
            return _bytes(path) == os.fsencode(housing.beads_redirect(self._repository))
        receipt = self._known.of(path)
        if receipt is None or receipt.whose != str(self._root):
            return False
        return bool(receipt.after) and receipt.after == digest(_bytes(path))

    def take_out(self) -> list[Obstacle]:
        """Takes what setup wrote out of the worktree; what was in the way.

        Raises:
            ThrumError: ``busy``, another setup does not end.
            OSError: the disk refuses.
        """
        names = {
            name
            for receipt in self._known.found.values()
            if receipt.whose == str(self._root)
            for name in receipt.runtimes
        }
        if not names or self._home is None:
            return []
        ground = Ground(Scope.PROJECT, self._home, (self._root,), self._env)
        mine = [each for each in presets.read(self._home).every() if each.name in names]
        return settling.take_out(ground, mine)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
