"""Where cursors are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.thrum.daemon.tmux.conftest import until
from tests.tmux import NEEDED, Tmux
from thrum.daemon.tmux import screen
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.screen import parted
from thrum.daemon.tmux.server import Server


@pytest.mark.parametrize(
    ("row", "column", "before"),
    [
        ("$ ls", 2, "$ "),
        ("$ ", 2, "$ "),
        ("$", 9, "$"),
        ("", 0, ""),
        ("漢字$ ls", 6, "漢字$ "),
        ("e\u0301$ x", 3, "e\u0301$ "),
    ],
)
def test_a_row_is_parted_by_columns(row: str, column: int, before: str) -> None:
    assert parted(row, column) == (before, row.removeprefix(before))


@NEEDED
@pytest.mark.anyio
async def test_a_cursor_is_told_with_its_row(
    server: Server, make: Callable[..., Awaitable[Pane]], tmux: Tmux
) -> None:
    pane = await make("a")
    script = "seq 200; printf 'here -> behind\\033[7D'; exec sleep 600"
    tmux.do("respawn-pane", "-k", "-t", pane.id, script)
    await until(lambda: "behind" in tmux.shown("a"))
    found = await screen.cursor(server, pane)
    assert (found.before, found.behind) == ("here ->", " behind")
    assert (found.row, found.column) == (200, 7)
    rows = (await screen.rows(server, pane, -found.history)).split("\n")
    assert rows[0] == "1"
    assert rows[found.row] == "here -> behind"


@NEEDED
@pytest.mark.anyio
async def test_a_line_begins_where_it_was_begun(
    server: Server, make: Callable[..., Awaitable[Pane]], tmux: Tmux
) -> None:
    pane = await make("a")
    width = int(tmux.do("display-message", "-p", "-t", pane.id, "#{pane_width}"))
    long = "$ " + "long line " * (width // 4) + "end"
    for before, is_first in (("", True), ("x\\n", False)):
        script = f"printf '{before}{long}'; exec sleep 600"
        tmux.do("respawn-pane", "-k", "-t", pane.id, script)
        await until(lambda: "end" in tmux.shown("a"))
        found = await screen.cursor(server, pane)
        assert found.before != long
        assert await screen.begun(server, pane, found) == long
        assert not await screen.is_first(server, pane, found)
        tmux.do("respawn-pane", "-k", "-t", pane.id, f"printf '{before}$ '; exec sleep 600")
        await until(lambda: "end" not in tmux.shown("a") and "$" in tmux.shown("a"))
        found = await screen.cursor(server, pane)
        assert await screen.begun(server, pane, found) == "$ "
        assert await screen.is_first(server, pane, found) is is_first
