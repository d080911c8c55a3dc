"""``thrum version``."""

from __future__ import annotations

import platform
from typing import Any

from thrum import __version__


def test_the_version(world: Any) -> None:
    assert world.run("version").out == f"thrum {__version__}\n"
    assert world.run("version", "--json").document == {
        "version": __version__,
        "python_version": platform.python_version(),
    }
    assert world.daemon.requests == []
