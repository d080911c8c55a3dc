"""Who is who: team, overview, status, whoami, agent, sync."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from thrum.cli.render import text
from thrum.identity import process


def member(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "agent_id": name,
        "role": "tester",
        "module": "api",
        "hostname": "here",
        "origin_daemon": "d_1",
        "session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN5",
        "last_seen": "2026-01-02T03:02:05Z",
        "inbox_total": 4,
        "inbox_unread": 1,
        "status": "active",
        "is_local": True,
    } | fields


MEMBERS = [
    member("furiosa", intent="fix\nit \x1b[2J", branch="main", current_task="shop:1"),
    member("nux", status="offline", is_local=False, hostname="there", origin_daemon="d_2"),
]
HEALTH = {
    "status": "ok",
    "uptime_ms": 60_000,
    "version": "0.1.0",
    "sync_state": "synced",
    "identity": {"daemon_id": "d_1", "repo_path": "/r"},
}
ME = {
    "agent_id": "furiosa",
    "role": "implementer",
    "module": "auth",
    "session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN5",
    "session_start": "2026-01-02T03:02:05Z",
    "intent": "fix",
    "source": "peercred",
    "host": "here",
}
COLLEAGUE = {
    "session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN6",
    "agent_id": "nux",
    "branch": "feature",
    "intent": "drive",
    "role": "tester",
    "module": "api",
    "hostname": "there",
    "last_seen": "2026-01-02T03:02:05Z",
}
PAGE = {
    "health": HEALTH,
    "agent": ME,
    "work_context": {
        "session_id": ME["session_id"],
        "agent_id": "furiosa",
        "current_task": "shop:1",
        "unmerged_commits": [{"sha": "1", "message": "x", "files": []}],
        "changed_files": ["a", "b"],
    },
    "team": [COLLEAGUE],
    "inbox": {"total": 4, "unread": 1},
}


@pytest.fixture
def office(world: Any) -> Any:
    world.daemon.answers |= {
        "team.list": {"members": MEMBERS},
        "health": HEALTH,
        "agent.whoami": ME,
        "team.overview": PAGE,
        "message.list": {"messages": [], "total": 4, "unread": 1},
        "context.show": {"agent_name": "furiosa", "has_context": True, "size": 1200},
        "sync.status": {"sync_state": "synced", "local_only": False, "running": True},
    }
    return world


def test_team_for_programs(office: Any) -> None:
    assert office.run("team").out == (
        "● @furiosa (you) tester/api 2m [main] 1 unread: fix it \\x1b[2J (shop:1)\n"
        "○ @nux tester/api 2m 1 unread on there\n"
    )


def crowd(count: int) -> list[dict[str, Any]]:
    """Members with everything that makes a line long."""
    return [
        member(
            f"{'welder_of_the_lower_deck_' if n % 3 else ''}{n:02}",
            intent="漢字 " * 40,
            branch=f"team/engine/welding/{n:02}",
            role="documentation_writer",
            is_local=bool(n % 2),
            hostname="e\u0301toile.example.org",
            file_changes=[{"path": f"src/{'deep/' * 20}{n}.py", "additions": 1200, "deletions": 7}],
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("count", [3, 60])
def test_team_fits_the_terminal(office: Any, count: int, columns: int) -> None:
    office.daemon.answers["team.list"] = {"members": crowd(count)}
    ran = office.run("team", terminal=True, columns=columns)
    lines = ran.out.splitlines()
    assert all(text.width(line) <= columns for line in lines)
    named = [line for line in lines if line.startswith("● @")]
    assert len(set(named)) == count, "every name can be told from the others"
    assert sum("漢字" in line for line in lines) == count, "what they do is shown at any width"
    assert ("+1200 -7" in ran.out) is (count == 3)
    assert "\x1b" not in ran.out
    office.daemon.answers["team.overview"] = PAGE | {"team": crowd(count)}
    lines = office.run("overview", terminal=True, columns=columns).out.splitlines()
    assert all(text.width(line) <= columns for line in lines)


def test_a_column_that_says_nothing_is_left_out(office: Any) -> None:
    many = [member(f"agent_{n}", inbox_unread=0, role="") for n in range(20)]
    office.daemon.answers["team.list"] = {"members": many}
    (heading, *_) = office.run("team", terminal=True).out.splitlines()
    assert heading.split() == ["AGENT", "SEEN"]


def test_who_was_seen_last_comes_first_and_who_is_away_last(office: Any) -> None:
    members = [
        member("gone", last_seen="2026-01-02T03:03:00Z", status="offline"),
        member("idle", last_seen="2026-01-02T01:00:00Z"),
        member("busy", last_seen="2026-01-02T03:02:00Z"),
    ]
    office.daemon.answers["team.list"] = {"members": members}
    lines = office.run("team").out.splitlines()
    assert [line.split()[1] for line in lines] == ["@busy", "@idle", "@gone"]


def test_lists_for_programs_have_a_bound(office: Any) -> None:
    office.daemon.answers["team.list"] = {"members": [member("nux", intent="word " * 2000)]}
    (line,) = office.run("team").out.splitlines()
    assert len(line) < 250
    changes = [{"path": f"{n}.py", "additions": 1} for n in range(11)]
    office.daemon.answers["team.list"] = {"members": [member("nux", file_changes=changes)]}
    block = office.run("team", terminal=True).out
    assert block.count(".py") == 8
    assert "and 3 files more" in block
    office.daemon.answers["team.overview"] = PAGE | {"team": crowd(60)}
    page = office.run("overview").out
    assert page.count("● @") == 20
    assert "and 40 more: thrum team\n" in page


def test_nobody_is_told_in_terms_of_what_was_asked(office: Any) -> None:
    office.daemon.answers["team.list"] = {"members": []}
    for argv, said in (
        ([], "No active agents; --all shows the others.\n"),
        (["--all"], "No agents.\n"),
        (["local"], "No active agents of this clone; --all shows the others.\n"),
        (["--daemon", "d_9"], "No active agents of the daemon d_9; --all shows the others.\n"),
        (["--host", "x\x1b[2J", "--all"], "No agents on x\\x1b[2J.\n"),
        (["daemons"], "No agents.\n"),
    ):
        assert office.run("team", *argv).out == said


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        ([], ["furiosa", "nux"]),
        (["local"], ["furiosa"]),
        (["--daemon", "d_2"], ["nux"]),
        (["--host", "here"], ["furiosa"]),
    ],
)
def test_team_views(office: Any, argv: list[str], names: list[str]) -> None:
    document = office.run("team", *argv, "--json").document
    assert [each["agent_id"] for each in document["members"]] == names


def test_team_daemons(office: Any) -> None:
    assert office.run("team", "daemons", "--json").document == [
        {"daemon_id": "d_1", "hostname": "here", "agent_count": 1},
        {"daemon_id": "d_2", "hostname": "there", "agent_count": 1},
    ]
    assert office.run("team", "daemons").out == "d_1 here 1 agent\nd_2 there 1 agent\n"
    lines = office.run("team", "daemons", terminal=True).out.splitlines()
    assert [line.split() for line in lines] == [
        ["DAEMON", "HOST", "AGENTS"],
        ["d_1", "here", "1"],
        ["d_2", "there", "1"],
        ["total", "2"],
    ]


def test_team_asks_and_refuses(office: Any) -> None:
    office.run("team", "--all", "--system")
    assert office.daemon.params("team.list") == {"include_offline": True, "include_system": True}
    assert office.run("team", "junk").code == 2
    assert office.run("team", "--daemon", "a", "--host", "b").code == 2
    office.daemon.answers["team.list"] = {"members": []}
    assert "--all" in office.run("team").out


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


@pytest.mark.parametrize(
    ("argv", "methods"),
    [
        (["team"], ["team.list"]),
        (["team", "local"], ["team.list"]),
        (["team", "daemons"], ["team.list"]),
        (["overview"], ["team.overview"]),
        (["status"], ["team.overview", "sync.status", "context.show"]),
        (["ping", "furiosa"], ["team.list"]),
        (["who-has", "a.py"], ["agent.listContext"]),
        (["agent", "list"], ["agent.list"]),
        (["agent", "list", "--context"], ["agent.listContext"]),
    ],
)
def test_a_view_asks_no_more_than_it_shows(
    office: Any, argv: list[str], methods: list[str]
) -> None:
    office.daemon.answers |= {"agent.list": {"agents": []}, "agent.listContext": {"contexts": []}}
    assert office.run(*argv).code == 0
    assert office.daemon.methods == methods


def test_notes_that_cannot_be_read_hide_nothing_else(office: Any, refuse: Any) -> None:
    office.daemon.answers["context.show"] = refuse("not_allowed", "it is a \x1b[2J link", -32000)
    ran = office.run("status")
    assert ran.code == 0
    assert "Context: it is a \\x1b[2J link\n" in ran.out
    assert "Daemon: running" in ran.out
    shown = office.run("status", "--json").document["context"]
    assert shown == {"has_context": False, "error": "it is a \x1b[2J link"}


def test_whoami_by_the_daemon(office: Any) -> None:
    document = office.run("whoami", "--json").document
    assert document["source"] == "daemon"
    assert document["session_start"] == ME["session_start"]
    assert document["identity_file"] == ".thrum/identities/furiosa.json"
    assert office.run("agent", "whoami", "--field", "agent_id").out == "furiosa\n"
    assert office.run("whoami", "--field", "branch").out == "main\n"
    assert office.run("whoami", "--field", "nope").code == 2


def test_whoami_without_a_daemon(office: Any) -> None:
    office.daemon.close()
    office.daemon.path.unlink()
    document = office.run("whoami", "--json").document
    assert (document["agent_id"], document["role"], document["source"]) == (
        "furiosa",
        "implementer",
        "file",
    )


def test_whoami_where_two_agents_could_be_meant(office: Any, refuse: Any) -> None:
    office.identity("nux")
    assert office.run("whoami", "--json").document["agent_id"] == "furiosa"
    office.daemon.answers["agent.whoami"] = refuse("internal", "no")
    error = office.run("whoami", "--json").error
    assert error["kind"] == "identity"
    assert "THRUM_NAME" in error["hint"]
    office.env["THRUM_NAME"] = "nux"
    office.daemon.answers["agent.whoami"] = ME  # of somebody else, so the file counts
    assert office.run("whoami", "--json").document["source"] == "file"


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


@pytest.mark.parametrize(
    ("name", "out"),
    [
        (
            "@furiosa",
            "@furiosa: active, seen 2m ago\n  Intent: fix it \\x1b[2J\n"
            "  Task: shop:1\n  Branch: main\n",
        ),
        ("Nuxie", "@nux: offline, seen 2m ago\n"),
        (
            "tester",
            "@furiosa: active, seen 2m ago\n  Intent: fix it \\x1b[2J\n"
            "  Task: shop:1\n  Branch: main\n",
        ),
    ],
)
def test_ping(office: Any, name: str, out: str) -> None:
    named = [MEMBERS[0], MEMBERS[1] | {"display": "Nuxie"}]
    office.daemon.answers["team.list"] = {"members": named}
    assert office.run("ping", name).out == out
    assert office.daemon.params("team.list")["include_offline"] is True


def test_ping_of_one_is_about_one(office: Any) -> None:
    office.daemon.answers |= {
        "agent.list": {"agents": [{"agent_id": "nux"}, {"agent_id": "furiosa"}]},
        "agent.listContext": {"contexts": []},
    }
    assert office.run("ping", "nux", "--json").document == {
        "agents": {"agents": [{"agent_id": "nux"}]},
        "contexts": {"contexts": []},
        "status": "offline",
    }
    assert office.daemon.params("agent.listContext") == {"agent_id": "nux"}
    ran = office.run("ping", "nobody", "--json")
    assert (ran.code, ran.error["kind"]) == (1, "not_found")


def test_a_process_lives_or_not_on_this_machine(office: Any) -> None:
    me = process.look(os.getpid())
    assert me is not None
    of = {"agent_pid": me.pid}
    members = [
        member("a", **of, agent_pid_started=me.started),
        member("b", **of, agent_pid_started="1"),
        member("c", **of, is_local=False),
        member("d"),
    ]
    office.daemon.answers["team.list"] = {"members": members}
    shown = office.run("team").out.splitlines()
    assert ["[live]" in line for line in shown] == [True, False, False, False]
    assert ["[stale]" in line for line in shown] == [False, True, False, False]
    blocks = office.run("team", terminal=True).out
    assert f"PID:      {me.pid} [live]\n" in blocks
    assert f"PID:      {me.pid} [stale]\n" in blocks
    assert office.run("team", "--json").document == {"members": members}


def test_shared_mail_is_told(office: Any) -> None:
    totals = {"broadcast_total": 2, "groups": [{"name": "crew", "total": 1}]}
    office.daemon.answers["team.list"] = {"members": MEMBERS, "shared_messages": totals}
    assert office.run("team").out.endswith("\nShared: 2 to everybody, 1 to @crew\n")
    assert "Shared" not in office.run("team", "local").out


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
    assert office.daemon.params("agent.set-status") == {"agent": "nux", "status": "idle"}


def test_agent_delete_asks_a_person_and_wants_force_from_a_program(office: Any) -> None:
    office.daemon.answers["agent.delete"] = {"agent_id": "nux", "deleted": True}
    assert office.run("agent", "delete", "nux").code == 2
    assert office.run("agent", "delete", "nux", terminal=True, stdin="\n").out == (
        "Nothing deleted.\n"
    )
    assert office.daemon.requests == []
    assert office.run("agent", "delete", "@nux", terminal=True, stdin="y\n").code == 0
    assert office.run("agent", "delete", "nux", "--force").out == "✓ Deleted @nux\n"
    assert office.daemon.params("agent.delete") == {"name": "nux"}


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
    assert office.daemon.params("agent.cleanup") == asked
    assert office.run("agent", "cleanup", "--dry-run", "--json").document == found
    office.daemon.answers["agent.cleanup"] = found | {"deleted": ["nux"], "dry_run": False}
    ran = office.run("agent", "cleanup", "--force", "--threshold", "7")
    assert ran.out.endswith("✓ Deleted 1 of 1\n")
    asked = {"dry_run": False, "force": True, "threshold": 7}
    assert office.daemon.params("agent.cleanup") == asked
    office.daemon.answers["agent.cleanup"] = {"orphans": None, "deleted": [], "dry_run": True}
    assert office.run("agent", "cleanup", "--dry-run").out == "No agent is gone.\n"


def test_agent_cleanup_asks_about_each(office: Any) -> None:
    two = [orphan("nux"), orphan("slit\x1b[2J")]
    office.daemon.answers["agent.cleanup"] = {"orphans": two, "deleted": [], "dry_run": True}
    office.daemon.answers["agent.delete"] = {"deleted": True}
    assert office.run("agent", "cleanup").code == 2
    assert office.run("agent", "cleanup", "--dry-run", "--force").code == 2
    assert office.daemon.requests == []
    ran = office.run("agent", "cleanup", terminal=True, stdin="y\n\n")
    assert ran.out == "✓ Deleted 1 of 2\n"
    assert "\x1b" not in ran.err
    assert office.daemon.params("agent.delete") == {"name": "nux"}
    assert office.daemon.methods.count("agent.delete") == 1
    assert "agent.cleanup" in office.daemon.methods
    assert office.daemon.params("agent.cleanup")["force"] is False
    ran = office.run("agent", "cleanup", "--json", terminal=True, stdin="\ny\n")
    assert ran.document["deleted"] == ["slit\x1b[2J"]


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        ({"sync_state": "synced", "tip": "abcdef0123456"}, 0, "✓ Synced, tip abcdef0123\n"),
        ({"sync_state": "local-only", "local_only": True}, 0, "nothing was exchanged"),
        ({"sync_state": "error", "last_error": "no \x07 route"}, 1, "Last error: no \\x07 route\n"),
    ],
)
def test_sync_force(office: Any, answer: dict[str, Any], code: int, says: str) -> None:
    office.daemon.answers["sync.force"] = answer
    ran = office.run("sync", "force")
    assert ran.code == code
    assert says in ran.out
    assert office.run("sync", "force", "--json").document == answer


def test_sync_status(office: Any) -> None:
    office.daemon.answers["sync.status"] = {
        "sync_state": "offline",
        "last_sync_at": "2026-01-02T03:02:05Z",
        "last_error": "unreachable",
        "remote": "origin",
        "ahead": 3,
        "behind": 0,
    }
    assert office.run("sync", "status").out == (
        "State: offline\nLast sync: 2m ago\nLast error: unreachable\nRemote: origin\n"
        "Ahead: 3\nBehind: 0\n"
    )


def test_daemon_run_becomes_the_daemon(office: Any, became: Any) -> None:
    office.env["THRUM_DEBUG"] = "1"
    with pytest.raises(became) as caught:
        office.run("daemon", "run", "--local")
    assert caught.value.argv[1:] == [
        "-m",
        "thrum.daemon.main",
        "--repo",
        str(office.root),
        "--local",
    ]


def test_daemon_logs(office: Any) -> None:
    (office.root / ".thrum/var/daemon.log").write_text("one\ntwo \x1b[2J\nthree\n")
    assert office.run("daemon", "logs", "-n2").out == "two \\x1b[2J\nthree\n"
    assert office.run("daemon", "logs", "--json").document["lines"][0] == "one"
    assert office.run("daemon", "logs", "--follow", "--json").code == 2


def test_daemon_status_and_stop_without_one(office: Any) -> None:
    ran = office.run("daemon", "status")
    assert ran.code == 1
    assert "thrum daemon start" in ran.out
    assert office.run("daemon", "status", "--json").document == {
        "running": False,
        "status": "stopped",
    }
    assert office.run("daemon", "stop", "--json").error["kind"] == "daemon_down"


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
