"""What somebody chose for each role, checked."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import __version__
from thrum.errors import ThrumError
from thrum.roles import answers, shipped

NOW = "2026-01-02T03:04:05Z"


def test_little_is_enough_and_the_rest_is_filled_in() -> None:
    found = answers.parse({"roles": {"tester": {"autonomy": "strict"}}}, NOW)
    assert found.tree() == {
        "schema_version": 1,
        "plugin_version": __version__,
        "configured_at": NOW,
        "roles": {"tester": {"autonomy": "strict", "scope": ""}},
    }
    assert found.roles[0].template == "tester-strict"


def test_what_is_said_stays() -> None:
    tree: dict[str, Any] = {
        "schema_version": 1,
        "plugin_version": "0.10.6",
        "configured_at": "2025-01-01T00:00:00Z",
        "roles": {
            "implementer": {
                "autonomy": "strict",
                "scope": "worktree-write-only",
                "rendered_hash": "ab",
            },
            "orchestrator": {"autonomy": "", "scope": ""},
        },
    }
    found = answers.parse(tree, NOW)
    assert found.tree() == tree
    assert [each.template for each in found.roles] == [
        "implementer-worktree-write-only",
        "orchestrator",
    ]


def test_a_set_has_a_shipped_text_for_every_role() -> None:
    for name in answers.SETS:
        found = answers.of_set(name, NOW)
        assert answers.parse(found.tree(), NOW) == found
    every = {each.template for name in answers.SETS for each in answers.of_set(name, NOW).roles}
    assert every | {"implementer-worktree-write-only"} == set(shipped.NAMES)


def test_a_set_keeps_the_hashes_of_what_was_written() -> None:
    before = (answers.Answer("tester", "strict", rendered_hash="ab"),)
    found = answers.of_set("enhanced", NOW, before)
    assert {each.role: each.rendered_hash for each in found.roles if each.rendered_hash} == {
        "tester": "ab"
    }


ROLES = {"tester": {"autonomy": "strict"}}


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        {},
        {"roles": {}},
        {"roles": []},
        {"roles": ROLES, "more": 1},
        {"roles": {"tester": {"autonomy": "strict", "colour": "red"}}},
        {"roles": {"tester": "strict"}},
        {"roles": {"tester": {"autonomy": 1}}},
        {"roles": {"tester": {"autonomy": "lax"}}},
        {"roles": {"painter": {"autonomy": "strict"}}},
        {"roles": {"../x": {"autonomy": "strict"}}},
        {"roles": ROLES, "schema_version": "1"},
        {"roles": ROLES, "schema_version": True},
        {"roles": ROLES, "schema_version": 0},
        {"roles": ROLES, "configured_at": 3},
    ],
)
def test_what_is_not_understood_is_refused(tree: object) -> None:
    with pytest.raises(ThrumError):
        answers.parse(tree, NOW)
