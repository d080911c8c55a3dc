"""Declared agents work and end, with a real tmux and daemon, whoever is killed in between."""

from __future__ import annotations

import json
import os
import random
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import forge
from tests.integration import begins
from tests.integration.conftest import World, eventually, world_in
from tests.tmux import NEEDED, Tmux, own
from thrum.identity import files

pytestmark = NEEDED

TEAM = """\
[defaults]
role = "implementer"
runtime = "engine"

[agents.nux]
module = "engine"
intent = "paint $(touch hit) 'it' \\"red\\""

[agents.toast]
module = "wheels"
role = "tester"
runtime = "stubborn"
worktree = "rig"
branch = "the/rig"
"""
ENGINE = """\
import signal, sys, time
if sys.argv[1:]:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
print("the engine runs", flush=True)
time.sleep(600)
"""


class Yard(World):
    """A repository whose daemon runs, a team that is declared, and a tmux of its own."""

    tmux: Tmux

    @property
    def main(self) -> Path:
        return self.root / "main"

    @property
    def team(self) -> Path:
        return self.main / ".thrum" / "team.toml"

    def place(self, name: str) -> Path:
        return self.root / "home/.thrum/worktrees/main" / name

    def up(self, *words: str, check: bool = True) -> Any:
        done = self.thrum(self.main, "up", "--json", *words, check=check)
        return done.json if done.out else json.loads(done.err)

    def engines(self) -> list[int]:
        """The runtimes that run."""
        script = str(self.root / "engine.py")
        rows = psutil.process_iter(["cmdline", "status"])
        return [e.pid for e in rows if script in (e.info["cmdline"] or ())]

    def identity(self, worktree: str, name: str) -> dict[str, Any]:
        path = files.path_of(files.folder(self.place(worktree)), name)
        found: dict[str, Any] = json.loads(path.read_text())
        return found


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with world_in(tmp_path_factory.mktemp("up")) as world, own(world.root / "home") as tmux:
        found = Yard(world.root, world.environment)
        found.tmux = tmux
        found.environment["TMUX_TMPDIR"] = str(tmux.folder)
        found.environment["SHELL"] = "/bin/sh"
        found.repository("main")
        found.thrum(found.main, "init", "--non-interactive")
        found.thrum(found.main, "quickstart", "lead", "--role", "coordinator", "--module", "all")
        (found.root / "engine.py").write_text(ENGINE)
        program = [sys.executable, str(found.root / "engine.py")]
        mine = {
            "engine": begins.command("engine", *program),
            "stubborn": begins.command("stubborn", *program, "-x"),
            "silent": shlex.join(program),
        }
        runtimes = {"custom_runtimes": {name: {"command": line} for name, line in mine.items()}}
        (found.root / "home/.thrum").mkdir(exist_ok=True)
        (found.root / "home/.thrum/runtimes.json").write_text(json.dumps(runtimes))
        yield found
        for pid in found.engines():
            os.kill(pid, signal.SIGKILL)  # the end of its terminal is nothing to one of them


@pytest.fixture(autouse=True)
def afresh(yard: Yard) -> None:
    """Nobody works, and the team is declared."""
    yard.team.write_text(TEAM)
    yard.thrum(yard.main, "down", "--force", check=False)
    yard.tmux.end()


def test_a_team_works_and_ends(yard: Yard) -> None:
    said = yard.thrum(yard.main, "up", "--dry-run").out
    assert said.splitlines() == [
        f"nux: make the worktree {yard.place('nux')} on feature/nux; register @nux there;"
        " launch engine",
        f"toast: make the worktree {yard.place('rig')} on the/rig; register @toast there;"
        " launch stubborn",
    ]
    assert not yard.place("nux").exists()
    assert yard.thrum(yard.main, "down", "--dry-run").out == "Nothing to do.\n"

    found = yard.up()["agents"]
    assert [(e["agent"], e["launch"], e["steps"]) for e in found] == [
        ("nux", "ready", ["worktree", "agent", "launch"]),
        ("toast", "ready", ["worktree", "agent", "launch"]),
    ]
    running = yard.engines()
    assert len(running) == 2
    assert yard.identity("nux", "nux")["intent"] == "paint $(touch hit) 'it' \"red\""
    assert yard.git("branch", "--show-current", cwd=yard.place("rig")) == "the/rig\n"
    assert list(yard.root.rglob("hit")) == []

    # Again, it changes nothing.
    assert [each["steps"] for each in yard.up()["agents"]] == [[], []]
    assert yard.engines() == running
    said = yard.thrum(yard.main, "up", "--dry-run").out
    assert said == "nux: nothing to do\ntoast: nothing to do\n"
    assert yard.thrum(yard.main, "up").out == "✓ nux: as it was; engine is up in nux\n" + (
        "✓ toast: as it was; stubborn is up in rig\n"
    )

    said = yard.thrum(yard.main, "down", "--dry-run").out
    assert said == "toast: end the session rig\nnux: end the session nux\n"
    yard.place("nux").joinpath(".thrum/restart").mkdir(mode=0o700, exist_ok=True)
    (yard.place("nux") / ".thrum/restart/nux.md").write_text("## Resume Plan\n\nPaint it.\n")
    ended = yard.thrum(yard.main, "down", "--force", "--json").json["sessions"]
    assert [(e["agent"], e["ended"], e.get("snapshot_lines")) for e in ended] == [
        ("toast", True, None),
        ("nux", True, 3),
    ]
    assert (yard.engines(), yard.tmux.sessions) == ([], [])
    assert yard.place("nux").is_dir()
    assert yard.thrum(yard.main, "down").out == "None of them has a session.\n"


