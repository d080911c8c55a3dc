"""Which archives stay: grandfather, father, son; and what was here before a restore. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from thrum.backup.rules import Retention

_T = TypeVar("_T")

FORM: Final = "%Y-%m-%dT%H%M%S"
"""How an archive is named after its moment (UTC)."""

SAFETIES: Final = 3
"""Archives of what was here before a restore that stay, however old."""
SAFE_FOR: Final = timedelta(days=30)
"""For so long each of them stays."""


def at(ns: int) -> datetime:
    """The moment after which an archive is named: whole seconds.

    Args:
        ns: nanoseconds since 1970.
    """
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC)


def moment(name: str) -> datetime | None:
    """The moment that an archive is named after, be it a zip file or a folder; None for others."""
    try:
        found = datetime.strptime(name.removesuffix(".zip"), FORM)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC)


def kept(names: Iterable[str], rules: Retention, now: datetime) -> set[str]:
    """The archives that stay; whatever is not named after a moment that has come does.

    What a clock that was ahead has named takes nobody's place before its time.

    Args:
        names: of files.
        rules: the newest `daily` ones stay; of the newest `weekly` weeks (ISO) and the newest
            `monthly` months that have any, the oldest one does.
        now: the moment.
    """
    names = list(names)
    dated = [(when, name) for when, name in _dated(names) if when <= now]
    stays = set(names) - {name for _, name in dated}
    stays |= {name for _, name in _first(dated, rules.daily)}
    weeks: dict[tuple[int, int], str] = {}
    months: dict[tuple[int, int], str] = {}
    for when, name in dated:  # the newest first, so the oldest of each is what remains
        year, week, _ = when.isocalendar()
        weeks[year, week] = name
        months[when.year, when.month] = name
    stays |= set(_first(list(weeks.values()), rules.weekly))
    return stays | set(_first(list(months.values()), rules.monthly))


def outlived(names: Iterable[str], before: str, now: datetime) -> set[str]:
    """The archives of what was here before a restore that go: old ones, of which there are newer.

    Args:
        names: of files.
        before: what the names of such archives begin with.
        now: the moment; what is named after a later one takes nobody's place.
    """
    found = _dated(name.removeprefix(before) for name in names if name.startswith(before))
    due = [(when, name) for when, name in found if when <= now][SAFETIES:]
    return {f"{before}{name}" for when, name in due if now - when > SAFE_FOR}


def newest(names: Iterable[str], count: int) -> set[str]:
    """The newest of the archives; all if the number is negative."""
    return {name for _, name in _first(_dated(names), count)}


def _dated(names: Iterable[str]) -> list[tuple[datetime, str]]:
    """The newest first."""
    found = ((moment(name), name) for name in names)
    return sorted(((when, name) for when, name in found if when is not None), reverse=True)


def _first(found: list[_T], count: int) -> list[_T]:
    return found if count < 0 else found[:count]
