"""When a runtime last called one of our hooks, and what went wrong there last.

The launcher touches a file for each call, which costs it no process; only ``thrum setup status``
reads them. An error is the text of one more file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(".thrum", "setup")
"""What setup keeps, in the person's home."""

FIRED: Final = FOLDER / "fired"
"""In the person's home; a file for each runtime and event: ``claude.Stop``."""

TRIAL: Final = "ThrumSetup"
"""The event by which setup tries a hook; no runtime has it."""

_FAILED: Final = "failed"
_LONGEST: Final = 500
"""Characters of an error that are kept."""


class Sign(NamedTuple):
    """What a file says: the event, or the error's text, and when it was, ns since 1970."""

    text: str
    at_ns: int


def prepare(home: Path) -> None:
    """Makes the folder, without which nobody leaves a mark.

    Raises:
        OSError: the disk refuses.
    """
    (home / FIRED).mkdir(mode=0o700, parents=True, exist_ok=True)


def last(home: Path, runtime: str) -> Sign | None:
    """The event that a runtime told of last, None if it never did."""
    signs = [Sign(name.removeprefix(f"{runtime}."), at) for name, at in _marks(home, runtime)]
    found = [sign for sign in signs if sign.text not in {TRIAL, _FAILED}]
    return max(found, key=lambda sign: sign.at_ns, default=None)


def failed(home: Path, runtime: str, text: str) -> None:
    """Remembers what went wrong in a hook, if setup was there; a session never suffers from it."""
    try:
        (home / FIRED / f"{runtime}.{_FAILED}").write_text(text[:_LONGEST], encoding="utf-8")
    except OSError:
        # It cannot be told of here; the runtime has the error's text on stderr.
        return


def failure(home: Path, runtime: str) -> Sign | None:
    """What went wrong last, None if nothing did."""
    path = home / FIRED / f"{runtime}.{_FAILED}"
    try:
        return Sign(path.read_text(encoding="utf-8", errors="replace"), path.stat().st_mtime_ns)
    except OSError:
        return None


def _marks(home: Path, runtime: str) -> list[tuple[str, int]]:
    try:
        with os.scandir(home / FIRED) as entries:
            mine = [entry for entry in entries if entry.name.startswith(f"{runtime}.")]
            return [(entry.name, entry.stat().st_mtime_ns) for entry in mine]
    except OSError:
        return []
