"""``thrum init --runtime``: the files of runtimes for one work tree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from thrum.runtimes import presets


@pytest.fixture
def fresh(world: Any, clone: Any) -> Any:
    """A world in a repository without Thrum, on a machine without runtimes."""
    world.root, world.env = clone.root, {**clone.env, "PATH": "/usr/bin:/bin"}
    return world


def init(world: Any, *argv: str) -> Any:
    return world.run("init", "--no-daemon", *argv)


def test_a_runtime_gets_its_files_and_is_the_repositorys(fresh: Any) -> None:
    ran = init(fresh, "--runtime", "claude-code")
    assert ran.code == 0, ran.err
    assert "✓ Claude Code: " in ran.out
    assert "Where Claude asks" in ran.out
    settings = json.loads((fresh.root / ".claude" / "settings.local.json").read_text())
    assert settings["hooks"]["Stop"]
    assert json.loads((fresh.root / ".thrum/config.json").read_text())["runtime"] == {
        "primary": "claude"
    }
    home = Path(fresh.env["HOME"])
    assert (home / ".thrum/bin/thrum").is_file()
    assert not (home / ".claude").exists()
    again = init(fresh, "--runtime", "claude").out
    assert "✓ Claude Code: all is as it should be in this work tree\n" in again
    assert "Where Claude asks" not in again


def test_what_was_written_is_said(fresh: Any) -> None:
    ran = init(fresh, "--runtime", "claude")
    said = re.sub(r"\d+", "N", ran.out)
    assert (
        """
✓ Claude Code: N files written in this work tree
  .claude/settings.local.json (hooks, statusline)
  .mcp.json (mcp)
  .claude/skills/ (N skills)
  Where Claude asks"""
        in said
    )
    assert "\n  AGENTS.md (instructions)\n" in init(fresh, "--runtime", "cli-only").out
    assert "✓ Shell: all is as it should be" in init(fresh, "--runtime", "shell").out
    (fresh.root / ".codex").write_text("in the way")
    ran = init(fresh, "--runtime", "codex")
    assert ".codex/hooks.json" in ran.err
    assert ".codex" not in ran.out
    alone = init(fresh, "--runtime", "qwen", "--skills").out
    assert re.search(r"^  .qwen/skills/ \(\d+ skills\)\nNext: ", alone, re.M), alone
    every = init(fresh, "--runtime", "all").out
    assert "Gemini CLI" in every
    assert "Shell" not in every, "it gets nothing"


def test_the_document(fresh: Any) -> None:
    (fresh.root / ".codex").write_text("in the way")
    found = init(fresh, "--runtime", "codex", "--json").document["setup"]
    assert (found["runtime"], found["dry_run"]) == ("codex", False)
    (hooks,) = [each for each in found["files"] if each["path"].endswith("hooks.json")]
    assert (hooks["action"], hooks["skipped"]) == ("skip", True)
    assert hooks["skip_reason"]


def test_a_dry_run_writes_nothing(fresh: Any) -> None:
    before = sorted(fresh.root.rglob("*"))
    ran = fresh.run("init", "--dry-run", "--runtime", "all")
    assert "create " in ran.out
    found = fresh.run("init", "--dry-run", "--runtime", "all", "--json").document["setup"]
    assert {each["action"] for each in found["files"]} == {"create"}
    assert sorted(fresh.root.rglob("*")) == before
    assert not (Path(fresh.env["HOME"]) / ".thrum").exists()


@pytest.mark.parametrize(
    ("marker", "primary", "file"),
    [
        ("", "cli-only", "AGENTS.md"),
        (".codex/", "codex", ".codex/hooks.json"),
        (".claude/", "claude", ".claude/settings.local.json"),
    ],
)
def test_auto_takes_what_is_used_here(fresh: Any, marker: str, primary: str, file: str) -> None:
    if marker:
        (fresh.root / marker).mkdir()
    document = init(fresh, "--runtime", "auto", "--json").document
    assert document["setup"]["runtime"] == primary
    assert (fresh.root / file).is_file()


def test_skills_alone(fresh: Any) -> None:
    init(fresh, "--skills")
    assert (fresh.root / ".agents/skills/thrum/SKILL.md").is_file()
    assert not (fresh.root / "AGENTS.md").exists()
    assert "runtime" not in json.loads((fresh.root / ".thrum/config.json").read_text())


@pytest.fixture
def tool(fresh: Any, tmp_path: Path) -> Any:
    """The same, for somebody with a runtime of their own."""
    mine = {"command": "my-tool", "display_name": "My\x1bTool", "instructions_file": "M.md"}
    path = Path(fresh.env["HOME"]) / presets.FILE
    path.parent.mkdir()
    path.write_text(json.dumps({"custom_runtimes": {"mine": mine}}))
    program = tmp_path / "bin" / "my-tool"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    fresh.env["PATH"] = f"{program.parent}:/usr/bin:/bin"
    return fresh


@pytest.mark.parametrize("word", ["mine", "auto", "all"])
def test_a_runtime_of_the_person_is_one(tool: Any, word: str) -> None:
    ran = init(tool, "--runtime", word)
    assert ran.code == 0, ran.err
    assert "\x1b" not in ran.out
    assert "My\\x1bTool" in ran.out
    assert "thrum prime" in (tool.root / "M.md").read_text()
    kept = json.loads((tool.root / ".thrum/config.json").read_text())
    assert kept["runtime"]["primary"] == "mine"


def test_a_new_worktree_knows_a_runtime_of_the_person(
    tool: Any, clone: Any, tmp_path: Path
) -> None:
    init(tool, "--runtime", "mine")
    clone.git("worktree", "add", "-q", str(tmp_path / "side"))
    tool.root = tmp_path / "side"
    assert init(tool).code == 0
    assert (tool.root / "M.md").is_file()
    told = tool.run("setup", "status", "--json").document["runtimes"]
    assert [(each["runtime"], each["installed"]) for each in told] == [("mine", True)]
    assert told[0]["parts"]["instructions"]["state"] == "ready"


def test_a_broken_file_of_runtimes_stops_who_asks_for_one(tool: Any) -> None:
    (Path(tool.env["HOME"]) / presets.FILE).write_text("{")
    assert init(tool).code == 0
    ran = init(tool, "--runtime", "claude")
    assert (ran.code, "runtimes.json cannot be read" in ran.err) == (1, True)


@pytest.mark.parametrize("runtime", ["claude", "codex", "kiro", "qwen"])
def test_skills_of_a_runtime_and_everything_else(fresh: Any, runtime: str) -> None:
    assert init(fresh, "--runtime", runtime, "--skills").code == 0
    skills = files(fresh.root)
    assert skills
    assert all("/skills/thrum" in each for each in skills)
    assert "runtime" not in json.loads((fresh.root / ".thrum/config.json").read_text())
    fresh.run("setup", "remove", "--scope", "project")
    assert init(fresh, "--runtime", runtime, "--no-skills").code == 0
    rest = files(fresh.root)
    assert rest
    assert not any("/skills/" in each for each in rest)
    init(fresh, "--runtime", runtime)
    assert files(fresh.root) == skills | rest


def files(root: Path) -> set[str]:
    """Whatever lies in a work tree besides git's and our own."""
    found = (path for path in root.rglob("*") if path.is_file())
    names = {f"/{path.relative_to(root)}" for path in found}
    return {name for name in names if not name.startswith(("/.git/", "/.thrum/"))}


