"""Who calls: by process, by worktree, by claim, in that order."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.callers.conftest import System, file, kind
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.callers.resolver import Resolver


def test_a_process_elsewhere_is_nobody_whatever_it_claims(
    node: Any, resolver: Resolver, system: System, tmp_path: Path
) -> None:
    empty = node.worktree("empty")
    for pid, where in ((10, tmp_path), (11, empty), (12, Path("/"))):
        system.add(pid, 1, where)
        for claim in ("", "nux"):
            found = resolver.resolve(pid, claim)
            assert (found.agent_id, found.state) == ("", State.ANONYMOUS)


def test_a_claim_that_contradicts_the_worktree_is_refused(
    node: Any, resolver: Resolver, system: System
) -> None:
    system.add(10, 1, node.homes["nux"])
    assert resolver.resolve(10, "nux").agent_id == "nux"
    assert kind(lambda: resolver.resolve(10, "furiosa")) == "identity_mismatch"


def test_of_several_at_home_the_claim_chooses_else_the_newest_session(
    node: Any, resolver: Resolver, system: System
) -> None:
    home = node.homes["nux"]
    node.call("nux", "agent.register", name="slit", role="driver", module="x")
    file(home, "slit")
    refs = [{"type": "worktree", "value": str(home)}]
    node.call("nux", "session.start", agent_id="slit", refs=refs, caller_agent_id="slit")
    system.add(10, 1, home)
    assert resolver.resolve(10, "").agent_id == "slit"
    assert resolver.resolve(10, "nux").agent_id == "nux"
    assert kind(lambda: resolver.resolve(10, "furiosa")) == "identity_mismatch"


def test_the_process_counts_more_than_the_place(
    node: Any, resolver: Resolver, system: System
) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    system.add(20, 1, node.homes["furiosa"])
    system.add(21, 20, Path("/"))
    system.add(22, 21, node.homes["nux"])
    for pid in (20, 21, 22):
        found = resolver.resolve(pid, "")
        assert (found.agent_id, found.rule) == ("furiosa", "pid")


def test_a_file_alone_makes_nobody_an_agent(node: Any, resolver: Resolver, system: System) -> None:
    file(node.homes["nux"], "unregistered", agent_pid=20, agent_pid_started="7")
    system.add(20, 1, Path("/"))
    assert resolver.resolve(20, "unregistered").state is State.ANONYMOUS


def test_an_agent_does_not_become_another_by_walking_to_its_place(
    node: Any, resolver: Resolver, system: System
) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    file(node.homes["nux"], "nux")
    system.add(20, 1, node.homes["nux"])
    assert resolver.resolve(20, "").agent_id == "furiosa"
    assert kind(lambda: resolver.resolve(20, "nux")) == "identity_mismatch"


def test_of_two_agents_of_one_process_the_one_at_home_counts_or_the_claimed_one(
    node: Any, resolver: Resolver, system: System
) -> None:
    for name in ("furiosa", "nux"):
        file(node.homes[name], name, agent_pid=20, agent_pid_started="7")
        system.add(20, 1, node.homes[name])
        assert resolver.resolve(20, "").agent_id == name
    for name in ("furiosa", "nux"):
        assert resolver.resolve(20, name).agent_id == name


@pytest.mark.parametrize("written", ["its own place", "where it is", "nothing"])
def test_a_planted_file_makes_nobody_another_agent(
    node: Any, resolver: Resolver, system: System, written: str
) -> None:
    """furiosa, by its process, puts a file with nux's name beside its own."""
    home = node.homes["furiosa"]
    file(home, "furiosa", agent_pid=20, agent_pid_started="7")
    file(node.homes["nux"], "nux", worktree=str(node.homes["nux"]))
    place = {"its own place": str(node.homes["nux"]), "where it is": str(home), "nothing": ""}
    file(home, "nux", agent_pid=20, agent_pid_started="7", worktree=place[written])
    system.add(20, 1, home)
    system.add(21, 1, home)
    for pid in (20, 21):
        assert resolver.resolve(pid, "").agent_id == "furiosa"
        assert kind(partial(resolver.resolve, pid, "nux")) == "identity_mismatch"
    system.add(22, 1, node.homes["nux"])
    assert resolver.resolve(22, "nux").agent_id == "nux"


def test_the_others_of_a_place_are_told(node: Any, resolver: Resolver, system: System) -> None:
    node.call("nobody", "agent.register", name="slit", role="driver", module="x")
    file(node.homes["nux"], "slit")
    system.add(10, 1, node.homes["nux"])
    assert resolver.resolve(10, "").others == ("slit",)
    assert resolver.resolve(10, "slit").others == ("nux",)
    system.add(11, 1, node.homes["furiosa"])
    assert resolver.resolve(11, "").others == ()


