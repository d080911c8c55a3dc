"""Who may speak where: real agent programs, real worktrees, a real daemon."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import world_in
from tests.integration.program import Program
from thrum.identity import files, guards
from thrum.identity.files import Identity
from thrum.runtimes import presets

pytestmark = pytest.mark.skipif(
    sys.platform == "darwin", reason="a link does not rename a process there"
)

LOOSE = {"identity_guard": dict.fromkeys(guards.GUARDS, "warn")}
NAMES = ("furiosa", "nux")
ABSENT = {"identity_guard": dict.fromkeys(guards.GUARDS, "off")}
CONFIGS: dict[str, dict[str, Any]] = {"strict": {}, "warn": LOOSE, "off": ABSENT}


@dataclass
class Office:
    """furiosa's main checkout and nux's linked worktree, each with a running agent program."""

    world: Any
    main: Path
    beside: Path
    stack: ExitStack
    furiosa: Program
    nux: Program

    def program(self, name: str = "claude", *words: str) -> Program:
        """Another agent program, ended with the test."""
        return self.stack.enter_context(
            Program(self.world.root, self.world.environment, name, *words)
        )

    def modes(self, section: dict[str, Any]) -> None:
        """Sets the modes of both worktrees, by the uppermost layer."""
        for root in (self.main, self.beside):
            (root / ".thrum/var").mkdir(exist_ok=True)
            (root / ".thrum/var/guard-daemon.json").write_text(json.dumps(section))

    def identity(self, root: Path, name: str) -> Identity:
        return files.read(root / f".thrum/identities/{name}.json")

    def fired(self) -> list[str]:
        """The lines about guards in the log, and the log emptied of them."""
        log = self.main / ".thrum/var/daemon.log"
        found = [line for line in log.read_text().splitlines() if "identity_guard_fire" in line]
        log.write_text("")
        return found


def quickstart(program: Program, where: Path, name: str, *flags: str) -> tuple[int, str, str]:
    return program.thrum(where, "quickstart", name, "--role", "tester", "--module", "x", *flags)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A main checkout and a linked worktree, with a daemon and nobody in them."""
    with world_in(tmp_path_factory.mktemp("house")) as world:
        main, beside = world.root / "main", world.root / "beside"
        own = Path(world.environment["HOME"]) / presets.FILE
        own.parent.mkdir(exist_ok=True)
        own.write_text('{"custom_runtimes": {"mine": {"command": "my-tool --chat"}}}')
        world.repository(main)
        world.thrum(main, "init", "--non-interactive")
        world.git("worktree", "add", "-q", str(beside), cwd=main)
        world.thrum(beside, "init", "--non-interactive")
        yield world


