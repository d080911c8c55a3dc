"""Questions in memory and on disk say the same."""

from __future__ import annotations

from msgspec.structs import replace

from tests.thrum.daemon.prompts.conftest import Desk
from tests.thrum.daemon.prompts.test_kept import END, LATER, prompt
from thrum.daemon.prompts import kept
from thrum.daemon.prompts.book import Book
from thrum.daemon.prompts.prompt import Prompt


def book(desk: Desk, told: list[int]) -> Book:
    return Book(lambda: desk.service.tables, lambda: told.append(1))


def stored(desk: Desk) -> dict[str, Prompt]:
    return desk.on_loop(desk.service.tables.ask(kept.load))


def test_what_is_dropped_is_nobodys_at_once_and_its_row_goes_later(desk: Desk) -> None:
    told: list[int] = []
    made = book(desk, told)
    desk.on_loop(made.keep(prompt("msg_1")))
    desk.on_loop(made.keep(prompt("msg_2")))
    made.drop("msg_1")
    assert len(told) == 3
    assert desk.on_loop(made.claim("msg_1", LATER)) is None
    assert set(stored(desk)) == {"msg_1", "msg_2"}
    desk.on_loop(made.tidy())
    assert set(stored(desk)) == set(made.prompts) == {"msg_2"}


def test_what_came_back_meanwhile_stays(desk: Desk) -> None:
    made = book(desk, [])
    desk.on_loop(made.keep(prompt("msg_1")))
    made.drop("msg_1")
    desk.on_loop(made.keep(prompt("msg_1", target="api:0.0")))
    desk.on_loop(made.tidy())
    assert set(stored(desk)) == {"msg_1"}


def test_it_is_claimed_once_and_never_when_it_has_expired(desk: Desk) -> None:
    made = book(desk, [])
    desk.on_loop(made.keep(prompt("msg_1")))
    assert desk.on_loop(made.claim("msg_1", LATER)) == prompt("msg_1")
    assert desk.on_loop(made.claim("msg_1", LATER)) is None
    desk.on_loop(made.keep(prompt("msg_2")))
    assert desk.on_loop(made.claim("msg_2", END)) is None


def test_what_was_answered_or_dropped_meanwhile_does_not_come_back_with_a_reminder(
    desk: Desk,
) -> None:
    made = book(desk, [])
    for name in ("msg_1", "msg_2", "msg_3"):
        desk.on_loop(made.keep(prompt(name)))
    desk.on_loop(made.claim("msg_1", LATER))
    made.drop("msg_2")
    later = [replace(prompt(name), nudges=2) for name in ("msg_1", "msg_2", "msg_3")]
    assert [desk.on_loop(made.remind(each)) for each in later] == [False, False, True]
    desk.on_loop(made.tidy())
    assert stored(desk) == made.prompts == {"msg_3": later[2]}


def test_another_daemon_goes_on_with_what_panes_show(desk: Desk) -> None:
    made = book(desk, [])
    desk.on_loop(made.keep(prompt("msg_1")))
    desk.on_loop(made.keep(prompt("msg_2", target="api:0.0")))
    later = book(desk, [])
    desk.on_loop(later.load())
    assert set(later.prompts) == {"msg_2"}
    assert later.of_pane("api") == [prompt("msg_2", target="api:0.0")]
    assert later.of_pane("ap") == later.of_pane("") == []
    desk.on_loop(later.tidy())
    assert set(stored(desk)) == {"msg_2"}
