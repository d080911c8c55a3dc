"""The guides: what they have people type is typed, and what they show comes."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import begins
from tests.integration.conftest import World
from tests.integration.transcript import FENCE, ROOT, Typist
from tests.tmux import NEEDED, own


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_the_first_hour(world: World) -> None:
    typist = Typist(world, {"": world.root})
    assert typist.follow(page("tutorial.md")) > 25


def shared(world: World, agent: str) -> Path:
    """A clone with an agent, of a repository that shares its mail."""
    world.remote()
    seed = world.clone("seed")
    world.git("commit", "-q", "--allow-empty", "-m", "begin", cwd=seed)
    world.git("push", "-q", "origin", "main", cwd=seed)
    clone = world.node("desk", agent)
    world.thrum(clone, "sync", "force")
    return clone


def test_clones_for_a_while(world: World) -> None:
    """And a container, which is no other thing: a clone that is there for a while."""
    places = {"desk": shared(world, "nux"), "job": world.root / "job", "box": world.root / "box"}
    for name in ("job", "box"):
        places[name].mkdir()
    typist = Typist(world, places)
    assert typist.follow(page("ci.md")) > 7
    assert typist.follow(page("containers.md")) > 9


def test_ten_worktrees(world: World, rocket: Path) -> None:
    world.settle(rocket, "lead", "--role", "coordinator", shares=False)
    assert Typist(world, {"": rocket}).follow(page("ten-worktrees.md")) == 10


@pytest.fixture
def rocket(world: World) -> Path:
    """A repository with one commit, which Thrum does not know yet."""
    found = world.root / "rocket"
    world.repository(found)
    return found


def test_what_one_clone_shows(world: World, rocket: Path) -> None:
    """Pages that begin with an agent called lead in a clone called rocket, one after the other."""
    world.settle(rocket, "lead", shares=False)
    world.thrum(rocket, "send", "Who takes the valves?", "--to", "@everyone")
    Path(world.environment["HOME"], ".claude").mkdir()
    pages = (
        "backup.md",
        "claims.md",
        "guard.md",
        "identity.md",
        "monitors.md",
        "prompts.md",
        "setup.md",
    )
    for name in pages:
        typist = Typist(world, {"": rocket})
        assert typist.follow(page(name)) > 0, name


def test_two_repositories(world: World) -> None:
    places = {}
    for name, agent in (("rocket", "furiosa"), ("docs", "nux")):
        places[name] = world.root / name
        world.repository(name, f"begin {name}")
        world.settle(places[name], agent, "--role", "coordinator", shares=False)
    typist = Typist(world, places)
    assert typist.follow(page("peers.md")) == 5


SYSTEMCTL = """\
#!/bin/sh
[ "$*" = "--user daemon-reload" ]
"""
WAITS = """\
#!/bin/sh
while read -r word; do :; done
"""
AS_ROOT = """\
#!/bin/sh
if [ "$1 $2" = "service install" ]; then set -- "$@" --as-root; fi
exec {} -m thrum "$@"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the page shows what is written for systemd")
def test_what_comes_back_after_login(world: World, rocket: Path) -> None:
    """The system's own is not told: it has files of whoever runs the tests."""
    world.settle(rocket, "lead", shares=False)
    typist = Typist(world, {"": rocket})
    programs = world.root / "programs"
    _program(programs / "systemctl", SYSTEMCTL)
    if not os.geteuid():
        _program(programs / "thrum", AS_ROOT.format(shlex.quote(sys.executable)))
    assert typist.follow(page("systems.md")) == 3


def _program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def staffed(world: World, rocket: Path) -> Iterator[Path]:
    """Rocket, on a machine where runtimes wait for a word and say no more than that they begin."""
    (world.root / "runtimes").mkdir()
    mine = {}
    for name in ("claude", "codex"):
        program = _program(world.root / "runtimes" / name, WAITS)
        mine[name] = {"command": begins.command(name, str(program))}
    folder = Path(world.environment["HOME"], ".thrum")
    folder.mkdir()
    (folder / "runtimes.json").write_text(json.dumps({"custom_runtimes": mine}))
    with own(Path(world.environment["HOME"])) as tmux:
        world.environment |= {"TMUX_TMPDIR": str(tmux.folder), "SHELL": "/bin/sh"}
        yield rocket


@pytest.mark.long
@NEEDED
def test_agents_in_tmux_and_their_worktrees(world: World, staffed: Path) -> None:
    world.settle(staffed, "lead", "--role", "coordinator", shares=False)
    for name in ("tmux.md", "worktrees.md"):
        assert Typist(world, {"": staffed}).follow(page(name)) > 3, name


@pytest.mark.long
@NEEDED
def test_a_team_that_is_declared(world: World, staffed: Path) -> None:
    world.thrum(staffed, "init", "--non-interactive")
    config = staffed / ".thrum" / "config.json"
    soon = {"restart": {"graceful_timeout": 1}}  # these runtimes write nothing down
    config.write_text(json.dumps(json.loads(config.read_text()) | soon))
    typist = Typist(world, {"": staffed})
    (declared,) = (block for block in FENCE.finditer(page("team.md")) if block[1] == "toml")
    text = page("team.md")
    assert typist.follow(text[: declared.start()]) == 1
    (staffed / ".thrum" / "team.toml").write_text(declared[2])
    assert typist.follow(text[declared.end() :]) == 4
