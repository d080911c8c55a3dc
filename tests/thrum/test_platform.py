"""What differs between systems."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
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


def test_a_path_that_is_taken_is_refused_and_the_mask_is_as_before(tmp_path: Path) -> None:
    path = tmp_path / "thrum.sock"
    path.touch()
    before = os.umask(0o027)
    try:
        with pytest.raises(OSError):
            platform.bind_unix(path)
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)


def test_where_nobody_listens_there_is_no_connection(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.sock", tmp_path / ("d" * 150) / "absent.sock"):
        with pytest.raises(OSError):
            platform.connect_unix(path, 5)


CONNECTS = """
import sys
from pathlib import Path
from thrum import platform
connection = platform.connect_unix(Path(sys.argv[1]), 20)
sys.stdin.read()
"""


def test_the_kernel_knows_who_connected_and_whether_it_still_runs(tmp_path: Path) -> None:
    path = tmp_path / "thrum.sock"
    with platform.bind_unix(path) as listener:
        listener.listen()
        argv = [sys.executable, "-c", CONNECTS, str(path)]
        with subprocess.Popen(argv, stdin=subprocess.PIPE) as child:
            served, _ = listener.accept()
            with served:
                assert platform.peer_pid(served) == child.pid
                assert platform.peer_lives(served) in (True, None)
                child.kill()
                child.wait()
                assert platform.peer_pid(served) == child.pid, "the kernel remembers"
                assert platform.peer_lives(served) in (False, None)


def test_a_name_of_this_machine_is_one_word() -> None:
    assert platform.hostname()
    assert not platform.hostname().endswith(".local")
