"""What would be lost with a worktree: each kind, and what is none."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thrum.worktrees import listing, losses
from thrum.worktrees.losses import Loss


def look(yard: Any, place: Path, *, deletes: bool = False, ours: str = "") -> list[Loss]:
    tree = listing.at(listing.trees(yard.git), place)
    assert tree is not None
    return losses.find(
        yard.git, tree, deletes_branch=deletes, is_ours=lambda path, _: path.name == ours
    )


def kinds(found: list[Loss]) -> list[tuple[str, str]]:
    return [(each.kind, each.flag) for each in found]


@pytest.fixture
def nux(yard: Any) -> Path:
    path: Path = yard.make("nux").path
    return path


def test_nothing(yard: Any, nux: Path) -> None:
    assert look(yard, nux) == look(yard, nux, deletes=True) == []


def changed(yard: Any, nux: Path) -> None:
    (nux / "a.txt").write_text("other")


def staged(yard: Any, nux: Path) -> None:
    (nux / "b.txt").write_text("new")
    yard.run("add", "b.txt", cwd=nux)


def deleted(yard: Any, nux: Path) -> None:
    (nux / "a.txt").unlink()


def renamed(yard: Any, nux: Path) -> None:
    yard.run("mv", "a.txt", "b.txt", cwd=nux)


def mode(yard: Any, nux: Path) -> None:
    (nux / "a.txt").chmod(0o755)


@pytest.mark.parametrize("change", [changed, staged, deleted, renamed, mode])
def test_uncommitted(yard: Any, nux: Path, change: Callable[[Any, Path], None]) -> None:
    change(yard, nux)
    (found,) = look(yard, nux)
    assert (found.kind, found.flag) == ("uncommitted", "--discard")
    assert set(found.items) <= {"a.txt", "b.txt"}


@pytest.mark.parametrize("name", ["c.txt", "deep/er/c", "a b", "new\nline", "ü", "-rf"])
def test_untracked(yard: Any, nux: Path, name: str) -> None:
    (nux / name).parent.mkdir(parents=True, exist_ok=True)
    (nux / name).write_text("x")
    (found,) = look(yard, nux)
    assert (found.kind, found.flag, found.items) == ("untracked", "--discard", (name,))


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_changes_that_git_was_told_not_to_look_at(yard: Any, nux: Path, flag: str) -> None:
    yard.run("update-index", flag, "a.txt", cwd=nux)
    assert look(yard, nux) == []
    (nux / "a.txt").write_text("mine")
    assert yard.run("status", "--porcelain", cwd=nux) == ""
    (found,) = look(yard, nux)
    assert (found.kind, found.items) == ("uncommitted", ("a.txt",))


def test_a_sparse_checkout_lacks_nothing(yard: Any) -> None:
    (yard.root / "deep").mkdir()
    yard.commit("deep/c.txt")
    path = yard.make("nux").path
    yard.run("sparse-checkout", "set", "--no-cone", "/a.txt", cwd=path)
    assert not (path / "deep").exists()
    assert look(yard, path) == []
    (path / "deep").mkdir()
    (path / "deep/c.txt").write_text("mine")
    assert [each.items for each in look(yard, path)] == [("deep/c.txt",)]


def test_ignored_files_and_ours_are_none(yard: Any, nux: Path) -> None:
    (yard.root / ".git/info/exclude").write_text("build/\n")
    (nux / "build").mkdir()
    (nux / "build/o").write_text("x")
    (nux / "ours").write_text("x")
    (nux / "theirs").write_text("x")
    (found,) = look(yard, nux, ours="ours")
    assert found.items == ("theirs",)


def test_many_are_counted(yard: Any, nux: Path) -> None:
    for number in range(5):
        (nux / f"{number}").write_text("x")
    (found,) = look(yard, nux)
    assert found.text == "5 untracked files: 0, 1, 2 and 2 more"


def test_commits_that_only_its_branch_has(yard: Any, nux: Path) -> None:
    yard.commit("b.txt", cwd=nux)
    assert kinds(look(yard, nux)) == [("unpushed", "--keep-branch")]
    assert kinds(look(yard, nux, deletes=True)) == [("unpushed", "--discard")]
    assert "add b.txt" in look(yard, nux)[0].text


@pytest.mark.parametrize("holder", ["refs/heads/main", "refs/remotes/origin/x", "refs/tags/v1"])
def test_commits_that_something_else_has(yard: Any, nux: Path, holder: str) -> None:
    yard.commit("b.txt", cwd=nux)
    yard.run("update-ref", holder, "feature/nux")
    yard.run("reset", "-q", "--hard")
    assert look(yard, nux, deletes=True) == []


def test_commits_on_no_branch(yard: Any) -> None:
    path = yard.make("nux", detach=True).path
    assert look(yard, path) == []
    yard.commit("b.txt", cwd=path)
    (found,) = look(yard, path)
    assert (found.kind, found.flag) == ("unpushed", "--discard")
    assert "on no branch" in found.text


def stash(yard: Any, where: Path, *words: str) -> None:
    (where / "a.txt").write_text(f"{words}")
    yard.run("stash", "push", "-q", *words, cwd=where)


def test_stashes_that_were_made_there(yard: Any, nux: Path) -> None:
    stash(yard, yard.root)
    assert look(yard, nux) == []
    stash(yard, nux)
    stash(yard, nux, "-m", "on the way")
    (found,) = look(yard, nux)
    assert (found.kind, found.flag) == ("stashed", "--keep-branch")
    assert len(found.items) == 2
    assert "on the way" in found.text
    assert kinds(look(yard, nux, deletes=True)) == [("stashed", "--discard")]


def test_stashes_on_no_branch(yard: Any) -> None:
    path = yard.make("nux", detach=True).path
    stash(yard, path)
    assert kinds(look(yard, path)) == [("stashed", "--keep-branch")]


def conflicting(yard: Any, nux: Path) -> None:
    """Has main and the branch disagree about a file."""
    for where, text in ((yard.root, "one"), (nux, "two")):
        (where / "a.txt").write_text(text)
        yard.run("commit", "-qam", text, cwd=where)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["merge", "main"], "a merge"),
        (["rebase", "main"], "a rebase"),
        (["cherry-pick", "main"], "a cherry-pick"),
        (["bisect", "start"], "a bisect"),
    ],
)
def test_what_goes_on(yard: Any, nux: Path, words: list[str], what: str) -> None:
    conflicting(yard, nux)
    yard.env["GIT_EDITOR"] = "true"
    try:
        yard.run(*words, cwd=nux)
    except Exception as error:  # the conflict that was wanted
        assert "returned non-zero" in str(error)
    found = look(yard, nux)
    assert any(each.text == f"{what} is in progress" for each in found)
    # The branch of a rebase is not at HEAD, and has commits all the same.
    assert any(each.kind == "unpushed" and "feature/nux" in each.text for each in found)


def test_a_rebase_that_began_on_no_branch_has_commits_all_the_same(yard: Any) -> None:
    bench: Path = yard.make("bench", detach=True).path
    conflicting(yard, bench)
    with pytest.raises(subprocess.CalledProcessError):
        yard.run("rebase", "main", cwd=bench)
    yard.run("checkout", "-q", "--theirs", "a.txt", cwd=bench)
    yard.run("commit", "-qam", "settled", cwd=bench)
    found = look(yard, bench)
    assert any(each.kind == "unpushed" and "on no branch" in each.text for each in found)


def test_locked_and_gone(yard: Any, nux: Path) -> None:
    yard.run("worktree", "lock", str(nux))
    assert look(yard, nux) == [Loss("locked", "it is locked", "--force")]
    yard.run("worktree", "unlock", str(nux))
    yard.run("worktree", "lock", "--reason", "stick", str(nux))
    assert look(yard, nux)[0].text == "it is locked: stick"
    yard.run("worktree", "unlock", str(nux))
    yard.commit("b.txt", cwd=nux)
    nux.rename(nux.with_name("moved"))
    assert kinds(look(yard, nux)) == [("gone", "--discard"), ("unpushed", "--keep-branch")]


@pytest.fixture
def modular(yard: Any) -> Path:
    """A worktree with a submodule in it."""
    part = yard.bare("part.git").root
    yard.run("config", "--global", "protocol.file.allow", "always")
    yard.run("submodule", "add", "-q", str(part), "part")
    yard.run("commit", "-qm", "a part")
    path: Path = yard.make("nux").path
    yard.run("submodule", "update", "-q", "--init", cwd=path)
    return path


def test_submodules(yard: Any, modular: Path) -> None:
    assert look(yard, modular) == []
    part = modular / "part"
    (part / "a.txt").write_text("changed")
    assert kinds(look(yard, modular)) == [("uncommitted", "--discard")]
    yard.run("stash", cwd=part)
    assert kinds(look(yard, modular)) == [("submodule", "--discard")]
    yard.run("stash", "drop", cwd=part)
    yard.commit("c.txt", cwd=part)
    yard.run("commit", "-qam", "newer part", cwd=modular)
    assert ("submodule", "--discard") in kinds(look(yard, modular))


@pytest.mark.parametrize("name", ["lib (old)", "deep/er/lib", " umläut", 'quo"te'])
def test_a_submodule_of_any_name_also_when_no_commit_names_it(yard: Any, name: str) -> None:
    part = yard.bare("part.git").root
    yard.run("config", "--global", "protocol.file.allow", "always")
    yard.run("submodule", "add", "-q", str(part), f"./{name}")
    yard.run("commit", "-qm", "a part")
    nux = yard.make("nux").path
    yard.run("submodule", "update", "-q", "--init", cwd=nux)
    assert look(yard, nux) == []
    yard.run("checkout", "-q", "-b", "aside", cwd=nux / name)
    yard.commit("c.txt", cwd=nux / name)
    yard.run("checkout", "-q", "main", cwd=nux / name)
    lost = Loss(
        "submodule", f"1 commit in the submodule {name} that no remote has", "--discard", (name,)
    )
    assert look(yard, nux) == [lost]
    yard.run("rm", "-q", name, cwd=nux)
    yard.run("commit", "-qm", "no part", cwd=nux)
    assert lost in look(yard, nux)


def test_a_submodule_whose_repository_lies_in_its_folder(yard: Any, nux: Path) -> None:
    part = nux / "part"
    yard.run("clone", "-q", str(yard.root), str(part))
    (nux / ".gitmodules").write_text('[submodule "part"]\npath = part\nurl = ../part\n')
    yard.run("add", "part", ".gitmodules", cwd=nux)
    yard.run("commit", "-qm", "a part", cwd=nux)
    yard.run("branch", "aside", cwd=part)
    assert [each.kind for each in look(yard, nux)] == ["unpushed"]
    yard.run("checkout", "-q", "aside", cwd=part)
    yard.commit("c.txt", cwd=part)
    yard.run("checkout", "-q", "main", cwd=part)
    assert {each.kind for each in look(yard, nux)} == {"unpushed", "submodule"}


def test_looking_changes_nothing(yard: Any, nux: Path) -> None:
    index = yard.root / ".git/worktrees/nux/index"
    before = index.stat().st_mtime_ns, index.read_bytes()
    (nux / "a.txt").touch()
    look(yard, nux)
    assert (index.stat().st_mtime_ns, index.read_bytes()) == before
