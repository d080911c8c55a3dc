"""What the configuration says of backups: where they go, how long they stay, what runs beside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from thrum.config import Config
from thrum.errors import ThrumError

FOLDER: Final = ".thrum-backups"
"""Where backups go in a home, if nobody says otherwise."""

PRESETS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "beads": ("bd backup --force", (".beads/backup/*",)),
    "beads-rust": ("beads backup --force", (".beads/backup/*",)),
}
"""Plugins that are known by name: their command, and what it leaves behind."""


class Plugin(msgspec.Struct, omit_defaults=True):
    """A program whose files go into the backup as well.

    Attributes:
        name: one word; also its folder in the backup.
        command: what is run before its files are copied; empty for nothing.
        include: patterns of paths in the repository.
        shell: whether the commands are for a shell; else each is a program with its arguments.
        restore: what is run when its files came back; empty for nothing.
    """

    name: str
    command: str = ""
    include: list[str] = msgspec.field(default_factory=list)
    shell: bool = False
    restore: str = ""


class Retention(msgspec.Struct):
    """How many archives stay: the newest, and the oldest one of so many weeks and months.

    A negative number is for all of them.
    """

    daily: int = 5
    weekly: int = 4
    monthly: int = -1


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for backups of one repository.

    Attributes:
        directory: under which each repository has a folder.
        is_default: whether nobody named another one.
    """

    directory: Path
    is_default: bool
    retention: Retention = field(default_factory=Retention)
    plugins: tuple[Plugin, ...] = ()
    post_backup: str = ""
    schedule: str = ""


def read(config: Config, environment: Mapping[str, str], wanted: Path | None = None) -> Rules:
    """The rules.

    Args:
        config: of the repository.
        environment: for its ``HOME``.
        wanted: the directory that the command line names.

    Raises:
        ThrumError: ``config``, a value is none.
    """
    said = str(config.get("backup.dir"))
    home = Path(environment.get("HOME") or Path.home())
    directory = wanted or (_expanded(said, home) if said else home / FOLDER)
    rows = config.get("backup.plugins")
    return Rules(
        directory,
        wanted is None and not said,
        Retention(*(int(config.get(f"backup.retention.{each}")) for each in _KINDS)),
        tuple(_plugin(row, config.path) for row in rows),
        str(config.get("backup.post_backup")),
        str(config.get("backup.schedule")),
    )


_KINDS: Final = ("daily", "weekly", "monthly")


def _expanded(said: str, home: Path) -> Path:
    if said == "~" or said.startswith("~/"):
        return home / said[2:]
    return home / said


def _plugin(row: Any, path: Path) -> Plugin:
    try:
        plugin = msgspec.convert(row, Plugin)
        check_name(plugin.name)
    except (msgspec.ValidationError, ThrumError) as error:
        raise ThrumError("config", f"backup.plugins in {path}: {error}", "correct it") from None
    return plugin


def check_name(name: str) -> None:
    """Whether a plugin may be called so.

    Raises:
        ThrumError: ``invalid_params``.
    """
    is_plain = name.isascii() and all(each.isalnum() or each in "-_" for each in name)
    if not (name and is_plain and len(name) <= 64):
        text = f"{name[:80]!r} is no name of a plugin"
        raise ThrumError("invalid_params", text, "letters, digits, - and _")


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
        said = f"{text[:80]!r} is no duration by which backups can be taken, once a minute at most"
        raise ThrumError("config", said, "write it as 24h, or `thrum backup schedule off`")
    return found
