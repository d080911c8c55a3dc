"""What people type to an agent leads to commands that exist."""

from __future__ import annotations

import pytest

from tests.thrum.skills.lines import typed, understood
from thrum.cli.table import COMMANDS
from thrum.skills import slash
from thrum.skills.slash import SLASHES, Slash


def test_each_is_named_like_the_command_that_it_runs() -> None:
    words = [each.word for each in SLASHES]
    assert [word for word in words if word not in COMMANDS] == []
    assert len(set(words)) == len(words)
    assert {"prime", "quickstart", "overview", "team", "send", "inbox", "reply", "wait"} <= {*words}


@pytest.mark.parametrize("each", SLASHES, ids=lambda each: each.word)
def test_the_text_names_the_command_and_nothing_that_cannot_be_typed(each: Slash) -> None:
    assert each.word in [understood(line) for line in typed(each.body)]


def test_among_others_a_name_says_whose_it_is_and_in_a_plugin_need_not() -> None:
    assert all(each.name.startswith("thrum-") for each in slash.skills())
    assert [each.name for each in slash.skills(prefix="")] == [each.word for each in SLASHES]
    assert all(each.is_typed for each in slash.skills())
