"""Role texts that have changed since they were chosen: the first of three things that is true."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.hints.states import State
from thrum.hints import registry
from thrum.hints.contract import Asked, Hint
from thrum.roles import shipped


def drift(answers: Any, *texts: str) -> list[Hint]:
    return registry.hints(Asked("prime", State(answers=answers, texts=texts)))


def chosen(version: Any = 1, **hashes: str) -> dict[str, Any]:
    roles = {role: {"autonomy": "strict", "rendered_hash": each} for role, each in hashes.items()}
    return {"schema_version": version, "roles": roles}


def test_texts_without_answers() -> None:
    assert drift(None) == []
    (found,) = drift(None, "tester")
    assert (found.code, found.severity) == ("roles.config.migration", "warn")


def test_answers_of_an_older_form_come_before_changed_texts() -> None:
    (found,) = drift(chosen(0, tester="old"), "tester")
    assert found.code == "roles.config.schema-bump"


def test_changed_texts_are_named_together() -> None:
    same = shipped.read("planner-strict").hash
    (found,) = drift(chosen(1, tester="old", reviewer="older", planner=same))
    assert found.code == "roles.config.body-diff"
    assert found.message.endswith(": reviewer, tester")
    assert found.options[0].cmd == "thrum roles refresh"


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"roles": []},
        {"roles": {"tester": 3}},
        {"roles": {"tester": {"autonomy": "strict"}}},
        {"roles": {"painter": {"autonomy": "strict", "rendered_hash": "x"}}},
        {"schema_version": "1", "roles": {}},
        chosen(1, tester=shipped.read("tester-strict").hash),
        chosen(99),
    ],
)
def test_what_says_nothing_else_gives_none(answers: Any) -> None:
    assert drift(answers, "tester") == []
