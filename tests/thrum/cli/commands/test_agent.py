"""``thrum agent``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.thrum.cli.answers import COLLEAGUE

ME = {"caller_agent_id": "furiosa"}


def test_agent_list(office: Any) -> None:
    rows = [{"agent_id": "nux", "role": "tester", "module": "api", "last_seen_at": "x"}]
    office.daemon.answers["agent.list"] = {"agents": rows}
    assert office.run("agent", "list", "--role", "tester").out == "@nux tester/api\n"
    assert office.daemon.params("agent.list") == {"role": "tester"}
    contexts = {"contexts": [COLLEAGUE, COLLEAGUE | {"agent_id": "slit"}]}
    office.daemon.answers["agent.listContext"] = contexts
    document = office.run("agent", "list", "--json").document
    assert document == {"agents": {"agents": rows}, "contexts": contexts}
    of_role = ["agent", "list", "--context", "--role", "tester"]
    assert office.run(*of_role, "--json").document == {"contexts": [COLLEAGUE]}
    assert office.run(*of_role).out == "@nux PNAVN6 feature drive\n", "nobody looked yet"
    office.daemon.answers["agent.list"] = {"agents": []}
    assert office.run("agent", "list").out == "No agents registered.\n"
    assert office.run(*of_role).out == "No open sessions.\n"


def test_what_sessions_work_on_is_asked_once(office: Any) -> None:
    looked = {
        "git_updated_at": "2026-01-02T03:02:05Z",
        "unmerged_commits": [{"sha": "1"}],
        "changed_files": ["a", "b"],
        "uncommitted_files": ["b", "c"],
        "current_task": "shop:1",
    }
    office.daemon.answers["agent.listContext"] = {"contexts": [COLLEAGUE | looked]}
    assert office.run("agent", "list", "--context").out == (
        "@nux PNAVN6 feature 1 commit 3 files 2m (shop:1) drive\n"
    )
    assert office.daemon.methods == ["agent.listContext"]
    lines = office.run("agent", "list", "--context", terminal=True).out.splitlines()
    assert [line.split() for line in lines] == [
        ["AGENT", "SESSION", "BRANCH", "COMMITS", "FILES", "SEEN", "TASK", "INTENT"],
        ["@nux", "PNAVN6", "feature", "1", "3", "2m", "shop:1", "drive"],
    ]


def test_ones_own_status_needs_no_daemon(office: Any) -> None:
    assert office.run("agent", "set-status", "blocked").out == "✓ @furiosa is blocked\n"
    assert office.daemon.requests == []
    found = json.loads((office.root / ".thrum/identities/furiosa.json").read_text())
    assert found["agent_status"] == "blocked"
    assert office.run("agent", "set-status", "sleepy").code == 2


def test_the_status_of_another_is_the_daemons(office: Any) -> None:
    office.daemon.answers["agent.set-status"] = {"agent": "nux", "status": "idle"}
    ran = office.run("agent", "set-status", "idle", "--agent", "@nux", "--json")
    assert ran.document == {"agent": "nux", "status": "idle"}
    assert office.daemon.params("agent.set-status") == {"agent": "nux", "status": "idle"} | ME


def test_agent_delete_asks_a_person_and_wants_a_yes_from_a_program(office: Any) -> None:
    office.daemon.answers |= {
        "agent.delete": {"agent_id": "nux", "deleted": True},
        "agent.list": {"agents": [{"agent_id": "nux"}]},
    }
    ran = office.run("agent", "delete", "nux")
    assert (ran.code, "--yes" in ran.err) == (2, True)
    assert office.run("agent", "delete", "nux", terminal=True, stdin="\n").out == (
        "Nothing deleted.\n"
    )
    assert set(office.daemon.methods) == {"agent.list"}
    assert office.run("agent", "delete", "@nux", terminal=True, stdin="y\n").code == 0
    for spelling in ("--yes", "--force"):
        assert office.run("agent", "delete", "nux", spelling).out == "✓ Deleted @nux\n"
    assert office.daemon.params("agent.delete") == {"name": "nux"} | ME


@pytest.mark.parametrize("terminal", [True, False])
def test_nobody_is_asked_about_an_agent_that_is_not_there(office: Any, terminal: bool) -> None:
    office.daemon.answers["agent.list"] = {"agents": [{"agent_id": "nux"}]}
    for name, hint in (("nope", "see `thrum team --all`"), ("nxu", "did you mean @nux?")):
        ran = office.run("agent", "delete", name, terminal=terminal, stdin="y\n")
        assert (ran.code, ran.err) == (1, f"Error: nobody here is called @{name}; {hint}\n")


def orphan(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "agent_id": name,
        "role": "tester",
        "module": "api",
        "worktree": "/w/" + name,
        "last_seen_at": "2025-12-01T03:04:05Z",
        "message_count": 1,
        "reason": "its worktree is gone",
    } | fields


def test_agent_cleanup_shows_or_does(office: Any) -> None:
    found = {"orphans": [orphan("nux")], "deleted": [], "dry_run": True}
    office.daemon.answers["agent.cleanup"] = found
    ran = office.run("agent", "cleanup", "--dry-run")
    assert ran.out == (
        "○ @nux tester/api seen on Dec 1, 1 message: its worktree is gone (/w/nux)\n"
    )
    asked = {"dry_run": True, "force": False, "threshold": 30}
    assert office.daemon.params("agent.cleanup") == asked | ME
    assert office.run("agent", "cleanup", "--dry-run", "--json").document == found
    office.daemon.answers["agent.cleanup"] = found | {"deleted": ["nux"], "dry_run": False}
    ran = office.run("agent", "cleanup", "--yes", "--threshold", "7")
    assert ran.out.endswith("✓ Deleted 1 of 1\n")
    asked = {"dry_run": False, "force": True, "threshold": 7}
    assert office.daemon.params("agent.cleanup") == asked | ME
    office.daemon.answers["agent.cleanup"] = {"orphans": None, "deleted": [], "dry_run": True}
    assert office.run("agent", "cleanup", "--dry-run").out == "No agent is gone.\n"


def test_agent_cleanup_asks_about_each(office: Any) -> None:
    two = [orphan("nux"), orphan("slit\x1b[2J")]
    office.daemon.answers["agent.cleanup"] = {"orphans": two, "deleted": [], "dry_run": True}
    office.daemon.answers["agent.delete"] = {"deleted": True}
    assert office.run("agent", "cleanup").code == 2
    assert office.run("agent", "cleanup", "--dry-run", "--yes").code == 2
    assert office.daemon.requests == []
    ran = office.run("agent", "cleanup", terminal=True, stdin="y\n\n")
    assert ran.out == "✓ Deleted 1 of 2\n"
    assert "\x1b" not in ran.err
    assert office.daemon.params("agent.delete") == {"name": "nux"} | ME
    assert office.daemon.methods.count("agent.delete") == 1
    assert "agent.cleanup" in office.daemon.methods
    assert office.daemon.params("agent.cleanup")["force"] is False
    ran = office.run("agent", "cleanup", "--json", terminal=True, stdin="\ny\n")
    assert ran.document["deleted"] == ["slit\x1b[2J"]


@pytest.mark.parametrize(
    "name", ["../../package", "/etc/x", "..", ".hidden", "a/b", "@../../package"]
)
def test_a_status_is_never_written_outside_the_identities(world: Any, name: str) -> None:
    outside = world.root / "package.json"
    outside.write_text('{"name": "innocent"}')
    ran = world.run("agent", "set-status", "idle", "--agent", name, "--json")
    assert (ran.code, ran.error["kind"]) == (1, "invalid_params")
    assert world.daemon.methods == []
    assert outside.read_text() == '{"name": "innocent"}'


@pytest.mark.parametrize("argv", [["agent", "set-status", "idle"], ["session", "set-intent", "x"]])
def test_a_file_with_a_foreign_name_in_it_leads_nowhere(world: Any, argv: list[str]) -> None:
    outside = world.root / "package.json"
    outside.write_text('{"name": "innocent"}')
    found = world.root / ".thrum/identities/furiosa.json"
    found.write_text(json.dumps({"version": 5, "agent": {"name": "../../package", "role": "r"}}))
    world.daemon.answers |= {
        "agent.whoami": {"session_id": "ses_1"},
        "session.setIntent": {"session_id": "ses_1", "intent": "x"},
    }
    assert world.run(*argv, "--json").error["kind"] == "identity"
    assert outside.read_text() == '{"name": "innocent"}'
