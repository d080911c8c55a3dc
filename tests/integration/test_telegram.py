"""A phone and a real daemon, over real HTTP: mail crosses once in each direction, whatever fails.

Ann's phone is the person max's here; lead is the agent that gets what she writes.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
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
    eventually(lambda: phone.status().get("outbound_count") == 1)
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


def test_what_people_type_sets_it_up_and_takes_it_away(phone: Phone) -> None:
    phone.set(token=None, user_id=None, target=None, chat_id=None, allow_from=None)
    eventually(lambda: not phone.status()["configured"])
    said = phone.thrum("telegram", "configure", "--yes", check=False)
    assert (said.code, "no token is given" in said.err) == (2, True)
    said = phone.thrum(
        "telegram", "configure", "--token", "12:x", "--user", "max", "--yes", check=False
    )
    assert (said.code, "invalid token format" in said.err) == (1, True)
    flags = ("--token", TOKEN, "--target", "@lead", "--user", "max", "--skip-pair", "--yes")
    said = phone.thrum("telegram", "configure", *flags)
    assert "saw the token" in said.err
    assert TOKEN not in said.out + said.err
    eventually(lambda: "running" in phone.thrum("telegram", "status").out)
    assert "nobody: `thrum telegram pair`" in phone.thrum("telegram", "status").out
    late = phone.thrum("telegram", "pair", "--pair-timeout", "1s", check=False)
    assert (late.code, "no message received" in late.err) == (1, True)
    phone.thrum("telegram", "configure", "--allow-from", "5", "--yes")
    eventually(lambda: "nobody" not in phone.thrum("telegram", "status").out)
    phone.thrum("telegram", "groups", "add", "crew", f"--chat-id={GROUP}", "--trust", "77")
    assert str(GROUP) in phone.thrum("telegram", "groups", "list").out
    assert phone.status()["groups"][0]["trusted_bots"] == [77]
    for wrong in (("--trust", "x"), ("--remote", "site"), ("--chat-id", "5"), ("--chat-id", "x")):
        said = phone.thrum("telegram", "groups", "add", "b", "--chat-id=-5", *wrong, check=False)
        assert said.code in (1, 2)
    unknown = phone.thrum("telegram", "groups", "remove", "nobody", "--yes", check=False)
    assert "no group" in unknown.err
    phone.thrum("telegram", "groups", "remove", "crew", "--yes")
    assert "No groups" in phone.thrum("telegram", "groups", "list").out
    assert (phone.home / ".thrum/config.json").stat().st_mode & 0o777 == 0o600
    phone.thrum("telegram", "remove", "--yes")
    eventually(lambda: "not set up" in phone.thrum("telegram", "status").out)
    assert TOKEN not in (phone.home / ".thrum/config.json").read_text()


def test_words_of_who_is_not_named_answer_nothing(phone: Phone) -> None:
    phone.set(allow_all=True)
    eventually(lambda: phone.status()["allow_all"] and phone.status()["running"])
    phone.send("may I?")
    eventually(lambda: phone.status().get("outbound_count") == 1)
    (number,) = phone.api.sent
    phone.api.say("y", EVE, reply_to_message={"message_id": number})
    written = phone.api.say("hm", EVE, reply_to_message={"message_id": number})
    eventually(lambda: sorted(phone.got()) == ["hm", "y"])
    phone.api.edit(written, "yes")
    phone.api.say("last", EVE)
    eventually(lambda: "last" in phone.got())
    answers = {row["body"]["content"]: row.get("reply_to") for row in phone.mail()}
    assert answers["y"] is None
    assert answers["hm"]
    assert phone.status()["dropped"] == {"answers": 1}


def test_who_is_meant_is_named_and_what_cannot_be_sent_is_said(phone: Phone) -> None:
    phone.set(target="@nobody")
    eventually(lambda: phone.status()["target"] == "@nobody" and phone.status()["running"])
    phone.api.say("@lead for you")
    eventually(lambda: phone.got() == ["for you"])
    phone.api.say("hello?")
    eventually(lambda: any("unknown recipient: @nobody" in each for each in phone.api.texts))
    phone.api.say("/start")
    eventually(lambda: "begin with @name" in phone.api.texts[-1])


def test_nothing_of_it_is_loaded_where_there_is_none(phone: Phone) -> None:
    code = (
        "import sys; from thrum.daemon import main, services; services.methods();"
        "print([each for each in sys.modules if 'httpx' in each or each.startswith("
        "('thrum.daemon.telegram.bridge', 'thrum.daemon.telegram.update'))])"
    )
    assert phone.world.run(sys.executable, "-c", code, cwd=phone.home).out.strip() == "[]"


@pytest.mark.parametrize(
    "rounds", [4, pytest.param(40, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
def test_a_daemon_that_is_killed_loses_nothing_and_doubles_nothing_here(
    phone: Phone, rounds: int
) -> None:
    chance = random.Random(15)
    phone.set(allow_all=True)
    eventually(lambda: phone.status()["allow_all"] and phone.status()["running"])
    written: list[str] = []
    sent: list[str] = []
    for number in range(rounds):
        if chance.random() < 0.5:
            phone.api.fail("sendMessage", telegram_api.LOST)
        for each in range(5):
            who = {**ANN, "id": 100 + number}
            phone.api.say(f"there {number}.{each}", who, chat=100 + number)
            written.append(f"there {number}.{each}")
            sent.append(f"@lead: here {number}.{each}")
            phone.send(f"here {number}.{each}")
        time.sleep(chance.random() * 0.3)
        phone.world.kill(phone.home)
        phone.thrum("daemon", "start")
    eventually(lambda: set(phone.api.texts) >= set(sent), 120)
    eventually(lambda: phone.status()["running"] and "waiting" not in phone.status(), 60)
    eventually(lambda: set(phone.got()) >= set(written), 120)
    assert max(Counter(phone.got()).values()) == 1
    firsts = list(dict.fromkeys(phone.api.texts))
    assert firsts == sent
    doubled = len(phone.api.texts) - len(firsts)
    assert doubled <= rounds + phone.api.lost


def odd(chance: random.Random) -> str:
    """A text as nobody types it."""
    parts = ["\x00", "\x1b[2J", "\u202e", "@", "@lead", "@thrum_bot", "\n", "`", "**", "y", "😀"]
    return "".join(chance.choice([*parts, " ", "x" * 500]) for _ in range(chance.randrange(12)))


def test_whatever_people_send_is_taken_or_counted_and_nothing_stops(phone: Phone) -> None:
    phone.api.chats.add(GROUP)
    groups = [{"chat_id": GROUP, "name": "crew"}]
    phone.ask("telegram.configure", allow_all=True, groups=groups)
    eventually(lambda: phone.status()["allow_all"] and phone.status()["running"])
    chance = random.Random(15)
    for number in range(120):
        who = {"id": 100 + number % 9, "first_name": odd(chance), "username": odd(chance)[:9]}
        chat = chance.choice([PHONE, GROUP, 7, -7])
        more: dict[str, Any] = chance.choice(
            [{}, {"date": 0}, {"date": 2**33 - 1}, {"reply_to_message": {}}]
        )
        message = phone.api.say(odd(chance), who, chat, **more)
        if chance.random() < 0.3:
            phone.api.edit(message, odd(chance))
        phone.api.tell(callback_query={"id": "q", "from": ANN, "data": odd(chance)})
        phone.api.tell(**{chance.choice(["message", "edited_message", "poll"]): odd(chance)})
    phone.api.say("still there", chat=PHONE)
    eventually(lambda: "still there" in phone.got(), 120)
    status = phone.status()
    assert "failed" not in status["dropped"]
    assert status["dropped"]["malformed"] > 100
    assert phone.thrum("daemon", "status").out.count("Trouble") == 0
    assert phone.thrum("inbox", "--all", check=False).code in (0, 2)


def test_a_token_of_a_wrong_type_is_shown_nowhere(phone: Phone) -> None:
    phone.set(token=[TOKEN])
    eventually(lambda: "telegram.token" in phone.thrum("daemon", "status").out)
    for said in (
        phone.thrum("daemon", "status"),
        phone.thrum("config", "show", check=False),
        phone.thrum("doctor", check=False),
    ):
        assert TOKEN[10:] not in said.out + said.err
    file = phone.home / ".thrum/config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "telegram": TOKEN}))
    eventually(lambda: "must hold keys" in phone.thrum("daemon", "status").out)
    logs = [each.read_text() for each in phone.home.glob(".thrum/var/*.log")]
    assert not [each for each in logs if TOKEN[10:] in each]
