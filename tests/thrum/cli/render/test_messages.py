"""Messages on pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.render import messages, text
from thrum.cli.render.paint import Paint
from thrum.clock import format_ns

NOW = 1_767_323_045_000_000_000
Make = Callable[..., dict[str, Any]]
HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\r\n\t\u202e●○│┐漢😀\u0301 ")), max_size=80
)


def row(body: str, author: str, reply: bool, edited: bool, number: int) -> dict[str, Any]:
    return (
        {
            "message_id": f"msg_01M7XCNHBQTZPY0FK2ZT{number:06d}",
            "agent_id": author,
            "body": {"format": "markdown", "content": body},
            "created_at": format_ns(NOW - number * 10**12),
            "deleted": False,
            "is_read": bool(number % 2),
        }
        | ({"reply_to": "msg_01M7XCNHBQTZPY0FK2ZT999999"} if reply else {})
        | ({"updated_at": format_ns(NOW)} if edited else {})
    )


ROWS = st.lists(
    st.builds(
        row, HOSTILE, HOSTILE.filter(bool), st.booleans(), st.booleans(), st.integers(0, 99_999)
    ),
    min_size=1,
    max_size=4,
)


@given(ROWS, st.integers(20, 200))
def test_no_message_breaks_the_box(rows: list[dict[str, Any]], columns: int) -> None:
    lines = messages.box(rows, NOW, columns).rstrip("\n").split("\n")
    lines = [line for line in lines if "://" not in line]
    assert len({text.width(line) for line in lines}) == 1
    assert text.width(lines[0]) == max(messages.NARROWEST, min(columns - 2, messages.WIDEST)) + 2
    assert all(line[0] in "┌├│└" and line[-1] in "┐┤│┘" for line in lines)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize("is_reply", [False, True])
@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/" + "x" * 150,
        "http://localhost/" + "y/" * 60,
        "git+ssh://example.org/" + "z" * 130,
        "msg_01M7XCNHBQTZPY0FK2ZTKHWB87",
    ],
)
def test_an_address_stands_whole_in_the_box_or_sticks_out_of_it(
    address: str, is_reply: bool, columns: int
) -> None:
    rows = [row(f"see {address}, or not", "nux", is_reply, False, 1)]
    lines = messages.box(rows, NOW, columns).splitlines()
    (whole,) = [line for line in lines if address in line]
    assert all(text.width(line) == text.width(lines[0]) for line in lines if line is not whole)
    assert (text.width(whole) == text.width(lines[0])) is whole.endswith(" │")
    assert whole.startswith("│ ")


@given(ROWS)
def test_without_a_terminal_a_message_costs_at_most_60_characters(
    rows: list[dict[str, Any]],
) -> None:
    shown = messages.plain(rows, NOW, "furiosa")
    # Escapes belong to the body; a line that looks like a header costs one space more.
    bodies = [text.visible(each["body"]["content"]).rstrip("\n") for each in rows]
    spaces = sum(
        line.startswith((messages.READ, messages.UNREAD))
        for body in bodies
        for line in body.split("\n")
    )
    assert len(shown) - sum(map(len, bodies)) - spaces <= 60 * len(rows)


@given(ROWS)
def test_nobody_can_fake_the_header_of_a_message(rows: list[dict[str, Any]]) -> None:
    shown = messages.plain(rows, NOW)
    headers = [
        line for line in shown.split("\n") if line.startswith((messages.READ, messages.UNREAD))
    ]
    assert len(headers) == len(rows)
    assert "\x1b" not in shown


def test_the_plain_form(message: Make) -> None:
    rows = [
        message("AAAAAA", "Split it.\nTwo commits."),
        message("BBBBBB", "Done", is_read=True, reply_to=message("AAAAAA")["message_id"]),
        message("CCCCCC", "x", updated_at="2026-01-02T03:04:05Z"),
    ]
    assert messages.plain(rows, NOW) == (
        "● AAAAAA @nux 2m\nSplit it.\nTwo commits.\n\n"
        "○ BBBBBB @nux 2m re AAAAAA\nDone\n\n"
        "● CCCCCC @nux 2m edited\nx\n"
    )


def test_who_spoke_for_the_author_is_shown_where_it_is_disclosed(message: Make) -> None:
    open_ = message("AAAAAA", "x", authored_by="user:cy", disclosed=True)
    hidden = message("BBBBBB", "y", authored_by="user:cy")
    shown = messages.plain([open_, hidden], NOW)
    assert shown == "● AAAAAA @nux by @user:cy 2m\nx\n\n● BBBBBB @nux 2m\ny\n"
    box = messages.box([open_, hidden], NOW, 60)
    assert box.count("@nux (by @user:cy)") == box.count("@user:cy") == 1


def test_the_box(message: Make) -> None:
    shown = messages.box([message("AAAAAA", "漢字 one"), message("BBBBBB", "two")], NOW, 42)
    assert shown == (
        "┌────────────────────────────────────────┐\n"
        "│ ● AAAAAA  @nux  2m ago                 │\n"
        "│ 漢字 one                               │\n"
        "├────────────────────────────────────────┤\n"
        "│ ● BBBBBB  @nux  2m ago                 │\n"
        "│ two                                    │\n"
        "└────────────────────────────────────────┘\n"
    )


def test_structured_and_deleted_bodies(message: Make) -> None:
    body = {"format": "json", "content": "see", "structured": '{"k":1}'}
    assert messages.body_text(message(body=body)) == 'see\n{"k":1}'
    assert messages.body_text(message(body={"structured": {"k": 1}})) == '{"k": 1}'
    assert messages.body_text(message(text="secret", deleted=True)) == "(deleted)"
    assert messages.body_text({}) == ""


def to(*names: str) -> list[dict[str, str]]:
    kinds = {"everyone": "broadcast", "crew": "group"}
    return [{"type": kinds.get(name, "agent"), "value": name} for name in names]


def test_a_header_says_to_whom(message: Make) -> None:
    rows = [
        message("AAAAAA", "x", audiences=to("furiosa")),
        message("BBBBBB", "x", audiences=to("crew", "furiosa")),
        message("CCCCCC", "x", audiences=to("everyone")),
        message("DDDDDD", "x", audiences=to("max")),
    ]
    heads = messages.plain(rows, NOW, "furiosa").split("\n")[::3]
    assert heads == [
        "● AAAAAA @nux to you 2m",
        "● BBBBBB @nux to @crew, you 2m",
        "● CCCCCC @nux to everyone 2m",
        "● DDDDDD @nux to @max 2m",
    ]
    box = messages.box(rows, NOW, 60, "furiosa")
    assert "● AAAAAA  @nux to you  2m ago" in box
    assert "● CCCCCC  @nux to everyone  2m ago" in box
    many = message("EEEEEE", "x", audiences=to(*(f"agent_{n}" for n in range(20))))
    head = messages.plain([many], NOW, "furiosa").split("\n")[0]
    assert len(head) <= 60
    assert head.endswith("… 2m"), "the rest of the line is still there"
    assert "2m ago" in messages.box([many], NOW, 60, "furiosa")


def test_what_one_wrote_oneself_is_not_unread(message: Make) -> None:
    own = message("AAAAAA", "x", agent_id="furiosa", audiences=to("nux"))
    assert messages.plain([own], NOW, "furiosa").startswith("○ AAAAAA @furiosa to @nux")
    assert "○ AAAAAA  @furiosa (you) to @nux" in messages.box([own], NOW, 60, "furiosa")
    assert messages.is_read(own, "") is False


def test_only_what_is_unread_is_painted_and_nothing_moves(message: Make) -> None:
    rows = [message("AAAAAA", "one"), message("BBBBBB", "two", is_read=True)]
    on = Paint(is_on=True)
    for shape in (
        lambda paint: messages.plain(rows, NOW, "me", paint),
        lambda paint: messages.box(rows, NOW, 60, "me", paint),
    ):
        painted, bare = shape(on), shape(Paint(is_on=False))
        assert painted.replace("\x1b[1m", "").replace("\x1b[0m", "") == bare
        (line,) = [line for line in painted.split("\n") if "\x1b" in line]
        assert "AAAAAA" in line
