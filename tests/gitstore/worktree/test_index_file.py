"""The index as git itself reads it."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore.worktree.index_file import Entry, write

Git = Callable[..., str]


@pytest.fixture
def where(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "r", cwd=tmp_path)
    return tmp_path / "r"


@pytest.mark.parametrize("absent", [False, True])
def test_git_sees_what_was_written(where: Path, git: Git, absent: bool) -> None:
    # Names of every length that the padding depends on, longer than the flag has room for, odd.
    names = ["x" * n for n in range(1, 20)] + ["d/" + "y" * 200, "ä ☃", "A", "a-b", "a/b", "a0"]
    random.Random(1).shuffle(names)
    entries = []
    for number, name in enumerate(names):
        file = where / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{number}")
        blob = git("hash-object", "-w", name, cwd=where).strip()
        if absent and number % 3 == 0:
            file.unlink()
            entries.append(Entry(name.encode(), 0o100644, blob, is_absent=True))
        else:
            entries.append(Entry(name.encode(), 0o100644, blob, file.lstat()))
    write(where / ".git" / "index", entries)
    listed = git("ls-files", "-z", cwd=where).split("\0")[:-1]
    assert listed == sorted(names, key=str.encode)
    assert git("diff-files", cwd=where) == ""
    assert git("fsck", cwd=where) == ""
    marked = [line for line in git("ls-files", "-v", cwd=where).splitlines() if line[0] == "S"]
    assert len(marked) == (len(names) + 2) // 3 * absent
    (where / "A").write_text("changed")
    if not (absent and names.index("A") % 3 == 0):
        assert "A" in git("diff", "--name-only", cwd=where)


def test_a_file_without_a_stat_is_looked_at(where: Path, git: Git) -> None:
    (where / "a").write_text("one")
    blob = git("hash-object", "-w", "a", cwd=where).strip()
    write(where / ".git" / "index", [Entry(b"a", 0o100644, blob)])
    assert git("status", "--porcelain", cwd=where) == "A  a\n"
    (where / "a").write_text("two")
    write(where / ".git" / "index", [Entry(b"a", 0o100644, blob)])
    assert git("status", "--porcelain", cwd=where) == "AM a\n"


def test_a_name_longer_than_the_flag_has_room_for(where: Path, git: Git) -> None:
    names = ["/".join(["y" * 200] * count) for count in (20, 21, 25)]
    write(where / ".git" / "index", [Entry(n.encode(), 0o100644, "1" * 40) for n in names])
    assert git("ls-files", cwd=where).split() == names


def test_who_holds_the_lock_is_respected(where: Path) -> None:
    index = where / ".git" / "index"
    lock = where / ".git" / "index.lock"
    lock.touch()
    with pytest.raises(FileExistsError):
        write(index, [])
    assert lock.exists()
    assert not index.exists()


def test_an_empty_one_is_one(where: Path) -> None:
    write(where / ".git" / "index", [])
    done = subprocess.run(["git", "ls-files"], cwd=where, capture_output=True, check=True)
    assert done.stdout == b""
