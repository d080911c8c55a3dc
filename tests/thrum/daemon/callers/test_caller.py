"""Who calls: by process, by worktree, by claim, in that order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from thrum import events, platform
from thrum.daemon.callers.caller import Caller, Resolver, State
from thrum.daemon.callers.identities import Identities
from thrum.daemon.transports.unix import GONE
from thrum.errors import ThrumError
from thrum.identity.process import Process


class System:
    """Processes as a test says; `looks` counts the questions."""

    def __init__(self) -> None:
        self.processes: dict[int, Process] = {os.getpid(): Process(os.getpid(), 1, "daemon", "0")}
        self.where: dict[int, Path | None] = {}
        self.looks: list[int] = []

    def add(self, pid: int, parent: int, cwd: Path | None, started: str = "") -> None:
        self.processes[pid] = Process(pid, parent, "sh", started or "7")
        self.where[pid] = cwd

    def look(self, pid: int) -> Process | None:
        self.looks.append(pid)
        return self.processes.get(pid)

    def cwd(self, pid: int) -> Path | None:
        return self.where.get(pid)


@pytest.fixture
def system() -> System:
    """A system without processes, besides this one."""
    return System()


@pytest.fixture
def resolver(node: Any, system: System) -> Resolver:
    """Resolves callers of a node on which furiosa and nux are at home."""
    node.agent("furiosa")
    node.agent("nux")
    # By this clock nothing was written just now, so that what is found may be kept.
    identities = Identities(node.repository, lambda: 0)
    made = Resolver(identities, node.store, system.look, system.cwd)
    node.store.on_applied.append(made.heard)
    node.parts.on_moved.append(made.changed)
    return made


def file(home: Path, name: str, **fields: Any) -> Path:
    """Writes an identity file as other programs do: beside it, then renamed."""
    path = home / ".thrum/identities" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"version": 5, "agent": {"name": name}, **fields}))
    part.rename(path)
    return path


def kind(call: Callable[[], object]) -> str:
    """The kind with which a call is refused."""
    with pytest.raises(ThrumError) as caught:
        call()
    return caught.value.kind


def test_a_process_in_a_worktree_is_the_agent_at_home_there(
    node: Any, resolver: Resolver, system: System
) -> None:
    deep = node.homes["nux"] / "a" / "b"
    deep.mkdir(parents=True)
    system.add(10, 1, deep)
    assert resolver.resolve(10, "") == Caller(
        "nux", State.IDENTIFIED, "worktree", 10, str(node.homes["nux"])
    )


def test_a_process_elsewhere_is_nobody_whatever_it_claims(
    node: Any, resolver: Resolver, system: System, tmp_path: Path
) -> None:
    empty = node.worktree("empty")
    for pid, where in ((10, tmp_path), (11, empty), (12, Path("/"))):
        system.add(pid, 1, where)
        for claim in ("", "nux"):
            found = resolver.resolve(pid, claim)
            assert (found.agent_id, found.state) == ("", State.ANONYMOUS)


def test_another_repository_inside_a_worktree_is_not_the_worktree(
    node: Any, resolver: Resolver, system: System
) -> None:
    inner = node.homes["nux"] / "vendored"
    subprocess.run(["git", "init", "-q", str(inner)], check=True)
    system.add(10, 1, inner)
    assert resolver.resolve(10, "").state is State.ANONYMOUS


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


def test_the_nearest_process_counts(node: Any, resolver: Resolver, system: System) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="7")
    file(node.homes["nux"], "nux", agent_pid=21, agent_pid_started="7")
    system.add(20, 1, Path("/"))
    system.add(21, 20, Path("/"))
    system.add(22, 21, Path("/"))
    assert resolver.resolve(22, "").agent_id == "nux"
    assert resolver.resolve(20, "").agent_id == "furiosa"


def test_a_number_that_was_given_out_again_is_another_process(
    node: Any, resolver: Resolver, system: System
) -> None:
    file(node.homes["furiosa"], "furiosa", agent_pid=20, agent_pid_started="before")
    system.add(20, 1, Path("/"))
    assert resolver.resolve(20, "").state is State.ANONYMOUS


def test_only_where_the_kernel_is_silent_a_claim_counts(
    node: Any, resolver: Resolver, system: System
) -> None:
    assert resolver.resolve(0, "nux") == Caller("nux", State.UNKNOWN, "claim", 0)
    assert resolver.resolve(0, "").state is State.UNKNOWN
    assert resolver.resolve(0, "stranger").state is State.ANONYMOUS
    assert resolver.resolve(0, "nux", GONE).state is State.ANONYMOUS


def test_a_claim_forges_no_line_of_the_log_and_does_not_fill_it(
    node: Any, resolver: Resolver, system: System, caplog: pytest.LogCaptureFixture
) -> None:
    system.add(10, 1, node.homes["nux"])
    forged = "x\n2026-01-01T00:00:00Z WARNING thrum.guard: identity_guard_fire" + "x" * 100_000
    assert kind(lambda: resolver.resolve(10, forged)) == "identity_mismatch"
    assert resolver.resolve(0, forged).state is State.ANONYMOUS
    assert len(caplog.messages) == 2
    assert all(len(line.splitlines()) == 1 and len(line) < 2_000 for line in caplog.messages)


def test_who_hides_where_it_stands_is_known_by_what_is_above(
    node: Any, resolver: Resolver, system: System
) -> None:
    system.add(9, 1, node.homes["nux"])
    system.add(10, 9, None)
    assert resolver.resolve(10, "nux") == Caller("nux", State.UNKNOWN, "claim", 10)
    assert resolver.resolve(10, "furiosa").state is State.ANONYMOUS
    system.add(11, 1, None)
    assert resolver.resolve(11, "nux").state is State.ANONYMOUS
    file(node.homes["furiosa"], "furiosa", agent_pid=9, agent_pid_started="7")
    found = resolver.resolve(10, "")
    assert (found.agent_id, found.rule) == ("furiosa", "pid")
    assert kind(lambda: resolver.resolve(10, "nux")) == "identity_mismatch"


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


def test_nobody_vouches_for_a_process_that_is_gone(
    node: Any, resolver: Resolver, system: System
) -> None:
    assert resolver.resolve(10, "nux").state is State.ANONYMOUS
    system.add(10, 1, node.homes["nux"])
    opener = system.processes[10]
    assert resolver.resolve(10, "", opener).agent_id == "nux"
    system.processes[10] = replace(opener, started="later")
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
    search = Resolver._search

    def counting(self: Resolver, calling: Process, *rest: Any) -> Any:
        found.append(calling.pid)
        return search(self, calling, *rest)

    monkeypatch.setattr(Resolver, "_search", counting)
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
    file(node.homes["nux"], "nux")
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
    system.processes[22] = replace(system.processes[22], parent=1)
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


def test_who_calls_once_is_not_kept_for_ever(
    node: Any, resolver: Resolver, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thrum.daemon.callers.caller.MOST_KEPT", 3)
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


def test_nobody_makes_another_worktree_their_home(node: Any) -> None:
    """Processes there would be taken for whoever did it."""
    session_id = node.agent("nux")
    there = node.worktree("there")
    node.homes["there"] = there
    refs = [{"type": "worktree", "value": str(there)}]
    again = {"session_id": session_id, "add_refs": refs}
    assert node.refused("nux", "session.heartbeat", **again) == "not_allowed"
    assert node.refused("nux", "session.start", agent_id="nux", refs=refs) == "not_allowed"
    assert node.refused("there", "agent.whoami") == "anonymous_caller"


def test_an_agent_that_rests_is_not_taken_over_from_elsewhere(node: Any) -> None:
    session_id = node.agent("nux")
    node.call("nux", "session.end", session_id=session_id)
    node.homes["there"] = node.worktree("there")
    refs = [{"type": "worktree", "value": str(node.homes["there"])}]
    assert node.refused("there", "session.start", agent_id="nux", refs=refs) == "not_allowed"


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
