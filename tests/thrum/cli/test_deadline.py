"""How much time a hook has."""

from __future__ import annotations

import time

import pytest

from thrum.cli import deadline, hooked
from thrum.cli.deadline import Deadline


def test_time_that_others_had_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now, others = [10.0], [1.0]
    monkeypatch.delenv("THRUM_HOOK_MS", raising=False)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deadline, "delayed_s", lambda: others[0])
    left = Deadline(hooked.DEADLINE_S).left
    now[0] += 0.2
    assert left() == pytest.approx(0.05)
    others[0] += 0.15
    assert left() == pytest.approx(0.2)
    now[0] += 0.21
    assert left() < 0


@pytest.mark.parametrize(("text", "seconds"), [("", 0.25), ("x", 0.25), ("-1", 0.25), ("900", 0.9)])
def test_how_long_it_may_take(monkeypatch: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    monkeypatch.setenv("THRUM_HOOK_MS", text)
    assert deadline.allowed_s(hooked.DEADLINE_S) == seconds