@pytest.fixture
def office(house: Any) -> Iterator[Office]:
    """Two agents at work in the house, each under a program of its own."""
    main, beside = house.root / "main", house.root / "beside"
    for old in house.root.glob("*/.thrum/identities/*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    with ExitStack() as stack:
        programs = [stack.enter_context(Program(house.root, house.environment)) for _ in range(2)]
        made = Office(house, main, beside, stack, *programs)
        made.modes({})
        for program, where, name in zip(programs, (main, beside), NAMES, strict=True):
            code, _, err = quickstart(program, where, name)
            assert code == 0, err
        made.fired()
        yield made


def error_of(err: str) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(err)["error"]
    return error


def test_a_program_that_walks_into_anothers_worktree(office: Office) -> None:
    """The rule in its three modes; let through, it speaks as itself."""
    code, _, err = office.furiosa.thrum(office.beside, "send", "hi", "--to", "@nux", "--json")
    error = error_of(err)
    assert (code, error["guard"], error["reason"]) == (1, "cross_worktree", "pid_mismatch")
    assert error["expected_agent"] == "nux"
    assert error["detected_agent"] == "furiosa"
    assert (error["expected_pid"], error["caller_pid"]) == (office.nux.pid, office.furiosa.pid)
    (line,) = office.fired()
    assert "guard=cross_worktree mode=strict outcome=denied reason=pid_mismatch" in line
    for mode, expected in (("warn", 1), ("off", 0)):
        office.modes(CONFIGS[mode])
        code, out, err = office.furiosa.thrum(office.beside, "send", "hi", "--to", "@nux", "--json")
        assert code == 0, err
        sent = office.world.thrum(office.main, "message", "get", json.loads(out)["message_id"])
        assert "@furiosa" in sent.out
        assert len(office.fired()) == expected


def test_commands_that_only_look_warn_and_go_on(office: Office) -> None:
    code, out, err = office.furiosa.thrum(office.beside, "team")
    assert (code, err.count("⚠")) == (0, 1)
    assert "nux" in out
    code, out, err = office.furiosa.thrum(office.beside, "whoami")
    assert (code, out.count("⚠"), err.count("⚠")) == (0, 1, 1)
    assert office.furiosa.thrum(office.beside, "inbox")[0] == 1
    assert office.furiosa.thrum(office.beside, "version") == (
        *office.nux.thrum(office.beside, "version")[:2],
        "",
    )


def test_a_new_program_takes_over_from_one_that_ended_once(office: Office) -> None:
    office.nux.end()
    successor = office.program("codex")
    code, _, err = successor.thrum(office.beside, "send", "I am back", "--to", "@furiosa")
    assert code == 0, err
    found = office.identity(office.beside, "nux")
    assert (found.agent_pid, found.runtime) == (successor.pid, "codex")
    assert found.agent_pid_started
    (line,) = office.fired()
    assert "guard=dead_pid_auto_reclaim mode=strict outcome=auto_reclaimed" in line
    assert successor.thrum(office.beside, "send", "again", "--to", "@furiosa")[0] == 0
    assert office.fired() == []
    (row,) = [
        each
        for each in office.world.thrum(office.main, "rpc", "call", "agent.list", "--json").json[
            "agents"
        ]
        if each["agent_id"] == "nux"
    ]
    assert row["agent_pid"] == successor.pid


def test_reclaiming_may_be_switched_off(office: Office) -> None:
    office.nux.end()
    office.modes({"identity_guard": {"dead_pid_auto_reclaim": "off"}})
    code, _, err = office.program().thrum(office.beside, "inbox", "--json")
    assert (code, error_of(err)["guard"]) == (1, "cross_worktree")
    assert office.identity(office.beside, "nux").agent_pid == office.nux.pid


def test_a_program_keeps_its_name_unless_it_insists(office: Office) -> None:
    where = office.beside
    code, _, err = quickstart(office.nux, where, "slit", "--json")
    assert (code, error_of(err)["reason"]) == (1, "caller_already_owns_identity")
    assert not (where / ".thrum/identities/slit.json").exists()
    code, _, err = quickstart(office.nux, where, "slit", "--force", "--dry-run")
    assert code == 0, err
    assert (where / ".thrum/identities/nux.json").exists()
    code, _, err = quickstart(office.nux, where, "slit", "--force")
    assert code == 0, err
    assert (where / ".thrum/identities/nux.json.deleted").exists()
    assert office.identity(where, "slit").agent_pid == office.nux.pid
    assert json.loads(office.nux.thrum(where, "whoami", "--json")[1])["agent_id"] == "slit"


def test_a_running_programs_name_is_taken_unless_somebody_insists(office: Office) -> None:
    where, other = office.beside, office.program()
    code, _, err = quickstart(other, where, "nux", "--json")
    assert (code, error_of(err)["reason"]) == (1, "name_held_by_live_foreign_pid")
    assert error_of(err)["expected_pid"] == office.nux.pid
    assert office.identity(where, "nux").agent_pid == office.nux.pid
    code, _, err = quickstart(other, where, "nux", "--force")
    assert code == 0, err
    assert office.identity(where, "nux").agent_pid == other.pid
    office.fired()
    assert office.nux.thrum(where, "inbox")[0] == 1
    office.modes(LOOSE)
    office.fired()
    assert quickstart(office.program(), where, "nux")[0] == 0
    (line,) = office.fired()
    assert "guard=quickstart_name_collision mode=warn outcome=allowed" in line


def test_a_program_of_the_persons_own_is_one_as_well(office: Office) -> None:
    mine, other = office.program("my-tool"), office.program("my-tool")
    assert quickstart(mine, office.beside, "nux", "--force")[0] == 0
    found = office.identity(office.beside, "nux")
    assert (found.agent_pid, found.runtime) == (mine.pid, "mine")
    code, _, err = quickstart(other, office.beside, "nux", "--json")
    assert (code, error_of(err)["reason"]) == (1, "name_held_by_live_foreign_pid")
    code, _, err = mine.thrum(office.main, "send", "hi", "--to", "@furiosa", "--json")
    assert (code, error_of(err)["guard"]) == (1, "cross_worktree")
    office.modes(ABSENT)
    code, out, err = mine.thrum(office.main, "send", "hi", "--to", "@furiosa", "--json")
    assert code == 0, err
    sent = office.world.thrum(office.main, "message", "get", json.loads(out)["message_id"])
    assert "@nux" in sent.out, "the daemon, too, sees whose process it is"


@pytest.mark.parametrize(
    ("runtime", "command"), [("codex", "app-server"), ("opencode", "serve"), ("opencode", "web")]
)
def test_below_a_server_of_several_sessions_one_is_who_lives_there(
    office: Office, runtime: str, command: str
) -> None:
    """Whoever began the server first, and whatever a program of that name says of itself."""
    alone, server = office.program(runtime, "exec", command), office.program(runtime, command)
    assert quickstart(alone, office.main, "furiosa", "--force")[0] == 0
    code, _, err = alone.thrum(office.beside, "send", "hi", "--to", "@furiosa", "--json")
    assert (code, error_of(err)["guard"]) == (1, "cross_worktree"), "this one is a session"
    office.fired()
    for name, where in {"furiosa": office.main, "nux": office.beside}.items():
        code, out, err = server.thrum(where, "send", "hi", "--to", "@everyone", "--json")
        assert code == 0, err
        shown = office.world.thrum(where, "message", "get", json.loads(out)["message_id"], "--json")
        assert json.loads(shown.out)["message"]["author"]["agent_id"] == name
    assert office.fired() == []


def test_below_a_server_a_session_begins_and_ends_as_elsewhere(office: Office) -> None:
    server = office.program("codex", "app-server")

    def hook(event: str) -> str:
        given = json.dumps({"session_id": "s1", "hook_event_name": event, "source": "startup"})
        slowly = {"THRUM_HOOK_MS": "20000"}
        code, out, err = server.thrum(
            office.beside, "hook", event, "--runtime", "codex", stdin=given, **slowly
        )
        assert (code, err) == (0, "")
        return out

    assert "nobody: @nux is at work here in another program" in hook("SessionStart")
    office.nux.end()
    assert "Agent: @nux" in hook("SessionStart")
    assert office.identity(office.beside, "nux").agent_pid == 0

    def sessions() -> list[str]:
        told = office.world.thrum(office.main, "session", "list", "--agent", "nux", "--json").out
        found = json.loads(told)["sessions"]
        return [each["session_id"] for each in found if not each.get("ended_at")]

    before = sessions()
    assert "Agent: @nux" in hook("SessionStart")
    assert sessions() == before, "nothing is written where nothing changes"
    hook("SessionEnd")
    assert sessions() == []


def test_an_inner_program_does_not_take_the_outer_ones_identity(office: Office) -> None:
    """codex below claude: registering again would take nux away from claude."""
    inner = office.world.root / "programs/codex"
    inner.exists() or inner.symlink_to("/bin/sh")
    words = [sys.executable, "-m", "thrum", "quickstart", "nux", "--json"]
    script = f"{' '.join(words)}; exit $?"
    code, _, err = office.nux.run(office.beside, str(inner), "-c", script)
    assert (code, error_of(err)["reason"]) == (1, "caller_not_topmost_runtime")
    assert office.identity(office.beside, "nux").agent_pid == office.nux.pid
    words[3:] = ["send", "hi", "--to", "@furiosa"]
    code, _, err = office.nux.run(office.beside, str(inner), "-c", f"{' '.join(words)}; exit $?")
    assert code == 0, err


def test_the_file_follows_what_is_true(office: Office) -> None:
    office.world.git("checkout", "-q", "-b", "other", cwd=office.beside)
    files.write(office.beside / ".thrum/identities", "nux", "t", worktree="beside", runtime="amp")
    assert office.nux.thrum(office.beside, "inbox")[0] == 0
    found = office.identity(office.beside, "nux")
    assert (found.branch, found.worktree, found.runtime) == ("other", str(office.beside), "claude")
    before = found.path.stat().st_ino
    assert office.nux.thrum(office.beside, "inbox")[0] == 0
    assert found.path.stat().st_ino == before
    assert office.fired() == []


def test_the_file_follows_the_pane_in_a_session_of_the_worktrees_name(office: Office) -> None:
    tmux = office.world.root / "tmux"
    tmux.mkdir(exist_ok=True)
    program = tmux / "tmux"
    inside = {"PATH": f"{tmux}:{os.environ['PATH']}", "TMUX": "x", "TMUX_PANE": "%1"}

    def pane() -> str:
        return office.identity(office.beside, "nux").tmux_session

    for said, expected in (("coordinator:0.0", ""), ("beside:0.0", "beside:0.0")):
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o700)
        flags = ("quickstart", "nux", "--role", "tester", "--module", "x")
        assert office.nux.thrum(office.beside, *flags, **inside)[0] == 0
        assert pane() == expected
    program.write_text("#!/bin/sh\necho beside:2.1\n")
    assert office.nux.thrum(office.beside, "inbox", **inside)[0] == 0
    assert pane() == "beside:0.0"
    office.world.git("checkout", "-q", "-b", "elsewhere", cwd=office.beside)
    assert office.nux.thrum(office.beside, "inbox", **inside)[0] == 0
    assert pane() == "beside:2.1"


