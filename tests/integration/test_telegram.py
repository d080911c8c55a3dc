"""A phone and a real daemon, over real HTTP: mail crosses once in each direction, whatever fails.

Ann's phone is the person max's here; lead is the agent that gets what she writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.integration import telegram_api
from tests.integration.conftest import World, eventually
from tests.integration.telegram_api import ANN, EVE, PHONE, TOKEN, BotServer, Refusal
from thrum import paths
from thrum.client import Client

GROUP: Final = -100500
STANZA: Final[dict[str, Any]] = {
    "token": TOKEN,
    "target": "@lead",
    "user_id": "max",
    "chat_id": PHONE,
    "allow_from": [ANN["id"]],
}


@dataclass
class Phone:
    """Ann's phone, and the daemon that it writes to."""

    world: World
    home: Path
    api: BotServer

    def set(self, **changes: Any) -> None:
        """Edits the configuration as with an editor; None takes a key out."""
        file = self.home / ".thrum/config.json"
        tree = json.loads(file.read_text())
        stanza = {**tree.get("telegram", {"api_base": self.api.base}), **changes}
        tree["telegram"] = {key: each for key, each in stanza.items() if each is not None}
        file.write_text(json.dumps(tree))

    def thrum(self, *arguments: str, check: bool = True) -> Any:
        return self.world.thrum(self.home, *arguments, check=check)

    def ask(self, method: str, **params: Any) -> Any:
        with Client(paths.at(self.home).socket, 60, 60) as client:
            return client.call(method, {"caller_agent_id": "lead", **params})

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("telegram.status")
        return found

    def mail(self) -> list[dict[str, Any]]:
        """What lead got, the oldest first."""
        rows = self.ask("message.list", for_agent="lead", page_size=100)["messages"]
        return sorted(rows, key=lambda row: row["created_at"])

    def got(self) -> list[str]:
        return [row["body"]["content"] for row in self.mail()]

    def send(self, text: str, *flags: str) -> str:
        """lead writes to max."""
        said = self.thrum("send", text, "--to", "@user:max", *flags, "--json").json
        return str(said["message_id"])