def test_one_works_in_the_main_worktree(yard: Yard) -> None:
    home, there = '[agents.{}]\nmodule = "all"\nworktree = "."\n', yard.thrum(yard.main, "team").out
    yard.team.write_text(TEAM.replace("[agents.nux]", home.format("slit") + "[agents.nux]"))
    for words in (("--dry-run",), ()):
        done = yard.thrum(yard.main, "up", *words, check=False)
        assert (done.code, "slit: @lead lives in the main worktree" in done.err) == (1, True)
        assert f"{yard.team}:7" in done.err
    assert "slit" not in yard.thrum(yard.main, "team").out + there
    yard.thrum(yard.main, "down", "--force")

    team = TEAM.partition("[agents.toast]")[0]
    lead = home.format("lead") + 'role = "coordinator"\n'
    yard.team.write_text(team.replace("[agents.nux]", lead + "[agents.nux]"))
    before = yard.git("status", "--porcelain", "--branch", cwd=yard.main)
    said = yard.thrum(yard.main, "up", "--dry-run").out
    assert said == "lead: launch engine\nnux: launch engine\n"
    assert [each["launch"] for each in yard.up()["agents"]] == ["ready", "ready"]
    assert yard.up()["agents"][0]["steps"] == []
    path = files.path_of(files.folder(yard.main), "lead")
    assert json.loads(path.read_text())["tmux_session"].startswith("lead:")
    assert yard.git("status", "--porcelain", "--branch", cwd=yard.main) == before
    assert not (yard.main / ".beads").exists()
    said = yard.thrum(yard.main, "down", "--dry-run").out
    assert said == "nux: end the session nux\nlead: end the session lead\n"
    yard.thrum(yard.main, "down", "--force")
    assert (yard.engines(), yard.tmux.sessions) == ([], [])


def test_what_is_wrong_in_the_file_changes_nothing(yard: Yard) -> None:
    there = yard.git("worktree", "list", cwd=yard.main)
    yard.team.write_text(TEAM.replace('runtime = "engine"', 'runtime = "no_such"'))
    error = yard.up(check=False)["error"]
    assert error["kind"] == "config"
    assert "no_such" in error["message"]
    for branch in ("-bad..branch", "a b", "x.lock", "HEAD", "a-sync", "\u202ex"):
        yard.team.write_text(TEAM.replace("the/rig", branch))
        error = yard.up(check=False)["error"]
        assert (error["kind"], f"{yard.team}:" in error["message"]) == ("config", True), branch
    assert yard.git("worktree", "list", cwd=yard.main) == there
    yard.team.write_text(TEAM.replace("[agents.toast]\n", '[agents.toast]\nworktre = "x"\n'))
    error = yard.up(check=False)["error"]
    assert f"{yard.team}:10: nobody knows the key 'worktre'" in error["message"]
    assert "worktree" in error["hint"]
    yard.team.unlink()
    assert yard.up(check=False)["error"]["kind"] == "not_found"
    assert yard.thrum(yard.main, "down", check=False).code == 1
    yard.thrum(yard.main, "up", "--init")
    assert yard.thrum(yard.main, "up").out == f"{yard.team} declares nobody.\n"
    assert yard.thrum(yard.main, "up", "--init", check=False).code == 1
    assert yard.engines() == []


def test_a_shell_that_waits_is_up(yard: Yard) -> None:
    yard.team.write_text(TEAM.partition("[agents.toast]")[0].replace('"engine"\n', '"shell"\n', 1))
    assert yard.up()["agents"][0]["steps"][-1] == "launch"
    assert yard.up()["agents"][0]["steps"] == []
    yard.tmux.end()
    assert yard.up()["agents"][0]["steps"] == ["launch"]


