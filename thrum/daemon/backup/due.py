"""When a backup is due: so long after the last one, whatever the daemon did meanwhile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from thrum.backup import manifest, rules
from thrum.backup.vault import Vault
from thrum.clock import parse
from thrum.config import Config
from thrum.errors import ThrumError
from thrum.paths import Place

LEAST_NS: Final = 60 * 1_000_000_000
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PIECE: Final = re.compile(r"(\d{1,9})([smhd])")
_SECOND_NS: Final = 1_000_000_000


def interval(text: str) -> int:
    """Nanoseconds of ``24h`` or ``6h30m``; 0 where there is no schedule.

    Raises:
        ThrumError: ``config``, it is no interval, or less than a minute.
    """
    wanted = text.strip().lower()
    if wanted in {"", "off", "disable", "none"}:
        return 0
    pieces = list(_PIECE.finditer(wanted))
    found = sum(int(piece[1]) * _UNITS[piece[2]] for piece in pieces) * _SECOND_NS
    if "".join(piece[0] for piece in pieces) != wanted or found < LEAST_NS:
        said = f"backup.schedule is {text[:80]!r}, which is no interval of a minute or more"
        raise ThrumError("config", said, "write it as 24h, or `thrum backup schedule off`")
    return found


def last_taken(place: Place, config: Config, environment: Mapping[str, str]) -> int | None:
    """When the last backup was taken, in nanoseconds; None if none can be read."""
    directory = rules.read(config, environment).directory
    return taken_in(Vault(directory / place.name).current)


def taken_in(folder: Path) -> int | None:
    """When the backup in a folder was taken; None if there is none that can be read."""
    try:
        return parse(manifest.read(folder).timestamp)
    except (ThrumError, ValueError):
        return None


def is_due(last: int | None, every_ns: int, now_ns: int) -> bool:
    """Whether the time has come; a backup from the future, by this clock, does not put it off."""
    return last is None or not 0 <= now_ns - last < every_ns
