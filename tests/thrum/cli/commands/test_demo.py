"""``thrum demo``; `tests/integration` plays it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from thrum import demo


@pytest.mark.parametrize("complete", [True, False])
def test_it_tells_what_happens_and_ends_as_it_went(
    world: Any, monkeypatch: pytest.MonkeyPatch, complete: bool
) -> None:
    def play(environment: Mapping[str, str], say: Callable[[str], None]) -> bool:
        assert environment == world.env
        say("one")
        say("two \x1b[2J")
        return complete

    monkeypatch.setattr(demo, "play", play)
    ran = world.run("demo")
    assert (ran.code, ran.out) == (0 if complete else 1, "one\ntwo \\x1b[2J\n")
    document = world.run("demo", "--json").document
    assert document == {"complete": complete, "lines": ["one", "two \x1b[2J"]}
