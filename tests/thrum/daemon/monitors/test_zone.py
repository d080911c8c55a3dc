"""The zone of this machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from thrum.daemon.monitors import zone
from thrum.errors import ThrumError

WINTER, SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)


def offsets(tz: str | None, localtime: Path = Path("/nosuch")) -> tuple[float, float]:
    """Hours that the clock is ahead of UTC in winter and in summer."""
    found = zone.local(tz, localtime)
    return tuple(
        (each.astimezone(found).utcoffset() or timedelta()) / timedelta(hours=1)
        for each in (WINTER, SUMMER)
    )  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("tz", "ahead"),
    [
        ("Europe/Berlin", (1, 2)),
        (":America/New_York", (-5, -4)),
        ("CET-1CEST,M3.5.0,M10.5.0/3", (1, 2)),
        ("<+0330>-3:30", (3.5, 3.5)),
        ("EST5EDT,M3.2.0,M11.1.0", (-5, -4)),
        ("UTC", (0, 0)),
        ("", (0, 0)),
        (None, (0, 0)),
    ],
)
def test_by_the_variable(tz: str | None, ahead: tuple[float, float]) -> None:
    assert offsets(tz) == ahead


def test_by_the_machines_file(tmp_path: Path) -> None:
    import tzdata

    data = Path(tzdata.__file__).parent / "zoneinfo/Asia/Kathmandu"
    link = tmp_path / "localtime"
    link.symlink_to(data)
    assert offsets(None, link) == offsets(str(data)) == (5.75, 5.75)
    assert offsets("Europe/Berlin", link) == (1, 2)


@pytest.mark.parametrize("tz", ["Mars/Base", "../../etc/passwd", "/etc/passwd", "x", "ABC5,M1"])
def test_nothing_is_known_of_it(tz: str) -> None:
    with pytest.raises(ThrumError) as refused:
        zone.local(tz)
    assert refused.value.kind == "config"
