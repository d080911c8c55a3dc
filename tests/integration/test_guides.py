"""The guides: what they have people type is typed, and what they show comes."""

from __future__ import annotations

from pathlib import Path

from tests.integration.conftest import World
from tests.integration.transcript import ROOT, Typist


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


def test_a_job_of_a_build_server(world: World) -> None:
    desk = shared(world, "nux")
    (world.root / "job").mkdir()
    typist = Typist(world, {"desk": desk, "job": world.root / "job"})
    assert typist.follow(page("ci.md")) > 7


def test_what_one_clone_shows(world: World) -> None:
    """Pages that begin with an agent called lead in a clone called rocket, one after the other."""
    rocket = world.root / "rocket"
    world.git("init", "-q", "-b", "main", str(rocket), cwd=world.root)
    world.git("commit", "-q", "--allow-empty", "-m", "begin", cwd=rocket)
    world.settle(rocket, "lead", shares=False)
    world.thrum(rocket, "send", "Who takes the valves?", "--to", "@everyone")
    Path(world.environment["HOME"], ".claude").mkdir()
    for name in ("backup.md", "identity.md", "monitors.md", "prompts.md", "setup.md"):
        typist = Typist(world, {"": rocket})
        assert typist.follow(page(name)) > 0, name


def test_two_repositories(world: World) -> None:
    places = {}
    for name, agent in (("rocket", "furiosa"), ("docs", "nux")):
        places[name] = world.root / name
        world.git("init", "-q", "-b", "main", name, cwd=world.root)
        world.git("commit", "-q", "--allow-empty", "-m", f"begin {name}", cwd=places[name])
        world.settle(places[name], agent, "--role", "coordinator", shares=False)
    typist = Typist(world, places)
    assert typist.follow(page("peers.md")) == 5
