"""What a runtime is told that is about to edit what another agent holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rows import row
from tests.thrum.cli.conftest import HangUp
from thrum.cli.steps import refusing
from thrum.runtimes import registry

CLAIM = {"claim_id": "clm_1", "agent_id": "nux", "what": "src", "note": "tokens", "until": ""}
HELD = {"held": [{"path": "src/a.py", "claim": CLAIM}]}
GUARDED = [each for each in registry.every() if each.guard]


def fire(world: Any, runtime: str, **given: Any) -> str:
    guard = registry.adapter(runtime).guard
    assert guard
    ran = world.run("hook", guard.hook.event, "--runtime", runtime, stdin=json.dumps(given))
    assert (ran.code, ran.err) == (0, "")
    return str(ran.out)


@pytest.mark.parametrize("adapter", GUARDED, ids=lambda each: each.name)
def test_an_edit_of_what_another_one_holds_is_refused(world: Any, adapter: Any) -> None:
    world.daemon.answers["claim.check"] = HELD
    patch = "*** Begin Patch\n*** Update File: src/a.py\n@@\n-x\n+y\n*** End Patch\n"
    asked = {"file_path": str(world.root / "src/a.py"), "input": patch}
    said = fire(world, adapter.name, tool_name="Edit", tool_input=asked)
    assert world.daemon.params("claim.check")["paths"] == ["src/a.py"]
    for part in ("@nux holds src/a.py (tokens)", "thrum send", '"deny"'):
        assert part in json.dumps(json.loads(said)).encode().decode("unicode-escape")
    world.daemon.answers["claim.check"] = {"held": [], "changed": []}
    assert fire(world, adapter.name, tool_input=asked) == adapter.silence
    world.daemon.answers["claim.check"] = HangUp()
    ran = world.run("hook", adapter.guard.hook.event, "--runtime", adapter.name, stdin="{}")
    assert (ran.code, ran.out) == (0, adapter.silence)


def test_which_files_are_asked_about(world: Any, tmp_path: Path) -> None:
    world.daemon.answers["claim.check"] = HELD
    root = world.root
    (root / "src").mkdir()
    (tmp_path / "link").symlink_to(root / "src")
    (root / "as").symlink_to("src/a.py")
    (root / "out").symlink_to("/etc/hosts")
    rows: list[tuple[Any, str, list[str]]] = [
        (str(root / "src" / "a.py"), "", ["src/a.py"]),
        ("a.py", str(root / "src"), ["src/a.py"]),
        (str(tmp_path / "link" / "new.py"), "", ["src/new.py"]),
        (str(root / "deep" / "er" / "new.py"), "", ["deep/er/new.py"]),
        (str(root / "as"), "", ["as", "src/a.py"]),
        (str(root / "out"), "", ["out"]),
        (str(tmp_path / "elsewhere.py"), "", []),
        (str(root / ".git" / "config"), "", []),
        (7, "", []),
        ("a\0b", "", []),
    ]
    for file, cwd, paths in rows:
        with row(file):
            world.daemon.requests.clear()
            fire(world, "claude", cwd=cwd, tool_input={"file_path": file})
            asked = [each["paths"] for name, each in world.daemon.requests]
            assert asked == ([paths] if paths else [])


def test_a_codex_patch_names_all_its_files(world: Any) -> None:
    world.daemon.answers["claim.check"] = {}
    patch = "*** Add File: a\n+x\n*** Update File: b\n*** Move to: c\n*** Delete File: d\n"
    fire(world, "codex", cwd=str(world.root), tool_input={"command": patch})
    assert world.daemon.params("claim.check")["paths"] == ["a", "b", "c", "d"]
    fire(world, "codex", cwd=str(world.root), tool_input=patch)
    assert world.daemon.params("claim.check")["paths"] == ["a", "b", "c", "d"]


def test_a_busy_daemon_has_a_second_for_it(world: Any) -> None:
    world.daemon.answers["claim.check"] = HELD
    context = world.context([])
    allowed: list[float] = []
    context.prolong = allowed.append
    assert "@nux holds src/a.py" in refusing.refusal(context, ["src/a.py"], {})
    assert allowed == [refusing.GUARD_S]


def test_where_nobody_answers_the_edit_is_made(world: Any) -> None:
    file = str(world.root / "a")
    assert fire(world, "claude", tool_input={"file_path": file}) == ""  # an older daemon
    world.daemon.path.unlink()
    assert fire(world, "claude", tool_input={"file_path": file}) == ""
