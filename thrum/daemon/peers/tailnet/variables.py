"""Variables of ``.env`` files: ours and Tailscale's alone, and the process's own win."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from thrum import small_file

PREFIXES: Final = ("THRUM_", "TAILSCALE_")
FILE: Final = ".env"

logger = logging.getLogger("thrum.peers")


def parsed(text: str) -> dict[str, str]:
    """What a file says: ``KEY=VALUE`` a line, ``#`` before what is none, nothing quoted."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.strip().startswith(PREFIXES):
            found[name.strip()] = value.strip()
    return found


def read(folders: Iterable[Path], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that count.

    Args:
        folders: where files may be; the first beats those behind it.
        environment: the process's own, which beats them all.
    """
    found: dict[str, str] = {}
    for folder in folders:
        found = _said(folder / FILE) | found
    return found | {key: each for key, each in environment.items() if key.startswith(PREFIXES)}


def _said(path: Path) -> dict[str, str]:
    """What one file says; nothing if there is none, or it cannot be read."""
    try:
        return parsed(small_file.text(path, follows=False))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        logger.warning("%s is left out: %s", path, error)
        return {}
