"""A look at a worktree says what git says, and an empty thing where there is nothing to say."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon.work import changes, status
from thrum.daemon.work.deadline import Deadline, Expired
from thrum.daemon.work.reading import GitWork, Reader


@pytest.fixture
def branched(checkout: Any) -> Any:
    """A branch with two commits of its own, while main went on."""
    checkout.commit("first", a__py="one\ntwo\nthree\n", b__py="b\n", gone__py="x\ny\n")
    checkout.git("checkout", "-q", "-b", "feature")
    checkout.commit("Mend a\n\nAt length.", "2026-01-03T00:00:00+05:00", a__py="one\n2\nthree\n")
    checkout.git("rm", "-q", "gone.py")
    checkout.commit("Add new", "2026-01-04T00:00:00Z", new__py="1\n2\n3\n")
    checkout.git("checkout", "-q", "main")
    checkout.commit("Elsewhere", "2026-01-05T00:00:00Z", b__py="c\n")
    checkout.base_here()
    checkout.git("checkout", "-q", "feature")
    return checkout


def test_a_branch_says_its_commits_and_files(branched: Any) -> None:
    work = branched.read()
    assert work.branch == "feature"
    assert work.worktree_path == str(branched.root)
    told = [(each.sha, each.message, each.files) for each in work.unmerged_commits]
    shas = branched.git("log", "--format=%H", "origin/main..HEAD").split()
    assert told == [
        (shas[0], "Add new", ["gone.py", "new.py"]),
        (shas[1], "Mend a", ["a.py"]),
    ]
    assert work.changed_files == branched.git("diff", "--name-only", "origin/main...").split()
    details = [(d.path, d.additions, d.deletions, d.status) for d in work.file_changes]
    assert details == [
        ("gone.py", 0, 2, "deleted"),
        ("new.py", 3, 0, "added"),
        ("a.py", 1, 1, "modified"),
    ]
    moments = [each.last_modified for each in work.file_changes]
    assert moments == ["2026-01-04T00:00:00Z"] * 2 + ["2026-01-02T19:00:00Z"]
    assert work.uncommitted_files == []


def test_uncommitted_files_are_those_of_git_status(branched: Any) -> None:
    branched.write(".gitignore", "*.o\n")
    branched.write("a.py", "changed and longer\n")
    branched.write("staged.py")
    branched.git("add", "staged.py")
    branched.git("mv", "b.py", "moved.py")
    branched.write("fresh/deep/file.py")
    branched.write("fresh/deep/file.o")
    branched.write("fresh/other.py")
    branched.write("only/objects.o")
    branched.write("naïve name.txt")
    (branched.root / "new.py").unlink()
    branched.git("config", "core.quotePath", "false")
    found = branched.read().uncommitted_files
    assert found == sorted(line.strip('"') for line in branched.porcelain())
    assert "b.py -> moved.py" in found
    assert "fresh/deep/file.py" in found


def test_a_rename_that_was_changed_too_is_named_once(branched: Any) -> None:
    branched.git("mv", "b.py", "moved.py")
    branched.write("moved.py", "c\nd\n")
    assert branched.read().uncommitted_files == ["b.py -> moved.py"]


def test_a_conflict_is_uncommitted(branched: Any) -> None:
    branched.commit("clash", b__py="other\n")
    with pytest.raises(subprocess.CalledProcessError):
        branched.git("merge", "-q", "main")
    assert "b.py" in branched.read().uncommitted_files


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


def test_without_a_remote_the_last_ten_commits_count(checkout: Any) -> None:
    shas = [checkout.commit(f"c{n}", a__py=f"{n}\n") for n in range(10)]
    assert checkout.read().unmerged_commits == []
    shas.append(checkout.commit("c10", a__py="10\n"))
    found = [each.sha for each in checkout.read().unmerged_commits]
    assert found == shas[:0:-1]
    checkout.git("update-ref", "refs/remotes/origin/master", "HEAD~1")
    assert [each.message for each in checkout.read().unmerged_commits] == ["c10"]


def test_a_merge_brings_what_it_merges(checkout: Any) -> None:
    checkout.commit("first", a__py="a\n")
    checkout.base_here()
    checkout.git("checkout", "-q", "-b", "side")
    checkout.commit("side", "2026-01-03T00:00:00Z", s__py="s\n")
    checkout.git("checkout", "-q", "main")
    checkout.commit("trunk", "2026-01-04T00:00:00Z", t__py="t\n")
    checkout.git("merge", "-q", "-m", "join", "side", at="2026-01-05T00:00:00Z")
    work = checkout.read()
    told = [(each.message, each.files) for each in work.unmerged_commits]
    assert told == [("join", []), ("trunk", ["t.py"]), ("side", ["s.py"])]
    assert work.changed_files == ["s.py", "t.py"]


def test_clocks_that_disagree_change_nothing(checkout: Any) -> None:
    """The base is younger by its clock than everything upon it."""
    checkout.commit("first", "2026-02-01T00:00:00Z", a__py="a\n")
    checkout.base_here()
    for n in range(3):
        checkout.commit(f"c{n}", "2020-01-01T00:00:00Z", a__py=f"{n}\n")
    work = checkout.read()
    assert [each.message for each in work.unmerged_commits] == ["c2", "c1", "c0"]
    assert work.changed_files == ["a.py"]


def test_histories_that_share_nothing_have_commits_and_no_difference(checkout: Any) -> None:
    checkout.commit("first", a__py="a\n")
    checkout.base_here()
    checkout.git("checkout", "-q", "--orphan", "other")
    checkout.commit("apart", b__py="b\n")
    work = checkout.read()
    assert [each.message for each in work.unmerged_commits] == ["apart"]
    assert work.changed_files == []


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


def test_a_submodule_is_one_path(branched: Any, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    branched.git("clone", "-q", str(branched.root), str(inner))
    allow = ("-c", "protocol.file.allow=always")
    branched.git(*allow, "submodule", "--quiet", "add", str(inner), "lib")
    branched.git("commit", "-q", "-m", "Add lib")
    work = branched.read()
    assert [(d.path, d.additions) for d in work.file_changes if d.path == "lib"] == [("lib", 0)]
    assert work.uncommitted_files == []
    (branched.root / "lib/a.py").write_text("changed inside\n")
    assert branched.read().uncommitted_files == ["lib"]
    (branched.root / "apart").mkdir()
    subprocess.run(["git", "init", "-q"], cwd=branched.root / "apart", check=True)
    branched.write("apart/x.py")
    assert branched.read().uncommitted_files == ["apart/", "lib"]


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


def test_a_huge_branch_is_told_of_in_part(branched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_COMMITS", 3)
    monkeypatch.setattr(changes, "MOST_OF_COMMIT", 4)
    monkeypatch.setattr(changes, "MOST_FILES", 5)
    monkeypatch.setattr(changes, "LARGEST_BLOB", 40)
    for n in range(12):
        branched.write(f"many/f{n:02}.py", "1\n" * (n * 2))
    branched.git("add", ".")
    branched.git("commit", "-q", "-m", "Many", at="2026-01-06T00:00:00Z")
    for n in range(2):
        branched.commit(f"late {n}", "2026-01-07T00:00:00Z", z__py=f"{n}\n")
    work = branched.read()
    assert [each.message for each in work.unmerged_commits] == ["late 1", "late 0", "Many"]
    assert len(work.unmerged_commits[2].files) == 4
    assert len(work.changed_files) == 5
    told = [(each.path, each.additions) for each in work.file_changes]
    # The commits that touched the second and third are not among those looked at.
    rest = [("a.py", 1), ("gone.py", 0), ("many/f00.py", 0), ("many/f01.py", 2)]
    assert told == [("z.py", 1), *rest]
    monkeypatch.setattr(changes, "MOST_FILES", 500)
    counted = {d.path: d.additions for d in branched.read().file_changes}
    assert counted["many/f10.py"] == 20
    assert counted["many/f11.py"] == 0  # 44 bytes


def test_a_folder_with_too_many_new_files_is_named_itself(
    branched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "MOST_LISTED", 5)
    for n in range(9):
        branched.write(f"fresh/deep/f{n}.py")
    assert branched.read().uncommitted_files == ["fresh/"]


def test_a_path_that_is_no_text_is_told_of(branched: Any) -> None:
    name = os.fsencode(branched.root) + b"/caf\xe9.py"
    with open(name, "w") as file:
        file.write("x")
    branched.git("add", ".")
    branched.git("commit", "-q", "-m", "Odd")
    work = branched.read()
    assert "caf\ufffd.py" in work.changed_files


def test_past_its_deadline_a_look_says_nothing(branched: Any) -> None:
    ticks = iter(range(1000))
    with pytest.raises(Expired):
        Reader(branched.root).read(str(branched.root), Deadline(3, lambda: next(ticks)))