@pytest.fixture
def shared(node: Any, system: System) -> Path:
    """nux's worktree, where slit lives as well and process 10 stands."""
    home: Path = node.homes["nux"]
    node.call("nux", "agent.register", name="slit", role="driver", module="x")
    file(home, "slit")
    system.add(10, 1, home)
    return home


def test_a_name_that_is_implied_chooses_among_those_who_may_be_meant(
    resolver: Resolver, shared: Path
) -> None:
    def caller(claim: str, *implied: str) -> str:
        return resolver.resolve(10, claim, implied=implied).agent_id

    assert caller("") == "nux"
    assert caller("", "slit") == "slit"
    assert caller("", "@slit") == "slit"
    assert caller("nux", "slit") == "nux"
    assert caller("", "", "furiosa", "slit", "nux") == "slit"
    assert resolver.resolve(10, "", implied=["slit"]).others == ("nux",)


def test_a_name_that_is_implied_may_be_somebody_elses(
    resolver: Resolver, system: System, shared: Path
) -> None:
    for whom in ("furiosa", "nobody", "user:ann", "x" * 100_000, "\x00"):
        assert resolver.resolve(10, "", implied=[whom]).agent_id == "nux"
    assert kind(lambda: resolver.resolve(10, "furiosa", implied=["nux"])) == "identity_mismatch"
    system.add(11, 1, Path("/"))
    assert resolver.resolve(11, "", implied=["nux"]).state is State.ANONYMOUS


def test_an_agent_that_visits_becomes_nobody_else_by_what_it_implies(
    node: Any, resolver: Resolver, system: System, shared: Path
) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    system.add(20, 1, shared)
    assert resolver.resolve(20, "", implied=["slit"]).agent_id == "furiosa"


def test_where_the_kernel_is_silent_an_implied_name_is_no_claim(resolver: Resolver) -> None:
    assert resolver.resolve(0, "", implied=["nux"]) == Caller("", State.UNKNOWN, "", 0)
    assert resolver.resolve(0, "nux", implied=["furiosa"]).agent_id == "nux"


@pytest.fixture
def ada(resolver: Resolver) -> Resolver:
    """A resolver that knows whose account it is; processes from 50 on have a terminal."""
    resolver.person = "user:ada"
    resolver.is_attended = lambda pid: pid >= 50
    return resolver


@pytest.mark.parametrize("claim", ["", "user:ada"])
def test_who_sits_at_a_terminal_where_no_agent_lives_is_the_person(
    node: Any, ada: Resolver, system: System, tmp_path: Path, claim: str
) -> None:
    for pid, where in ((50, tmp_path), (51, node.worktree("empty"))):
        system.add(pid, 1, where)
        found = ada.resolve(pid, claim)
        assert (found.agent_id, found.rule, found.state) == ("user:ada", "user", State.IDENTIFIED)
        assert ada.resolve(pid, "nux").state is State.ANONYMOUS


def test_where_an_agent_lives_a_person_says_so(node: Any, ada: Resolver, system: System) -> None:
    system.add(50, 1, node.homes["nux"])
    assert ada.resolve(50, "").agent_id == "nux"
    assert ada.resolve(50, "nux").agent_id == "nux"
    assert ada.resolve(50, "user:ada").agent_id == "user:ada"
    assert kind(lambda: ada.resolve(50, "user:eve")) == "identity_mismatch"


def test_no_agent_is_a_person_by_saying_so(
    node: Any, ada: Resolver, system: System, tmp_path: Path
) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=60, agent_pid_started="7")
    system.add(60, 1, node.homes["furiosa"])
    system.add(61, 60, tmp_path)
    for pid in (60, 61):
        assert kind(lambda pid=pid: ada.resolve(pid, "user:ada")) == "identity_mismatch"  # type: ignore[misc]
        assert ada.resolve(pid, "").agent_id == "furiosa"
    system.add(10, 1, node.homes["nux"])
    assert kind(lambda: ada.resolve(10, "user:ada")) == "identity_mismatch"
    system.add(11, 1, tmp_path)
    assert ada.resolve(11, "user:ada").state is State.ANONYMOUS
    assert ada.resolve(11, "").state is State.ANONYMOUS


def test_who_never_registered_is_nobody(node: Any, resolver: Resolver, system: System) -> None:
    resolver.is_attended = lambda pid: True
    system.add(50, 1, node.worktree("empty"))
    for claim in ("", "user:ada"):
        assert resolver.resolve(50, claim).state is State.ANONYMOUS
