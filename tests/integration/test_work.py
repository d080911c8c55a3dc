"""Who works on what, across clones; and what becomes of agents whose process dies."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.conftest import World, eventually


def test_what_a_session_left_is_seen_in_another_clone(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    (one / "src").mkdir()
    (one / "src/valve.py").write_text("open\n")
    (one / "draft.py").write_text("x\n")
    world.git("add", "src", cwd=one)
    world.git("commit", "-qm", "first", cwd=one)
    world.git("update-ref", "refs/remotes/origin/main", "HEAD", cwd=one)
    world.git("checkout", "-qb", "valves", cwd=one)
    (one / "src/valve.py").write_text("open\nshut\n")
    world.git("commit", "-qam", "Shut it", cwd=one)
    said = world.thrum(one, "session", "heartbeat").out
    assert said == "✓ Heartbeat on valves, 1 commit, 1 file\n"
    assert "@furiosa is editing src/valve.py (+1 -0" in world.thrum(one, "who-has", "valve.py").out
    world.thrum(one, "session", "set-intent", "Weld the valve")
    world.thrum(one, "agent", "set-status", "blocked")
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    assert "@furiosa is editing src/valve.py (+1 -0" in world.thrum(two, "who-has", "valve.py").out
    team = world.thrum(two, "team").out
    assert "[blocked] [valves]" in team
    assert "Weld the valve" in team
    world.thrum(one, "sync", "force")  # brings what the other has written meanwhile
    tip = world.git("rev-parse", "a-sync", cwd=one)
    for _ in range(3):
        world.thrum(one, "session", "heartbeat")
        world.thrum(one, "sync", "force")
    assert world.git("rev-parse", "a-sync", cwd=one) == tip, "nothing is new, nothing is written"
    # Where the work stands when somebody exchanges, though no agent said a word since.
    world.git("checkout", "-qb", "pumps", cwd=one)
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    assert "[blocked] [pumps]" in world.thrum(two, "team").out
    world.git("checkout", "-q", "valves", cwd=one)
    world.thrum(one, "session", "end")
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    seen = world.thrum(two, "who-has", "src/valve.py").out
    assert seen.startswith("@furiosa left src/valve.py (+1 -0, modified ")
    assert "branch: valves, session ended" in seen
    assert "draft.py (1 uncommitted change)" in world.thrum(two, "who-has", "draft.py").out
    # It is history now, for which nobody has to work: no worktree there is looked at.
    told, fresh = (
        world.thrum(two, "who-has", "src/valve.py", "--json", *how).json
        for how in ((), ("--fresh",))
    )
    assert fresh == told
    # Who ended begins again where it is at home, without registering.
    world.thrum(one, "session", "start", "--scope", "module:valves")
    assert "open [module:valves]" in world.thrum(one, "session", "list", "--active").out
    world.thrum(one, "send", "I am back", "--to", "@nux")


class Runtime:
    """A program of an agent: a shell under the name of one, in a worktree of its own."""

    def __init__(self, world: World, clone: Path, agent: str) -> None:
        program = world.root / agent / "claude"
        program.parent.mkdir()
        shutil.copy(shutil.which("bash") or "/bin/bash", program)
        home = world.root / f"{agent}-home"
        world.git("worktree", "add", "-q", "--detach", str(home), cwd=clone)
        world.thrum(home, "init", "--non-interactive")
        thrum = f"{sys.executable} -m thrum"
        script = (
            f"{thrum} quickstart {agent} --role r{agent} --module x > /dev/null && "
            "echo ready; read line; true"
        )
        self.process = subprocess.Popen(
            [program, "-c", script],
            cwd=home,
            env=world.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)


def test_a_dead_agent_is_noticed_while_the_daemon_runs_and_when_it_starts(world: World) -> None:
    world.remote()
    clone = world.node("one", "person")
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=clone)
    agents = {name: Runtime(world, clone, name) for name in ("early", "late", "lives")}

    def sessions() -> dict[str, Any]:
        rows = world.thrum(clone, "session", "list", "--json").json["sessions"]
        return {row["agent_id"]: row.get("end_reason") for row in rows}

    try:
        assert sessions() == dict.fromkeys(["person", *agents])
        agents["early"].kill()
        eventually(lambda: sessions()["early"] == "dead_pid", 60, 1)
        world.kill(clone)
        agents["late"].kill()
        world.thrum(clone, "daemon", "start")
        found = sessions()
        assert (found["early"], found["late"]) == ("dead_pid", "dead_pid")
        assert (found["lives"], found["person"]) == (None, None)
    finally:
        for each in agents.values():
            each.kill()
