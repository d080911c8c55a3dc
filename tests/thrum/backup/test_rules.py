"""How often backups are taken."""

from __future__ import annotations

import pytest

from thrum.backup import rules
from thrum.errors import ThrumError

HOUR = 3600 * 1_000_000_000


@pytest.mark.parametrize(
    ("text", "hours"), [("24h", 24), ("6h30m", 6.5), ("2d", 48), ("", 0), ("off", 0), ("none", 0)]
)
def test_intervals(text: str, hours: float) -> None:
    assert rules.interval(text) == hours * HOUR


@pytest.mark.parametrize("text", ["1s", "h", "24", "-1h", "24h!", "1h 2m x", "9" * 40 + "h"])
def test_what_is_no_interval_is_said(text: str) -> None:
    with pytest.raises(ThrumError) as error:
        rules.interval(text)
    assert error.value.kind == "config"
