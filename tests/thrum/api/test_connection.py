"""What a program does with Thrum, beside another one, through restarts of the daemon."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.thrum.api.conftest import ANSWERER, Shop
from thrum import api
from thrum.api import Connection, connect


def test_it_knows_who_it_is_and_who_else_is_here(mail: Connection) -> None:
    assert (mail.whoami().agent_id, mail.whoami().role) == ("alice", "implementer")
    team = {each.agent_id: each for each in mail.team(offline=True)}
    assert set(team) == {"alice", "bob"}
    assert (team["bob"].role, team["bob"].module, team["bob"].branch) == ("tester", "engine", "bob")
    assert team["bob"].fields["agent_id"] == "bob"


def test_what_is_sent_is_there_with_all_that_was_said(mail: Connection, shop: Shop) -> None:
    sent = mail.send("@bob", "Look.", data={"line": 7}, key="look")
    again = mail.send(["bob"], "Never sent.", key="look")
    assert (sent.recipients, again.id) == (("bob",), sent.id)
    found = mail.get(sent.id[-8:])
    assert (found.id, found.sender, found.text, found.to) == (sent.id, "alice", "Look.", ("@bob",))
    assert found.data == {"line": 7}
    assert [(each.agent_id, each.state) for each in found.reached] == [("bob", "stored")]
    assert shop.world.thrum(shop.bob, "inbox", "--unread", "--json").json["total"] == 1
    assert set(mail.send("@everyone", "All.").recipients) == {"bob"}


def test_the_inbox_is_read_when_it_is_said_so(mail: Connection, shop: Shop) -> None:
    shop.says("one", "two", "three")
    assert [each.text for each in mail.inbox()] == ["one", "two", "three"]
    newest = mail.inbox(limit=1, newest_first=True)
    assert [each.text for each in newest] == ["three"]
    assert mail.mark_read(*mail.inbox(limit=2)) == 2
    assert [(each.text, each.is_read) for each in mail.inbox()] == [("three", False)]
    assert [each.is_read for each in mail.inbox(unread=False, newest_first=True)[:3]] == [
        False,
        True,
        True,
    ]
    assert (mail.mark_read(newest[0].id), mail.mark_read(newest[0]), mail.mark_read()) == (1, 0, 0)


def test_an_answer_goes_to_whom_the_message_came_from(mail: Connection, shop: Shop) -> None:
    shop.says("Is it done?")
    (asked,) = mail.inbox()
    sent = mail.reply(asked, "It is.")
    assert (sent.recipients, mail.get(sent.id).reply_to) == (("bob",), asked.id)
    assert mail.inbox() == []


def test_a_question_returns_with_its_answer_which_is_read(mail: Connection, shop: Shop) -> None:
    with shop.program(ANSWERER):
        answer = mail.ask("bob", "Is it done?", timeout=60)
    assert (answer.sender, answer.text) == ("bob", "Is it done? Yes.")
    assert mail.inbox() == []
    question = mail.get(answer.reply_to)
    assert [each.state for each in question.reached] == ["read"]


def test_a_question_that_nobody_answers_says_how_far_it_came(mail: Connection) -> None:
    with pytest.raises(api.Unanswered) as caught:
        mail.ask("bob", "Hello?", timeout=0.2)
    assert caught.value.kind == "timed_out"
    assert [(each.agent_id, each.state) for each in caught.value.reached] == [("bob", "stored")]
    assert "bob" in str(caught.value)
    assert mail.get(caught.value.question.id).text == "Hello?"


def test_refusals_come_in_their_classes(mail: Connection, shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(api.Unknown, match="nobdy") as unknown:
        mail.send("@nobdy", "?")
    assert unknown.value.kind == "unknown_recipient"
    with pytest.raises(api.Unknown):
        mail.get("msg_none")
    with pytest.raises(api.Unknown):
        mail.call("no.such")
    for wrong in ([], "", ["bob", " @"]):
        with pytest.raises(api.Refused, match="recipient"):
            mail.send(wrong, "?")
    with pytest.raises(api.Refused):
        mail.send("bob", "")
    for limit in (0, 1001):
        with pytest.raises(api.Refused, match="limit"):
            mail.inbox(limit=limit)
    with pytest.raises(api.Refused, match="timeout"):
        connect(timeout=0)
    with pytest.raises(api.Nobody) as nowhere:
        connect(tmp_path)
    assert nowhere.value.kind == "not_initialized"
    with connect(shop.bob) as other:
        assert other.whoami().agent_id == "alice"  # whose daemon, not who asks
    with connect(agent="bob") as other, pytest.raises(api.Nobody):
        other.whoami()


def test_a_closed_connection_says_so(shop: Shop) -> None:
    mail = connect()
    mail.close()
    mail.close()
    with pytest.raises(api.Refused, match="closed"):
        mail.team()


def test_a_daemon_that_was_restarted_is_found_again(mail: Connection, shop: Shop) -> None:
    mail.send("bob", "before")
    shop.restart()
    assert mail.call("agent.whoami")["agent_id"] == "alice"
    assert mail.send("bob", "after").recipients == ("bob",)


def test_a_daemon_that_is_away_is_waited_for_by_all_threads(mail: Connection, shop: Shop) -> None:
    """Each sends once, whatever becomes of the daemon meanwhile; a question waits on."""
    sent: list[str] = []
    answers: list[str] = []

    def sends(number: int) -> None:
        sent.append(mail.send("bob", f"away {number}").id)

    def asks() -> None:
        answers.append(mail.ask("bob", "Still there?", timeout=60).text)

    asking = threading.Thread(target=asks)
    asking.start()
    while not [each for each in mail.call("message.outbox")["messages"] if _is_question(each)]:
        time.sleep(0.02)
    shop.world.kill(shop.alice)
    threads = [threading.Thread(target=sends, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    shop.world.thrum(shop.alice, "daemon", "start")
    for each in threads:
        each.join(60)
    assert len(set(sent)) == 4
    with shop.program(ANSWERER):
        asking.join(60)
    assert answers == ["Still there? Yes."]


def _is_question(row: dict) -> bool:
    return row["body"]["content"] == "Still there?"


def test_no_daemon_at_all_is_said_at_once(tmp_path: Path, shop: Shop) -> None:
    clone = shop.world.root / "still"
    shop.world.git("init", "-q", str(clone), cwd=shop.world.root)
    shop.world.thrum(clone, "init", "--non-interactive", "--no-daemon", check=False)
    shop.world.thrum(clone, "daemon", "stop", check=False)
    with pytest.raises(api.Away) as away:
        connect(clone)
    assert (away.value.kind, "thrum daemon start" in str(away.value)) == ("daemon_down", True)
