"""``~/.thrum/service.json``: whose daemons come back after login, and what was written for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from thrum import atomic, small_file
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_DIRECTORY

FILE: Final = Path(".thrum", "service.json")
"""In the person's home."""


@dataclass
class Listed:
    """What the file says.

    Attributes:
        repositories: their folders.
        written: hashes of the files that were written, by their paths.
    """

    repositories: list[str] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)


def read(home: Path) -> Listed:
    """What is listed; nothing where there is no file.

    Raises:
        ThrumError: ``config``, the file is damaged or cannot be read.
    """
    path = home / FILE
    try:
        tree = json.loads(small_file.text(path))
        found = Listed(list(tree["repositories"]), dict(tree["written"]))
        texts = [*found.repositories, *found.written, *found.written.values()]
        if not all(isinstance(each, str) for each in texts):
            raise TypeError("it holds something else than text")
    except FileNotFoundError:
        return Listed()
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ThrumError(
            "config",
            f"{path} cannot be read: {error}",
            "take it away, then run `thrum service install` in each repository",
        ) from error
    return found


@contextmanager
def changed(home: Path) -> Iterator[Listed]:
    """What is listed, to be changed; it is written at the end, unless that fails.

    Raises:
        ThrumError: as `read`; ``busy``, somebody else changes it.
        OSError: the disk refuses.
    """
    folder = (home / FILE).parent
    folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    with atomic.locked(folder):
        found = read(home)
        yield found
        if found.repositories or found.written:
            tree = {"repositories": found.repositories, "written": found.written}
            atomic.replace(home / FILE, json.dumps(tree, indent=2) + "\n")
        else:
            (home / FILE).unlink(missing_ok=True)