def test_a_shell_without_an_agent_program_is_a_person(office: Office) -> None:
    sent = office.world.thrum(office.beside, "send", "hi", "--to", "@furiosa")
    assert sent.code == 0
    assert office.fired() == []
    again = office.world.thrum(office.beside, "quickstart", "nux", "--json", check=False)
    assert error_of(again.err)["reason"] == "name_held_by_live_foreign_pid"
    office.modes(ABSENT)
    again = office.world.thrum(office.beside, "quickstart", "nux")
    assert str(office.nux.pid) in again.err
    assert office.identity(office.beside, "nux").agent_pid == office.nux.pid


def test_the_daemon_leaves_the_file_of_a_dead_agent_alone(office: Office) -> None:
    def says(status: str) -> Any:
        params = json.dumps({"agent": "nux", "status": status, "caller_agent_id": "nux"})
        call = ("rpc", "call", "agent.set-status", params, "--json")
        return office.world.thrum(office.beside, *call, check=False)

    assert says("blocked").code == 0
    office.nux.end()
    refused = says("working")
    assert (refused.code, error_of(refused.err)["reason"]) == (1, "subject_pid_dead")
    assert office.identity(office.beside, "nux").agent_status == "blocked"
    office.modes(LOOSE)
    assert says("working").code == 0
    assert office.identity(office.beside, "nux").agent_status == "working"


