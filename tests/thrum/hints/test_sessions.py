"""What is in the way of a session, and what comes next."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.hints.states import State
from thrum.hints import registry
from thrum.hints.contract import Asked, Hint

ASKED = {"session": "api", "cwd": "/w", "name": "erin", "no_agent": False, "before": []}


def before(state: State | None = None, **typed: Any) -> list[Hint]:
    found = state or State(worktrees=("/w",))
    return registry.hints(Asked("tmux.create", found, {**ASKED, **typed}))


def codes(found: list[Hint]) -> list[tuple[str, str, bool]]:
    return [(e.code.removeprefix("tmux.create."), e.severity, e.allow_force) for e in found]


def test_nothing_is_in_the_way() -> None:
    assert before() == []
    assert before(before=[("erin", False)]) == []


def test_an_agent_wants_a_worktree_of_its_own() -> None:
    assert codes(before(cwd="/other")) == [("not-a-worktree", "warn", False)]
    assert before(cwd="/other", no_agent=True) == []


def test_who_is_at_work_there_stays() -> None:
    for name in ("erin", "finn"):
        found = before(before=[(name, True)])
        assert codes(found) == [("identity-exists-alive", "warn", False)]
        assert registry.blockers(found, force=True) == found


def test_who_ended_goes_if_forced() -> None:
    found = before(before=[("finn", False)])
    assert codes(found) == [("identity-exists-stale", "warn", True)]
    assert registry.blockers(found, force=True) == []
    assert before(before=[("finn", False)], no_agent=True) == []


@pytest.mark.parametrize(("state", "said"), [("alive", 1), ("stale", 1), ("dead", 0), ("", 0)])
def test_a_session_of_that_name(state: str, said: int) -> None:
    there = State(worktrees=("/w",), sessions={"api": state, "api-2": "alive"})
    assert codes(before(there)) == [("session-exists", "warn", True)] * said


def test_what_comes_next() -> None:
    typed = {**ASKED, "before": [("finn", False), ("erin", False)]}
    asked = Asked("tmux.create", State(), typed, True, {"session": "a-b"})
    found = registry.hints(asked)
    assert codes(found) == [("identity-replaced", "info", False), ("next-launch", "info", False)]
    assert "@finn" in found[0].message
    assert found[1].options[0].cmd == "thrum tmux launch a-b"


def test_what_cannot_be_found_out_is_not_said() -> None:
    assert before(State(fails=True)) == []
