"""A hook that waits hears one word."""

from __future__ import annotations

import asyncio

from thrum.daemon.delivery.given import Seat
from thrum.daemon.prompts.held import Decision, Held, Question

QUESTION = Question(
    Seat("furiosa", "claude", "s1"), "Bash", "make", asks_meanwhile=True, is_helper=False
)


def test_the_first_word_counts() -> None:
    async def decide() -> list[Decision | None]:
        found = []
        for words in ([Decision(True, "boss"), Decision(False, "nux"), None], [None, None]):
            held = Held(QUESTION, "msg_1", 60.0)
            assert not held.done.is_set()
            for each in words:
                held.ends(each)
            assert held.done.is_set()
            found.append(held.decision)
        late = Held(QUESTION, "msg_2", 60.0)
        late.ends()
        late.ends(Decision(True, "boss"))
        return [*found, late.decision]

    assert asyncio.run(decide()) == [Decision(True, "boss"), None, None]
