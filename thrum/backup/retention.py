"""Which archives stay: grandfather, father, son. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, TypeVar

from thrum.backup.rules import Retention

_T = TypeVar("_T")

FORM: Final = "%Y-%m-%dT%H%M%S"
"""How an archive is named after its moment (UTC)."""


def at(ns: int) -> datetime:
    """The moment after which an archive is named: whole seconds.

    Args:
        ns: nanoseconds since 1970.
    """
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC)


def moment(name: str) -> datetime | None:
    """The moment that an archive is named after; None if it is not an archive of a moment."""
    try:
        found = datetime.strptime(name.removesuffix(".zip"), FORM)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if name.endswith(".zip") else None


def kept(names: Iterable[str], rules: Retention) -> set[str]:
    """The archives that stay; whatever is not named after a moment does.

    Args:
        names: of files.
        rules: the newest `daily` ones stay; of the newest `weekly` weeks (ISO) and the newest
            `monthly` months that have any, the oldest one does.
    """
    names = list(names)
    dated = sorted(
        ((found, name) for name in names if (found := moment(name)) is not None), reverse=True
    )
    stays = {name for name in names if moment(name) is None}
    stays |= {name for _, name in _first(dated, rules.daily)}
    weeks: dict[tuple[int, int], str] = {}
    months: dict[tuple[int, int], str] = {}
    for when, name in dated:  # the newest first, so the oldest of each is what remains
        year, week, _ = when.isocalendar()
        weeks[year, week] = name
        months[when.year, when.month] = name
    stays |= set(_first(list(weeks.values()), rules.weekly))
    return stays | set(_first(list(months.values()), rules.monthly))


def _first(found: list[_T], count: int) -> list[_T]:
    return found if count < 0 else found[:count]
