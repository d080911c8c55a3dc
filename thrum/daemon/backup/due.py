"""When a backup is due: so long after the last one, whatever the daemon did meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from thrum.backup import manifest, rules
from thrum.backup.vault import Vault
from thrum.clock import parse
from thrum.config import Config
from thrum.errors import ThrumError
from thrum.paths import Place


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
