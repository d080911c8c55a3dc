"""``thrum hook`` where a session begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum.cli.commands.hook import POINTER
from thrum.runtimes import registry
from thrum.runtimes.contract import Moment


def begin(world: Any, runtime: str = "claude", **given: Any) -> str:
    """What a session is told that begins."""
    about = json.dumps({"session_id": "s", "source": "startup", **given})
    ran = world.run("hook", "SessionStart", "--runtime", runtime, stdin=about)
    assert (ran.code, ran.err) == (0, "")
    return str(json.loads(ran.out)["hookSpecificOutput"]["additionalContext"]) if ran.out else ""


def leave(world: Any, text: str) -> Path:
    folder = world.root / ".thrum/restart"
    folder.mkdir(exist_ok=True)
    (folder / "furiosa.md").write_text(text)
    found: Path = folder / "furiosa.md"
    return found


@pytest.mark.parametrize("runtime", ["claude", "codex"])
def test_a_session_begins_with_all_of_prime(office: Any, runtime: str) -> None:
    path = leave(office, "Paint the tank.")
    text = begin(office, runtime)
    assert text.startswith("Agent: @furiosa")
    assert "Paint the tank." in text
    assert not path.exists()
    assert text.startswith(office.run("prime").out)


def test_a_helper_of_the_session_gets_nothing(office: Any) -> None:
    path = leave(office, "Paint the tank.")
    assert begin(office, agent_id="sub") == ""
    assert path.exists()


def test_one_line_where_the_configuration_says_so(office: Any) -> None:
    (office.root / ".thrum/config.json").write_text('{"prime": {"at_start": "pointer"}}')
    path = leave(office, "Paint the tank.")
    assert begin(office) == POINTER
    assert path.exists()


def test_what_is_longer_than_the_runtime_takes_stays_for_later(office: Any) -> None:
    path = leave(office, "x" * 20_000)
    text = begin(office)
    assert len(text) < 10_000
    assert "20,000 characters, `thrum prime` shows it" in text
    assert path.exists()


def test_nothing_where_there_is_no_thrum(office: Any, tmp_path: Path) -> None:
    office.root = tmp_path / "elsewhere"
    office.root.mkdir()
    assert begin(office) == ""


@pytest.mark.parametrize("runtime", ["qwen", "cursor"])
def test_what_the_runtime_may_not_read_stays_for_later(office: Any, runtime: str) -> None:
    path = leave(office, "Paint the tank.")
    (event,) = (
        hook.event for hook in registry.adapter(runtime).hooks if hook.moment is Moment.START
    )
    about = {"session_id": "s", "source": "startup", "workspace_roots": [str(office.root)]}
    assert office.run("hook", event, "--runtime", runtime, stdin=json.dumps(about)).code == 0
    assert path.exists()


def test_what_is_known_where_the_daemon_is_away(office: Any) -> None:
    office.daemon.path.unlink()
    path = leave(office, "Paint the tank.")
    assert "thrum daemon start" in begin(office)
    assert path.exists()


@pytest.mark.parametrize("stdin", ["", "{", "[]", "null", "3", "[" * 50_000, "\x00" * 99])
@pytest.mark.parametrize("event", ["SessionStart", "Stop", "Unheard"])
def test_whatever_comes_on_stdin_the_session_goes_on(office: Any, event: str, stdin: str) -> None:
    ran = office.run("hook", event, "--runtime", "claude", stdin=stdin)
    assert (ran.code, ran.err) == (0, "")
    assert bool(ran.out) is (event == "SessionStart" and not stdin), "of what nobody understands"


@pytest.mark.parametrize("stdin", ["garbage", "\xff\xfe", '["Stop"]', '"Stop"', '{"a": ', "1e999"])
@pytest.mark.parametrize("event", ["SessionStart", "UserPromptSubmit", "PostToolUse", "Stop"])
def test_garbage_brings_no_mail(office: Any, event: str, stdin: str) -> None:
    waiting = {"agent_id": "alice", "count": 1, "messages": [{"message_id": "msg_1"}]}
    office.daemon.answers["delivery.ask"] = waiting
    asked = len(office.daemon.requests)
    ran = office.run("hook", event, "--runtime", "claude", stdin=stdin)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert len(office.daemon.requests) == asked


@pytest.mark.parametrize("runtime", ["", "nobody", "../claude", "codex2"])
def test_a_runtime_that_nobody_knows_is_no_trouble(office: Any, runtime: str) -> None:
    ran = office.run("hook", "UserPromptSubmit", "--runtime", runtime, stdin="{}")
    assert (ran.code, ran.out) == (0, "")
    assert "there is no runtime" in ran.err


def test_one_line_where_nothing_can_be_found_out(office: Any, refuse: Any) -> None:
    """Such as from a daemon that answers in another shape."""
    office.daemon.answers["team.overview"] = {"health": {"uptime_ms": "long"}, "team": []}
    ran = office.run("hook", "SessionStart", "--runtime", "claude", stdin="{}")
    assert json.loads(ran.out)["hookSpecificOutput"]["additionalContext"] == POINTER
    assert (ran.code, "cannot be gathered: ValueError" in ran.err) == (0, True)


ELSEWHERE = [name for name in registry.MODULES if not registry.adapter(name).hooks_run_here]


@pytest.mark.parametrize("runtime", ELSEWHERE)
def test_a_runtime_that_starts_hooks_elsewhere_says_where(
    office: Any, tmp_path: Path, runtime: str
) -> None:
    root, office.root = office.root, tmp_path
    (event,) = (
        hook.event for hook in registry.adapter(runtime).hooks if hook.moment is Moment.START
    )
    about = {"cwd": str(root), "session_id": "s", "workspace_roots": [str(root)]}
    where = {"cwd": str(tmp_path / "nowhere"), "workspace_roots": [], "workspaceRoots": []}
    told = office.run("hook", event, "--runtime", runtime, stdin=json.dumps(about))
    assert "@furiosa" in told.out
    for given in (where, {"cwd": "shop"}, {"cwd": ""}):
        ran = office.run("hook", event, "--runtime", runtime, stdin=json.dumps(given))
        assert (ran.code, "@furiosa" in ran.out) == (0, False)
