"""What a branch changed: commits with their files, files with their lines."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pygit2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.work import changes as module
from thrum.daemon.work.ahead import Ahead, ahead
from thrum.daemon.work.changes import Changes, changes, subject
from thrum.daemon.work.deadline import Deadline, Expired


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


def test_a_huge_branch_is_told_of_in_part(branched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COMMITS", 3)
    monkeypatch.setattr(module, "MOST_OF_COMMIT", 4)
    monkeypatch.setattr(module, "MOST_FILES", 5)
    monkeypatch.setattr(module, "LARGEST_BLOB", 40)
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
    monkeypatch.setattr(module, "MOST_FILES", 500)
    counted = {d.path: d.additions for d in branched.read().file_changes}
    assert counted["many/f10.py"] == 20
    assert counted["many/f11.py"] == 0  # 44 bytes


def test_a_path_that_is_no_text_is_told_of(branched: Any) -> None:
    name = os.fsencode(branched.root) + b"/caf\xe9.py"
    with open(name, "w") as file:
        file.write("x")
    branched.git("add", ".")
    branched.git("commit", "-q", "-m", "Odd")
    work = branched.read()
    assert "caf\ufffd.py" in work.changed_files


def since(checkout: Any, base: str, deadline: Deadline | None = None) -> Changes:
    """What HEAD has since that commit."""
    repository = pygit2.Repository(str(checkout.root))
    found = ahead(repository, repository.head.peel().id, pygit2.Oid(hex=base))
    return changes(repository, found, deadline or Deadline())


def test_no_commits_change_nothing(checkout: Any) -> None:
    first = checkout.commit("first", a__py="a\n")
    assert since(checkout, first) == Changes()
    repository = pygit2.Repository(str(checkout.root))
    assert changes(repository, Ahead([], None), Deadline()) == Changes()


def test_a_branch_without_a_fork_has_commits_and_no_difference(checkout: Any) -> None:
    """What its first commit brings counts as changed by it."""
    checkout.commit("root", a__py="a\n", b__py="b\n")
    repository = pygit2.Repository(str(checkout.root))
    found = changes(repository, Ahead([repository.head.peel(pygit2.Commit)], None), Deadline())
    assert [(each.message, each.files) for each in found.commits] == [("root", ["a.py", "b.py"])]
    assert (found.files, found.details) == ([], [])


def test_what_was_changed_back_is_of_its_commits_only(checkout: Any) -> None:
    first = checkout.commit("first", a__py="a\n")
    checkout.commit("there", a__py="b\n")
    checkout.commit("and back", a__py="a\n")
    found = since(checkout, first)
    assert [each.files for each in found.commits] == [["a.py"], ["a.py"]]
    assert (found.files, found.details) == ([], [])


@pytest.mark.parametrize("content", [b"\0binary\n", b"1\n" * 700_000], ids=["binary", "large"])
def test_lines_of_what_is_no_text_of_bearable_size_are_not_counted(
    checkout: Any, content: bytes
) -> None:
    first = checkout.commit("first", a__py="a\n")
    (checkout.root / "blob").write_bytes(content)
    checkout.git("add", "blob")
    checkout.commit("blob")
    (told,) = since(checkout, first).details
    assert (told.path, told.additions, told.deletions, told.status) == ("blob", 0, 0, "added")
    (checkout.root / "blob").write_text("small now\n")
    checkout.git("add", "blob")
    second = checkout.commit("small")
    assert second
    parent = checkout.git("rev-parse", "HEAD~1").strip()
    (told,) = since(checkout, parent).details
    assert (told.additions, told.deletions, told.status) == (0, 0, "modified")


def test_a_file_that_a_partial_clone_lacks_has_no_lines(checkout: Any) -> None:
    first = checkout.commit("first", a__py="a\n")
    checkout.commit("second", a__py="b\nc\n", c__py="c\n")
    lacking = checkout.git("rev-parse", "HEAD:a.py").strip()
    (checkout.root / ".git/objects" / lacking[:2] / lacking[2:]).unlink()
    told = [(each.path, each.additions, each.deletions) for each in since(checkout, first).details]
    assert told == [("a.py", 0, 0), ("c.py", 1, 0)]


def test_a_rename_is_a_file_that_went_and_one_that_came(checkout: Any) -> None:
    first = checkout.commit("first", a__py="one\ntwo\n")
    checkout.git("mv", "a.py", "b.py")
    checkout.commit("moved")
    told = [(each.path, each.status) for each in since(checkout, first).details]
    assert told == [("a.py", "deleted"), ("b.py", "added")]


def test_a_look_at_commits_ends_at_its_deadline(checkout: Any) -> None:
    first = checkout.commit("first", a__py="a\n")
    for number in range(3):
        checkout.commit(f"c{number}", a__py=f"{number}\n")
    for at in (0, 2, 3):  # at a commit, and at a file
        ticks = iter(range(1, 99))
        with pytest.raises(Expired):
            since(checkout, first, Deadline(at, ticks.__next__))
        assert next(ticks) == at + 2
    assert since(checkout, first, Deadline(4, iter(range(1, 99)).__next__)).files == ["a.py"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", ""),
        ("\n\n", ""),
        ("One line", "One line"),
        ("\n\n  Leading space\n", "Leading space"),
        ("Over two\nlines\n\nand a body", "Over two lines"),
        ("Ended by blanks\n \t\nbody", "Ended by blanks"),
        ("Windows\r\n\r\nbody", "Windows"),
    ],
)
def test_a_subject_is_the_first_paragraph(checkout: Any, message: str, expected: str) -> None:
    assert subject(commit_of(checkout, message.encode())) == expected


def test_a_subject_that_is_no_text_is_told_of(checkout: Any) -> None:
    assert subject(commit_of(checkout, b"Caf\xe9\n")) == "Caf\ufffd"


def commit_of(checkout: Any, message: bytes) -> pygit2.Commit:
    """A commit with this message, byte for byte."""
    repository = pygit2.Repository(str(checkout.root))
    tree = repository.TreeBuilder().write()
    who = b"T <t@example.org> 1 +0000"
    raw = b"tree %s\nauthor %s\ncommitter %s\n\n%s" % (str(tree).encode(), who, who, message)
    found = repository[repository.write(pygit2.enums.ObjectType.COMMIT, raw)]
    assert isinstance(found, pygit2.Commit)
    return found


@given(st.binary(max_size=40))
def test_text_can_always_be_written_as_json(raw: bytes) -> None:
    said = module.text(raw)
    assert msgspec.json.decode(msgspec.json.encode(said)) == said
    if b"\xef\xbf\xbd" not in raw:
        assert (said.encode() == raw) == ("\ufffd" not in said)
