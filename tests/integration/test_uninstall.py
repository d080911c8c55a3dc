"""The page that takes Thrum away, done step by step, leaves nothing of it."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import World
from tests.integration.transcript import ROOT

PAGE = (ROOT / "docs" / "uninstall.md").read_text()
STEP = re.compile(r"```sh\n# (in [^\n]*)\n(.*?)```", re.DOTALL)
PROGRAM = f'thrum() {{ {shlex.quote(sys.executable)} -m thrum "$@"; }}\n'
PLACES = {"in every clone", "in one clone", "in the remote's repository", "in the environment"}
SAID = "a sentence that nothing may hold"


def do(world: World, where: Path, lines: str) -> None:
    world.run("bash", "-euo", "pipefail", "-c", f"{PROGRAM}{lines}", cwd=where)


def has_agents(world: World, clone: Path, name: str, worktree: Path) -> None:
    """Makes a clone that has all that a clone may have of ours."""
    world.thrum(clone, "init", "--non-interactive")
    world.thrum(clone, "quickstart", name, "--role", "tester", "--module", "x")
    world.git("worktree", "add", "-q", str(worktree), "-b", worktree.name, cwd=clone)
    world.thrum(worktree, "quickstart", f"{name}_two", "--role", "tester", "--module", "x")
    world.thrum(worktree, "send", SAID)
    do(world, worktree, "echo notes | thrum context save")
    world.thrum(worktree, "context", "sync")
    world.thrum(clone, "sync", "worktree", "on")
    world.thrum(clone, "sync", "on")


@pytest.mark.parametrize("bare", [False, True], ids=["a clone", "a bare clone"])
def test_nothing_is_left_of_it(world: World, bare: bool) -> None:
    remote = world.remote()
    seed = world.clone("seed")
    world.git("commit", "-q", "--allow-empty", "-m", "begin", cwd=seed)
    world.git("push", "-q", "origin", "main", cwd=seed)
    shutil.rmtree(seed)
    one = world.clone("one")
    two = in_bare(world, remote) if bare else world.clone("two")
    for clone, name in ((one, "furiosa"), (two, "nux")):
        has_agents(world, clone, name, world.root / f"beside_{name}")
    tip = world.git("rev-parse", "a-sync", cwd=one).strip()
    places = {
        "in every clone": [one, two],
        "in one clone": [one],
        "in the remote's repository": [remote],
        "in the environment": [],  # test_readme.py does that, where it is installed
    }
    assert {where for where, _ in STEP.findall(PAGE)} == set(places) == PLACES
    assert left(world.root)
    for where, lines in STEP.findall(PAGE):
        for place in places[where]:
            do(world, place, lines)

    for repository in (one, two, remote):
        assert "a-sync" not in world.git("for-each-ref", cwd=repository)
        assert world.run("git", "cat-file", "-e", tip, cwd=repository, check=False).code
        world.git("fsck", "--strict", cwd=repository)
    assert left(world.root) == []


def in_bare(world: World, remote: Path) -> Path:
    """A worktree of a clone that has its git directory in a folder beside it."""
    around = world.root / "two"
    around.mkdir()
    world.git("clone", "-q", "--bare", str(remote), ".bare", cwd=around)
    (around / ".git").write_text("gitdir: ./.bare\n")
    world.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*", cwd=around)
    world.git("worktree", "add", "-q", "main", "main", cwd=around)
    return around / "main"


def left(root: Path) -> list[Path]:
    """Files of ours, and files in which our names or what was said stand."""
    found = []
    for path in root.rglob("*"):
        ours = any(part in {".thrum", "thrum"} for part in path.relative_to(root).parts)
        words = path.read_bytes().lower() if path.is_file() else b""
        if ours or b"thrum" in words or b"a-sync" in words or SAID.encode() in words:
            found.append(path.relative_to(root))
    return found
