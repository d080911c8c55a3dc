"""``thrum message``: one message at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., dict[str, Any]]


def test_message_get_shows_and_marks(world: Any, message: Make) -> None:
    answer = {"message": message("AAAAAA", "text", author={"agent_id": "nux"})}
    world.daemon.answers |= {"message.get": answer, "message.markRead": {"marked_count": 1}}
    assert world.run("message", "get", "AAAAAA").out == "● AAAAAA @nux 2m\ntext\n"
    assert world.daemon.methods == ["message.get", "message.markRead"]
    assert world.run("message", "get", "AAAAAA", "--json").document == answer
    for how in ({"terminal": True}, {}):
        out = world.run("message", "get", "AAAAAA", "--verbose", **how).out
        assert out.startswith(f"Message: {answer['message']['message_id']}\nFrom: @nux\n")


def test_message_edit(world: Any) -> None:
    world.daemon.answers["message.edit"] = {"message_id": "msg_1", "version": 2}
    assert world.run("message", "edit", "AAAA", "new").out == "✓ Edited msg_1, 2 times by now\n"
    assert world.daemon.params("message.edit") == {
        "message_id": "AAAA",
        "content": "new",
        "caller_agent_id": "furiosa",
    }
    assert world.run("message", "edit", "AAAA").code == 2
    assert world.run("message", "edit", "AAAA", "-", stdin="x\n").code == 0
    assert world.daemon.params("message.edit")["content"] == "x"


def test_message_delete_shows_what_would_be_lost(world: Any, message: Make) -> None:
    world.daemon.answers |= {
        "message.delete": {"message_id": "msg_1", "deleted": True},
        "message.get": {"message": message("AAAAAA", "long \x1b " * 30)},
    }
    ran = world.run("message", "delete", "AAAA")
    assert (ran.code, "--yes" in ran.err) == (2, True)
    ran = world.run("message", "delete", "AAAA", terminal=True, stdin="n\n")
    assert (ran.code, ran.out) == (0, "Nothing deleted.\n")
    assert ran.err.startswith("Delete AAAAAA (long \\x1b long")
    assert len(ran.err) < 80
    assert set(world.daemon.methods) == {"message.get"}, "nothing is marked, nothing deleted"
    assert world.run("message", "delete", "AAAA", terminal=True, stdin="y\n").code == 0
    for spelling in ("--yes", "--force"):
        ran = world.run("message", "delete", "AAAA", spelling, "--reason", "typo")
        assert ran.code == 0
        assert "stays in the files of a-sync" in ran.err
    assert world.daemon.params("message.delete")["reason"] == "typo"


def test_message_read_by_id(world: Any) -> None:
    world.daemon.answers["message.markRead"] = {"marked_count": 2}
    assert world.run("message", "read", "AAAA", "BBBB").out == "✓ Marked 2 messages as read\n"
    assert world.daemon.params("message.markRead")["message_ids"] == ["AAAA", "BBBB"]
    assert world.run("message", "read").code == 2
    assert world.run("message", "read", "AAAA", "--all").code == 2


def test_message_read_of_what_is_not_there_fails(world: Any) -> None:
    world.daemon.answers["message.markRead"] = {"marked_count": 1, "not_found": ["NOPE", "NIX9"]}
    ran = world.run("message", "read", "AAAA", "NOPE", "NIX9")
    assert (ran.code, ran.out) == (1, "✓ Marked 1 message as read\n")
    assert "no message NOPE, NIX9 to you; `thrum inbox` shows ids" in ran.err
    world.daemon.answers["message.markRead"] = {
        "marked_count": 0,
        "not_found": ["NOPE"],
        "hint": "look",
    }
    ran = world.run("message", "read", "NOPE")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "Error: there is no message NOPE to you; look\n"
    world.daemon.answers["message.markRead"] = {"marked_count": 0}
    assert "read before" in world.run("message", "read", "AAAA").out


def test_message_read_all_goes_on_until_nothing_is_left(world: Any) -> None:
    world.daemon.answers["message.markRead"] = [
        {"marked_count": 1000, "markable_remaining": 1001},
        {"marked_count": 1000, "markable_remaining": 1},
        {"marked_count": 1},
    ]
    assert world.run("message", "read", "--all").out == "✓ Marked 2,001 messages as read\n"
    mine = {"unread": True, "caller_agent_id": "furiosa"}
    asked = [mine, {**mine, "at_most": 1000}, {**mine, "at_most": 1}]
    assert [params for _, params in world.daemon.requests] == asked, "no time: clocks may be off"
    world.daemon.answers["message.markRead"] = {"marked_count": 0}
    assert world.run("message", "read", "--all").out == "No unread messages.\n"
    assert world.run("message", "read", "--all", "--json").document == {"marked_count": 0}


def test_message_read_all_leaves_what_arrives_meanwhile(world: Any) -> None:
    world.daemon.answers["message.markRead"] = [
        {"marked_count": 1000, "markable_remaining": 500},
        {"marked_count": 500, "markable_remaining": 700},
    ]
    assert world.run("message", "read", "--all").out == "✓ Marked 1,500 messages as read\n"
    assert len(world.daemon.requests) == 2


def test_message_read_all_ends_where_marking_does_nothing(world: Any) -> None:
    world.daemon.answers["message.markRead"] = {"marked_count": 0, "markable_remaining": 100}
    assert world.run("message", "read", "--all").out == "No unread messages.\n"
    assert len(world.daemon.requests) == 1


@pytest.mark.parametrize(
    ("line", "stdin", "says"),
    [
        (
            (),
            None,
            "✓ Withdrawn msg_1\n  2 answers to it stay\n  Its text may still be in a\\x07b\n",
        ),
        (("--yes",), "", "✓ Withdrawn msg_1\n"),
        ((), "n\n", "Nothing taken back.\n"),
    ],
)
def test_message_withdraw(world: Any, line: tuple[str, ...], stdin: str | None, says: str) -> None:
    answer = {"message_id": "msg_1", "events": 1, "answers": 2, "left": ["a\x07b"]}
    world.daemon.answers["message.withdraw"] = answer
    terminal = {} if stdin is None else {"terminal": True, "stdin": stdin}
    assert says in world.run("message", "withdraw", "AAAA", *line, **terminal).out
    assert ("message.withdraw" in world.daemon.methods) is says.startswith("✓")
