"""What hooks in other people's files start; run by a real shell."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from thrum.runtimes import mark
from thrum.setup import launcher


@dataclass
class Shop:
    """A home with a launcher, and a thrum that says what it was told.

    Attributes:
        home: where the launcher is.
        program: the thrum that it starts.
        bin: a folder on the path, empty.
    """

    home: Path
    program: Path
    bin: Path

    def hook(self, here: Path, event: str = "Stop", runtime: str = "codex") -> str:
        """What a runtime gets that starts the hook in a folder, by the line in its settings."""
        return self.line(mark.hook(self.home / launcher.PLACE, event, runtime), here).stdout

    def line(self, line: str, here: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line],
            cwd=here,
            env={"PATH": f"{self.bin}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )


@pytest.fixture(params=["plain", "with spaces", 'it\'s "quoted" $HOME `x`'])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    base = tmp_path / request.param
    program = base / "env" / "thrum"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    program.chmod(0o755)
    (base / "bin").mkdir()
    found = Shop(base / "home", program, base / "bin")
    launcher.write(found.home, program)
    return found


SAID = "hook|Stop|--runtime|codex|"


@pytest.fixture
def tree(shop: Shop) -> Path:
    """A work tree with Thrum."""
    root = shop.home.parent / "work tree"
    for folder in (".git", ".thrum", "a/b"):
        (root / folder).mkdir(parents=True)
    return root


def test_it_starts_thrum_in_a_work_tree_with_thrum(shop: Shop, tree: Path) -> None:
    assert shop.hook(tree) == SAID
    assert shop.hook(tree / "a" / "b") == SAID


def test_a_linked_worktree_may_have_thrum_elsewhere(shop: Shop, tree: Path) -> None:
    linked = tree.parent / "linked"
    (linked / "deep").mkdir(parents=True)
    (linked / ".git").write_text(f"gitdir: {tree}/.git/worktrees/linked\n")
    assert shop.hook(linked / "deep") == SAID


def test_elsewhere_it_gives_the_empty_reply_without_starting_anything(
    shop: Shop, tree: Path
) -> None:
    other = tree.parent / "other"
    (other / ".git").mkdir(parents=True)
    (other / "deep").mkdir()
    for here in (other, other / "deep", Path("/")):
        assert shop.hook(here) == "{}\n"
        assert shop.hook(here, "SessionStart", "claude") == ""
    # What begins in a work tree within one with Thrum is that work tree's.
    inner = tree / "vendor" / "lib"
    (inner / ".git").mkdir(parents=True)
    assert shop.hook(inner) == "{}\n"


def test_when_thrum_is_gone_another_on_the_path_does(shop: Shop, tree: Path) -> None:
    moved = shop.bin / "thrum"
    shop.program.rename(moved)
    assert shop.hook(tree) == SAID
    moved.unlink()
    assert shop.hook(tree) == "{}\n"
    assert shop.hook(tree, "SessionStart", "claude") == ""


@pytest.mark.parametrize("first", ["#!/nowhere/python", "#! /nowhere/python -I", "#!/"])
def test_a_thrum_whose_interpreter_is_gone_is_none(shop: Shop, tree: Path, first: str) -> None:
    shop.program.write_text(f"{first}\nrun()\n")
    done = shop.line(mark.hook(shop.home / launcher.PLACE, "Stop", "codex"), tree)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")
    other = shop.bin / "thrum"
    shop.program.chmod(0o644)
    other.write_text('#! /bin/sh\nprintf "%s|" "$@"\n')
    other.chmod(0o755)
    assert shop.hook(tree) == SAID


def test_a_thrum_that_is_no_script_is_started(shop: Shop, tree: Path) -> None:
    shop.program.unlink()
    shutil.copy("/bin/echo", shop.program)
    assert shop.hook(tree) == "hook Stop --runtime codex\n"


def test_it_never_starts_itself(shop: Shop, tree: Path) -> None:
    """Somebody has its folder on the path, and Thrum is gone."""
    shop.program.unlink()
    (shop.bin / "thrum").symlink_to(shop.home / launcher.PLACE)
    path = f"{shop.home / launcher.PLACE.parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["thrum", "hook", "Stop", "--runtime", "codex"],
        cwd=tree,
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "{}\n")


def test_other_tasks_go_on_anywhere(shop: Shop, tree: Path) -> None:
    place = shlex.quote(str(shop.home / launcher.PLACE))
    other = tree.parent
    assert shop.line(f"{place} mcp serve", other).stdout == "mcp|serve|"
    assert shop.line(f"{place} statusline 'a b'", other).stdout == "statusline|a b|"
    shop.program.unlink()
    assert shop.line(f"{place} statusline", other).returncode == 0
    gone = shop.line(f"{place} mcp serve", other)
    assert (gone.returncode, gone.stdout) == (127, "")
    assert "not installed any more" in gone.stderr


def test_it_is_written_only_when_it_changes(shop: Shop) -> None:
    path = shop.home / launcher.PLACE
    assert path.stat().st_mode & 0o777 == 0o700
    at = path.stat().st_mtime_ns
    launcher.write(shop.home, shop.program)
    assert path.stat().st_mtime_ns == at
    launcher.write(shop.home, shop.bin / "thrum")
    assert shlex.quote(str(shop.bin / "thrum")) in path.read_text()


def test_what_is_damaged_is_written_anew(shop: Shop) -> None:
    path = shop.home / launcher.PLACE
    for raw, mode in ((b"\xff", 0o700), (b"", 0o600)):
        path.write_bytes(raw)
        path.chmod(mode)
        launcher.write(shop.home, shop.program)
        assert path.read_text() == launcher.text(shop.program)
        assert os.access(path, os.X_OK)
    path.chmod(0o600)
    launcher.write(shop.home, shop.program)
    assert os.access(path, os.X_OK)


def test_it_goes_with_what_else_was_made(shop: Shop) -> None:
    theirs = shop.home / ".thrum" / "runtimes.json"
    theirs.write_text("{}")
    launcher.remove(shop.home)
    assert sorted((shop.home / ".thrum").iterdir()) == [theirs]
    launcher.remove(shop.home)


def test_a_program_of_somebody_else_at_its_place_stays(shop: Shop) -> None:
    path = shop.home / launcher.PLACE
    path.write_text("#!/bin/sh\necho mine\n")
    launcher.remove(shop.home)
    assert path.exists()
