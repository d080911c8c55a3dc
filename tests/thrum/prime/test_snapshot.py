"""What a session left is used once, and never lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from thrum.errors import ThrumError
from thrum.prime import snapshot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = snapshot.path_of(tmp_path, "furiosa")
    found.parent.mkdir()
    return found


def test_it_lies_in_the_worktrees_own_folder(tmp_path: Path) -> None:
    assert snapshot.path_of(tmp_path, "nux") == tmp_path / "restart/nux.md"
    for name in ("../nux", "", "a/b", "x" * 200):
        with pytest.raises(ThrumError):
            snapshot.path_of(tmp_path, name)


def test_it_is_gone_once_it_was_written_out(path: Path) -> None:
    path.write_text("go on")
    with snapshot.spent(path, snapshot.text(path)):
        assert not path.exists()
    assert list(path.parent.iterdir()) == []
    assert snapshot.text(path) == ""


@pytest.mark.parametrize("error", [BrokenPipeError, OSError, KeyboardInterrupt, SystemExit])
def test_it_is_back_where_writing_fails(path: Path, error: type[BaseException]) -> None:
    path.write_text("go on")
    with pytest.raises(error), snapshot.spent(path, "go on"):
        raise error
    assert [each.name for each in path.parent.iterdir()] == ["furiosa.md"]
    assert snapshot.text(path) == "go on"


def test_one_that_was_left_aside_is_used_by_the_next(path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom thrum.prime import snapshot\n"
        "path = Path(sys.argv[1])\nwith snapshot.spent(path, 'go on'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path.write_text("go on")
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert snapshot.text(path) == "go on"
    with pytest.raises(OSError), snapshot.spent(path, "go on"):
        raise OSError
    assert snapshot.text(path) == "go on"
    with snapshot.spent(path, "go on"):
        pass
    assert list(path.parent.iterdir()) == []


def test_a_newer_one_counts_before_one_that_was_left_aside(path: Path) -> None:
    path.with_name("furiosa.md.consumed").write_text("old")
    path.write_text("new")
    assert snapshot.text(path) == "new"


def test_one_that_was_written_meanwhile_stays(path: Path) -> None:
    path.write_text("old")
    said = snapshot.text(path)
    path.write_text("new")
    with snapshot.spent(path, said):
        pass
    assert snapshot.text(path) == "new"
    with snapshot.spent(path, "new"):
        path.write_text("newer")
    assert snapshot.text(path) == "newer"


def test_one_that_somebody_else_has_used_up_stays_away(path: Path) -> None:
    path.write_text("go on")
    with pytest.raises(OSError), snapshot.spent(path, "go on"):
        path.with_name("furiosa.md.consumed").unlink()
        raise OSError
    assert snapshot.text(path) == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may move everything")
def test_where_nothing_can_be_moved_it_stays(path: Path) -> None:
    path.write_text("go on")
    path.parent.chmod(0o500)
    with snapshot.spent(path, "go on"):
        pass
    path.parent.chmod(0o700)
    assert snapshot.text(path) == "go on"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 1_100_000])
def test_what_is_no_text_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError):
        snapshot.text(path)
