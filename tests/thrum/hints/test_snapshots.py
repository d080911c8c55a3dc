"""What can be done where a snapshot could not be saved."""

from __future__ import annotations

import pytest

from tests.thrum.hints.states import State
from thrum.hints import registry
from thrum.hints.contract import Asked


def hints(failure: str, *, is_done: bool = False, **args: object) -> list[str]:
    asked = Asked("tmux snapshot save", State(), {"failure": failure, **args}, is_done)
    return [f"{each.code} {each.options[0].cmd}" for each in registry.hints(asked)]


@pytest.mark.parametrize("failure", ["no-pid", "no-jsonl", "extract-failed", "jsonl-not-found"])
def test_each_failure_has_its_hint(failure: str) -> None:
    (found,) = hints(failure)
    assert found.startswith(f"snapshot.save.{failure} thrum ")
    assert hints(failure, is_done=True) == []


def test_a_path_is_quoted() -> None:
    (found,) = hints("extract-failed", path="/a b/$(x)")
    assert found.endswith("ls -l '/a b/$(x)'")


def test_nothing_is_said_of_another_failure() -> None:
    assert hints("") == hints("full") == []
