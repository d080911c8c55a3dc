"""Requests whose answer is lost or late."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli import asking
from thrum.cli.table import COMMANDS
from thrum.daemon.rpc.registry import Rights
from thrum.daemon.services import METHODS
from thrum.errors import ThrumError
from thrum.ids import ending_of


@pytest.fixture
def late(refuse: Any) -> Any:
    """Makes an answer the word of a daemon whose disk stalls."""

    def make(world: Any, seconds: float = 10, done: bool = True) -> Any:
        def answer(params: dict[str, Any]) -> None:
            world.clock += seconds
            error = refuse("timed_out", "it did not end within 10 s")
            error.error["data"]["may_be_done"] = done
            raise error

        return answer

    return make


def ask(world: Any, method: str, **params: Any) -> Any:
    context = world.context([])
    try:
        return asking.ask(context, method, params)
    finally:
        context.hang_up()


@pytest.mark.parametrize("method", sorted(asking.AGAIN))
def test_what_may_be_done_twice_is_asked_again(world: Any, late: Any, method: str) -> None:
    world.daemon.answers[method] = [late(world), late(world), {"well": True}]
    assert ask(world, method, x=1) == {"well": True}
    assert world.daemon.requests == [(method, {"x": 1})] * 3


def test_a_key_makes_anything_such(world: Any, late: Any, hang_up: Any) -> None:
    world.daemon.answers["message.send"] = [late(world), hang_up(), {"well": True}]
    assert ask(world, "message.send", idempotency_key="k") == {"well": True}
    assert [params for _, params in world.daemon.requests] == [{"idempotency_key": "k"}] * 3


@pytest.mark.parametrize("method", ["message.edit", "group.create", "agent.register", "x.new"])
def test_of_anything_else_it_is_told_that_it_may_be_done(
    world: Any, late: Any, hang_up: Any, method: str
) -> None:
    for answer in (late(world), hang_up()):
        world.daemon.answers[method] = answer
        world.daemon.requests.clear()
        with pytest.raises(ThrumError, match="may or may not be done") as told:
            ask(world, method)
        assert "shows it if it was" in str(told.value.hint)
        assert len(world.daemon.requests) == 1


def test_patience_ends(world: Any, late: Any) -> None:
    world.daemon.answers["message.send"] = late(world)
    with pytest.raises(ThrumError, match="the message may or may not be sent") as told:
        ask(world, "message.send", idempotency_key="k")
    assert (told.value.kind, told.value.details) == ("timed_out", {"may_be_done": True})
    assert told.value.hint == "`thrum sent` shows it if it was"
    assert 3 <= len(world.daemon.requests) <= 5


@pytest.mark.parametrize("words", [["send", "x"], ["reply", "AAAA", "x"]])
@pytest.mark.parametrize("ends", ["late", "silent", "gone"])
def test_a_message_that_may_be_sent_is_named(
    world: Any, late: Any, hang_up: Any, words: list[str], ends: str
) -> None:
    answers = {"late": late(world), "silent": hang_up(), "gone": [hang_up(), late(world, 40)]}
    world.daemon.answers["message.get"] = {"message": {"message_id": "msg_AAAA", "author": {}}}
    world.daemon.answers["message.send"] = answers[ends]
    ran = world.run(*words)
    ending = ending_of(world.daemon.params("message.send")["idempotency_key"])
    assert ran.code == 1
    assert f"so the message {ending} may or may not be sent" in ran.err
    assert f"`thrum message get {ending}` shows it if it was" in ran.err
    world.daemon.answers["message.send"] = answers[ends]
    assert world.run(*words, "--json").error["message_id_ends"] == ending


@pytest.mark.parametrize(
    ("method", "params", "command"),
    [
        ("message.edit", {"message_id": "AAAA"}, "thrum message get AAAA"),
        ("group.member.add", {"group": "crew", "member_value": "nux"}, "thrum group members crew"),
        ("group.create", {"name": "{group}"}, "thrum group list"),
        ("purge.execute", {}, "thrum log"),
    ],
)
def test_it_is_said_what_shows_whether_anything_else_was_done(
    world: Any, late: Any, method: str, params: dict[str, str], command: str
) -> None:
    world.daemon.answers[method] = late(world, 40)
    with pytest.raises(ThrumError, match="may or may not be done") as told:
        ask(world, method, **params)
    assert told.value.hint == f"`{command}` shows it if it was"


def test_what_shows_it_are_commands_and_what_is_shown_are_writes() -> None:
    for method, command in asking.SHOWN_BY.items():
        assert METHODS[method].rights is not Rights.READS
        words = [w for w in command.split()[1:] if w.replace("-", "").isalpha() and w[0] != "-"]
        assert " ".join(words) in COMMANDS


@pytest.mark.parametrize("kind", ["timed_out", "busy", "storage", "unknown_recipient"])
def test_a_refusal_is_sure(world: Any, refuse: Any, kind: str) -> None:
    world.daemon.answers["message.send"] = refuse(kind, "no")
    with pytest.raises(ThrumError) as told:
        ask(world, "message.send", idempotency_key="k")
    assert (told.value.kind, told.value.message) == (kind, "no")
    assert len(world.daemon.requests) == 1


@pytest.mark.parametrize("method", ["message.list", "team.list", "message.wait"])
def test_what_changes_nothing_is_simply_not_answered(
    world: Any, late: Any, hang_up: Any, method: str
) -> None:
    for answer in (late(world), hang_up()):
        world.daemon.answers[method] = answer
        with pytest.raises(ThrumError) as told:
            ask(world, method)
        assert "may or may not" not in told.value.message


def test_the_lists_are_those_of_the_daemon() -> None:
    known = {name for name, found in METHODS.items() if found.rights is Rights.READS}
    assert known == asking.READS
    assert METHODS.keys() - known >= asking.AGAIN
