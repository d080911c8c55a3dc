"""The zone that clocks on the wall of this machine are in."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from io import BytesIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from thrum.errors import ThrumError

LOCALTIME: Final = Path("/etc/localtime")

_RULE: Final = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d.*")
_BLOCK: Final = b"\0" * 15 + b"".join(n.to_bytes(4) for n in (0, 0, 0, 0, 1, 4))
_TYPE: Final = b"\0" * 6 + b"UTC\0"


def local(tz: str | None, localtime: Path = LOCALTIME) -> tzinfo:
    """The zone as C programs find it: by ``TZ``, else by the machine's file, else UTC.

    Args:
        tz: the variable; None where it is not set.
        localtime: the machine's file.

    Raises:
        ThrumError: ``config``, nothing is known of the zone.
    """
    if tz is None:
        return _of_file(localtime) if localtime.exists() else UTC
    name = tz.removeprefix(":")
    if not name:
        return UTC
    try:
        return _of_file(Path(name)) if name.startswith("/") else ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        rule = _of_rule(name) if _RULE.fullmatch(name) else None
    if rule is None:
        raise ThrumError("config", f"nothing is known of the time zone TZ={tz!r}")
    return rule


def _of_file(path: Path) -> ZoneInfo:
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key=str(path))


def _of_rule(rule: str) -> tzinfo | None:
    """A zone that is told by its rule, as in ``CET-1CEST,M3.5.0,M10.5.0/3``.

    The end of a zone's file is such a rule, so it is read as a file that holds nothing else.
    """
    head = b"TZif2" + _BLOCK + _TYPE
    try:
        return ZoneInfo.from_file(BytesIO(head + head + b"\n" + rule.encode() + b"\n"), key=rule)
    except (ValueError, OSError):
        return None
