"""A connection for somebody who cannot wait."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from thrum.cli.hurried import Hurried
from thrum.errors import ThrumError


def test_what_is_there_is_had(world: Any) -> None:
    world.daemon.answers["m"] = 7
    with Hurried(world.daemon.path, lambda: 30.0) as client:
        assert client.call("m", timeout=20) == 7


@pytest.mark.parametrize("timeout", [None, 0.05, 1000.0])
def test_no_question_is_waited_for_longer_than_there_is_time(
    world: Any, timeout: float | None
) -> None:
    world.daemon.close()
    world.daemon.path.unlink()
    left = [30.0]
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(world.daemon.path))
        silent.listen()
        with Hurried(world.daemon.path, lambda: left[0]) as client:
            left[0] = -1.0
            with pytest.raises(ThrumError, match="does not answer"):
                client.call("m", timeout=timeout)


def test_nobody_there_is_told_at_once(world: Any) -> None:
    with pytest.raises(ThrumError, match="no daemon answers"):
        Hurried(world.root / "nobody", lambda: -1.0)
