"""New mail as a block: what fits, and that nobody can write out of the lines of the quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.prime import block
from thrum.prime.block import Block, Letter

NOW_NS = 1_767_323_045_000_000_000  # 2026-01-02T03:04:05Z


def letter(number: int, text: str = "the valve is stuck", characters: int = -1) -> Letter:
    message_id = f"msg_01M7XCNHBQTZPY0FK2ZT{number:06}"
    length = len(text) if characters < 0 else characters
    return Letter(message_id, "furiosa", "2026-01-02T03:00:05Z", text, length)


def compose(*letters: Letter, count: int = -1, most: int = block.MOST) -> Block:
    return block.compose("nux", letters, count if count >= 0 else len(letters), NOW_NS, most)


def test_one_message() -> None:
    found = compose(letter(1, "the tank leaks\nmend it"))
    assert found.ids == [letter(1).id]
    assert found.text == (
        "New mail for @nux, unread:\n"
        "000001 from @furiosa, 4m ago:\n"
        "> the tank leaks\n"
        "> mend it\n"
        'To answer: thrum reply 000001 "…"\n'
    )


def test_what_may_be_by_somebody_else_says_so_where_nobody_can_write_it() -> None:
    found = compose(letter(1)._replace(is_forged=True), letter(2, "from @x (WRONG SIGNATURE"))
    heads = [line for line in found.text.split("\n") if not line.startswith("> ")]
    assert ["WRONG SIGNATURE" in line for line in heads if "from @" in line] == [True, False]


def test_no_message_is_no_text() -> None:
    assert compose() == Block("", [])


def test_as_many_whole_ones_as_fit_and_the_others_as_a_number() -> None:
    letters = [letter(number, f"{number} " + "x" * 400) for number in range(8)]
    found = compose(*letters, count=20)
    assert found.ids == [each.id for each in letters[:3]]
    assert "17 more messages: `thrum inbox`" in found.text
    assert "[cut" not in found.text


def test_one_that_is_too_long_is_cut_and_says_how_long_it_is() -> None:
    found = compose(letter(1, "word " * 300, characters=40_000), letter(2))
    assert found.ids == [letter(1).id]
    assert "[cut; 40,000 characters: thrum message get 000001]" in found.text
    assert "1 more message:" in found.text
    assert len(found.text) <= block.MOST


def test_a_long_one_behind_short_ones_waits_for_the_next_block() -> None:
    found = compose(letter(1), letter(2, "y" * 1_500), letter(3))
    assert found.ids == [letter(1).id]
    assert compose(letter(2, "y" * 1_500), letter(3)).ids == [letter(2).id]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\x1b[2J", "‮evil", "\r\n"])
def test_whatever_it_says_it_stands_on_quoted_lines(text: str) -> None:
    found = compose(letter(1, text))
    assert found.ids == [letter(1).id]
    assert "\x1b" not in found.text
    assert "‮" not in found.text


TEXTS = st.text(max_size=2_000)


@given(
    st.lists(st.tuples(TEXTS, st.text(max_size=80)), min_size=1, max_size=10),
    st.integers(0, 1_000),
    st.integers(600, 10_000),
)
def test_it_has_its_bound_and_nobody_writes_out_of_it(
    mails: list[tuple[str, str]], more: int, most: int
) -> None:
    letters = [
        letter(number, text)._replace(sender=sender, at="2026-01-02")
        for number, (text, sender) in enumerate(mails)
    ]
    found = compose(*letters, count=len(letters) + more, most=most)
    assert len(found.text) <= most
    assert found.ids == [each.id for each in letters[: len(found.ids)]]
    assert found.ids
    left = len(letters) + more - len(found.ids)
    assert (f"{left:,} more message" in found.text.splitlines()[-1]) is bool(left)
    plain = [line for line in found.text.splitlines() if not line.startswith(">")]
    assert len(plain) == len(found.ids) + 2
