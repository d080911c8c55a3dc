"""``.thrum/restart/<agent>.md``: what a session said that was ended to begin anew.

It is used once: moved aside while it is written out, and gone when it was. Where that failed it is
put back; where the process was killed meanwhile, the next one finds it aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    """What it says, or what one says that was moved aside and never got out; empty for neither.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no text.
    """
    for each in (path, _aside(path)):
        with suppress(FileNotFoundError):
            return small_file.text(each)
    return ""


@contextmanager
def spent(path: Path, said: str) -> Iterator[None]:
    """For as long as it takes to write out what it said; then it is gone.

    Where writing it out fails the file is where it was. One that says something else by now was
    written meanwhile, and stays; so does one in a folder where nothing can be moved.
    """
    aside = _aside(path)
    with suppress(OSError):
        path.replace(aside)
    try:
        yield
    except BaseException:
        _put_back(path, aside)
        raise
    with suppress(OSError):
        if small_file.text(aside) == said:
            aside.unlink()
        else:
            _put_back(path, aside)


def _put_back(path: Path, aside: Path) -> None:
    """Moves it to its place, unless somebody else has used it up or written a newer one."""
    if not path.exists():
        with suppress(FileNotFoundError):
            aside.replace(path)


def _aside(path: Path) -> Path:
    return path.with_name(path.name + _SUFFIX)
