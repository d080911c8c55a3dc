"""Which files several change, and what of a row is no news."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.now.row import Clash, Row, calm, clashes

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
    ("change", "is_calm"),
    [
        ({}, True),
        ({"heard": "later"}, True),
        ({"heard": "later", "last_seen": "later", "git_updated_at": "later"}, True),
        ({"tool": "Bash", "heard": "later"}, True),
        ({"state": "idle"}, False),
        ({"unread": 1, "heard": "later"}, False),
        ({"files": ["a.py"]}, False),
        ({"branch": "mend"}, False),
    ],
)
def test_signs_of_life_alone_change_nothing(change: dict[str, Any], is_calm: bool) -> None:
    assert (calm(msgspec.structs.replace(ROW, **change)) == calm(ROW)) is is_calm


def test_for_what_leave_is_asked_is_news() -> None:
    asks = msgspec.structs.replace(ROW, state="waiting", tool="Bash")
    assert calm(msgspec.structs.replace(asks, heard="later")) == calm(asks)
    assert calm(msgspec.structs.replace(asks, tool="Edit")) != calm(asks)