def test_skills_that_nobody_would_read(fresh: Any) -> None:
    for name in ("shell", "cli-only"):
        ran = init(fresh, "--runtime", name, "--skills")
        assert (ran.code, "reads no skills" in ran.err) == (2, True)
    ran = init(fresh, "--skills", "--no-skills")
    assert (ran.code, "exclude each other" in ran.err) == (2, True)
    assert not (fresh.root / ".thrum").exists()


def test_a_name_that_nobody_has_changes_nothing(fresh: Any) -> None:
    ran = init(fresh, "--runtime", "claud")
    assert ran.code != 0
    assert "claude" in ran.err
    assert not (fresh.root / ".thrum").exists()


def test_a_new_worktree_gets_what_the_others_have(fresh: Any, clone: Any, tmp_path: Path) -> None:
    init(fresh, "--runtime", "claude")
    clone.git("worktree", "add", "-q", str(tmp_path / "side"))
    fresh.root = tmp_path / "side"
    assert "✓ Claude Code: " in init(fresh).out
    assert (tmp_path / "side/.claude/settings.local.json").is_file()
    fresh.run("setup", "remove", "--scope", "project")
    assert not (tmp_path / "side/.claude").exists()
    assert not (clone.root / ".claude").exists()


@pytest.mark.parametrize(
    ("given", "then", "has"),
    [
        (["--runtime", "claude", "--no-skills"], [], {"settings"}),
        (["--runtime", "claude", "--skills"], [], {"skills"}),
        (["--runtime", "claude"], ["--no-skills"], {"settings"}),
        (["--runtime", "claude"], ["--runtime", "codex", "--skills"], {"others"}),
    ],
)
def test_a_new_worktree_has_no_more_than_the_others(
    fresh: Any, clone: Any, tmp_path: Path, given: list[str], then: list[str], has: set[str]
) -> None:
    init(fresh, *given)
    clone.git("worktree", "add", "-q", str(tmp_path / "side"))
    fresh.root = tmp_path / "side"
    assert init(fresh, *then).code == 0
    places = {
        "settings": ".claude/settings.local.json",
        "skills": ".claude/skills/thrum",
        "others": ".agents/skills/thrum",
    }
    assert {name for name, place in places.items() if (fresh.root / place).exists()} == has


def test_without_a_word_no_runtimes_file_is_touched(fresh: Any) -> None:
    (fresh.root / ".claude").mkdir()
    init(fresh)
    assert list((fresh.root / ".claude").iterdir()) == []
