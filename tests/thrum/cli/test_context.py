"""What a command sees of the world, and how it speaks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from thrum.cli import context as contexts
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    ("text", "truth"), [("", False), ("0", False), (" False ", False), ("1", True), ("no", True)]
)
def test_what_switches_something_on(text: str, truth: bool) -> None:
    assert contexts.truthy(text) is truth


@pytest.mark.parametrize(
    ("encoding", "everything"), [("utf-8", True), ("UTF-8", True), ("ascii", False)]
)
def test_which_streams_take_every_character(encoding: str, everything: bool) -> None:
    assert contexts.takes_all(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is everything
    assert contexts.takes_all(io.StringIO())


def test_what_is_said_and_what_is_not(world: Any) -> None:
    def said(flag: str = "") -> tuple[str, str]:
        context = world.context([])
        if flag:
            context.options.set(flag, True)
        context.say("say")
        context.say("")
        context.done("done")
        context.note("note")
        context.hint("hint")
        context.document({"a": 1})
        return context.stdout.getvalue(), context.stderr.getvalue()

    assert said() == ("say\ndone\n", "note\nhint\n")
    assert said("quiet") == ("say\n", "")
    assert said("json") == ('{"a":1}\n', "")
    world.env["THRUM_NO_HINTS"] = "1"
    assert said() == ("say\ndone\n", "note\n")


@pytest.mark.parametrize("terminal", [True, False])
def test_for_whom_it_is(world: Any, terminal: bool) -> None:
    assert world.context([], terminal=terminal).is_plain is not terminal


def test_what_is_empty_is_not_asked(world: Any) -> None:
    world.daemon.answers["m"] = 1
    context = world.context([])
    given: dict[str, object] = {
        "none": None,
        "text": "",
        "list": [],
        "no": False,
        "zero": 0,
        "dict": {},
    }
    assert context.call("m", given) == 1
    assert world.daemon.params("m") == {"no": False, "zero": 0, "dict": {}}
    context.hang_up()
    context.hang_up()
    assert context.call("m") == 1
    context.hang_up()


def test_a_daemon_is_started_only_where_that_is_wanted(world: Any) -> None:
    world.daemon.close()
    world.daemon.path.unlink()
    with pytest.raises(ThrumError, match="no daemon answers"):
        world.context([]).call("m")
    assert world.started == []
    world.env["THRUM_AUTOSTART"] = "1"
    with pytest.raises(ThrumError, match="no daemon answers"):
        world.context([]).call("m")
    assert world.started == [world.root]
    # Whose daemon it is that listens elsewhere, nobody here knows.
    world.env["THRUM_SOCKET"] = str(world.root / "elsewhere")
    context = world.context([])
    assert context.socket == world.root / "elsewhere"
    with pytest.raises(ThrumError, match="elsewhere"):
        context.call("m")
    assert world.started == [world.root]


def test_where_the_repository_is(world: Any, tmp_path: Path) -> None:
    below = world.root / "src"
    below.mkdir()
    world.root, root = below, world.root
    assert world.context([]).place.root == root
    for repo, start in ((".", below), ("..", root)):
        context = world.context([])
        context.options.repo = repo
        assert (context.place.root, context.start, context.toplevel) == (root, start, root)


@pytest.mark.parametrize("kind", ["a checkout within", "outside of git"])
def test_a_repository_that_is_named_is_never_another_one(
    world: Any, tmp_path: Path, kind: str
) -> None:
    named = world.root / "inner" if kind == "a checkout within" else tmp_path / "plain"
    named.mkdir()
    if kind == "a checkout within":
        (named / ".git").mkdir()
        (named / ".git/HEAD").write_text("ref: refs/heads/main\n")
    world.env["THRUM_HOME"] = str(world.root)
    context = world.context([])
    context.options.repo = str(named)
    with pytest.raises(ThrumError, match=f"there is no Thrum in {named}"):
        _ = context.place


def test_a_repository_may_be_named_by_a_linked_worktree(world: Any, tmp_path: Path) -> None:
    side = tmp_path / "side"
    entry = world.root / ".git/worktrees/side"
    entry.mkdir(parents=True)
    (side / "deep").mkdir(parents=True)
    (side / ".git").write_text(f"gitdir: {entry}\n")
    (entry / "commondir").write_text("../..\n")
    (entry / "HEAD").write_text("ref: refs/heads/side\n")
    for name in ("objects", "refs"):
        (world.root / ".git" / name).mkdir()
    for repo in (side, side / "deep"):
        context = world.context([])
        context.options.repo = str(repo)
        assert (context.place.root, context.place.shared) == (side, world.root / ".thrum")


def test_the_identity_is_read_again_when_it_was_written(world: Any) -> None:
    context = world.context([])
    assert context.caller == ("furiosa", "implementer", "auth")
    world.identity("furiosa", role="tester")
    assert context.caller.role == "implementer"
    context.forget_identity()
    assert context.caller.role == "tester"
    context.options.role, context.options.module = "planner", "engine"
    context.forget_identity()
    assert context.caller == ("furiosa", "planner", "engine")


def test_again_it_is_the_same_world_of_which_nothing_was_looked_at(world: Any) -> None:
    world.daemon.answers["health"] = {"status": "ok"}
    first = world.context(["whoami"])
    assert first.caller.agent_id == "furiosa"
    assert first.call("health") == {"status": "ok"}
    world.identity("nux")
    again = first.again({**world.env, "THRUM_NAME": "nux"})
    assert again.caller.agent_id == "nux"
    assert first.caller.agent_id == "furiosa"
    assert again.client is not first.client
    again.hang_up()
    assert first.call("health") == {"status": "ok"}
    assert (again.cwd, again.stdout) == (first.cwd, first.stdout)
    again.options.json = True
    assert not first.options.json
    first.hang_up()


def test_from_another_folder_everything_is_looked_at_anew(world: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for directory in (".git", ".thrum"):
        (other / directory).mkdir(parents=True)
    (other / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (other / ".thrum/config.json").write_text("{}")
    first = world.context([])
    first.options.repo = str(world.root)
    assert first.place.root == world.root
    there = first.standing_in(other)
    assert (there.place.root, there.toplevel, there.start) == (other, other, other)
    assert first.place.root == world.root
    assert first.options.repo == str(world.root)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a/b", "{cwd}/a/b"),
        ("/a/b", "/a/b"),
        ("~", "{home}"),
        ("~/a", "{home}/a"),
        ("~nobody/a", "{cwd}/~nobody/a"),
        ("a~/b", "{cwd}/a~/b"),
    ],
)
def test_a_path_as_somebody_writes_it(world: Any, text: str, path: str) -> None:
    home = world.env["HOME"]
    assert world.context([]).path(text) == Path(path.format(cwd=world.root, home=home))
    del world.env["HOME"]
    assert world.context([]).path("~/a") == world.root / "~/a"
