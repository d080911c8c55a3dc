"""Which agents count as gone, who is never among them, and that they stay away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from gitstore import canonical
from thrum import events, ids
from thrum.clock import parse
from thrum.daemon.projection.queries.orphans import Resident
from thrum.daemon.rpc.cleanup import AT_WORK_NS, DAY_NS, Home, find_homes, judge
from thrum.identity import process

NOW_NS = 1_767_323_045_000_000_000  # 2026-01-02T03:04:05Z
DAYS_AGO = {0: "2026-01-02T01:00:00.000000000Z", 31: "2025-12-02T01:00:00.000000000Z"}
AT_HOME = Home("/w", filed=True, stands=True, has_branch=True)


def resident(last_seen_at: str = DAYS_AGO[0], session_id: str = "") -> Resident:
    return Resident("nux", "tester", "m", 0, "", "", last_seen_at, "", "", session_id, 7)


@pytest.mark.parametrize(
    ("known", "home", "reason"),
    [
        (resident(), AT_HOME, ""),
        (resident(DAYS_AGO[31]), AT_HOME, "unseen for 31 days"),
        (resident(""), AT_HOME, ""),
        (resident(""), Home(), "no worktree holds its identity file"),
        (resident(), Home("/w", stands=True), "no worktree holds its identity file"),
        (resident(), Home("/w", filed=True), "its worktree is gone"),
        (resident(), Home(reserved=True), ""),
        (resident(DAYS_AGO[31]), Home(runs=True), ""),
    ],
)
def test_who_is_gone(known: Resident, home: Home, reason: str) -> None:
    orphan = judge(known, home, NOW_NS, 30)
    assert (orphan.reason if orphan else "") == reason


def test_a_copy_says_less_of_an_agent_than_its_own_file(node: Any) -> None:
    here, there = node.worktree("here"), node.worktree("there")
    found = process.look(os.getpid())
    assert found
    runs = {"agent_pid": found.pid, "agent_pid_started": found.started}
    for home, more in ((here, runs), (there, {"updated_at": "2026-01-01T00:00:00Z"})):
        path = home / ".thrum/identities/nux.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"agent": {"name": "nux"}, "worktree": str(here), **more}))
    home = find_homes(node.repository, [resident()])["nux"]
    assert (home.worktree, home.runs) == (str(here), True)


def test_who_has_a_session_and_was_heard_of_lately_is_at_work() -> None:
    for past_ns, is_gone in ((AT_WORK_NS - 1, False), (AT_WORK_NS, True)):
        known = resident(DAYS_AGO[0], "ses_1")
        now_ns = parse(DAYS_AGO[0]) + past_ns
        assert (judge(known, Home(), now_ns, 30) is not None) is is_gone


@pytest.mark.parametrize(("threshold", "gone"), [(29, True), (30, True), (31, False), (0, True)])
def test_the_threshold_is_in_whole_days(threshold: int, gone: bool) -> None:
    now_ns = parse(DAYS_AGO[31]) + 31 * DAY_NS
    assert (judge(resident(DAYS_AGO[31]), AT_HOME, now_ns, threshold) is not None) is gone


def test_an_agent_of_which_no_sign_is_left_is_9999_days_away() -> None:
    orphan = judge(resident(""), Home(), NOW_NS, 30)
    assert orphan is not None
    assert (orphan.days_since_last_seen, orphan.last_seen_at) == (9999, "")
    assert (orphan.worktree_missing, orphan.branch_missing, orphan.message_count) == (True, True, 7)


def file_of(node: Any, name: str, home: Path | None = None, **fields: Any) -> Path:
    """An identity file as a client writes it."""
    folder = (home or node.homes[name]) / ".thrum" / "identities"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    agent = {"Kind": "agent", "Name": name, "Role": "tester", "Module": "auth"}
    path.write_text(json.dumps({"version": 5, "agent": agent, **fields}))
    return path


def register(node: Any, agent_id: str, **fields: Any) -> None:
    """A registration from whatever node and time."""
    event = events.AgentRegister(
        agent_id=agent_id, **{"kind": "agent", "role": "r", "module": "m", **fields}
    )
    node.store.transact_blocking(lambda transaction: transaction.emit(event))


def found(node: Any, **params: Any) -> dict[str, str]:
    """Who is gone and why."""
    answer = node.call("max", "agent.cleanup", **params)
    return {each["agent_id"]: each["reason"] for each in answer["orphans"] or []}


@pytest.fixture
def town(node: Any) -> Any:
    """max, who asks; nux with a file in a worktree; slit whose worktree is removed."""
    for name, role in (("max", "coordinator"), ("nux", "tester"), ("slit", "tester")):
        node.agent(name, role)
        node.call(name, "session.end", session_id=node.call(name, "agent.whoami")["session_id"])
    file_of(node, "nux")
    file_of(node, "slit")
    node.stand("max")
    git = ["git", "-C", str(node.repository), "worktree", "remove", "--force"]
    subprocess.run([*git, str(node.homes["slit"])], check=True)
    home = [{"type": "worktree", "value": str(node.homes["max"])}]
    node.call("max", "session.start", agent_id="max", refs=home)
    return node


def test_all_worktrees_are_searched_and_looking_changes_nothing(town: Any) -> None:
    before = town.store.reader().execute("SELECT count(*) FROM events").fetchone()
    answer = town.call("max", "agent.cleanup", dry_run=True)
    (orphan,) = answer["orphans"]
    assert orphan["agent_id"] == "slit"
    assert orphan["reason"] == "no worktree holds its identity file"
    assert orphan["worktree"] == str(town.homes["slit"])
    assert orphan["worktree_missing"] is True
    assert (answer["deleted"], answer["dry_run"]) == ([], True)
    assert found(town) == {"slit": orphan["reason"]}
    assert town.store.reader().execute("SELECT count(*) FROM events").fetchone() == before


def test_nobody_gone_is_null(town: Any) -> None:
    town.call("max", "agent.cleanup", force=True)
    answer = town.call("max", "agent.cleanup", force=True)
    assert answer["orphans"] is None
    assert answer["deleted"] == []


def test_force_deletes_with_messages_and_files(town: Any) -> None:
    file_of(town, "slit", town.homes["nux"], worktree=str(town.homes["slit"]))
    notes = town.homes["nux"] / ".thrum" / "context" / "slit.md"
    notes.parent.mkdir()
    notes.write_text("notes")
    register(town, "rictus")
    answer = town.call("max", "agent.cleanup", force=True)
    assert answer["deleted"] == ["rictus", "slit"]
    assert {each["reason"] for each in answer["orphans"]} == {
        "its worktree is gone",
        "no worktree holds its identity file",
    }
    left = {each["agent_id"] for each in town.call("max", "agent.list")["agents"]}
    assert left == {"max", "nux"}
    assert not notes.exists()
    assert [path.name for path in (town.homes["nux"] / ".thrum/identities").iterdir()] == [
        "nux.json"
    ]
    made = town.store.reader().execute(
        "SELECT event_json FROM events WHERE type = 'agent.cleanup' AND subject = 'slit'"
    )
    assert json.loads(made.fetchone()[0])["method"] == "automated"


def test_others_are_none_of_its_business(town: Any) -> None:
    """Remote agents, proxies, monitors, people, reserved ones, and whoever lives."""
    line = {
        "type": "agent.register",
        "timestamp": "2025-01-01T00:00:00.000000000Z",
        "event_id": ids.Ids(time.time_ns).make("evt"),
        "v": 1,
        "agent_id": "faraway",
        "kind": "agent",
        "role": "r",
        "module": "m",
        "origin_daemon": "d_elsewhere",
    }
    town.store.log.append([[("events.jsonl", canonical(line))]])
    town.store.catch_up()
    register(town, "tg:ops", role="remote")
    register(town, "monitor:ci", kind="monitor")
    register(town, "user:boss", kind="user")
    register(town, "warden")
    file_of(town, "warden", town.homes["nux"], worktree=str(town.homes["slit"]), reserved=True)
    register(town, "runs", agent_pid=os.getpid())
    register(town, "filed_runs")
    with subprocess.Popen(["sleep", "60"]) as other:
        running = process.look(other.pid)
        assert running is not None
        of = {"agent_pid": other.pid, "worktree": str(town.homes["slit"])}
        for started, gone in ((running.started, {"slit"}), ("1", {"slit", "filed_runs"})):
            file_of(town, "filed_runs", town.homes["nux"], **of, agent_pid_started=started)
            assert set(found(town)) == gone
        other.kill()


def test_a_file_without_a_name_and_one_that_cannot_be_read_are_somebodys(town: Any) -> None:
    unnamed = town.call("max", "agent.register", role="tester", module="web")["agent_id"]
    register(town, "broken")
    folder = town.homes["nux"] / ".thrum" / "identities"
    assert set(found(town)) == {"slit", "broken", unnamed}
    (folder / "tester_web.json").write_text('{"agent": {"Role": "tester", "Module": "web"}}')
    (folder / "broken.json").write_text("{")
    assert set(found(town)) == {"slit"}


def test_the_branch_is_looked_for(town: Any) -> None:
    session = town.call("max", "session.list", agent_id="slit")["sessions"][0]["session_id"]
    for branch, missing in (("main-line", True), ("kept/one", False)):
        town.store.transact_blocking(
            lambda t, branch=branch: t.db.execute(
                "INSERT OR REPLACE INTO agent_work_contexts (session_id, agent_id, branch)"
                " VALUES (?, 'slit', ?)",
                (session, branch),
            )
        )
        git = ["git", "-C", str(town.repository)]
        subprocess.run([*git, "branch", "-f", "kept/one"], check=True)
        subprocess.run([*git, "pack-refs", "--all"], check=True)
        (orphan,) = town.call("max", "agent.cleanup")["orphans"]
        assert (orphan["branch"], orphan["branch_missing"]) == (branch, missing)


def test_who_comes_back_in_between_stays(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from thrum.daemon.rpc import cleanup

    look = cleanup.find_homes

    def slow(*arguments: Any) -> Any:
        homes = look(*arguments)
        register(town, "slit", display="I live again")
        return homes

    monkeypatch.setattr(cleanup, "find_homes", slow)
    answer = town.call("max", "agent.cleanup", force=True)
    assert [each["agent_id"] for each in answer["orphans"]] == ["slit"]
    assert answer["deleted"] == []
    assert "slit" in {each["agent_id"] for each in town.call("max", "agent.list")["agents"]}


def test_wrong_wishes_are_refused(town: Any) -> None:
    assert town.refused("max", "agent.cleanup", dry_run=True, force=True) == "invalid_params"
    assert town.refused("max", "agent.cleanup", threshold=-1) == "invalid_params"
    assert town.refused("nobody", "agent.cleanup") == "anonymous_caller"


def test_everybody_looks_and_who_is_in_charge_deletes(town: Any) -> None:
    home = [{"type": "worktree", "value": str(town.homes["nux"])}]
    town.call("nux", "session.start", agent_id="nux", refs=home)
    assert [each["agent_id"] for each in town.call("nux", "agent.cleanup")["orphans"]] == ["slit"]
    assert town.refused("nux", "agent.cleanup", force=True, threshold=0) == "not_allowed"
    assert set(found(town)) == {"slit"}


def test_files_of_another_agent_stay(town: Any) -> None:
    """The files of tg:ops would have the names that those of tg_ops have."""
    register(town, "tg:ops", role="remote")
    register(town, "tg_ops")
    theirs = file_of(town, "tg_ops", town.homes["nux"])
    notes = town.homes["nux"] / ".thrum" / "context" / "tg_ops.md"
    notes.parent.mkdir()
    notes.write_text("notes")
    town.call("max", "agent.delete", name="tg:ops")
    assert theirs.exists()
    assert notes.exists()
    town.call("max", "agent.delete", name="tg_ops")
    assert not theirs.exists()
    assert not notes.exists()


def test_a_database_built_anew_does_not_make_agents_look_forgotten(town: Any) -> None:
    town.send("max", to="nux")
    home = [{"type": "worktree", "value": str(town.homes["nux"])}]
    town.call("nux", "session.start", agent_id="nux", refs=home)
    town.send("nux", to="max")
    # What a rebuild leaves of it: the time of the registration.
    town.store.transact_blocking(
        lambda t: t.db.execute("UPDATE agents SET last_seen_at = '2025-01-01T00:00:00.000000000Z'")
    )
    shutil.rmtree(town.homes["nux"] / ".thrum", ignore_errors=True)
    file_of(town, "nux")
    assert "nux" not in found(town, threshold=30)
