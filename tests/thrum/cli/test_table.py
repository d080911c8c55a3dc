"""The table of commands: every entry leads somewhere, and what stands before each is deliberate."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from tests.rows import row
from thrum.cli import signature, table
from thrum.cli.table import Group, Heading, Preflight

WARNED = {"team", "agent list", "sync status", "whoami", "agent whoami", "worktree list"}
NOBODY_ASKS = {
    *(
        "init",
        "quickstart",
        "agent register",
        "wait",
        "log",
        "log show",
        "rpc call",
        "mcp serve",
        "mcp config",
    ),
    *(f"daemon {each}" for each in ("start", "stop", "restart", "status", "logs", "run")),
    *("identity explain", "rpc describe", "doctor", "demo", "completion", "complete", "version"),
    *(f"runtime {each}" for each in ("list", "show", "set-default", "detect")),
    *(
        "help",
        "setup",
        "setup plugin",
        "setup remove",
        "setup status",
        "setup claude-md",
        "prime",
        "context prime",
        "hook",
        "hook install",
        "hook pre-commit",
        "statusline",
        "loops",
        "prompts",
        "tmux snapshot restore",
        "tmux snapshot check",
        "ui",
        "user register",
        "user list",
        "tmux status",
        "tmux list",
        "tmux connect",
        "tmux capture",
        "tmux queue-status",
        "tmux check-pane",
    ),
    *("monitor list", "monitor show", "peer list", "peer status", "peer doctor"),
    *("telegram status", "telegram groups list", "keys list", "keys export"),
    "migrate",
    *(f"import {each}" for each in ("mcp-agent-mail", "beads")),
    *(f"backup{each}" for each in ("", " status", " config", " verify", " restore", " schedule")),
    *(f"backup plugin {each}" for each in ("add", "list", "remove")),
    *(f"service {each}" for each in ("install", "remove", "status", "start")),
    *("roles list", "roles templates print", "config show", "single-agent-mode"),
}
REFUSED = {
    *(
        "overview",
        "send",
        "ask",
        "loops release",
        *("prompts approve", "prompts deny"),
        "tmux snapshot save",
        "inbox",
        "reply",
        "thread",
        "search",
        "sent",
        "status",
        "who-has",
        *("claim", "claim give", "claims", "release"),
        "ping",
        "purge",
    ),
    *(f"message {each}" for each in ("get", "edit", "delete", "withdraw", "archive")),
    *(
        "message read",
        "message delete-by-agent",
        "agent set-status",
        "agent delete",
        "agent cleanup",
        "agent start",
    ),
    *(
        f"tmux {each}"
        for each in ("create", "quickstart", "launch", "start", "send", "restart", "kill")
    ),
    *("up", "down"),
    *("tmux queue", "tmux cancel"),
    *("agent end", "agent heartbeat", "agent set-intent", "agent set-task"),
    *(f"group {each}" for each in ("create", "delete", "list", "info", "members", "add", "remove")),
    *(f"context {each}" for each in ("save", "show", "load", "clear", "preamble", "sync")),
    *(f"peer {each}" for each in ("add", "configure", "join", "rename", "repair", "remove")),
    *(f"telegram {each}" for each in ("configure", "pair", "remove")),
    *(f"telegram groups {each}" for each in ("add", "remove")),
    *(f"keys {each}" for each in ("accept", "revoke", "rotate")),
    *(f"monitor {each}" for each in ("start", "add", "stop", "restart", "remove", "logs")),
    *(f"roles {each}" for each in ("deploy", "refresh", "save-config")),
    *(f"worktree {each}" for each in ("create", "setup", "teardown")),
    *(f"session {each}" for each in ("start", "end", "list", "heartbeat")),
    *(
        "session set-intent",
        "session set-task",
        "sync force",
        "sync on",
        "sync off",
        "sync worktree",
    ),
}


def test_the_guards_stand_before_these_commands_and_no_others() -> None:
    """Written down a second time, so that whoever changes it means to."""
    found = {each: set[str]() for each in Preflight}
    for name, entry in table.COMMANDS.items():
        found[entry.preflight].add(name)
    assert found == {
        Preflight.REFUSES: REFUSED,
        Preflight.WARNS: WARNED,
        Preflight.NOBODY: NOBODY_ASKS,
    }


def test_no_name_stands_twice() -> None:
    assert len(table.COMMANDS) == len(table.ENTRIES)
    assert not set(table.COMMANDS) & set(table.GROUPS)
    groups = {entry.place for entry in table.ENTRIES if isinstance(entry.place, Group)}
    assert len(groups) == len(table.GROUPS)


def test_an_entry_leads_to_a_function_of_a_context() -> None:
    for entry in table.ENTRIES:
        with row(entry.name):
            first, *_ = inspect.signature(signature.load(entry)).parameters.values()
            assert first.annotation == "Context"
            assert entry.summary
            assert "\n" not in entry.summary


def test_every_module_of_commands_is_in_the_table() -> None:
    folder = Path(table.__file__).with_name("commands")
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert modules == {entry.module for entry in table.ENTRIES}


def test_the_help_names_every_command_once_below_its_heading() -> None:
    text = table.program_help()
    sections = text.split("\n\n")
    for word, summary in table.first_words().items():
        (row,) = (line for line in text.splitlines() if line.split()[:1] == [word])
        assert summary.startswith(row.split(maxsplit=1)[1])
    titles = [each.partition(":")[0] for each in sections if each.partition(":")[0]]
    shown = [heading.value for heading in Heading if heading.value]
    assert [title for title in titles if title in shown] == shown
    assert "complete" not in table.first_words()


@pytest.mark.parametrize("word", table.GROUPS)
def test_a_group_names_its_commands(word: str) -> None:
    text = table.group_help(word)
    assert table.GROUPS[word].summary in text
    assert table.subcommands(word)
    for name, entry in table.subcommands(word).items():
        assert f"  {name} " in text
        assert entry.summary in text


def test_a_command_may_have_others_below_it() -> None:
    assert list(table.subcommands("log")) == ["show"]
    assert table.subcommands("send") == {}
