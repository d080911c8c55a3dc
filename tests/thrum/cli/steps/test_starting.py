"""Starting a daemon, and what is shown meanwhile."""

from __future__ import annotations

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
    assert lines[0] == "building the database: 0 of 1000 events"
    assert lines[-1] == "building the database: 1000 of 1000 events"


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

    answer: Any = ("running", True)

    def start(*argv: Any, **how: Any) -> Any:
        asked.append((argv, how["local_only"]))
        return answer

    monkeypatch.setattr(control, "start", start)
    context = world.context([])
    assert starting.start(context, local_only=True) == answer
    assert asked == [((context.place, world.env), True)]
