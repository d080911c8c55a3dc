"""``.thrum/restart/<agent>.md``: what a session said that was ended to begin anew.

It is used once: taken aside before it is printed, and gone when it was written out. Where that
failed it is put back, so that the next session has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from thrum import small_file
from thrum.contexts import stem_of

FOLDER: Final = "restart"
_SUFFIX: Final = ".consumed"


def path_of(local: Path, agent: str) -> Path:
    """The file of an agent in its worktree's own ``.thrum``.

    Raises:
        ThrumError: ``invalid_params``, that is no name of an agent.
    """
    return local / FOLDER / f"{stem_of(agent)}.md"


def text(path: Path) -> str:
    """What it says; empty where there is none.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no text.
    """
    return small_file.text(path) if path.exists() else ""


@contextmanager
def taken(path: Path) -> Iterator[str]:
    """What it says, for as long as it takes to write it out; then it is gone.

    Where writing it out fails the file is where it was.

    Raises:
        OSError: it cannot be read or moved.
        ValueError: it is no text.
    """
    said = text(path)
    if not said:
        yield ""
        return
    aside = path.with_name(path.name + _SUFFIX)
    path.replace(aside)
    try:
        yield said
    except BaseException:
        aside.replace(path)
        raise
    aside.unlink(missing_ok=True)