def test_strays_are_moved_when_an_agent_registers_again(office: Office) -> None:
    directory = office.beside / ".thrum/identities"
    files.write(directory, "ghost", "t", role="r", worktree=str(office.beside))
    copied = directory / "furiosa.json"
    raw = json.loads(office.identity(office.main, "furiosa").path.read_text())
    copied.write_text(json.dumps(raw | {"agent_pid": 0}))
    code, _, err = office.nux.thrum(office.beside, "quickstart", "nux", THRUM_NAME="nux")
    assert code == 0, err
    aside = sorted(each.name.rpartition(".")[0] for each in (directory / ".quarantine").iterdir())
    assert aside == ["furiosa.json", "ghost.json"]
    assert [each.name for each in files.read_all(directory)] == ["nux"]
    # Also when another agent of the worktree would be taken for the caller.
    for name in ("slit", "toast"):
        office.world.thrum(office.beside, "quickstart", name, "--role", "r", "--module", "m")
    copied.write_text(json.dumps(raw | {"agent_pid": 0}))
    again = office.world.thrum(office.beside, "quickstart", "slit")
    assert "@furiosa" in again.err
    assert [each.name for each in files.read_all(directory)] == ["nux", "slit", "toast"]


def test_a_name_in_the_environment_does_not_fall_through(office: Office) -> None:
    code, _, err = office.nux.thrum(office.beside, "inbox", "--json", THRUM_NAME="furiosa")
    assert (code, error_of(err)["kind"]) == (1, "identity")


def test_nothing_begins_outside_git(office: Office) -> None:
    outside = office.world.root / "outside"
    outside.mkdir()
    done = office.world.thrum(outside, "init", "--non-interactive", "--json", check=False)
    error = error_of(done.err)
    assert (error["guard"], error["reason"]) == ("non_git_bootstrap", "not_a_git_repo")
    assert error["caller_cwd"] == str(outside)
    assert "init --force" not in error["remediation"]
    (outside / ".thrum/var").mkdir(parents=True)
    (outside / ".thrum/config.json").write_text("{}")
    for command in ("run", "start"):
        done = office.world.thrum(outside, "daemon", command, check=False)
        assert done.code == 1
        assert "not_a_git_repo" in done.err


ASK = """
import json, os, socket, sys
for place, claim in json.loads(sys.argv[2]):
    os.chdir(place)
    line = socket.socket(socket.AF_UNIX)
    line.connect(sys.argv[1])
    told = line.makefile("rw")
    answers = []
    for method, more in (("agent.whoami", {}), ("message.send", {"content": "hi", "to": "@nux"})):
        params = {"caller_agent_id": claim, **more}
        told.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        told.write("\\n")
        told.flush()
        answers.append(json.loads(told.readline()))
    me, sent = answers
    if "result" in me:
        print(me["result"]["agent_id"] if "result" in sent else sent)
    else:
        same = me["error"]["code"] == sent["error"]["code"]
        code, data = me["error"]["code"], me["error"]["data"]
        print("denied" if same and code == -32002 else data["kind"] if same else sent)
"""

