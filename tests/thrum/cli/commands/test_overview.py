"""``thrum overview`` and ``thrum status``."""

from __future__ import annotations

from typing import Any

from tests.thrum.cli.answers import HEALTH, PAGE


def test_overview(office: Any) -> None:
    assert office.run("overview").out == (
        "You: @furiosa (implementer/auth)\nIntent: fix\nSession: PNAVN5, started 2m ago\n"
        "Task: shop:1\nWork: 1 commit ahead, 2 files changed\n\n"
        "● @nux tester/api 2m [feature] on there: drive\n\n"
        "Inbox: 1 unread of 4: thrum inbox\nSync: synced\n"
    )
    assert office.run("overview", "--json").document == PAGE
    assert office.daemon.methods == ["team.overview"] * 2
    assert office.daemon.params("team.overview") == {"caller_agent_id": "furiosa"}


def test_overview_of_nobody(office: Any) -> None:
    office.daemon.answers["team.overview"] = {"health": HEALTH}
    out = office.run("overview").out
    assert "thrum quickstart" in out
    assert "agent" not in office.run("overview", "--json").document


def test_a_daemon_of_another_version_is_told(office: Any) -> None:
    old = {**PAGE, "health": HEALTH | {"version": "0.0.9"}}
    office.daemon.answers["team.overview"] = old
    for command in ("overview", "status"):
        assert "thrum daemon restart" in office.run(command).err


def test_status(office: Any) -> None:
    out = office.run("status").out
    assert "Daemon: running for 1m, version 0.1.0\n" in out
    assert "Repository: /r\n" in out
    assert "Context: 1,200 bytes" in out
    document = office.run("status", "--json").document
    assert set(document) == {"health", "agent", "work_context", "inbox", "sync", "context"}
    assert document["context"] == {"has_context": True, "size": 1200}


def test_notes_that_cannot_be_read_hide_nothing_else(office: Any, refuse: Any) -> None:
    office.daemon.answers["context.show"] = refuse("not_allowed", "it is a \x1b[2J link", -32000)
    ran = office.run("status")
    assert ran.code == 0
    assert "Context: it is a \\x1b[2J link\n" in ran.out
    assert "Daemon: running" in ran.out
    shown = office.run("status", "--json").document["context"]
    assert shown == {"has_context": False, "error": "it is a \x1b[2J link"}


def test_status_tells_what_does_not_work(office: Any) -> None:
    ill = HEALTH | {"status": "degraded", "problems": ["service sync: it \x1b[2J crashed"]}
    office.daemon.answers["team.overview"] = {**PAGE, "health": ill}
    assert "Trouble: service sync: it \\x1b[2J crashed\n" in office.run("status").out
