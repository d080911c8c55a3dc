"""A look at a worktree says what git says, and an empty thing where there is nothing to say."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon.work.deadline import Deadline, Expired
from thrum.daemon.work.reading import GitWork, Reader


def test_a_look_leaves_no_trace(branched: Any) -> None:
    branched.write("a.py", "changed and longer\n")
    # Stat data that is out of date would tempt to write the index.
    os.utime(branched.root / "b.py", (1, 1))
    before = trace(branched.root)
    reader = Reader(branched.root)
    for _ in range(3):
        assert reader.read(str(branched.root)).uncommitted_files == ["a.py"]
    assert trace(branched.root) == before


def trace(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder with what a write would change."""
    found = {}
    for path in sorted(root.rglob("*")):
        about = path.lstat()
        found[str(path)] = (about.st_ino, about.st_size, about.st_mtime_ns)
    return found


def test_what_is_remembered_never_hides_a_change(branched: Any) -> None:
    reader, where = Reader(branched.root), str(branched.root)
    reader.read(where)
    branched.commit("More", a__py="again\n")
    assert reader.read(where).unmerged_commits[0].message == "More"
    branched.write("late.py")
    branched.git("add", "late.py")
    assert reader.read(where).uncommitted_files == ["late.py"]
    branched.git("commit", "-q", "-m", "Late")
    assert reader.read(where).uncommitted_files == []
    branched.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert reader.read(where).unmerged_commits == []


def test_before_the_first_commit_there_are_only_files(checkout: Any) -> None:
    checkout.write("a.py")
    checkout.write("b.py")
    checkout.git("add", "a.py")
    assert checkout.read() == GitWork(
        "main", str(checkout.root), uncommitted_files=["a.py", "b.py"]
    )


def test_a_detached_head_has_no_branch(branched: Any) -> None:
    branched.git("checkout", "-q", "--detach")
    work = branched.read()
    assert (work.branch, len(work.unmerged_commits)) == ("", 2)


def test_a_linked_worktree_is_looked_at_and_another_repository_is_not(
    branched: Any, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    branched.git("worktree", "add", "-q", "-b", "side", str(linked), "main")
    (linked / "mine.py").write_text("x")
    reader = Reader(branched.root)
    assert reader.read(str(linked)).uncommitted_files == ["mine.py"]
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True, env=branched.environment)
    for nowhere in (other, tmp_path, tmp_path / "absent", linked / ".git"):
        assert reader.read(str(nowhere)) == GitWork()


def test_a_bare_repository_has_nothing_to_say(branched: Any, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    branched.git("clone", "-q", "--bare", ".", str(bare))
    assert Reader(bare).read(str(bare)) == GitWork()


def damage_index(root: Path) -> None:
    (root / ".git/index").write_bytes(b"no index")


def damage_objects(root: Path) -> None:
    shutil.rmtree(root / ".git/objects")
    (root / ".git/objects").mkdir()


def damage_format(root: Path) -> None:
    with (root / ".git/config").open("a") as config:
        config.write("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tfrobnicate = true\n")


def damage_head(root: Path) -> None:
    (root / ".git/HEAD").write_text("nonsense\n")


@pytest.mark.parametrize(
    ("damage", "commits", "branch"),
    [
        (damage_index, 2, "feature"),
        (damage_objects, 0, "feature"),
        (damage_format, 0, "feature"),
        (damage_head, 0, ""),
    ],
)
def test_what_cannot_be_read_is_empty(
    branched: Any, damage: Any, commits: int, branch: str
) -> None:
    damage(branched.root)
    work = branched.read()
    assert len(work.unmerged_commits) == commits
    assert work.branch == branch
    assert work.uncommitted_files == []


def test_past_its_deadline_a_look_says_nothing(branched: Any) -> None:
    ticks = iter(range(1000))
    with pytest.raises(Expired):
        Reader(branched.root).read(str(branched.root), Deadline(3, lambda: next(ticks)))
