"""The talk of control mode: whatever is said, however it is cut, and whatever panes forge."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.tmux.control import Block, Garbled, Notice, Talk, output, unescaped

WORDS = b"1795977002 271 1"
FENCE = b"thrum-0123"

texts = st.binary(max_size=12).filter(lambda each: b"\n" not in each)
forged = st.sampled_from(
    [b"%end " + WORDS, b"%error " + WORDS, b"%begin " + WORDS, b"%exit", b"", FENCE[:-1]]
)
names = st.sampled_from([b"sessions-changed", b"window-close", b"a-name-of-later"])
notices = st.builds(lambda name, rest: b"%" + name + b" " + rest, names, texts)


class Said(NamedTuple):
    """Something of a conversation: how it is written, and what is to be understood."""

    data: bytes
    meant: Block | Notice
    fence: bytes | None = None


def of_notice(line: bytes) -> Said:
    name, _, rest = line[1:].partition(b" ")
    return Said(line + b"\n", Notice(name.decode(), rest))


def of_block(number: int, lines: list[bytes], error: bool, ours: bool) -> Said:
    words = b"1795977002 %d %d" % (number, ours)
    end = b"%error " if error else b"%end "
    body = b"".join(each + b"\n" for each in lines)
    data = b"%begin " + words + b"\n" + body + end + words + b"\n"
    return Said(data, Block(tuple(lines), error, ours), b"" if ours else None)


innocent = texts.filter(lambda each: not each.startswith(b"%"))
blocks = st.builds(
    of_block, st.integers(300, 999), st.lists(innocent, max_size=4), st.booleans(), st.booleans()
)


@given(st.lists(st.one_of(notices.map(of_notice), blocks), max_size=8), st.data())
def test_it_is_understood_however_it_is_cut(said: list[Said], data: st.DataObject) -> None:
    talk, found = Talk(), []
    for each in said:
        if each.fence is not None:
            talk.expect(each.fence)
    whole = b"".join(each.data for each in said)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += list(talk.feed(whole[begin:end]))
    assert found == [each.meant for each in said]


@given(
    st.lists(st.one_of(texts, forged), max_size=8),
    st.booleans(),
    st.lists(st.one_of(notices, blocks.filter(lambda each: each.fence is None)), max_size=3),
)
def test_nothing_within_a_fence_is_taken_for_its_end(
    lines: list[bytes], error: bool, between: list[bytes | Said]
) -> None:
    told = [each if isinstance(each, Said) else of_notice(each) for each in between]
    asked = of_block(271, lines, error, ours=True)
    fence = of_block(277, [FENCE], error=False, ours=True)
    after = of_block(280, [b"next"], error=False, ours=True)
    talk = Talk()
    talk.expect(FENCE)
    talk.expect()
    data = b"".join(each.data for each in (asked, *told, fence, after))
    assert list(talk.feed(data)) == [asked.meant, *(each.meant for each in told), after.meant]


def test_an_answer_that_fails_takes_the_rest_of_its_line_along() -> None:
    talk = Talk()
    for _ in range(3):
        talk.expect()
    (first,) = talk.feed(of_block(1, [b"no"], error=True, ours=True).data)
    assert isinstance(first, Block) and first.is_error
    talk.unexpect()
    assert len(list(talk.feed(of_block(2, [], error=False, ours=True).data))) == 1
    with pytest.raises(Garbled, match="no question"):
        list(talk.feed(of_block(3, [], error=False, ours=True).data))


@pytest.mark.parametrize(
    "data",
    [
        b"sh: tmux: not found\n",
        b"%begin 1 2\n",
        b"%begin 1 2 x\n",
        b"%begin 1 2 1\n",
        b"\n",
        b"\x1bP1000p%begin 1 2 0\n",
    ],
)
def test_what_is_no_talk_of_tmux_is_refused(data: bytes) -> None:
    with pytest.raises(Garbled):
        list(Talk().feed(data))


def test_what_has_no_end_is_refused() -> None:
    with pytest.raises(Garbled, match="line"):
        list(Talk(most_bytes=100).feed(b"%" + b"x" * 200))
    talk = Talk(most_bytes=100)
    with pytest.raises(Garbled, match="block"):
        list(talk.feed(b"%begin 1 2 0\n" + b"line\n" * 50))


def test_a_fence_behind_no_end_is_refused() -> None:
    talk = Talk()
    talk.expect(FENCE)
    with pytest.raises(Garbled, match="fence"):
        list(talk.feed(b"%begin " + WORDS + b"\nx\n" + FENCE + b"\ny\n"))


@given(st.binary(max_size=40))
def test_output_is_as_it_was(said: bytes) -> None:
    escaped = b"".join(
        bytes([each]) if 32 <= each < 127 and each != 92 else b"\\%03o" % each for each in said
    )
    assert unescaped(escaped) == said
    assert output(Notice("output", b"%3 " + escaped)) == ("%3", said)
    assert output(Notice("extended-output", b"%3 120 : " + escaped)) == ("%3", said)
    assert output(Notice("window-close", b"@1")) is None
