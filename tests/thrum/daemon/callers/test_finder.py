"""What is found of a calling process, and when it is looked at again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.callers.conftest import System, file
from thrum import events, platform
from thrum.daemon.callers import identities
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.callers.finder import Finder
from thrum.daemon.callers.mounts import Mounts
from thrum.daemon.callers.resolver import Resolver
from thrum.identity.process import Process


def test_a_process_in_a_worktree_is_the_agent_at_home_there(
    node: Any, resolver: Resolver, system: System
) -> None:
    deep = node.homes["nux"] / "a" / "b"
    deep.mkdir(parents=True)
    system.add(10, 1, deep)
    assert resolver.resolve(10, "") == Caller(
        "nux", State.IDENTIFIED, "worktree", 10, str(node.homes["nux"])
    )


def test_another_repository_inside_a_worktree_is_not_the_worktree(
    node: Any, resolver: Resolver, system: System
) -> None:
    inner = node.homes["nux"] / "vendored"
    subprocess.run(["git", "init", "-q", str(inner)], check=True)
    system.add(10, 1, inner)
    assert resolver.resolve(10, "").state is State.ANONYMOUS


def test_the_nearest_process_counts(node: Any, resolver: Resolver, system: System) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    file(node.homes["nux"], "nux", agent_pid=21, agent_pid_started="7")
    system.add(20, 1, Path("/"))
    system.add(21, 20, Path("/"))
    system.add(22, 21, Path("/"))
    assert resolver.resolve(22, "").agent_id == "nux"
    assert resolver.resolve(20, "").agent_id == "furiosa"


def test_the_store_may_be_closed_under_who_looks(
    node: Any, resolver: Resolver, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that a mount holds up is not waited for, and SQLite forgives nothing."""
    file(node.homes["nux"], "nux", agent_pid=21, agent_pid_started="7")
    system.add(21, 1, Path("/"))
    system.add(22, 21, Path("/"))

    def look(pid: int) -> Process | None:
        if system.looks.count(22):
            node.store.close()
        return system.look(pid)

    monkeypatch.setattr(resolver, "look", look)
    found = resolver.find(22)
    assert found
    assert found.by_pid == ("nux",)


def test_a_number_that_was_given_out_again_is_another_process(
    node: Any, resolver: Resolver, system: System
) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="before")
    system.add(20, 1, Path("/"))
    assert resolver.resolve(20, "").state is State.ANONYMOUS


def test_nobody_vouches_for_a_process_that_is_gone(
    node: Any, resolver: Resolver, system: System
) -> None:
    assert resolver.resolve(10, "nux").state is State.ANONYMOUS
    system.add(10, 1, node.homes["nux"])
    opener = system.processes[10]
    assert resolver.resolve(10, "", opener).agent_id == "nux"
    system.processes[10] = opener._replace(started="later")
    assert resolver.resolve(10, "nux", opener).state is State.ANONYMOUS


def test_what_was_found_is_kept_and_costs_few_questions(
    node: Any, resolver: Resolver, system: System
) -> None:
    for pid in range(10, 20):
        system.add(pid, pid - 1 if pid > 10 else 1, node.homes["nux"])
    resolver.resolve(19, "")
    system.looks.clear()
    assert resolver.resolve(19, "").agent_id == "nux"
    assert system.looks == [19]


