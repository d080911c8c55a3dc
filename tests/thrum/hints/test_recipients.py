"""Recipients who may be idle."""

from __future__ import annotations

import pytest

from tests.thrum.hints.states import State
from thrum.hints import registry
from thrum.hints.contract import Asked


def codes(seconds: float | None) -> list[tuple[str, str]]:
    state = State(unseen={} if seconds is None else {"nux": seconds})
    found = registry.hints(Asked("send", state, {"to": ["nux", "slit"]}))
    return [(each.code, each.message) for each in found]


@pytest.mark.parametrize("seconds", [None, 0, 1_799, 1_800, -5])
def test_who_was_seen_lately_or_lives_elsewhere_is_not_spoken_of(seconds: float | None) -> None:
    assert codes(seconds) == []


@pytest.mark.parametrize(
    ("seconds", "span"), [(1_801, "30m"), (47 * 60, "47m"), (7_200, "2h"), (9 * 86_400, "9d")]
)
def test_who_was_not_is(seconds: float, span: str) -> None:
    ((code, message),) = codes(seconds)
    assert code == "send.recipient-stale"
    assert message == f"@nux was last seen {span} ago and may be idle"


def test_it_keeps_nothing_back() -> None:
    found = registry.hints(Asked("send", State(unseen={"nux": 9_999}), {"to": ["nux"]}))
    assert registry.blockers(found, force=False) == []
    assert [each.cmd for each in found[0].options] == ["thrum ping @nux", "thrum team"]


def test_of_whom_the_answer_says_more_nothing_is_said() -> None:
    state, to = State(unseen={"nux": 9_999, "max": 9_999}), {"to": ["nux", "max"]}
    people = [{"agent_id": "nux", "held": "asleep"}, {"agent_id": "max", "held": "looks"}]
    found = registry.hints(Asked("send", state, to, True, {"recipients": people}))
    assert [each.message.split()[0] for each in found] == ["@max"]
