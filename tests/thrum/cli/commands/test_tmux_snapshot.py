"""``thrum tmux snapshot``, and what hooks save before a compaction."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from thrum.runtimes import registry
from thrum.snapshots import shelf
from thrum.snapshots.shelf import Shelf

RECORDED = Path(__file__).parents[4] / "fixtures" / "transcripts"


@pytest.fixture
def mine(office: Any) -> Shelf:
    return shelf.of(office.root / ".thrum", "furiosa")


def conversation(office: Any, name: str, runtime: str = "claude", recorded: str = "") -> Path:
    """A transcript where Claude Code puts those of this worktree, or elsewhere."""
    folder = (
        Path(office.env["HOME"])
        / ".claude/projects"
        / re.sub("[^A-Za-z0-9]", "-", str(office.root))
    )
    folder.mkdir(parents=True, exist_ok=True)
    file = RECORDED / runtime / f"{recorded or 'another-branch'}.jsonl"
    path = folder.parent / name if "/" in name else folder / f"{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(file.read_bytes())
    return path


def told(office: Any, *words: str) -> Any:
    return office.run("tmux", "snapshot", *words)


def test_it_is_saved_shown_and_then_kept(office: Any, mine: Shelf) -> None:
    path = conversation(office, "9aa3")
    assert told(office, "check").code == 1
    saved = told(office, "save", "--json").document
    text = mine.path.read_text()
    assert saved == {
        "agent": "furiosa",
        "path": str(mine.path),
        "lines": text.count("\n"),
        "turns": 5,
        "reason": "self-initiated",
        "session": "9aa3",
        "runtime": "claude",
        "transcript": str(path),
        "found_by": "place",
    }
    assert text.startswith(
        "# Restart Snapshot — furiosa\n\n**Session:** 9aa3\n**Saved:** 2026-01-0"
    )
    assert "=== USER ===\npaint it blue\n\n=== ASSISTANT ===\nBlue it is.\n" in text
    assert "red" not in text
    assert told(office, "check").code == 0
    assert "Blue it is." in office.run("prime").out
    ran = told(office, "restore")
    assert (ran.code, ran.out) == (0, text)
    assert [each.read_text() for each in mine.kept.iterdir()] == [text]
    ran = told(office, "restore")
    assert (ran.code, ran.out) == (1, "No restart snapshot found\n")
    assert told(office, "restore", "--json").document == {"restart_snapshot": None}
    assert told(office, "check", "--json").document == {"has_snapshot": False}


def test_people_are_told_how_much_it_is(office: Any) -> None:
    conversation(office, "9aa3")
    ran = told(office, "save", "--reason", "end of \x1b[2J day")
    assert re.fullmatch(r"✓ Snapshot saved: \d+ lines of 5 turns\n", ran.out)
    assert "newest conversation here" in ran.err
    assert "\x1b" not in told(office, "restore").out


def test_where_it_cannot_be_written_the_transcript_is_not_blamed(office: Any, mine: Shelf) -> None:
    path = conversation(office, "9aa3")
    mine.path.mkdir(parents=True)
    (mine.path / "kept").touch()
    ran = told(office, "save", "--json")
    assert ran.code == 1
    assert ran.error["kind"] == "storage"
    assert str(mine.path) in ran.error["message"]
    assert str(path) not in ran.err


def test_no_more_is_kept_than_the_configuration_says(office: Any, mine: Shelf) -> None:
    (office.root / ".thrum/config.json").write_text('{"restart": {"max_lines": 4}}')
    conversation(office, "9aa3")
    assert told(office, "save").code == 0
    assert "[Earlier conversation was cut: the last 2 lines are kept]" in mine.text()
    assert "thanks" in mine.text()


def test_what_hooks_told_of_the_session_counts_first(office: Any, mine: Shelf) -> None:
    older = conversation(office, "s1")
    conversation(office, "s2", recorded="woken")
    mine.tell({"runtime": "claude", "session": "s1"})
    document = told(office, "save", "--json").document
    assert (document["transcript"], document["found_by"]) == (str(older), "hook")
    elsewhere = conversation(office, "other/x.jsonl", "qwen", "hooked")
    mine.tell({"runtime": "qwen", "session": "s9", "transcript": str(elsewhere)})
    document = told(office, "save", "--json").document
    assert (document["runtime"], document["session"]) == ("qwen", "s9")


def test_then_what_the_runtime_notes_of_the_process(office: Any) -> None:
    first = conversation(office, "s1")
    conversation(office, "s2", recorded="woken")
    office.identity("furiosa", agent_pid=4711, runtime="claude")
    sessions = Path(office.env["HOME"]) / ".claude/sessions"
    sessions.mkdir()
    about = {"pid": 4711, "sessionId": "s1", "cwd": str(office.root)}
    (sessions / "4711.json").write_text(json.dumps(about))
    document = told(office, "save", "--json").document
    assert (document["transcript"], document["found_by"]) == (str(first), "process")
    # What it notes may be damaged, or of a conversation that is gone.
    for text in ("{", "[]", '{"sessionId": 3}', '{"sessionId": "s1", "cwd": "x"}'):
        (sessions / "4711.json").write_text(text)
        assert told(office, "save", "--json").document["found_by"] == "place"


def test_of_two_agents_nobody_is_given_the_others_conversation(office: Any) -> None:
    conversation(office, "s1")
    office.identity("nux")
    office.env["THRUM_NAME"] = "furiosa"
    assert "snapshot.save.no-pid" in told(office, "save").err


@pytest.mark.parametrize("runtime", ["claude", "codex", "cursor", "copilot", "gemini", "qwen"])
def test_a_transcript_that_is_named_is_read_in_its_own_form(
    office: Any, mine: Shelf, runtime: str
) -> None:
    for recorded in sorted((RECORDED / runtime).glob("*.jsonl")):
        ran = told(office, "save", "--jsonl", str(recorded), "--json")
        assert ran.document["runtime"] == runtime
        assert ran.document["found_by"] == "path"
        for line in recorded.with_suffix(".txt").read_text().splitlines():
            assert f"\n{line.removeprefix('> ')}\n" in mine.text()


def test_why_it_cannot_be_saved_is_told_with_what_helps(office: Any, mine: Shelf) -> None:
    empty = Path(office.env["HOME"]) / "empty"
    empty.write_text("")
    cases = {
        "no-pid": (),
        "jsonl-not-found": ("--jsonl", "nowhere"),
        "extract-failed": ("--jsonl", str(empty)),
    }
    for code, words in cases.items():
        ran = told(office, "save", *words)
        assert ran.code == 1
        assert f"warn [snapshot.save.{code}]: " in ran.err
        assert "--jsonl PATH" in ran.err
        error = json.loads(told(office, "save", "--json", *words).err)["error"]
        assert [each["code"] for each in error["hints"]] == [f"snapshot.save.{code}"]
    office.identity("furiosa", agent_pid=4711)
    assert "[snapshot.save.no-jsonl]" in told(office, "save").err
    assert not mine.path.exists()


@pytest.mark.parametrize("runtime", ["auggie", "kiro-cli", "amp", "opencode"])
def test_of_what_cannot_be_read_that_is_told(office: Any, runtime: str) -> None:
    office.identity("furiosa", agent_pid=4711, runtime=runtime)
    assert not registry.adapter(runtime).has_transcripts
    ran = told(office, "save")
    assert ran.code == 1
    assert f"the conversations of {runtime} cannot be read, but those of Claude Code" in ran.err
    assert "restart/furiosa.md" in ran.err


def test_whoever_restarts_is_told_where_to_go(office: Any) -> None:
    for words in (("restart",), ("restart", "save")):
        ran = office.run(*words)
        assert ran.code == 2
        assert "thrum tmux snapshot" in ran.err


def compact(office: Any, path: Path | str, session: str = "s1", **given: Any) -> None:
    about = {"session_id": session, "transcript_path": str(path), "trigger": "auto", **given}
    ran = office.run("hook", "PreCompact", "--runtime", "claude", stdin=json.dumps(about))
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_before_a_compaction_it_is_saved_and_given_after_it(office: Any, mine: Shelf) -> None:
    compact(office, conversation(office, "s1"))
    assert "**Reason:** compaction" in mine.text()
    about = json.dumps({"session_id": "s1", "source": "compact"})
    ran = office.run("hook", "SessionStart", "--runtime", "claude", stdin=about)
    text = json.loads(ran.out)["hookSpecificOutput"]["additionalContext"]
    assert "# Previous Session Context\n" in text
    assert "Blue it is." in text


@pytest.mark.parametrize("runtime", ["codex", "gemini", "qwen"])
def test_other_runtimes_save_before_it_as_well(office: Any, mine: Shelf, runtime: str) -> None:
    (recorded, *_) = sorted((RECORDED / runtime).glob("*.jsonl"))
    name = {"gemini": "PreCompress"}.get(runtime, "PreCompact")
    about = {"session_id": "s", "transcript_path": str(recorded), "trigger": "manual"}
    ran = office.run("hook", name, "--runtime", runtime, stdin=json.dumps(about))
    assert ran.code == 0
    last = recorded.with_suffix(".txt").read_text().splitlines()[-1]
    assert last in mine.text()


def test_what_the_agent_wrote_itself_stays(office: Any, mine: Shelf) -> None:
    mine.save("# Restart Snapshot — furiosa\n\n## Resume Plan\n\nPaint the tank.\n")
    before = mine.text()
    compact(office, conversation(office, "s1"))
    assert mine.text() == before


def test_a_hook_that_names_no_file_names_the_session(office: Any, mine: Shelf) -> None:
    conversation(office, "s1")
    conversation(office, "s2", recorded="woken")
    compact(office, "", session="s1")
    assert "Blue it is." in mine.text()


@pytest.mark.parametrize("what", ["no file", "empty", "helper", "no session"])
def test_a_compaction_of_nothing_saves_nothing(office: Any, mine: Shelf, what: str) -> None:
    path = conversation(office, "s1")
    if what == "empty":
        path.write_text("")
    named = {"no file": "/nowhere/s1.jsonl", "no session": ""}.get(what, str(path))
    given = {"agent_id": "helper"} if what == "helper" else {}
    compact(office, named, session="s3", **given)
    assert not mine.path.exists()


def test_where_nobody_lives_nothing_is_saved(office: Any) -> None:
    (office.root / ".thrum/identities/furiosa.json").unlink()
    office.daemon.answers["agent.whoami"] = {}
    compact(office, conversation(office, "s1"))
    assert not (office.root / ".thrum/restart").exists()


def test_as_a_runtime_starts_it_and_an_agent_types_it(clone: Any) -> None:
    clone("init", "--non-interactive")
    clone("quickstart", "furiosa", "--role", "implementer", "--module", "auth")
    clone.env["THRUM_HOOK_MS"] = "20000"
    mine = shelf.of(clone.root / ".thrum", "furiosa")
    recorded = RECORDED / "claude" / "compacted.jsonl"

    def hook(event: str, **given: str) -> str:
        about = {"session_id": "s1", "transcript_path": str(recorded), **given}
        words = [clone.program, "hook", event, "--runtime", "claude"]
        text = json.dumps(about)
        done = subprocess.run(
            words, cwd=clone.root, env=clone.env, input=text, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    hook("SessionStart", source="startup")
    hook("PreCompact", trigger="auto")
    assert "**Reason:** compaction" in mine.text()
    assert "words and more of them second 3" in hook("SessionStart", source="compact")
    assert mine.aside.exists()
    hook("Stop")
    assert not mine.aside.exists()
    saved = clone("tmux", "snapshot", "save", "--json").document
    assert (saved["session"], saved["found_by"]) == ("s1", "hook")
    assert clone("tmux", "snapshot", "check").code == 0
    shown = clone("prime", "--json").document["restart_snapshot"]
    assert shown == mine.text()
    assert "**Reason:** self-initiated" in shown
    assert clone("tmux", "snapshot", "restore").out.startswith("# Restart Snapshot — furiosa")
    assert len(list(mine.kept.iterdir())) == 2
