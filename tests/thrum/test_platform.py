"""What differs between systems."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from thrum import platform
from thrum.errors import ThrumError


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


def test_a_lock_is_for_one_unless_it_is_shared(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with file.open("w") as one, file.open("w") as two:
        assert platform.try_flock(one.fileno(), file, shared=True)
        assert platform.try_flock(two.fileno(), file, shared=True)
        assert not platform.try_flock(two.fileno(), file)


@pytest.mark.parametrize(
    "number", [errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS], ids=os.strerror
)
def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_handle: int, _how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ThrumError, match=f"the file system of {tmp_path} keeps no locks") as found:
        platform.try_flock(0, tmp_path)
    assert found.value.kind == "system"
    assert "local disk" in (found.value.hint or "")


def test_another_error_of_a_lock_is_not_explained_away(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        platform.try_flock(2**20, tmp_path)


@pytest.mark.parametrize("limit", [256, 1024, 4096])
def test_how_many_files_may_be_open_is_what_the_system_says(limit: int) -> None:
    program = (
        "import resource; from thrum import platform;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}));"
        "print(platform.descriptors())"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout.split() == [str(limit)]


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module as it is there."""
    monkeypatch.setattr(platform, "LINUX", False)
    monkeypatch.setattr(platform, "_LONGEST_SOCKET_PATH", 103)


@pytest.mark.parametrize("length", [10, 60, 200])
@pytest.mark.parametrize("own", ["tmp", "t" * 90])
def test_macos_reaches_long_paths_by_a_short_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, macos: None, length: int, own: str
) -> None:
    (tmp_path / own).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / own))
    path = tmp_path / ("d" * length) / "thrum.sock"
    path.parent.mkdir()
    with platform.bind_unix(path) as listener:
        listener.listen()
        with platform.socket_address(path) as address:
            assert len(os.fsencode(address)) <= 103
            assert "/proc/" not in address
        platform.connect_unix(path, 5).close()
    assert list((tmp_path / own).iterdir()) == []


class Asked(socket.socket):
    """A socket of macOS, as <sys/un.h> has it."""

    options: list[tuple[int, ...]]

    def getsockopt(self, *option: int) -> int:  # type: ignore[override]
        self.options = [*getattr(self, "options", []), option]
        return 4321


def test_macos_names_the_peer_by_its_own_option(macos: None) -> None:
    with Asked(socket.AF_UNIX) as connection:
        assert platform.peer_pid(connection) == 4321
        assert connection.options == [(0, 2)]  # SOL_LOCAL, LOCAL_PEERPID
        assert platform.peer_lives(connection) is None


def test_a_machine_that_slept_is_as_old_as_one_that_did_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocks = {time.CLOCK_MONOTONIC: 7}
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(time, "clock_gettime_ns", clocks.__getitem__)
    assert platform.uptime_ns() == 7


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder Shop on a file system that says so, however its name is written."""
    (tmp_path / "Shop" / "till").mkdir(parents=True)
    (tmp_path / "shop").symlink_to("Shop")

    def said(handle: int, request: int, room: bytes) -> bytes:
        assert request == 50
        path = os.fsencode(
            str(Path(f"/proc/self/fd/{handle}").readlink()).replace("/Shop", "/ShOp")
        )
        return path.ljust(len(room), b"\0")

    monkeypatch.setattr(fcntl, "F_GETPATH", 50, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", said)
    return tmp_path


@pytest.mark.skipif(not platform.LINUX, reason="it plays the other system")
def test_one_folder_has_one_spelling(shop: Path) -> None:
    for name in ("Shop", "shop", "shop/../Shop"):
        assert platform.real(shop / name / "till") == shop / "ShOp" / "till"
    assert platform.real(shop / "shop/till/gone/x") == shop / "ShOp/till/gone/x"


@pytest.mark.skipif(not platform.LINUX, reason="it plays the other system")
def test_paths_that_lead_nowhere_or_to_a_pipe_stay_as_they_are(shop: Path) -> None:
    (shop / "loop").symlink_to("loop")
    os.mkfifo(shop / "pipe")
    for name in ("loop", "pipe", "gone/x"):
        assert platform.real(shop / name) == shop / name