def test_one_that_does_not_come_up_keeps_nobody_else(yard: Yard) -> None:
    other = yard.root / "other.toml"
    other.write_text(
        '[agents.gone]\nrole = "tester"\nmodule = "x"\nruntime = "engine"\nbase = "no-such"\n'
        + TEAM.replace('"engine"\nintent', '"engine"\nruntime = "silent"\nintent')
    )
    for words in ((), ("--dry-run",)):
        done = yard.thrum(yard.main, "up", str(other), *words, check=False)
        assert done.code == 1
        assert f"gone: there is no branch or commit no-such ({other}:5)" in done.err
    assert "toast: nothing to do" in done.out
    done = yard.thrum(yard.main, "up", str(other), check=False)
    assert "✓ toast: " in done.out
    assert len(yard.engines()) == 2
    yard.thrum(yard.main, "down", str(other), "--force")


def test_what_cannot_be_is_said_before_anything_is_done(yard: Yard) -> None:
    taken = yard.place("taken")
    taken.mkdir(parents=True)
    (taken / "file").touch()
    agents = {
        "main_one": 'branch = "main"',
        "taken": "",
        "first": 'branch = "first"',
        "second": 'base = "first"',
        "third": 'base = "--force"',
    }
    tables = "".join(f"[agents.{name}]\n{line}\n" for name, line in agents.items())
    yard.team.write_text(f'[defaults]\nrole = "tester"\nmodule = "x"\n{tables}')
    there = yard.git("worktree", "list", cwd=yard.main)
    done = yard.thrum(yard.main, "up", "--dry-run", check=False)
    assert done.code == 1
    assert f"main_one: the branch main is checked out in {yard.main} ({yard.team}:5)" in done.err
    assert f"taken: {taken} is there already" in done.err
    assert f"third: '--force' is no branch and no commit ({yard.team}:13)" in done.err
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["first", "second"]
    assert yard.git("worktree", "list", cwd=yard.main) == there
    (taken / "file").unlink()


VICTIMS = ("command", "daemon", "tmux", "engine")


def soon(yard: Yard, chance: random.Random, what: str, *words: str) -> None:
    """Runs a command, and kills one of `VICTIMS` at some moment meanwhile."""
    command = subprocess.Popen(
        [*forge.THRUM, *words],
        cwd=yard.main,
        env=yard.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(chance.uniform(0.1, 2.5))
    victims: dict[str, Callable[[], list[int]]] = {
        "command": lambda: [command.pid],
        "daemon": lambda: [yard.pid(yard.main)],
        "tmux": lambda: [int(e) for e in yard.tmux.ask("display", "-p", "#{pid}").stdout.split()],
        "engine": yard.engines,
    }
    for pid in victims[what]():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it has ended by itself
    command.kill()
    command.wait()


@pytest.mark.parametrize("seed", range(2))
def test_whoever_is_killed_a_second_call_goes_on(yard: Yard, seed: int) -> None:
    """As `soak` tries it at many more moments."""
    tried(yard, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 42))
def test_each_is_killed_at_thirty_moments(yard: Yard, seed: int) -> None:
    tried(yard, seed)


def tried(yard: Yard, seed: int) -> None:
    """Kills at one moment of each command, each time another one; what is typed again does it."""
    chance = random.Random(seed)
    victims = [VICTIMS[(3 * seed + number) % len(VICTIMS)] for number in range(3)]
    (yard.main / ".thrum/team.toml").write_text(TEAM)
    soon(yard, chance, victims[0], "up")
    yard.thrum(yard.main, "daemon", "start")
    yard.up()
    assert len(yard.engines()) == 2
    for worktree, name in (("nux", "nux"), ("rig", "toast")):
        assert yard.identity(worktree, name)["tmux_session"].startswith(f"{worktree}:")
    soon(yard, chance, victims[1], "tmux", "restart", "nux", "--force")
    yard.thrum(yard.main, "daemon", "start")
    yard.up()
    again = yard.thrum(yard.main, "tmux", "restart", "nux", "--force", "--json", check=False)
    assert again.code == 0, again.err
    assert len(yard.engines()) == 2
    soon(yard, chance, victims[2], "down", "--force")
    yard.thrum(yard.main, "daemon", "start")
    yard.thrum(yard.main, "down", "--force")
    eventually(lambda: yard.engines() == [])
    assert yard.tmux.sessions == []
    for worktree, name in (("nux", "nux"), ("rig", "toast")):
        assert "tmux_session" not in yard.identity(worktree, name)
