"""Which tmux will do."""

from __future__ import annotations

import pytest

from thrum.daemon.tmux import version
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    "said",
    ["tmux 3.2", "tmux 3.2a", "tmux 3.3a\n", "tmux next-3.6", "tmux 10.0", "tmux master"],
)
def test_new_ones_will(said: str) -> None:
    assert version.check(said) == said.strip().removeprefix("tmux ")


@pytest.mark.parametrize("said", ["tmux 3.1c", "tmux 2.9a", "tmux 1.8", "tmux next-3.1"])
def test_old_ones_are_refused_by_name(said: str) -> None:
    with pytest.raises(ThrumError, match=rf"{said} is too old: Thrum needs 3\.2"):
        version.check(said)


@pytest.mark.parametrize("said", ["", "screen 4.9", "usage: tmux"])
def test_another_program_is_none(said: str) -> None:
    with pytest.raises(ThrumError, match="the program tmux says"):
        version.check(said)
