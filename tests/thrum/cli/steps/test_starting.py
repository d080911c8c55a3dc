"""Starting a daemon, and what is shown meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from thrum import __version__
from thrum.cli.steps import starting
from thrum.daemon import control


def test_a_rebuild_is_shown_in_tenths(world: Any) -> None:
    context = world.context([])
    show = starting.progress(context)
    for done in range(0, 1001):
        show(done, 1000)
    lines = context.stderr.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[0] == "building the database: 0 of 1,000 events"
    assert lines[-1] == "building the database: 1,000 of 1,000 events"


def test_of_nothing_to_build_nothing_is_said(world: Any) -> None:
    context = world.context([])
    starting.progress(context)(0, 0)
    assert context.stderr.getvalue() == ""


@pytest.mark.parametrize("health", [None, {}, {"version": __version__}])
def test_the_same_version_is_no_matter(world: Any, health: dict[str, object] | None) -> None:
    context = world.context([])
    starting.version_note(context, health)
    assert context.stderr.getvalue() == ""


def test_another_version_is_told(world: Any) -> None:
    context = world.context([])
    starting.version_note(context, {"version": "0.0.9"})
    assert "version 0.0.9" in context.stderr.getvalue()
    assert "thrum daemon restart" in context.stderr.getvalue()


def test_one_that_runs_is_left_alone(clone: Any, world: Any) -> None:
    clone("init", "--non-interactive")
    world.root, world.env = clone.root, clone.env
    running, started = starting.start(world.context([]))
    assert (running.pid, started) == (clone.daemon_pid, False)


def test_it_is_started_as_the_context_says(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    answer = (control.Running(1, str(world.root), "", None), True)

    def start(*argv: Any, **how: Any) -> Any:
        asked.append((argv, how["local_only"]))
        return answer

    monkeypatch.setattr(control, "start", start)
    context = world.context([])
    assert starting.start(context, local_only=True) == answer
    assert asked == [((context.place, world.env), True)]


def id_of(clone: Any, root: Path) -> str:
    document = clone("daemon", "status", "--json", cwd=root).document
    found: str = document["identity"]["daemon_id"]
    return found


@pytest.mark.parametrize("runs", [True, False])
def test_a_copy_has_an_id_of_its_own_from_its_first_start_and_is_said_to(
    clone: Any, runs: bool
) -> None:
    """Whether the daemon of the original runs while it is copied, or not."""
    clone("init", "--non-interactive")
    clone("quickstart", "furiosa", "--role", "implementer", "--module", "auth")
    first = id_of(clone, clone.root)
    if not runs:
        clone("daemon", "stop")
    copy = clone.root.with_name("copy")
    left_out = shutil.ignore_patterns("*.sock")
    shutil.copytree(clone.root, copy, symlinks=True, ignore=left_out)
    came_along = f"copies from {clone.root}, where furiosa lives; go on there"
    assert came_along in clone("whoami", cwd=copy, check=False).err
    try:
        started = clone("daemon", "start", cwd=copy)
        assert came_along in clone("whoami", cwd=copy, check=False).err
        assert came_along in clone("inbox", cwd=copy, check=False).err
        assert f"this is a copy of {clone.root}, so" in started.err
        assert id_of(clone, copy) != first
        assert clone("daemon", "restart", cwd=copy).err == ""
        if not runs:
            assert clone("daemon", "start").err == ""
        assert id_of(clone, clone.root) == first
    finally:
        clone("daemon", "stop", cwd=copy, check=False)


def test_a_copy_whose_original_is_gone_was_moved(clone: Any) -> None:
    clone("init", "--non-interactive")
    first = id_of(clone, clone.root)
    clone("daemon", "stop")
    moved = clone.root.with_name("moved")
    shutil.copytree(clone.root, moved, symlinks=True)
    shutil.rmtree(clone.root)
    clone.root = moved
    assert clone("daemon", "start").err == ""
    assert id_of(clone, moved) == first