@pytest.fixture
def asked_of_the_system() -> Iterator[list[str]]:
    """What this process opens below ``/proc``, and every process that it starts."""
    seen: list[str] = []
    listening = True

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if not listening:
            return
        if event == "open" and str(arguments[0]).startswith("/proc/"):
            seen.append(str(arguments[0]))
        elif event in {"os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "subprocess.Popen"}:
            seen.append(event)

    sys.addaudithook(hear)  # cannot be taken away again
    yield seen
    listening = False


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes for which files and database were searched."""
    found: list[int] = []
    search = Finder._search

    def counting(self: Finder, calling: Process, *rest: Any) -> Any:
        found.append(calling.pid)
        return search(self, calling, *rest)

    monkeypatch.setattr(Finder, "_search", counting)
    return found


@pytest.mark.skipif(not platform.LINUX, reason="counts what is read of /proc")
def test_a_kept_connection_costs_one_look_at_its_process_and_starts_none(
    node: Any, asked_of_the_system: list[str], searched: list[int]
) -> None:
    node.agent("nux")
    file(node.homes["nux"], "nux", agent_pid=os.getppid(), agent_pid_started="another")
    caller = node.stand("nux")
    node.send("nux")  # what the agents' registration told is heard by now
    node.parts.callers.identities.now_ns = lambda: 0  # nothing was written just now
    caller.call("agent.whoami")
    asked_of_the_system.clear()
    searched.clear()
    for number in range(50):
        claim = {"caller_agent_id": "nux"} if number % 2 else {}
        assert caller.call("message.list", for_agent="nux", **claim)["total"] == 0
    assert asked_of_the_system == [f"/proc/{os.getpid()}/stat"] * 50
    assert searched == []
    file(node.homes["nux"], "nux", agent_pid=os.getppid(), agent_pid_started="another")
    caller.call("message.list", for_agent="nux")
    assert len(asked_of_the_system) > 51
    assert searched == [os.getpid()]
    assert all(name.startswith("/proc/") for name in asked_of_the_system)


def test_below_an_agents_process_each_link_up_to_it_is_looked_at(
    node: Any, resolver: Resolver, system: System
) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    for pid in range(18, 24):
        system.add(pid, pid - 1, Path("/"))
    resolver.resolve(23, "")
    system.looks.clear()
    assert resolver.resolve(23, "").agent_id == "furiosa"
    assert system.looks == [23, 22, 21, 20]


def test_who_is_orphaned_further_up_is_nobodys_any_more(
    node: Any, resolver: Resolver, system: System
) -> None:
    """The one in the middle ends; the calling process keeps its parent, the agent its process."""
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    for pid in (20, 21, 22, 23):
        system.add(pid, pid - 1, Path("/"))
    assert resolver.resolve(23, "").agent_id == "furiosa"
    del system.processes[21]
    system.processes[22] = system.processes[22]._replace(parent=1)
    assert resolver.resolve(23, "").state is State.ANONYMOUS


def test_what_is_written_over_in_place_counts_at_once(
    node: Any, resolver: Resolver, system: System
) -> None:
    path = file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    system.add(20, 1, Path("/"))
    assert resolver.resolve(20, "").agent_id == "furiosa"
    whole = path.read_text()
    for broken in ("", "{", whole.replace("20", "21"), whole.replace("furiosa", "nux")):
        path.write_text(broken)
        assert resolver.resolve(20, "").state is State.ANONYMOUS
        path.write_text(whole)
        os.utime(path.parent)
        assert resolver.resolve(20, "").agent_id == "furiosa"


def test_what_was_written_just_now_is_not_kept(
    node: Any, resolver: Resolver, system: System
) -> None:
    """Two files within one tick of the disk's clock give their folder one time."""
    node.call("nobody", "agent.register", name="slit", role="driver", module="x")
    home = node.worktree("late")
    folder = file(home, "ghost").parent
    changed = folder.stat().st_mtime_ns
    resolver.identities.now_ns = lambda: changed + 1_000_000
    system.add(10, 1, home)
    assert resolver.resolve(10, "").state is State.ANONYMOUS
    file(home, "slit")
    os.utime(folder, ns=(changed, changed))
    assert resolver.resolve(10, "").agent_id == "slit"


def test_a_worktree_that_was_moved_is_the_same_agents(
    node: Any, resolver: Resolver, system: System
) -> None:
    node.call("nobody", "agent.register", name="slit", role="driver", module="x")
    before = node.worktree("before")
    file(before, "slit", worktree=str(before))
    system.add(10, 1, before)
    assert resolver.resolve(10, "").agent_id == "slit"
    after = before.with_name("after")
    subprocess.run(
        ["git", "-C", str(node.repository), "worktree", "move", str(before), str(after)], check=True
    )
    system.add(11, 1, after)
    assert resolver.resolve(11, "").agent_id == "slit"
    assert resolver.resolve(10, "").state is State.ANONYMOUS


def test_who_calls_once_is_not_kept_for_ever(
    node: Any, resolver: Resolver, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thrum.daemon.callers.finder.MOST_KEPT", 3)
    for pid in range(10, 20):
        system.add(pid, 1, node.homes["nux"])
        assert resolver.resolve(pid, "").agent_id == "nux"
        assert len(resolver._kept) <= 3


def test_moving_counts_at_once(node: Any, resolver: Resolver, system: System) -> None:
    system.add(10, 1, node.homes["nux"])
    assert resolver.resolve(10, "").agent_id == "nux"
    system.where[10] = node.homes["furiosa"]
    assert resolver.resolve(10, "").agent_id == "furiosa"
    system.where[10] = Path("/")
    assert resolver.resolve(10, "").state is State.ANONYMOUS


def test_a_session_that_ends_counts_at_once(node: Any, resolver: Resolver, system: System) -> None:
    system.add(10, 1, node.homes["nux"])
    assert resolver.resolve(10, "").agent_id == "nux"
    (session,) = node.call("nux", "session.list", agent_id="nux")["sessions"]
    node.call("nux", "session.end", session_id=session["session_id"])
    assert resolver.resolve(10, "").state is State.ANONYMOUS


def test_a_file_counts_as_soon_as_it_is_written_and_no_longer(
    node: Any, resolver: Resolver, system: System
) -> None:
    node.call("nobody", "agent.register", name="slit", role="driver", module="x")
    home = node.worktree("late")
    system.add(10, 1, home)
    assert resolver.resolve(10, "").state is State.ANONYMOUS
    path = file(home, "slit")
    assert resolver.resolve(10, "").agent_id == "slit"
    path.unlink()
    assert resolver.resolve(10, "").state is State.ANONYMOUS


def test_a_file_of_somebody_unregistered_makes_nobody(
    node: Any, resolver: Resolver, system: System
) -> None:
    home = node.worktree("strange")
    file(home, "ghost")
    (home / ".thrum/identities/broken.json").write_text("{")
    system.add(10, 1, home)
    assert resolver.resolve(10, "ghost").state is State.ANONYMOUS


def test_the_end_of_the_owning_process_counts_at_once(
    node: Any, resolver: Resolver, system: System
) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    system.add(20, 1, Path("/"))
    system.add(21, 20, Path("/"))
    assert resolver.resolve(21, "").agent_id == "furiosa"
    del system.processes[20]
    assert resolver.resolve(21, "").state is State.ANONYMOUS


def test_only_what_concerns_agents_makes_it_look_again(
    node: Any, resolver: Resolver, wait_until: Callable[..., None]
) -> None:
    node.send("nux")  # what the agents' registration told is heard by now
    before = resolver.generation
    node.send("nux")
    node.call("nux", "session.list")
    assert resolver.generation == before
    # As it comes from another clone: no method of this node tells of it.
    node.store.transact_blocking(
        lambda t: t.emit(events.AgentCleanup(agent_id="nux", reason="gone", method="manual"))
    )
    wait_until(lambda: resolver.generation > before)


def test_who_begins_is_known_with_the_next_request(node: Any) -> None:
    """One connection asks as a stranger, registers, begins and acts, without a pause."""
    node.homes["nux"] = home = node.worktree("nux")
    caller = node.stand("nux")
    caller.call("agent.register", name="nux", role="tester", module="auth")
    refs = [{"type": "worktree", "value": str(home)}]
    for _ in range(30):
        session = caller.call("session.start", agent_id="nux", refs=refs)["session_id"]
        assert caller.call("agent.whoami")["session_id"] == session
        caller.call("session.end", session_id=session)
        assert caller.refused("agent.whoami") == "anonymous_caller"


SPEAKER = """
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
ask = {"jsonrpc": "2.0", "id": 1, "method": "agent.whoami", "params": {"caller_agent_id": "nux"}}
if os.fork():
    # Who opened the connection goes; a child in another place speaks on it.
    os._exit(0)
while os.getppid() == int(sys.argv[2]):
    pass
os.chdir("/")
connection.sendall(json.dumps(ask).encode() + b"\\n")
sys.stdout.write(connection.makefile().readline())
"""


@pytest.mark.skipif(not platform.LINUX, reason="needs a process that ends without being waited for")
def test_real_processes_are_told_apart(node: Any) -> None:
    """One that stands in nux's worktree is nux; an orphaned connection is nobody's."""
    node.agent("nux")
    socket = str(node.parts.place.socket)
    ask = SPEAKER.replace("if os.fork():", "if False:").replace("while ", "while False and ")
    here = subprocess.run(
        [sys.executable, "-c", ask.replace('os.chdir("/")', ""), socket, "0"],
        cwd=node.homes["nux"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(here.stdout)["result"]["agent_id"] == "nux"
    orphan = SPEAKER.replace("int(sys.argv[2])", "parent").replace(
        "connection = socket", "parent = os.getpid()\nconnection = socket", 1
    )
    gone = subprocess.run(
        [sys.executable, "-c", orphan, socket],
        cwd=node.homes["nux"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(gone.stdout)["error"]["data"]["kind"] == "anonymous_caller"


class NoMounts(Mounts):
    """Every path may be one that does not answer."""

    def are_local(self, paths: Iterable[str]) -> bool:
        return False


@pytest.mark.parametrize("where", ["where it stands", "where an identity file lies"])
def test_a_disk_that_does_not_answer_holds_up_its_own_callers_only(
    node: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    node.agent("furiosa")
    node.agent("nux")
    resolver, over = node.parts.resolver, threading.Event()
    resolver.mounts = NoMounts()
    asked: list[Path] = []
    real = Resolver.worktree
    real_changed = identities._changed
    files_of_nux = str(node.homes["nux"] / ".thrum/identities")

    def worktree(which: Resolver, place: Path) -> str:
        if place == node.homes["nux"]:
            asked.append(place)
            assert over.wait(20)
        return real(which, place)

    def changed(directory: str) -> int:
        if directory == files_of_nux:
            assert over.wait(20)
        return real_changed(directory)

    if where == "where it stands":
        monkeypatch.setattr(Resolver, "worktree", worktree)
        node.stand("nux")
        held = node.connect()
        held.write("agent.whoami")
        assert held.read()["error"]["data"]["kind"] == "timed_out"
        assert held.refused("agent.whoami") == "timed_out"
        assert len(asked) == 2, "it is not asked about again"
    else:
        monkeypatch.setattr(identities, "_changed", changed)
    node.stand("furiosa")
    other = node.connect()
    for _ in range(3):
        assert other.call("agent.whoami")["agent_id"] == "furiosa"
    over.set()
