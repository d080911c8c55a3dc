"""A real hook waits for leave, and the answer comes from a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration import telegram_api
from tests.integration.conftest import eventually
from tests.integration.pair import pair_in
from tests.integration.telegram_api import ANN, EVE, PHONE, TOKEN, BotServer
from tests.integration.test_prompts import ALLOW, Desk, decision


@pytest.fixture
def api() -> Iterator[BotServer]:
    with telegram_api.served() as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, api: BotServer) -> Iterator[Desk]:
    with pair_in(tmp_path, Desk, "boss", "coordinator") as made:
        file = made.main / ".thrum/config.json"
        tree = json.loads(file.read_text())
        tree["permission_supervisors"] = ["@user:max"]
        tree["telegram"] = {
            **{"token": TOKEN, "target": "@boss", "user_id": "max", "chat_id": PHONE},
            **{"allow_from": [ANN["id"]], "allow_all": True, "api_base": api.base},
        }
        file.write_text(json.dumps(tree))
        eventually(
            lambda: made.world.thrum(made.main, "telegram", "status", "--json").json["running"]
        )
        yield made


def asked(api: BotServer) -> tuple[int, dict[str, Any]]:
    """The last message with buttons."""
    eventually(lambda: any(each["buttons"] for each in api.sent.values()), 60)
    return max((number, each) for number, each in api.sent.items() if each["buttons"])


def test_a_button_answers_once_and_only_for_who_is_named(desk: Desk, api: BotServer) -> None:
    said = desk.asks("first")
    waits = desk.waits()
    number, message = asked(api)
    assert list(message["buttons"]) == ["Allow once", "Refuse"]
    api.press(number, "Allow once", EVE)
    api.tell(callback_query={"id": "x", "from": ANN, "data": f"z:{waits}"})
    api.tell(callback_query={"id": "y", "from": ANN, "data": "a:msg_0"})
    eventually(lambda: api.told == ["Nobody waits for this answer any more."])
    assert [each["id"] for each in desk.listed()] == [waits]
    buttons = dict(message["buttons"])
    api.press(number, "Allow once")
    assert decision(said) == ALLOW
    eventually(lambda: api.told[-1] == "Allowed: @nux")
    eventually(lambda: not api.sent[number]["buttons"])
    api.tell(callback_query={"id": "z", "from": ANN, "data": buttons["Refuse"]})
    eventually(lambda: api.told[-1] == "Nobody waits for this answer any more.")


def test_a_word_answers_and_buttons_go_when_somebody_else_did(desk: Desk, api: BotServer) -> None:
    said = desk.asks("second")
    desk.waits()
    number, _ = asked(api)
    api.say("y", EVE, chat=6)
    api.say("n")
    assert decision(said)["behavior"] == "deny"
    eventually(lambda: not api.sent[number]["buttons"])
    said = desk.asks("third")
    waits = desk.waits()
    number, _ = asked(api)
    desk.world.thrum(desk.main, "prompts", "approve", waits)
    assert decision(said) == ALLOW
    eventually(lambda: not api.sent[number]["buttons"])


def test_of_several_questions_none_is_guessed(desk: Desk, api: BotServer) -> None:
    first, second = desk.asks("one"), desk.asks("two")
    eventually(lambda: len(desk.listed()) == 2, 60)
    eventually(lambda: sum(bool(each["buttons"]) for each in api.sent.values()) == 2, 60)
    api.say("y")
    eventually(lambda: any("2 questions wait" in each for each in api.texts))
    number, _ = asked(api)
    api.say("yes", reply_to_message={"message_id": number})
    eventually(lambda: len(desk.listed()) == 1, 60)
    eventually(lambda: sum(bool(each["buttons"]) for each in api.sent.values()) == 1)
    left, _ = asked(api)
    api.press(left, "Refuse")
    found = sorted(decision(each)["behavior"] for each in (first, second))
    assert found == ["allow", "deny"]
