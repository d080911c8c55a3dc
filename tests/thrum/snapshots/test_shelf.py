"""What a session left is used when its agent has acted, and never lost."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from thrum.errors import ThrumError
from thrum.snapshots import shelf, shown
from thrum.snapshots.shelf import Shelf


@pytest.fixture
def mine(tmp_path: Path) -> Shelf:
    return shelf.of(tmp_path, "furiosa")


def names(mine: Shelf) -> list[str]:
    """What lies in the folder; of what was used, how many there are."""
    kept = [f"{len(list(mine.kept.iterdir()))} used"] if mine.kept.is_dir() else []
    return sorted(each.name for each in mine.folder.iterdir() if each != mine.kept) + kept


def test_it_lies_in_the_worktrees_own_folder_for_nobody_else_to_read(tmp_path: Path) -> None:
    mine = shelf.of(tmp_path, "nux")
    assert mine.path == tmp_path / "restart/nux.md"
    mine.save("go on")
    assert stat.S_IMODE(mine.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(mine.path.stat().st_mode) == 0o600
    for name in ("../nux", "", "a/b", "x" * 200):
        with pytest.raises(ThrumError):
            shelf.of(tmp_path, name)


def test_it_stays_until_the_agent_has_acted(mine: Shelf) -> None:
    mine.save("go on")
    for _ in range(3):
        with mine.shown(mine.text()):
            assert names(mine) == ["furiosa.md.consumed"]
        assert mine.text() == "go on"
        assert shown.has_any(mine.folder.parent)
    assert mine.settle()
    assert names(mine) == ["1 used"]
    assert mine.text() == ""
    assert not mine.settle()
    assert not shown.has_any(mine.folder.parent)


def test_what_was_never_shown_is_not_used_because_the_agent_acts(mine: Shelf) -> None:
    mine.save("go on")
    assert not mine.settle()
    assert mine.text() == "go on"
    mine.use_up()
    assert names(mine) == ["1 used"]


def test_the_last_five_are_kept(mine: Shelf) -> None:
    for number in range(9):
        mine.save(str(number))
        os.utime(mine.path, ns=(0, number))
        if number % 2:
            with mine.shown(str(number)):
                pass
            mine.settle()
    kept = [path.read_text() for path in sorted(mine.kept.iterdir())]
    assert kept == ["3", "4", "5", "6", "7"]
    assert mine.text() == "8"


@pytest.mark.parametrize("error", [BrokenPipeError, OSError, KeyboardInterrupt, SystemExit])
def test_it_is_back_where_writing_fails(mine: Shelf, error: type[BaseException]) -> None:
    mine.save("go on")
    with pytest.raises(error), mine.shown("go on"):
        raise error
    assert names(mine) == ["furiosa.md"]


def test_one_that_was_left_aside_is_shown_to_the_next(mine: Shelf) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom thrum.snapshots import shelf\n"
        "with shelf.of(Path(sys.argv[1]), 'furiosa').shown('go on'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    mine.save("go on")
    argv = [sys.executable, "-c", script, str(mine.folder.parent)]
    assert subprocess.run(argv, check=False).returncode == -signal.SIGKILL
    assert mine.text() == "go on"


def test_a_newer_one_counts_and_the_older_is_kept(mine: Shelf) -> None:
    mine.save("old")
    with mine.shown("old"):
        pass
    mine.save("new")
    assert mine.text() == "new"
    with mine.shown("new"):
        pass
    assert names(mine) == ["furiosa.md.consumed", "1 used"]
    assert mine.text() == "new"


def test_one_that_was_written_meanwhile_stays(mine: Shelf) -> None:
    mine.save("old")
    with mine.shown("old"):
        mine.save("newer")
    assert mine.text() == "newer"
    mine.path.write_text("newest")
    with mine.shown("newer"):
        pass
    assert names(mine)[:1] == ["furiosa.md"]
    assert mine.text() == "newest"


def test_one_that_somebody_else_has_used_stays_away(mine: Shelf) -> None:
    mine.save("go on")
    with pytest.raises(OSError), mine.shown("go on"):
        mine.settle()
        raise OSError
    assert mine.text() == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may move everything")
def test_where_nothing_can_be_moved_it_stays(mine: Shelf) -> None:
    mine.save("go on")
    mine.folder.chmod(0o500)
    with mine.shown("go on"):
        pass
    mine.folder.chmod(0o700)
    assert mine.text() == "go on"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 1_100_000])
def test_what_is_no_text_is_refused(mine: Shelf, content: bytes) -> None:
    mine.save("")
    mine.path.write_bytes(content)
    with pytest.raises(ValueError):
        mine.text()


@pytest.mark.parametrize("what", ["folder", "kept"])
def test_a_link_leads_nowhere(mine: Shelf, tmp_path: Path, what: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "furiosa.md").write_text("secret")
    if what == "folder":
        mine.folder.symlink_to(elsewhere)
        assert mine.text() == ""
        assert not mine.settle()
        with pytest.raises(ThrumError, match="is a link"):
            mine.save("x")
        with pytest.raises(ThrumError):
            mine.tell({"session": "s"})
    else:
        mine.save("a")
        mine.kept.symlink_to(elsewhere)
        mine.save("b")
        assert mine.text() == "b"
    shelf.sweep(tmp_path)
    assert {each.name: each.read_text() for each in elsewhere.iterdir()} == {"furiosa.md": "secret"}


@pytest.mark.parametrize("name", ["furiosa.md", "furiosa.md.consumed", "furiosa.json"])
def test_a_file_that_is_a_link_is_not_read(mine: Shelf, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text('{"session": "secret"}')
    mine.folder.mkdir()
    (mine.folder / name).symlink_to(elsewhere)
    assert mine.told() == {}
    if name.endswith("json"):
        assert mine.text() == ""
    else:
        with pytest.raises(ValueError, match="no regular file"):
            mine.text()
    mine.save("go on")
    assert mine.text() == "go on"
    assert elsewhere.read_text() == '{"session": "secret"}'


def test_what_was_to_be_shown_still_is_where_the_disk_refuses(mine: Shelf) -> None:
    script = (
        "import resource, sys\nfrom pathlib import Path\nfrom thrum.snapshots import shelf\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "try:\n    shelf.of(Path(sys.argv[1]), 'furiosa').save('newer')\n"
        "except OSError:\n    sys.exit(7)\n"
    )
    mine.save("go on")
    argv = [sys.executable, "-c", script, str(mine.folder.parent)]
    for _ in range(2):
        assert subprocess.run(argv, check=False).returncode == 7
        assert mine.text() == "go on"
    mine.save("newer")
    assert mine.text() == "newer"
    assert [each.read_text() for each in mine.kept.iterdir()] == ["go on"]


def test_one_that_has_two_names_already_is_moved_all_the_same(mine: Shelf) -> None:
    mine.save("go on")
    moment = mine.path.stat().st_mtime_ns
    mine.kept.mkdir()
    os.link(mine.path, mine.kept / f"{moment}.md")  # so leaves it who is killed as he saves
    with mine.shown("go on"):
        pass
    assert mine.settle()
    assert (names(mine), mine.text()) == (["1 used"], "")


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_disk_without_second_names_has_it_written_twice(
    mine: Shelf, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(os, "link", refuse)
    mine.save("old")
    mine.save("new")
    assert mine.text() == "new"
    assert [each.read_text() for each in mine.kept.iterdir()] == ["old"]


def test_a_file_in_the_place_of_a_folder_harms_nothing(mine: Shelf) -> None:
    mine.folder.write_text("")
    assert (mine.text(), mine.told(), mine.settle()) == ("", {}, False)
    shelf.sweep(mine.folder.parent)
    with pytest.raises(ThrumError):
        mine.save("x")


def test_which_session_goes_on_is_known(mine: Shelf) -> None:
    assert mine.told() == {}
    mine.tell({"runtime": "claude", "session": "s1"})
    assert mine.told() == {"runtime": "claude", "session": "s1"}
    before = mine.note.stat().st_ino
    mine.tell({"runtime": "claude", "session": "s1"})
    assert mine.note.stat().st_ino == before
    mine.note.write_text('{"session": 3, "runtime": "x"}')
    assert mine.told() == {"runtime": "x"}
    mine.note.write_text("{")
    assert mine.told() == {}


def test_a_sweep_leaves_what_is_to_be_shown(mine: Shelf) -> None:
    for text in ("a", "b"):
        mine.save(text)
        with mine.shown(text):
            pass
    mine.save("next")
    (mine.folder / ".furiosa.md.0a1b.tmp").write_text("half")
    mine.tell({"session": "s"})
    shelf.sweep(mine.folder.parent)
    assert names(mine) == ["furiosa.json", "furiosa.md"]
