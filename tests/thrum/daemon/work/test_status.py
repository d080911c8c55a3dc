"""Which files are uncommitted: those that git would name, whatever their names are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pygit2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.work import status
from thrum.daemon.work.changes import MOST_FILES
from thrum.daemon.work.deadline import Deadline, Expired
from thrum.daemon.work.status import ARROW, uncommitted


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


def test_a_folder_with_too_many_new_files_is_named_itself(
    branched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "MOST_LISTED", 5)
    for n in range(9):
        branched.write(f"fresh/deep/f{n}.py")
    assert branched.read().uncommitted_files == ["fresh/"]


def look(checkout: Any) -> tuple[list[str], list[str]]:
    """What is staged and what is not."""
    repository = pygit2.Repository(str(checkout.root))
    unborn = repository.head_is_unborn
    head = None if unborn else repository.head.peel(pygit2.Commit).tree
    return status.staged(repository, head), status.unstaged(repository, Deadline())


def odd(checkout: Any, *names: bytes) -> None:
    """Files whose names are no text."""
    for name in names:
        path = os.path.join(os.fsencode(checkout.root), name)  # noqa: PTH118
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "w") as file:
            file.write("x")


def test_new_names_that_are_no_text_are_told_of(checkout: Any) -> None:
    odd(checkout, b"caf\xe9.py", b"new/\xff/a.py", b"new/b\xfe.py", b"new/c.o")
    checkout.write(".gitignore", "*.o\n.gitignore\n")
    named = ["caf\ufffd.py", "new/b\ufffd.py", "new/\ufffd/a.py"]
    assert look(checkout) == ([], named)
    checkout.git("add", ".")
    assert look(checkout) == (named, []), "nothing is committed yet"
    checkout.commit("first")
    odd(checkout, b"caf\xe9.py")
    (checkout.root / ".gitignore").write_text("b*\n*.o\n.gitignore\n")
    odd(checkout, b"more/a\xff.py", b"more/b\xff.py")
    assert look(checkout) == ([], ["more/a\ufffd.py"])


def test_a_file_that_becomes_a_link_has_changed(branched: Any) -> None:
    (branched.root / "a.py").unlink()
    (branched.root / "a.py").symlink_to("b.py")
    assert look(branched) == ([], ["a.py"])
    branched.git("add", "a.py")
    assert look(branched) == (["a.py"], [])


def test_links_are_named_and_not_entered(branched: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("x")
    (branched.root / "fresh").mkdir()
    (branched.root / "fresh/out").symlink_to(outside)
    (branched.root / "fresh/loop").symlink_to(".")
    assert look(branched)[1] == ["fresh/loop", "fresh/out"]


def test_entries_of_all_new_folders_count_together(
    branched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "MOST_LISTED", 5)
    for n in range(3):
        branched.write(f"one/f{n}.py")
        branched.write(f"two/f{n}.py")
    assert look(branched)[1] == ["one/f0.py", "one/f1.py", "one/f2.py", "two/"]


def test_what_is_ignored_counts_as_looked_at(
    branched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder full of what a build left costs no more than any other."""
    monkeypatch.setattr(status, "MOST_LISTED", 5)
    branched.write(".gitignore", "*.o\n.gitignore\n")
    for n in range(9):
        branched.write(f"built/f{n}.o")
    branched.write("built/z.py")
    assert look(branched)[1] == ["built/"]


def test_among_too_many_nobody_looks_for_renames(
    branched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    branched.git("mv", "a.py", "moved.py")
    assert look(branched)[0] == ["a.py -> moved.py"]
    branched.write("another.py", "something else altogether\n")
    branched.git("add", "another.py")
    monkeypatch.setattr(status, "MOST_RENAMES", 1)
    assert sorted(look(branched)[0]) == ["a.py", "another.py", "moved.py"]


def test_a_listing_ends_at_its_deadline(branched: Any) -> None:
    for n in range(9):
        branched.write(f"fresh/f{n}.py")
    ticks = iter(range(99))
    repository = pygit2.Repository(str(branched.root))
    with pytest.raises(Expired):
        status.unstaged(repository, Deadline(3, lambda: next(ticks)))
    assert next(ticks) == 5, "it went on although the moment was past"


plain = st.text("abc/.é", min_size=1, max_size=5)


@given(st.lists(plain), st.lists(plain), st.lists(st.tuples(plain, plain)))
def test_both_together_name_each_file_once(
    staged: list[str], unstaged: list[str], renames: list[tuple[str, str]]
) -> None:
    moved = [f"{old}{ARROW}{new}" for old, new in renames]
    named = uncommitted([*staged, *moved], [*unstaged, *staged])
    assert named == sorted(set(named))
    fresh = {new for _, new in renames}
    assert set(named) == {*staged, *moved} | set(unstaged) - fresh


def test_so_many_are_told_of() -> None:
    many = [f"f{n:04}" for n in range(MOST_FILES + 1)]
    assert uncommitted(many[::2], many[1::2]) == many[:-1]
