"""``thrum setup`` and ``thrum setup remove``; what becomes of files is tried beside the modules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def user(world: Any, clone: Any) -> Any:
    """A world in a repository, with a home of its own and settings of Claude in it."""
    world.root, world.env = clone.root, {**clone.env, "PATH": "/usr/bin:/bin"}
    home = Path(world.env["HOME"])
    (home / ".claude").mkdir(parents=True)
    (home / ".claude" / "settings.json").write_text('{"model": "m"}\n')
    return world


def everything(user: Any) -> dict[str, bytes]:
    home = Path(user.env["HOME"])
    return {
        str(path.relative_to(home)): path.read_bytes() if path.is_file() else b""
        for path in home.rglob("*")
    }


def test_it_shows_writes_tries_and_says_what_is_left_to_do(user: Any) -> None:
    ran = user.run("setup", "--runtime", "claude", "--yes")
    assert ran.code == 0, ran.err
    assert '+  "hooks": {' in ran.out.replace("  +", "+")
    assert "✓ Claude Code set up\n  Where Claude asks" in ran.out
    again = user.run("setup", "--runtime", "claude")
    assert again.code == 0, "there is nothing to ask"
    assert again.out.startswith("as it should be ")


@pytest.mark.usefixtures("forged_server")
def test_nothing_of_it_is_left(user: Any) -> None:
    before = everything(user)
    for scope in ("user", "project"):
        assert user.run("setup", "--runtime", "all", "--scope", scope, "--yes").code == 0
    assert user.run("setup", "remove").code == 0
    assert (Path(user.env["HOME"]) / ".thrum/bin/thrum").exists(), "the project still starts it"
    assert user.run("setup", "remove", "--scope", "project").code == 0
    assert everything(user) == before
    assert "There is nothing of ours." in user.run("setup", "remove").out
    assert everything(user) == before


@pytest.mark.parametrize("line", [["setup", "--dry-run"], ["setup", "remove", "--dry-run"]])
def test_a_dry_run_leaves_nothing(user: Any, line: list[str]) -> None:
    before = everything(user)
    document = user.run(*line, "--json").document
    assert document["dry_run"] is True
    assert document["files"]
    assert everything(user) == before


def test_who_says_no_is_heard(user: Any) -> None:
    before = everything(user)
    ran = user.run("setup", stdin="n\n", terminal=True)
    assert "Nothing was written." in ran.out
    assert user.run("setup").code == 2, "nobody sits there to be asked"
    assert everything(user) == before


@pytest.mark.usefixtures("forged_server")
@pytest.mark.parametrize("scope", ["user", "project"])
def test_skills_alone_and_everything_else(user: Any, scope: str) -> None:
    line = ["setup", "--runtime", "claude", "--scope", scope, "--yes", "--json"]
    alone = user.run(*line, "--skills").document
    assert {part for each in alone["files"] for part in each["parts"]} == {"skill"}
    assert "mcp" not in alone, "no server is started for skills"
    assert alone["confirm"] == {"claude": []}
    rest = user.run(*line, "--no-skills").document
    assert "skill" not in {part for each in rest["files"] for part in each["parts"]}
    assert rest["mcp"]["works"]
    whole = user.run(*line).document["files"]
    assert {each["action"] for each in whole} == {"keep"}, "neither took out what the other wrote"


def test_of_skills_their_folder_is_shown_and_what_is_in_the_way(user: Any) -> None:
    line = ["setup", "--runtime", "claude", "--skills", "--yes"]
    ran = user.run(*line)
    assert re.match(
        r"create ~/.claude/skills/ \(\d+ skills\)\n✓ Claude Code skills set up\n$", ran.out
    )
    assert user.run(*line).out.startswith("as it should be ~/.claude/skills/ (")
    skills = Path(user.env["HOME"]) / ".claude" / "skills"
    (skills / "thrum-send" / "SKILL.md").write_text("of somebody else")
    (skills / "thrum-team" / "SKILL.md").unlink()
    ran = user.run(*line)
    assert ran.code == 1
    assert ran.out.startswith("left alone ~/.claude/skills/thrum-send/SKILL.md: is not ours\n")
    assert "\ncreate ~/.claude/skills/ (1 skill)\n" in ran.out
    whole = user.run("setup", "--runtime", "claude", "--dry-run", "--json").document["files"]
    assert len([each for each in whole if each["parts"] == ["skill"]]) > 9, "programs get each file"


@pytest.mark.usefixtures("forged_server")
@pytest.mark.parametrize(
    ("runtime", "place", "text"),
    [
        ("qwen", ".qwen/settings.json", "{bad"),
        ("claude", ".claude.json", '{"mcpServers": ['),
        ("codex", ".codex/config.toml", "a = = 1\n"),
        ("gemini", ".gemini/settings.json", "[]"),
    ],
)
def test_who_is_not_set_up_whole_is_not_called_so(
    user: Any, runtime: str, place: str, text: str
) -> None:
    path = Path(user.env["HOME"]) / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    before = everything(user)
    ran = user.run("setup", "--runtime", runtime, "--runtime", "opencode", "--yes")
    assert ran.code == 1
    assert f"left alone ~/{place}: is not understood: " in ran.out
    assert ran.out.count("✓ OpenCode set up") == 1
    assert f": not set up whole: {path} is not understood: " in ran.out
    assert ran.out.count(" set up\n") == 1
    assert path.read_text() == text
    ran = user.run("setup", "remove")
    assert ran.code == 0, "nothing of ours can be in it"
    assert everything(user) == before


def test_whose_files_are_written_is_asked(user: Any) -> None:
    asked = user.run("setup", "--skills", stdin="\n", terminal=True).err
    assert re.fullmatch(r"Write \d+ files for Claude Code\? \[y/N\] ", asked)
    (Path(user.env["HOME"]) / ".codex").mkdir()
    asked = user.run("setup", "--skills", stdin="\n", terminal=True).err
    assert "files for Claude Code and Codex? " in asked


@pytest.mark.usefixtures("forged_server")
def test_who_has_no_files_is_not_set_up(user: Any) -> None:
    path = Path(user.env["HOME"]) / ".thrum" / "runtimes.json"
    path.parent.mkdir()
    path.write_text('{"custom_runtimes": {"mine": {"command": "my", "display_name": "Mine"}}}')
    before = everything(user)
    ran = user.run("setup", "--runtime", "mine", "--runtime", "shell")
    assert ran.code == 0
    assert ran.out == (
        "Mine has no files but AGENTS.md of a work tree: "
        "thrum setup --runtime mine --scope project\nShell needs no files\n"
    )
    assert everything(user) == before
    ran = user.run("setup", "--runtime", "mine", "--runtime", "claude", "--yes")
    assert "✓ Claude Code set up" in ran.out
    assert "✓ Mine" not in ran.out
    ran = user.run("setup", "--runtime", "mine", "--scope", "project", "--yes")
    assert "✓ Mine set up" in ran.out


@pytest.mark.usefixtures("forged_server")
def test_what_is_not_ours_is_not_mentioned_when_ours_goes(user: Any) -> None:
    user.run("setup", "--runtime", "claude", "--yes")
    line = ["setup", "remove"]
    assert re.search(r"\nWould be taken out of \d+ files\n$", user.run(*line, "--dry-run").out)
    shown = user.run(*line).out
    assert "~/.claude/settings.json" in shown
    assert re.search(r"\n✓ Taken out of \d+ files\n$", shown)
    assert ".codex" not in shown
    assert user.run("setup", "remove").out == "There is nothing of ours.\n"


def test_skills_that_nobody_reads_are_refused(user: Any) -> None:
    for more, said in (
        (["--no-skills"], "exclude each other"),
        (["--runtime", "shell"], "Shell reads no skills"),
        (["--runtime", "shell", "--runtime", "cli-only"], "read no skills"),
    ):
        ran = user.run("setup", "--yes", "--skills", *more)
        assert (ran.code, said in ran.err) == (2, True)
    assert user.run("setup", "--skills", "--runtime", "all", "--dry-run").code == 0


@pytest.mark.usefixtures("forged_server")
def test_a_file_in_the_way_is_named_and_the_others_are_written(user: Any) -> None:
    home = Path(user.env["HOME"])
    (home / ".claude" / "settings.json").write_text("{")
    ran = user.run("setup", "--runtime", "claude", "--yes", "--json")
    assert ran.code == 1
    assert ran.error["kind"] == "setup"
    assert json.loads((home / ".claude.json").read_text())["mcpServers"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["setup", "--runtime", "claud"], "claude"),
        (["setup", "--scope", "world"], "user or project"),
        (["setup", "remove", "--runtime", "nothing"], "nothing"),
    ],
)
def test_what_is_mistyped_is_said(user: Any, line: list[str], said: str) -> None:
    ran = user.run(*line)
    assert ran.code in {1, 2}
    assert said in ran.err


def test_without_a_home_nobody_is_meant(user: Any) -> None:
    del user.env["HOME"]
    assert "HOME is not set" in user.run("setup").err


def test_a_worktree_shares_the_files_of_another_one(user: Any, clone: Any, tmp_path: Path) -> None:
    main, side = user.root, tmp_path / "side"
    clone.git("worktree", "add", "-q", str(side))
    user.root = side
    ran = user.run("setup", "--main-repo", str(main))
    assert ran.code == 1, "there is no Thrum yet"
    assert "thrum init" in ran.err
    user.root = main
    user.run("init", "--no-daemon")
    assert "redirect to self" in user.run("setup", "--main-repo", ".").err
    user.root = side
    for _ in range(2):
        assert user.run("setup", "--main-repo", "../repo").code == 0
    assert (side / ".thrum" / "redirect").read_text() == f"{main / '.thrum'}\n"
    assert (side / ".thrum" / "redirect").stat().st_mode & 0o777 == 0o600
    assert (side / ".thrum" / "identities").is_dir()
    assert "no work tree of the repository" in user.run("setup", "--main-repo", "/").err


@pytest.mark.usefixtures("forged_server")
def test_what_an_older_one_had_a_team_start_goes(user: Any) -> None:
    path = user.root / ".claude" / "settings.json"
    path.parent.mkdir()
    older = 'bash "${CLAUDE_PROJECT_DIR}/scripts/thrum-startup.sh"'
    hooks = [{"hooks": [{"type": "command", "command": older}]}]
    path.write_text(json.dumps({"model": "m", "hooks": {"SessionStart": hooks}}))
    ran = user.run("setup", "--runtime", "claude", "--yes")
    assert "takes out what an older Thrum put there" in ran.out
    assert json.loads(path.read_text()) == {"model": "m"}
    again = user.run("setup", "--runtime", "claude", "--yes").out
    assert "an older Thrum" not in again


@pytest.mark.usefixtures("forged_server")
def test_the_guard_before_edits_is_there_when_asked_for_and_stays_until_it_is_not(
    user: Any,
) -> None:
    settings = Path(user.env["HOME"]) / ".claude" / "settings.json"
    line = ["setup", "--runtime", "claude", "--no-skills", "--yes"]
    before = everything(user)

    def has_guard() -> bool:
        return "hook PreToolUse --runtime claude" in settings.read_text()

    user.run(*line)
    assert not has_guard()
    ran = user.run(*line, "--guard")
    assert (ran.code, has_guard(), "PreToolUse" in ran.out) == (0, True, True)
    assert user.run(*line).code == 0
    assert has_guard()
    told = user.run("setup", "status", "--runtime", "claude", "--json").document
    parts = told["runtimes"][0]["parts"]
    assert (parts["hooks"]["state"], parts["guard"]["state"]) == ("ready", "ready")
    user.run(*line, "--no-guard")
    assert not has_guard()
    user.run(*line, "--guard")
    user.run("setup", "remove")
    assert everything(user) == before


def test_a_guard_that_cannot_be_is_said(user: Any) -> None:
    ran = user.run("setup", "--runtime", "kiro", "--guard", "--yes")
    assert (ran.code, "pre-commit" in ran.err) == (2, True)
    assert user.run("setup", "--guard", "--no-guard").code == 2
