"""Who may take a name over, from where, and what becomes of the old place."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import time
from typing import Any, Final

import pytest

from gitstore import canonical
from tests.thrum.daemon.callers.conftest import file
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection.queries.agents import Account, agent
from thrum.daemon.projection.queries.sessions import Session, sessions
from thrum.daemon.projection.queries.tenancy import Tenancy
from thrum.daemon.rpc import taking
from thrum.daemon.rpc.taking import Bid
from thrum.identity import process

DAY: Final = 24 * 3600 * 1_000_000_000
NOW: Final = 1_800_000_000_000_000_000
ME: Final = "max@example.org"
NUX: Final = {"name": "nux", "role": "tester", "module": "auth"}
OPEN: Final = Session("ses_1", "nux", format_ns(NOW - DAY), format_ns(NOW), "active")


def lived(*, is_open: bool, ended: int, registered: int, heard: int, person: str = ME) -> Tenancy:
    """An agent; the numbers are days ago, 0 for never."""

    def ago(days: int) -> str:
        return format_ns(NOW - days * DAY) if days else ""

    known = Account("nux", "agent", "tester", "auth", "", ago(99))
    known.registration, known.person = f"{ago(registered)} evt_1", person
    return Tenancy(known, (OPEN,) if is_open else (), ago(ended), ago(heard))


RESTS: Final = lived(is_open=False, ended=2, registered=3, heard=1)
WORKS: Final = lived(is_open=True, ended=2, registered=3, heard=1)


def test_at_once_from_where_nobody_lives_any_more() -> None:
    for bid in (Bid("eve@x"), Bid(ME, force=True), Bid("", is_another=True)):
        assert taking.reason(RESTS, bid, NOW) == "ended"
        silent = lived(is_open=True, ended=0, registered=99, heard=31)
        assert taking.reason(silent, bid, NOW) == "silent"
    assert taking.reason(RESTS, Bid(ME, is_homeless=True), NOW) == ""


@pytest.mark.parametrize(
    "found",
    [
        WORKS,
        lived(is_open=True, ended=0, registered=99, heard=29),
        # It was registered again since, and its session may be on its way.
        lived(is_open=False, ended=3, registered=2, heard=1),
        # Of other programs' agents no session may ever be told.
        lived(is_open=False, ended=0, registered=9, heard=1),
    ],
)
def test_from_where_somebody_may_live_its_own_person_insists_or_a_coordinator(
    found: Tenancy,
) -> None:
    for force, own, in_charge, another, homeless in itertools.product([False, True], repeat=5):
        bid = Bid(
            ME if own else "eve@x",
            force,
            is_homeless=homeless,
            is_in_charge=in_charge,
            is_another=another,
        )
        may = force and (in_charge or (own and not another and not homeless))
        assert taking.reason(found, bid, NOW) == ("forced" if may else ""), bid


def test_who_is_recorded_nowhere_is_nobodys_own() -> None:
    unknown = lived(is_open=True, ended=0, registered=9, heard=1, person="")
    assert taking.reason(unknown, Bid("", force=True), NOW) == ""
    assert taking.reason(unknown, Bid(ME, force=True), NOW) == ""


# -- from another clone, by the method --


def abroad(node: Any, *, person: str = ME, days: int = 0, is_open: bool = True) -> None:
    """nux lives in another clone, which was heard of so many days ago."""
    then = time.time_ns() - days * DAY - 60_000_000_000
    made: list[events.Event] = [
        events.AgentRegister(
            agent_id="nux", kind="agent", role="tester", module="auth", hostname="fury"
        ),
        events.SessionStart(session_id="ses_there", agent_id="nux"),
    ]
    assert isinstance(made[0], events.AgentRegister)
    made[0].person = person
    if not is_open:
        made.append(events.SessionEnd(session_id="ses_there"))
    for number, event in enumerate(made):
        event.timestamp, event.event_id = format_ns(then + number), f"evt_there_{number}"
        event.v, event.origin_daemon = 1, "d_there"
    node.store.log.append([[("events.jsonl", canonical(event)) for event in made]])
    node.store.catch_up()


@pytest.fixture
def here(node: Any) -> Any:
    """A node in whose repository git knows a person, with a worktree where nobody lives."""
    command = ["git", "-C", str(node.repository), "config", "user.email", ME]
    subprocess.run(command, check=True)
    node.homes["here"] = node.worktree("here")
    return node


def settle(node: Any, **how: Any) -> Any:
    """Registers nux here and begins its session, as `quickstart` does."""
    answer = node.call("here", "agent.register", **NUX, **how)
    file(node.homes["here"], "nux", worktree=str(node.homes["here"]))
    refs = [{"type": "worktree", "value": str(node.homes["here"])}]
    node.call("here", "session.start", agent_id="nux", refs=refs)
    assert node.call("here", "agent.whoami")["agent_id"] == "nux"
    return answer


def known(node: Any) -> Account:
    found = agent(node.store.reader(), "nux")
    assert found is not None
    return found


def test_its_own_person_brings_it_here_and_the_event_says_so(here: Any) -> None:
    abroad(here)
    error = here.stand("here").ask("agent.register", **NUX)["error"]
    assert "--force" in error["data"]["hint"]
    assert (error["data"]["kind"], error["data"]["person"]) == ("name_taken", ME)
    answer = settle(here, force=True)
    assert (answer["taken_why"], answer["status"]) == ("forced", "updated")
    assert "fury" in answer["taken_from"]
    found = known(here)
    assert (found.moves, found.moved_from, found.moved_by) == (1, "d_there", ME)
    assert (found.origin_daemon, found.moved_why, found.person) == ("d_here", "forced", ME)
    ended = {each.session_id: each.end_reason for each in sessions(here.store.reader(), "nux")}
    assert ended.pop("ses_there") == "superseded"
    assert list(ended.values()) == [""]
    assert "taken_why" not in settle(here, force=True), "it lives here by now"
    assert known(here).moves == 1


@pytest.mark.parametrize("who", ["another person", "nobody", "nowhere", "another program"])
def test_nobody_else_robs_who_may_be_alive(here: Any, who: str) -> None:
    abroad(here, person="" if who == "nobody" else "eve@x" if who == "another person" else ME)
    caller = "nobody" if who == "nowhere" else "here"
    if who == "another program":
        here.agent("slit")
        me = process.look(os.getpid())
        assert me
        own = {"agent_pid": me.pid, "agent_pid_started": me.started}
        file(here.homes["slit"], "slit", worktree=str(here.homes["slit"]), **own)
        caller = "slit"
    before = known(here)
    for how in ({}, {"force": True}, {"re_register": True}):
        answer = here.stand(caller).ask("agent.register", **NUX, **how)
        assert answer["error"]["data"]["kind"] == "name_taken", how
        assert answer["error"]["data"]["hint"]
    assert here.refused(caller, "session.start", agent_id="nux") == "not_allowed"
    assert known(here) == before


def test_a_coordinator_takes_it_for_the_worktree_where_it_works(here: Any) -> None:
    abroad(here, person="eve@x")
    here.agent("boss", "coordinator")
    assert here.refused("boss", "agent.register", **NUX) == "name_taken"
    assert here.call("boss", "agent.register", **NUX, force=True)["taken_why"] == "forced"
    assert known(here).moved_by == "boss"


@pytest.mark.parametrize(("how", "why"), [({"is_open": False}, "ended"), ({"days": 31}, "silent")])
def test_a_stranger_takes_what_nobody_lives_under(here: Any, how: Any, why: str) -> None:
    abroad(here, person="eve@x", **how)
    assert settle(here)["taken_why"] == why


def test_its_mail_comes_along(here: Any) -> None:
    abroad(here, is_open=False)
    here.agent("furiosa")
    here.send("furiosa", "for you", to="nux")
    settle(here)
    listed = here.call("here", "message.list", for_agent="nux")["messages"]
    assert [row["body"]["content"] for row in listed] == ["for you"]


# -- within the clone --


def test_a_home_that_is_gone_is_none(node: Any) -> None:
    session_id = node.agent("nux")
    node.call("nux", "session.end", session_id=session_id)
    node.homes["here"] = node.worktree("here")
    assert node.refused("here", "agent.register", **NUX) == "name_taken"
    node.move(node.homes["nobody"])
    subprocess.run(
        ["git", "-C", str(node.repository), "worktree", "remove", "--force", node.homes["nux"]],
        check=True,
    )
    answer = settle(node)
    assert (answer["taken_why"], answer["taken_from"]) == ("gone", str(node.homes["nux"]))
    assert known(node).moves == 1


@pytest.mark.parametrize("made", ["folder", "repository", "worktree"])
def test_what_stands_in_its_place_is_not_its_home(node: Any, made: str) -> None:
    session_id = node.agent("nux")
    old = node.homes["nux"]
    node.call("nux", "session.end", session_id=session_id)
    node.homes["here"] = node.worktree("here")
    node.move(node.homes["nobody"])
    git = ["git", "-C", str(node.repository), "worktree"]
    if made == "worktree":
        # Only the agent's own traces there would tell it from the old one.
        settle_gone(node, git, old)
        subprocess.run([*git, "add", "-q", "--detach", str(old)], check=True)
        assert node.refused("nux", "session.start", agent_id="nux") == "not_allowed"
        assert node.refused("nux", "agent.whoami") == "anonymous_caller"
        return
    subprocess.run([*git, "remove", "--force", str(old)], check=True)
    old.mkdir()
    if made == "repository":
        subprocess.run(["git", "init", "-q", str(old)], check=True)
    assert settle(node)["taken_why"] == "gone"


def settle_gone(node: Any, git: list[str], old: Any) -> None:
    subprocess.run([*git, "remove", "--force", str(old)], check=True)
    assert settle(node)["taken_why"] == "gone"


def test_a_program_that_runs_on_keeps_its_name_unless_somebody_insists(node: Any) -> None:
    session_id = node.agent("nux")
    node.call("nux", "session.end", session_id=session_id)
    node.homes["here"] = node.worktree("here")
    with subprocess.Popen(["sleep", "60"]) as runs:
        found = process.look(runs.pid)
        assert found
        node.store.transact_blocking(
            lambda t: t.db.execute(
                "UPDATE agents SET agent_pid = ?, agent_pid_start_time = ?",
                (found.pid, found.started),
            )
        )
        for is_gone in (False, True):
            if is_gone:
                node.move(node.homes["nobody"])
                shutil.rmtree(node.homes["nux"])
            assert node.refused("here", "agent.register", **NUX) == "name_taken"
            if not is_gone:
                assert node.refused("here", "agent.register", **NUX, force=True) == "name_taken"
        assert settle(node, force=True)["taken_why"] == "forced"
        runs.kill()


def test_from_a_worktree_that_stands_who_rests_is_brought_by_force(node: Any) -> None:
    session_id = node.agent("nux")
    old = file(node.homes["nux"], "nux", worktree=str(node.homes["nux"]))
    node.homes["here"] = node.worktree("here")
    for how in ({}, {"force": True}):
        assert node.refused("here", "agent.register", **NUX, **how) == "name_taken"
    node.call("nux", "session.end", session_id=session_id)
    assert node.refused("here", "agent.register", **NUX) == "name_taken"
    assert settle(node, force=True)["taken_from"] == str(node.homes["nux"])
    assert not old.exists(), "what it left is put aside"
    assert node.refused("nux", "agent.whoami") == "anonymous_caller"
    assert node.refused("nux", "session.start", agent_id="nux") == "not_allowed"
    old.with_name("nux.json.deleted").rename(old)
    node.parts.callers.identities.forget()
    assert node.refused("nux", "agent.whoami") == "anonymous_caller", "nor is it believed again"


def test_a_coordinator_moves_even_who_works(node: Any) -> None:
    node.agent("nux")
    node.agent("boss", "coordinator")
    assert node.refused("boss", "agent.register", **NUX) == "name_taken"
    assert node.call("boss", "agent.register", **NUX, force=True)["taken_why"] == "forced"
    assert node.refused("nux", "agent.whoami") == "anonymous_caller"
