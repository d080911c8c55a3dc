"""Which files several change, and when a page is told of a row."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.now.row import Clash, Row, changed, clashes, gone

ROW = Row(agent_id="nux", role="r", module="m", state="working", evidence="hook")
NAMES = st.sampled_from("abcde")


@given(st.dictionaries(NAMES, st.lists(st.sampled_from(["x.py", "y.py", "z.py"]), max_size=4)))
def test_each_is_told_of_the_files_that_others_have_too(files: dict[str, list[str]]) -> None:
    found = clashes(files)
    for agent_id, names in files.items():
        wanted = [
            Clash(name, [each for each in files if each != agent_id and name in files[each]])
            for name in dict.fromkeys(names)
        ]
        assert found[agent_id] == [each for each in wanted if each.agents]


@pytest.mark.parametrize(
    ("change", "is_old", "is_told"),
    [
        ({}, False, False),
        ({}, True, False),
        ({"heard": "later"}, False, False),
        ({"heard": "later", "last_seen": "later", "git_updated_at": "later"}, False, False),
        ({"heard": "later"}, True, True),
        ({"state": "idle"}, False, True),
        ({"unread": 1, "heard": "later"}, False, True),
        ({"files": ["a.py"]}, False, True),
    ],
)
def test_signs_of_life_alone_are_told_seldom(
    change: dict[str, Any], is_old: bool, is_told: bool
) -> None:
    assert changed(ROW, msgspec.structs.replace(ROW, **change), is_old) is is_told


def test_what_nobody_knows_is_told_and_what_is_gone_is_named() -> None:
    assert changed(None, ROW, False)
    assert gone(["a", "b", "c"], ["b", "d"]) == ["a", "c"]
