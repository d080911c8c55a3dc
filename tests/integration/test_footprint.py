"""Nothing of the user's repository changes but objects, our refs, their upstream and one line.

One folder of ours, ``thrum``, is added to git's own directory.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.conftest import World

OURS = ("refs/heads/a-sync", "refs/remotes/origin/a-sync")


def picture(root: Path) -> dict[str, str]:
    """Every file below but those that may change, and every line of those that may change a bit."""
    found = {}
    for path in sorted(Path(folder) / name for folder, _, names in os.walk(root) for name in names):
        name = path.relative_to(root).as_posix()
        apart = "/objects/" in name or name.endswith(OURS) or "/.thrum/" in f"/{name}"
        apart = apart or "/.git/thrum/" in name
        if apart or not path.is_file():
            continue
        text = path.read_bytes().decode("latin-1")
        if name.endswith(".git/config"):
            text = text.split('[branch "a-sync"]')[0]
        if name.endswith("info/exclude"):
            text = text.replace(".thrum/\n", "")
        found[name] = f"{path.stat().st_mode:o} {text}"
    return found


@pytest.mark.parametrize("kind", ["normal", "linked", "sparse", "hooks, signing", "odd ä ☃"])
def test_init_sends_and_syncs_leave_the_rest_alone(world: World, kind: str) -> None:
    world.remote()
    home = world.root / "place"
    home.mkdir()
    where = home / "clone"
    world.git("clone", "-q", str(world.root / "remote.git"), str(where), cwd=world.root)
    for name in ("a.txt", "inner/b.txt"):
        (where / name).parent.mkdir(exist_ok=True)
        (where / name).write_text(name)
    world.git("add", ".", cwd=where)
    world.git("commit", "-qm", "x", cwd=where)
    world.git("push", "-q", "origin", "HEAD:main", cwd=where)
    if kind == "linked":
        world.git("worktree", "add", "-q", "-b", "side", str(home / "linked"), cwd=where)
        where = home / "linked"
    elif kind == "sparse":
        world.git("sparse-checkout", "set", "inner", cwd=where)
    elif kind == "hooks, signing":
        world.git("config", "commit.gpgsign", "true", cwd=where)
        world.git("config", "push.gpgsign", "true", cwd=where)
        for name in ("pre-push", "post-commit", "reference-transaction", "pre-auto-gc"):
            hook = where / ".git/hooks" / name
            hook.write_text(f"#!/bin/sh\ntouch '{world.root}/hook-ran'\nexit 1\n")
            hook.chmod(0o755)
    elif kind.startswith("odd"):
        where = where.rename(home / kind)
    (where / "dirty.txt").write_text("uncommitted")
    world.git("add", "dirty.txt", cwd=where)
    before = picture(home)
    world.settle(where, "nux")
    for number in range(2):
        world.thrum(where, "send", f"message {number}")
        done = world.thrum(where, "sync", "force", "--json").json
        assert done["sync_state"] == "synced"
    world.thrum(where, "inbox")
    assert not (world.root / "hook-ran").exists()
    assert picture(home) == before
    assert world.git("status", "--porcelain", cwd=where) == "A  dirty.txt\n"
