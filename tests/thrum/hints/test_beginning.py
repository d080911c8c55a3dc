"""What comes after a repository was made ready."""

from __future__ import annotations

import pytest

from tests.thrum.hints.states import State
from thrum.hints import registry
from thrum.hints.contract import Asked


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("agents", [True, False])
@pytest.mark.parametrize("is_done", [True, False])
def test_it_is_said_of_a_fresh_one_without_agents(fresh: bool, agents: bool, is_done: bool) -> None:
    asked = Asked("init", State(agents=agents), {}, is_done, {"fresh": fresh})
    codes = [each.code for each in registry.hints(asked)]
    assert codes == ["init.next-quickstart"] * (fresh and not agents and is_done)
