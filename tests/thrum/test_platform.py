"""What differs between systems."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from thrum import platform


@pytest.mark.parametrize("length", [10, 200])
def test_sockets_work_under_any_path_and_are_private(tmp_path: Path, length: int) -> None:
    directory = tmp_path / ("d" * length) / "var"
    directory.mkdir(parents=True)
    path = directory / "thrum.sock"
    listener = platform.bind_unix(path)
    listener.listen()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    client = platform.connect_unix(path, 5)
    served, _ = listener.accept()
    assert platform.peer_pid(served) == os.getpid()
    for each in (listener, client, served):
        each.close()