@pytest.fixture
def phone(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    with telegram_api.served() as api:
        world.remote()
        home = world.node("one", "lead", "--role", "coordinator", shares=False)
        monkeypatch.chdir(home)
        made = Phone(world, home, api)
        made.set(**STANZA)
        eventually(lambda: made.status()["running"])
        yield made


def test_a_message_comes_from_the_phone_and_an_answer_goes_back(phone: Phone) -> None:
    written = phone.api.say("hello *there*")
    eventually(lambda: phone.got() == ["hello *there*"])
    (row,) = phone.mail()
    assert row["agent_id"] == "user:max"
    about = json.loads(row["body"]["structured"])
    assert about == {
        "source": "telegram",
        "chat_id": PHONE,
        "message_id": written["message_id"],
        "telegram_user": "ann",
        "telegram_user_id": ANN["id"],
    }
    phone.thrum("reply", row["message_id"], "**fine** & `you`?")
    eventually(lambda: phone.api.texts == ["@lead: fine & you?"])
    (sent,) = phone.api.sent.values()
    assert sent["reply_to"] == written["message_id"]
    (number,) = phone.api.sent
    phone.api.say("thanks", reply_to_message={"message_id": number})
    eventually(lambda: len(phone.got()) == 2)
    assert phone.mail()[1]["reply_to"]
    assert phone.status()["inbound_count"] == 2
    assert "waiting" not in phone.status()


def test_edits_cross_both_ways(phone: Phone) -> None:
    written = phone.api.say("helo")
    eventually(lambda: phone.got() == ["helo"])
    phone.api.edit(written, "hello")
    eventually(lambda: phone.got() == ["hello"])
    message_id = phone.send("one\n\n" + "word " * 1500)
    eventually(lambda: len(phone.api.texts) == 2)
    phone.thrum("message", "edit", message_id, "short")
    eventually(lambda: phone.api.texts == ["@lead: short"])
    phone.thrum("message", "delete", message_id, "--force")
    eventually(lambda: phone.api.texts == ["(taken back)"])


def test_who_is_not_named_is_dropped_without_a_word_and_counted(phone: Phone) -> None:
    phone.api.say("let me in", EVE, chat=6)
    phone.api.say("i am a bot", {**EVE, "is_bot": True}, chat=6)
    phone.api.tell(message={"message_id": 1, "chat": {"id": 6}, "text": "nobody"})
    phone.api.tell_raw({"update_id": 10**6, "message": "none"})
    phone.api.tell_raw(["no update"])
    phone.api.tell_raw({"update_id": 10**6 + 1, "callback_query": {"id": "x", "from": EVE}})
    phone.api._next = 10**6 + 2
    phone.api.say("me")
    eventually(lambda: phone.got() == ["me"])
    assert phone.status()["dropped"] == {
        "not_allowed": 2,
        "bot": 1,
        "no_sender": 1,
        "malformed": 2,
    }
    assert phone.api.texts == []


def test_what_telegram_refuses_or_loses_arrives_all_the_same(phone: Phone) -> None:
    phone.api.fail("sendMessage", Refusal(429, "Too Many Requests: retry after 1", retry_after=1))
    phone.api.fail("sendMessage", Refusal(502, "Bad Gateway"))
    phone.api.fail("sendMessage", telegram_api.HANG_UP)
    phone.api.fail("sendMessage", telegram_api.GARBAGE)
    phone.api.fail("getUpdates", telegram_api.HANG_UP)
    for number in range(5):
        phone.send(f"number {number}")
    eventually(lambda: len(phone.api.sent) == 5, 60)
    assert phone.api.texts == [f"@lead: number {number}" for number in range(5)]
    phone.api.fail("sendMessage", Refusal(400, "Bad Request: can't parse entities: no"))
    phone.send("**bold**")
    eventually(lambda: phone.api.texts[-1] == "@lead: **bold**")
    phone.api.fail("sendMessage", Refusal(403, "Forbidden: bot was blocked by the user"))
    phone.send("lost")
    eventually(lambda: "blocked" in phone.status().get("error", ""))
    phone.send("after")
    eventually(lambda: phone.api.texts[-1] == "@lead: after")
    assert phone.status()["dropped"] == {"refused_there": 1}
    eventually(lambda: "error" not in phone.status())


def test_what_is_written_while_telegram_is_away_goes_out_later_and_nothing_else_waits(
    phone: Phone,
) -> None:
    phone.api.be_away(True)
    for number in range(3):
        phone.send(f"number {number}")
    eventually(lambda: phone.status().get("waiting") == 3)
    assert TOKEN not in json.dumps(phone.status())
    phone.world.kill(phone.home)
    phone.thrum("daemon", "start")
    phone.send("number 3")
    phone.api.be_away(False)
    eventually(lambda: len(phone.api.sent) == 4, 60)
    assert phone.api.texts == [f"@lead: number {number}" for number in range(4)]


def test_a_wrong_token_and_another_program_are_said_clearly(phone: Phone) -> None:
    wrong = TOKEN.replace("AAH", "BBH")
    phone.set(token=wrong)
    eventually(lambda: "no bot of this token" in phone.status().get("error", ""))
    assert not phone.status()["running"]
    assert phone.status()["token"] == "123456789:..."
    phone.set(token=TOKEN)
    eventually(lambda: phone.status()["running"])
    phone.api.fail("getUpdates", Refusal(409, "Conflict: terminated by other getUpdates request"))
    phone.api.say("go on")
    eventually(lambda: "only one program" in phone.status().get("error", ""))
    written = [each.read_text() for each in phone.home.glob(".thrum/var/*.log")]
    assert any("no bot of this token" in each for each in written)
    assert not [each for each in written if TOKEN[10:] in each or wrong[10:] in each]


def test_a_group_is_a_group_here(phone: Phone) -> None:
    phone.api.chats.add(GROUP)
    robot = {"id": 77, "is_bot": True, "first_name": "Other", "username": "other_bot"}
    remote = [{"name": "nux", "prefix": "site", "bot": "@other_bot"}]
    groups = [{"chat_id": GROUP, "name": "crew", "trusted_bots": [77], "remote_agents": remote}]
    phone.ask("telegram.configure", groups=groups)
    eventually(lambda: phone.status().get("groups") == groups and phone.status()["running"])
    topic: dict[str, Any] = {"message_thread_id": 9, "is_topic_message": True}
    written = phone.api.say("@thrum_bot build it", chat=GROUP, **topic)
    phone.api.say("@other_bot not for us", chat=GROUP)
    phone.api.say("from a bot", robot, chat=GROUP)
    phone.api.say(None, chat=GROUP, caption="see", document={"file_name": "plan.pdf"})
    phone.api.say("elsewhere", chat=-1)
    wanted = ["build it", "from a bot", "[document: plan.pdf] see"]
    eventually(lambda: phone.got() == wanted)
    eventually(lambda: phone.status().get("dropped") == {"to_others": 1, "unknown_chat": 1})
    first = phone.mail()[0]
    assert {"type": "group", "value": "tg:crew"} in first["scopes"]
    phone.thrum("reply", first["message_id"], "done")
    eventually(lambda: phone.api.texts == ["@lead: done"])
    (sent,) = phone.api.sent.values()
    assert (sent["chat"], sent["reply_to"], sent["topic"]) == (GROUP, written["message_id"], 9)
    phone.thrum("send", "fresh", "--to", "@tg:crew")
    phone.thrum("send", "to the other", "--to", "@site:nux")
    phone.send("only for max")
    eventually(lambda: len(phone.api.sent) == 4)
    assert phone.api.texts[1:] == [
        "@lead: fresh",
        "@other_bot @lead: to the other",
        "@lead: only for max",
    ]
    assert [each["chat"] for each in phone.api.sent.values()] == [GROUP, GROUP, GROUP, PHONE]


def test_a_phone_is_paired_by_a_code(phone: Phone) -> None:
    phone.set(allow_from=None, chat_id=None)
    eventually(lambda: phone.status()["running"] and "allow_from" not in phone.status())
    begun = phone.ask("telegram.start_pairing")
    assert begun["link"] == f"https://t.me/thrum_bot?start={begun['code']}"
    phone.api.say("WRONG", EVE, chat=6)
    phone.api.say(f"/start {begun['code']}")
    found = phone.ask("telegram.pair", timeout_seconds=60)
    assert (found["telegram_user_id"], found["chat_id"]) == (ANN["id"], PHONE)
    phone.ask("telegram.configure", allow_from=[ANN["id"]], chat_id=PHONE)
    eventually(lambda: phone.status()["running"] and phone.status().get("chat_id") == PHONE)
    phone.api.say("hello")
    eventually(lambda: phone.got() == ["hello"])
    begun = phone.ask("telegram.start_pairing")
    for guess in ("A", "B", "C"):
        phone.api.say(guess, EVE, chat=6)
    with pytest.raises(Exception, match="3 wrong codes"):
        phone.ask("telegram.pair", timeout_seconds=60)
