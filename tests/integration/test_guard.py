"""Two agents at one file: both hear of it, and a commit of what another one holds is stopped."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests import forge
from tests.integration.conftest import World, eventually

WANTED = (
    "You have changed valve.py, which @furiosa holds",
    "@slit has changed valve.py, which you hold",
    "@slit has changed valve.py too",
    "@nux has changed valve.py too",
)
"""What agents of two clones hear at their boundaries."""


def boundary(world: World, folder: Path, event: str = "PostToolBatch") -> str:
    """What the hook of a session says to its model there."""
    said = subprocess.run(
        [*forge.THRUM, "hook", event, "--runtime", "claude"],
        cwd=folder,
        env=world.environment | {"THRUM_HOOK_MS": "20000"},
        input=json.dumps({"session_id": folder.name, "cwd": str(folder)}),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: dict[str, Any] = json.loads(said) if said else {}
    return str(found.get("hookSpecificOutput", {}).get("additionalContext", ""))


def test_two_worktrees_and_another_clone(world: World) -> None:
    world.environment["THRUM_HOOK_MS"] = "20000"
    world.remote()
    one = world.node("one", "furiosa")
    (one / "valve.py").write_text("open\n")
    world.git("add", "valve.py", cwd=one)
    world.git("commit", "-qm", "first", cwd=one)
    world.git("push", "-q", "origin", "main", cwd=one)
    beside = world.root / "beside"
    world.git("worktree", "add", "-q", str(beside), cwd=one)
    world.thrum(beside, "quickstart", "nux", "--role", "tester", "--module", "y")
    world.thrum(one, "hook", "install", "pre-commit")

    (one / "valve.py").write_text("shut\n")
    boundary(world, one)
    (beside / "valve.py").write_text("ajar\n")
    heard: list[str] = []

    def hears() -> bool:
        heard.append(boundary(world, beside))
        return bool(heard[-1])

    eventually(hears)
    assert heard[-1].startswith("@furiosa has changed valve.py too")
    assert boundary(world, one, "UserPromptSubmit").startswith("@nux has changed valve.py too")
    world.thrum(one, "daemon", "restart")
    assert (boundary(world, one), boundary(world, beside)) == ("", "")

    world.thrum(one, "claim", "valve.py", "--note", "new seals")
    world.git("commit", "-qam", "its own claim stops nobody", cwd=one)
    stopped = world.run("git", "commit", "-qam", "mine", cwd=beside, check=False)
    assert stopped.code == 1
    assert "@furiosa holds valve.py (new seals)" in stopped.err
    assert "--to @furiosa" in stopped.err

    two = world.node("two", "slit")
    world.thrum(two, "hook", "install", "pre-commit")
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    (two / "valve.py").write_text("gone\n")
    assert "@furiosa holds" in world.run("git", "commit", "-qam", "x", cwd=two, check=False).err
    # The warning, too, in both directions: no list of files had travelled yet.
    heard.clear()

    def both_hear() -> bool:
        for clone in (two, one, two):
            world.thrum(clone, "sync", "force")
        heard.extend(boundary(world, each) for each in (two, one, beside))
        return all(any(part in each for each in heard) for part in WANTED)

    eventually(both_hear)
    world.thrum(two, "daemon", "stop")
    assert world.run("git", "commit", "-qam", "nobody knows", cwd=two).err == ""
    world.thrum(one, "release", "--all")
    world.git("commit", "-qam", "mine", cwd=beside)
