"""``thrum inbox``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.thrum.cli.answers import page

Make = Callable[..., dict[str, Any]]
ASKED = {
    "caller_agent_id": "furiosa",
    "caller_mention_role": "implementer",
    "exclude_self": True,
    "for_agent": "furiosa",
    "for_agent_role": "implementer",
    "page": 1,
    "page_size": 10,
    "sort_by": "created_at",
    "sort_order": "desc",
}


@pytest.fixture
def mail(world: Any, message: Make) -> Any:
    world.daemon.answers |= {
        "message.list": page(message("AAAAAA", "one"), message("BBBBBB", "two", is_read=True)),
        "message.markRead": {"marked_count": 1},
    }
    return world


@pytest.mark.parametrize(
    ("flags", "params"),
    [
        ([], {}),
        (["--unread"], {"unread": True, "sort_order": "asc"}),
        (["--all"], {"for_agent": None, "for_agent_role": None}),
        (["-a"], {"for_agent": None, "for_agent_role": None}),
        (["--mentions"], {"mentions": True}),
        (["--from", "@nux"], {"author_id": "nux"}),
        (["--scope", "module:auth"], {"scope": {"type": "module", "value": "auth"}}),
        (["--limit", "3", "--page", "1"], {"page_size": 3, "page": 1}),
        (["--oldest"], {"chronological": True, "sort_order": "asc"}),
        (["--role", "tester"], {"caller_mention_role": "tester", "for_agent_role": "tester"}),
    ],
)
def test_what_the_daemon_is_asked(mail: Any, flags: list[str], params: dict[str, Any]) -> None:
    assert mail.run("inbox", *flags).code == 0
    expected = {key: value for key, value in (ASKED | params).items() if value is not None}
    assert mail.daemon.params("message.list") == expected


def test_what_is_shown_is_marked_and_nothing_else(mail: Any, message: Make) -> None:
    mail.run("inbox")
    assert mail.daemon.params("message.markRead") == {
        "message_ids": [message("AAAAAA")["message_id"]],
        "caller_agent_id": "furiosa",
    }


@pytest.mark.parametrize("flags", [["--unread"], ["--unread", "--json"]])
def test_unread_marks_nothing(mail: Any, flags: list[str]) -> None:
    mail.run("inbox", *flags)
    assert mail.daemon.methods == ["message.list"]


def test_where_all_is_read_nothing_is_marked(mail: Any, message: Make) -> None:
    mail.daemon.answers["message.list"] = page(message(is_read=True))
    mail.run("inbox")
    assert mail.daemon.methods == ["message.list"]


def test_the_page_for_programs(mail: Any) -> None:
    ran = mail.run("inbox")
    assert ran.out == "● AAAAAA @nux 2m\none\n\n○ BBBBBB @nux 2m\ntwo\n● unread ○ read\n"
    assert ran.err == ""


def test_the_page_for_people(mail: Any) -> None:
    ran = mail.run("inbox", terminal=True)
    assert ran.out.startswith("┌")
    assert ran.out.endswith("2 of 2 messages, 1 unread (●)\n")


def test_the_document_is_the_daemons_answer(mail: Any) -> None:
    assert mail.run("inbox", "--json").document == mail.daemon.answers["message.list"]


def test_a_next_command_is_named_only_where_there_is_something_to_do(
    mail: Any, message: Make
) -> None:
    assert mail.run("inbox", "--unread").out.endswith("then: thrum message read AAAAAA BBBBBB\n")
    mail.daemon.answers["message.list"] = page(
        message(), total=12, total_pages=12, hidden_by_filter=2
    )
    out = mail.run("inbox").out
    assert "1 of 12; more: --page 2\n" in out
    assert "2 unread outside this view; see: thrum inbox --all --unread\n" in out
    assert mail.run("inbox", "--quiet").out == "● 000000 @nux 2m\nhello\n"


@pytest.mark.parametrize("flags", [[], ["--mentions"], ["--from", "nux"], ["--page", "2"]])
def test_what_is_named_next_is_only_what_was_shown(
    mail: Any, message: Make, flags: list[str]
) -> None:
    rows = [message(f"{n:06}") for n in range(3)]
    mail.daemon.answers["message.list"] = page(*rows, total=14, total_pages=5)
    *_, read, rest = mail.run("inbox", "--unread", *flags).out.splitlines()
    assert read == "then: thrum message read 000000 000001 000002"
    assert rest == "3 of 14; then again: thrum inbox --unread"


def test_nothing_there(mail: Any) -> None:
    mail.daemon.answers["message.list"] = page()
    assert mail.run("inbox").out == "No messages for @furiosa.\n"
    assert mail.run("inbox", "--all").out == "No messages.\n"
    assert mail.run("inbox", "--unread").out == "No unread messages for @furiosa.\n"
    assert mail.run("inbox", "--all", "--unread").out == "No unread messages.\n"
    assert mail.run("inbox", "--unread", "--quiet").out == ""
    assert mail.run("inbox", "--json").document["messages"] == []


@pytest.mark.parametrize(
    ("pages", "wanted", "said"),
    [(3, 9, "the whole is 3 pages"), (1, 2, "the whole is 1 page"), (0, 2, "nothing to show")],
)
def test_a_page_that_is_not_there_is_not_an_empty_inbox(
    mail: Any, pages: int, wanted: int, said: str
) -> None:
    mail.daemon.answers["message.list"] = page() | {"total_pages": pages}
    ran = mail.run("inbox", "--page", str(wanted), "--json")
    assert (ran.code, ran.out, ran.error["kind"]) == (2, "", "usage")
    assert f"there is no page {wanted}" in ran.error["message"]
    assert said in ran.error["message"]
    assert "message.markRead" not in mail.daemon.methods


def test_mail_from_nobody_is_not_simply_none(mail: Any) -> None:
    mail.daemon.answers |= {
        "message.list": page(),
        "agent.list": {"agents": [{"agent_id": "nux"}, {"agent_id": "user:ada"}]},
    }
    ran = mail.run("inbox", "--from", "@nxu", "--json")
    assert (ran.code, ran.error["kind"]) == (1, "not_found")
    assert ran.error["hint"] == "did you mean @nux?"
    for known in ("nux", "@nux", "ada", "user:ada"):
        assert mail.run("inbox", "--from", known).out == "No messages for @furiosa.\n"


def test_a_failure_to_mark_is_told_and_the_messages_shown(mail: Any, refuse: Any) -> None:
    mail.daemon.answers["message.markRead"] = refuse("no_session", "no session")
    ran = mail.run("inbox")
    assert ran.code == 0
    assert "one" in ran.out
    assert ran.err == "warning: not marked as read: no session\n"
    ran = mail.run("inbox", "--json")
    assert ran.document["warnings"] == ["not marked as read: no session"]
    assert ran.err == ""
