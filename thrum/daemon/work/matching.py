"""Whether somebody's work touches a file that is named by its path or the end of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from thrum.daemon.projection.queries.sessions import Context
from thrum.daemon.work.status import ARROW


def touches(context: Context, file: str) -> bool:
    """Whether the branch or the worktree of a context changes the file.

    Args:
        context: the work.
        file: a path from the root of the repository, or its last parts: ``auth.py`` and
            ``src/auth.py`` both name ``lib/src/auth.py``. Every character stands for itself.
    """
    file = file.removeprefix("./").strip("/")
    names = [*(context.changed_files or ()), *(context.uncommitted_files or ())]
    return any(_names(path, file) for path in paths_of(names))


def paths(name: str) -> set[str]:
    """What a name may mean: itself, and both sides of each arrow; paths may hold some as well."""
    found, at = {name}, name.find(ARROW)
    while at >= 0:
        found |= {name[:at], name[at + len(ARROW) :]}
        at = name.find(ARROW, at + 1)
    return found


def paths_of(names: Iterable[str]) -> Iterator[str]:
    """What any of the names may mean."""
    for name in names:
        yield from paths(name)


def _names(path: str, file: str) -> bool:
    if path.endswith("/"):
        # A folder with too many new files to name them: the file may be in it.
        heads = (file[: n + 1] for n, letter in enumerate(file) if letter == "/")
        return any(_ends(path, head) for head in heads)
    return _ends(path, file)


def _ends(path: str, end: str) -> bool:
    return path == end or path.endswith(f"/{end}")
