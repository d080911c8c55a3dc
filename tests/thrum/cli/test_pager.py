"""What is longer than the terminal is shown page by page, and nothing else is."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from thrum.cli import app, pager, signature, table
from thrum.daemon import control


@pytest.fixture
def person(world: Any) -> Any:
    """Somebody at a real terminal, where the daemon has much to say."""
    world.env |= {"TERM": "xterm", "NO_COLOR": "1"}
    return world


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, ["less"]),
        ({"PAGER": "more"}, ["more"]),
        ({"PAGER": "more", "THRUM_PAGER": "less -S"}, ["less", "-S"]),
        ({"PAGER": "'my pager' -x"}, ["my pager", "-x"]),
        ({"PAGER": ""}, []),
        ({"PAGER": "cat"}, []),
        ({"PAGER": "more", "THRUM_PAGER": "cat"}, []),
        ({"PAGER": "'never closed"}, []),
        ({"TERM": "dumb"}, []),
    ],
)
def test_which_pager(env: dict[str, str], words: list[str]) -> None:
    assert pager.chosen({"TERM": "xterm", **env}) == words


def test_only_what_does_not_fit_goes_to_it(person: Any) -> None:
    shown = person.run("help", terminal=True, rows=1000).out
    assert person.paged == []
    ran = person.run("help", terminal=True, rows=20)
    assert ran.out == ""
    assert person.paged == [(["less"], shown)]


@pytest.mark.parametrize("how", ["pipe", "json", "cat", "dumb"])
def test_where_nobody_wants_one(person: Any, how: str) -> None:
    person.env |= {"cat": {"PAGER": "cat"}, "dumb": {"TERM": "dumb"}}.get(how, {})
    argv = ["help", *(["--json"] if how == "json" else [])]
    assert person.run(*argv, terminal=how != "pipe", rows=5).out
    assert person.paged == []


def test_without_the_program_it_is_printed(person: Any) -> None:
    person.has_pager = False
    assert person.run("help", terminal=True, rows=5).out.startswith("Usage: thrum")


def test_notes_follow_what_they_are_about(person: Any, message: Any, refuse: Any) -> None:
    person.daemon.answers |= {
        "message.list": {"messages": [message()], "total": 1, "unread": 1},
        "message.markRead": refuse("no_session", "no session"),
    }
    ran = person.run("inbox", terminal=True, rows=3)
    assert len(person.paged) == 1
    assert ran.err == "warning: not marked as read: no session\n"


def test_what_was_printed_before_a_failure_is_shown(person: Any, refuse: Any) -> None:
    context = person.context([], terminal=True)
    with pytest.raises(KeyboardInterrupt), pager.held(context):
        context.say("so far")
        raise KeyboardInterrupt
    assert context.stdout.getvalue() == "so far\n"
    assert context.kept_notes is None


def test_what_asks_or_goes_on_is_never_held_back() -> None:
    for name, entry in table.COMMANDS.items():
        flags = {
            flag for each in signature.parameters(signature.load(entry)) for flag in each.flags
        }
        if "--yes" in flags or name in {"init", "quickstart", "wait", "daemon run", "demo"}:
            assert not entry.is_long, name
    assert table.COMMANDS["log"].is_long


def test_following_is_not_held_back(person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (person.root / ".thrum/var/daemon.log").write_text("2026-01-02T03:04:05.000Z INFO x: y\n" * 9)
    person.run("daemon", "logs", terminal=True, rows=5)
    assert len(person.paged) == 1

    def interrupt(_path: Path) -> Iterator[str]:
        yield "one more"
        raise KeyboardInterrupt

    monkeypatch.setattr(control, "follow", interrupt)
    ran = person.run("daemon", "logs", "--follow", terminal=True, rows=5)
    assert (ran.code, ran.out.count("\n")) == (app.INTERRUPTED, 10)
    assert len(person.paged) == 1


def test_a_real_pager_gets_all_of_it(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    argv = ["sh", "-c", 'cat > "$KEPT"']
    assert pager.run(argv, "lots\n" * 50_000, {**os.environ, "KEPT": str(kept)})
    assert kept.read_text() == "lots\n" * 50_000
    assert not pager.run([str(tmp_path / "none")], "x", os.environ)


@pytest.mark.parametrize("script", ["exit 0", "head -n 1 >/dev/null"])
def test_who_leaves_early_ends_nothing_else(script: str) -> None:
    assert pager.run(["sh", "-c", script], "lots\n" * 200_000, os.environ)


def test_an_interrupt_is_the_pagers_alone() -> None:
    stop = f"import os, signal; os.kill({os.getpid()}, signal.SIGINT); input()"
    before = signal.getsignal(signal.SIGINT)
    assert pager.run([sys.executable, "-c", stop], "x\n", os.environ)
    assert signal.getsignal(signal.SIGINT) is before
