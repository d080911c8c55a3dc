"""Bounds of what is kept, however the bytes happen to come."""

from __future__ import annotations

import anyio
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.children.output import Beginning, Cutter, Line, Lines, Pieces

pieces = st.lists(st.text("ab\n").map(str.encode), max_size=30)


async def listed(lines: Lines) -> list[Line]:
    return [line async for line in lines]


@given(pieces, st.integers(0, 20))
def test_a_beginning_is_the_beginning(data: list[bytes], most: int) -> None:
    kept = Beginning(most)
    for piece in data:
        kept.take(piece)
    whole = b"".join(data)
    assert (kept.said(), kept.was_cut) == (whole[:most], len(whole) > most)


@given(pieces, st.integers(0, 5), st.integers(1, 5))
def test_lines_do_not_depend_on_how_they_come(
    data: list[bytes], most_line: int, most_lines: int
) -> None:
    lines = Lines(most_line, most_lines)
    for piece in data:
        lines.take(piece)
    lines.finish()
    whole = b"".join(data).split(b"\n")
    if not whole[-1]:
        whole.pop()
    expected = [Line(line[:most_line], len(line) > most_line) for line in whole]
    assert anyio.run(listed, lines) == expected[-most_lines:]
    assert lines.dropped == max(0, len(expected) - most_lines)


def test_a_reader_waits_for_a_line() -> None:
    async def main() -> list[Line]:
        lines, heard = Lines(10, 10), list[Line]()

        async def read() -> None:
            async for line in lines:
                heard.append(line)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            for piece in (b"o", b"ne\ntw", b"o\n"):
                await anyio.wait_all_tasks_blocked()
                lines.take(piece)
            await anyio.wait_all_tasks_blocked()
            assert heard == [Line(b"one"), Line(b"two")]
            lines.finish()
        return heard

    assert len(anyio.run(main)) == 2


@given(pieces, st.integers(0, 5))
def test_a_cutter_does_not_depend_on_how_it_comes(data: list[bytes], most_line: int) -> None:
    cutter, whole = Cutter(most_line), Cutter(most_line)
    found = [line for piece in data for line in cutter.take(piece)] + cutter.rest()
    assert found == whole.take(b"".join(data)) + whole.rest()


@given(pieces, st.integers(1, 5))
def test_pieces_lose_nothing_and_are_bounded(data: list[bytes], most: int) -> None:
    async def read() -> list[bytes]:
        said = Pieces(most)
        for piece in data:
            said.take(piece)
        said.finish()
        return [piece async for piece in said]

    found = anyio.run(read)
    assert b"".join(found) == b"".join(data)
    assert all(0 < len(piece) <= most for piece in found)


def test_there_is_room_once_all_was_read_or_nobody_reads() -> None:
    async def has_room(said: Pieces) -> bool:
        with anyio.move_on_after(0) as scope:
            await said.has_room()
        return not scope.cancelled_caught

    async def read() -> None:
        said = Pieces(2)
        assert await has_room(said)
        said.take(b"abc")
        assert not await has_room(said)
        assert await anext(said) == b"ab"
        assert not await has_room(said)
        assert await anext(said) == b"c"
        assert await has_room(said)
        said.take(b"d")
        said.drop()
        said.take(b"e")
        assert await has_room(said)
        said.finish()
        assert [piece async for piece in said] == []

    anyio.run(read)
