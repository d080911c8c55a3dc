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


@pytest.mark.parametrize(
    ("here", "said"),
    [
        ((), []),
        (("Claude Code",), ["`thrum setup` connects Claude Code to Thrum"]),
        (("A", "B"), ["`thrum setup` connects A and B to Thrum"]),
        (("A", "B", "C"), ["`thrum setup` connects A, B and C to Thrum"]),
    ],
)
def test_agent_programs_that_know_nothing_are_named(here: tuple[str, ...], said: list[str]) -> None:
    state = State(agents=True, unconnected=here)
    found = registry.hints(Asked("init", state, {}, True, {"fresh": False}))
    assert [each.message for each in found] == said
    assert {(each.code, each.severity) for each in found} <= {("init.connect-agents", "info")}


def test_nobody_is_named_before_or_where_files_were_asked_for() -> None:
    state = State(agents=True, unconnected=("A",))
    assert registry.hints(Asked("init", state)) == []
    assert registry.hints(Asked("init", state, {}, True, {"setup": {}})) == []
    failing = State(unconnected=("A",), fails=True)
    assert registry.hints(Asked("init", failing, {}, True, {})) == []
