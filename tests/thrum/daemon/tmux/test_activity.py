"""What tmux says of panes that are written in."""

from __future__ import annotations

import pytest

from thrum.daemon.tmux import activity
from thrum.daemon.tmux.control import Notice


def said(rest: str, name: str = "subscription-changed") -> Notice:
    return Notice(name, rest.encode())


def test_each_pane_has_its_word() -> None:
    notice = said("thrum-written $1 - - - : %0=1795989919 %12=1795989917m ")
    assert activity.of(notice) == {"%0": "1795989919", "%12": "1795989917m"}


def test_no_panes_are_none() -> None:
    assert activity.of(said("thrum-written $1 - - - : ")) == {}


@pytest.mark.parametrize(
    "notice",
    [
        said("thrum $1 - - - : 0%0=1"),
        said("other-thrum-written $1 - - - : %0=1"),
        said("thrum-written $1 - - - : %0=1", "layout-change"),
        said(""),
    ],
)
def test_other_notices_say_nothing_of_it(notice: Notice) -> None:
    assert activity.of(notice) is None
