"""The log in columns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.render import text
from thrum.cli.render.log_table import LogTable


def entry(number: int, words: str, who: str = "nux", **more: Any) -> dict[str, Any]:
    return {
        "type": "message.create",
        "timestamp": "2026-01-02T03:04:05.000000000Z",
        "actor": who,
        "committed": True,
        "event": {"message_id": f"msg_{number:026}", "body": {"content": words}},
        **more,
    }


def test_headings_and_a_line_each() -> None:
    found = [entry(1, "hello"), entry(2, "there\nnow", "furiosa", committed=False)]
    assert LogTable(80).page(found).splitlines() == [
        "ID      TIME                  BY        EVENT",
        "000001  2026-01-02T03:04:05Z  @nux      sent: hello",
        "000002  2026-01-02T03:04:05Z  @furiosa  (journal) sent: there now",
    ]


def test_a_narrow_terminal_has_room_for_what_was_said() -> None:
    assert LogTable(44).page([entry(1, "short")]).splitlines() == [
        "ID      TIME         BY    EVENT",
        "000001  01-02 03:04  @nux  sent: short",
    ]
    (_, line) = LogTable(30).page([entry(1, "short")]).splitlines()
    assert line == "000001  @nux  sent: short"


def test_what_comes_goes_below_in_the_same_columns() -> None:
    table = LogTable(80)
    assert table.page([]) == ""
    pages = [
        table.page([entry(number, "hello", who)])
        for number, who in enumerate(["furiosa", "nux", "", "a_longer_name", "nux"])
    ]
    assert pages[0].startswith("ID ")
    assert all(page.count("\n") == 1 for page in pages[1:])
    where = [page.splitlines()[-1].index("sent:") for page in pages]
    assert where[0] == where[1] == where[2] < where[3] == where[4]


@given(
    st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), min_size=1, max_size=4),
    st.integers(10, 200),
)
def test_no_line_is_wider_than_the_terminal_or_acts_on_it(
    found: list[tuple[str, str]], columns: int
) -> None:
    rows = [entry(number, words, who) for number, (words, who) in enumerate(found)]
    table = LogTable(columns)
    for page in (table.page(rows), table.page(rows[:1])):
        lines = page.removesuffix("\n").split("\n")
        assert all(text.width(line) <= columns for line in lines)
        assert not any(text.UNSAFE.search(line) for line in lines)


@pytest.mark.parametrize("size", [1_000, 300_000])
def test_a_long_message_and_a_long_name_take_no_more_than_their_share(size: int) -> None:
    (_, line) = LogTable(100).page([entry(1, "漢 " * size, "n" * 60)]).splitlines()
    assert text.width(line) <= 100
    assert line.count("漢") > 10
