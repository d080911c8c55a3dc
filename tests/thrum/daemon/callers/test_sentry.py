"""The guards inside the daemon: a repository's modes, one line in the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thrum.daemon.callers import sentry
from thrum.identity.guards import Fire, GuardError

FIRE = Fire("daemon_writer_liveness", "subject_pid_dead", expected_agent="nux", expected_pid=7)


@pytest.mark.parametrize(
    ("mode", "fired", "lines"), [("strict", None, 1), ("warn", True, 1), ("off", False, 0)]
)
def test_the_mode_says_what_becomes_of_it(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    mode: str,
    fired: bool | None,
    lines: int,
) -> None:
    section = {"identity_guard": {FIRE.guard: mode}}
    (tmp_path / "config.json").write_text(json.dumps(section))
    if fired is None:
        with pytest.raises(GuardError):
            sentry.ask(tmp_path, FIRE)
    else:
        assert sentry.ask(tmp_path, FIRE) is fired
    assert len(caplog.messages) == lines
    assert all(f"mode={mode}" in line for line in caplog.messages)


def test_a_guard_that_does_not_fire_reads_nothing(tmp_path: Path) -> None:
    assert sentry.ask(tmp_path / "absent", None) is False
