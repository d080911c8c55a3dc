"""Who is heard, and who is not."""

from __future__ import annotations

import pytest

from thrum.daemon.telegram import gate
from thrum.daemon.telegram.gate import Gate
from thrum.daemon.telegram.stanza import Stanza, TelegramGroup
from thrum.daemon.telegram.update import Chat, TelegramUser

CREW = TelegramGroup(-5, "crew", trusted_bots=[7])
PRIVATE, GROUP, OTHER = Chat(1, "private"), Chat(-5, "group"), Chat(-6, "group")
ANN, EVE = TelegramUser(1), TelegramUser(2)
ROBOT, STRANGE = TelegramUser(7, is_bot=True), TelegramUser(8, is_bot=True)


def made(now: list[float] | None = None, **changes: object) -> Gate:
    stanza = Stanza(**{"allow_from": frozenset({1}), "groups": (CREW,), **changes})  # type: ignore[arg-type]
    found = Gate(stanza, lambda: (now or [0.0])[-1])
    found.bot_id = 99
    return found


@pytest.mark.parametrize(
    ("sender", "chat", "refusal"),
    [
        (None, PRIVATE, gate.NO_SENDER),
        (TelegramUser(99, is_bot=True), PRIVATE, gate.OWN),
        (ANN, PRIVATE, ""),
        (EVE, PRIVATE, gate.NOT_ALLOWED),
        (ANN, GROUP, ""),
        (EVE, GROUP, gate.NOT_ALLOWED),
        (ANN, OTHER, gate.NO_GROUP),
        (ROBOT, GROUP, ""),
        (ROBOT, PRIVATE, gate.BOT),
        (ROBOT, OTHER, gate.BOT),
        (STRANGE, GROUP, gate.BOT),
    ],
)
def test_who_is_heard_where(sender: TelegramUser | None, chat: Chat, refusal: str) -> None:
    assert made().refusal(sender, chat) == refusal


def test_an_empty_list_is_nobody_and_everybody_has_to_be_said() -> None:
    assert made(allow_from=frozenset()).refusal(ANN, PRIVATE) == gate.NOT_ALLOWED
    open_to_all = made(allow_from=frozenset(), allow_all=True)
    assert open_to_all.refusal(EVE, PRIVATE) == ""
    assert open_to_all.refusal(STRANGE, PRIVATE) == gate.BOT
    assert not open_to_all.is_listed(EVE)


def test_thirty_in_a_minute_are_taken_of_each() -> None:
    now = [0.0]
    found = made(now)
    assert [found.is_too_fast(ANN) for _ in range(31)] == [False] * 30 + [True]
    assert not found.is_too_fast(EVE)
    now.append(gate.WITHIN_S)
    assert not found.is_too_fast(ANN)


def test_of_too_many_users_the_silent_one_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MOST_USERS", 2)
    found = made()
    for _ in range(30):
        found.is_too_fast(ANN)
    found.is_too_fast(EVE)
    assert found.is_too_fast(ANN)
    found.is_too_fast(ROBOT)
    assert found.is_too_fast(ANN)