X, ANON = "identity_mismatch", "denied"
CLAIMS = ("", "furiosa", "nux", "slit", "ghost")
# Who calls, from where: whom the daemon takes it for, by claim. slit has no process and lives with
# nux; the stranger is an agent program that nobody registered, the person a plain shell.
MATRIX = {
    #                        no claim   furiosa    nux    slit    ghost
    ("furiosa", "main"): ("furiosa", "furiosa", X, X, X),
    ("furiosa", "beside"): ("furiosa", "furiosa", X, X, X),
    ("furiosa", "outside"): ("furiosa", "furiosa", X, X, X),
    ("nux", "main"): ("nux", X, "nux", X, X),
    ("nux", "beside"): ("nux", X, "nux", "slit", X),
    ("nux", "outside"): ("nux", X, "nux", X, X),
    ("stranger", "main"): ("furiosa", "furiosa", X, X, X),
    ("stranger", "beside"): ("slit", X, "nux", "slit", X),
    ("stranger", "outside"): (ANON, ANON, ANON, ANON, ANON),
    ("person", "main"): ("furiosa", "furiosa", X, X, X),
    ("person", "beside"): ("slit", X, "nux", "slit", X),
    ("person", "outside"): (ANON, ANON, ANON, ANON, ANON),
}


def asked(office: Office, caller: str, questions: list[tuple[str, str]]) -> list[str]:
    """What the daemon makes of the caller, for each place and claim; one process asks them all."""
    socket = str(office.main / ".thrum/var/thrum.sock")
    argv = (sys.executable, "-c", ASK, socket, json.dumps(questions))
    if caller == "person":
        return office.world.run(*argv, cwd=office.world.root).out.splitlines()
    programs = {"furiosa": office.furiosa, "nux": office.nux}
    program = programs.get(caller) or office.program("codex")
    code, out, err = program.run(office.world.root, *argv)
    assert code == 0, err
    return out.splitlines()


def test_every_caller_everywhere_with_every_claim_in_every_mode(office: Office) -> None:
    person = office.world.thrum
    person(office.beside, "quickstart", "slit", "--role", "tester", "--module", "x")
    places = {"main": office.main, "beside": office.beside, "outside": office.world.root}
    for mode, config in CONFIGS.items():
        office.modes(config)
        found: dict[tuple[str, str], tuple[Any, ...]] = {}
        for caller in ("furiosa", "nux", "stranger", "person"):
            questions = [(str(places[p]), claim) for p in places for claim in CLAIMS]
            answers = iter(asked(office, caller, questions))
            found |= {(caller, p): tuple(next(answers) for _ in CLAIMS) for p in places}
        assert found == MATRIX, mode


def rewrite(path: Path, **fields: Any) -> None:
    """Writes an identity file as its agent could."""
    raw = json.loads(path.read_text()) | fields
    part = path.with_suffix(".part")
    part.write_text(json.dumps(raw))
    part.rename(path)


def test_each_step_that_breaks_means_denied(office: Office) -> None:
    """nux's program, outside of every worktree, is known by its process alone."""
    outside, file = str(office.world.root), office.beside / ".thrum/identities/nux.json"
    everything = [(outside, claim) for claim in ("", "nux", "furiosa")]
    started = office.identity(office.beside, "nux").agent_pid_started
    assert asked(office, "nux", everything[:2]) == ["nux", "nux"]
    for broken in (
        {"agent_pid_started": "1"},
        {"agent_pid": 0},
        {"agent_pid": 1},
        {"agent": {"name": "nobody"}},
    ):
        whole = file.read_text()
        rewrite(file, **broken)
        assert asked(office, "nux", everything) == [ANON] * 3, broken
        file.write_text(whole)
        rewrite(file, agent_pid_started=started)
        assert asked(office, "nux", everything[:2]) == ["nux", "nux"]
    file.unlink()
    assert asked(office, "nux", everything) == [ANON] * 3
    # An open session makes a worktree furiosa's; without it and the file nothing does.
    file, inside = office.main / ".thrum/identities/furiosa.json", [(str(office.main), "furiosa")]
    aside = file.rename(file.with_suffix(".aside"))
    assert asked(office, "person", inside) == ["furiosa"]
    aside.rename(file)
    assert office.furiosa.thrum(office.main, "session", "end")[0] == 0
    file.unlink()
    assert asked(office, "person", inside) == [ANON]
