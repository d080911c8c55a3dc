"""Who is roused by an inbox, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from thrum.daemon.delivery import inboxes, rouser
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.inboxes import Inbox
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import MOST_TURNS, Boundary
from thrum.daemon.delivery.wakers import Waker
from thrum.daemon.waiting.waiter import Waiter, Wanted

NUX = Seat("nux", "claude", "s1")


class Post:
    """What was put where; it may refuse."""

    def __init__(self) -> None:
        self.put: list[tuple[str, str]] = []
        self.refuses = False

    def __call__(self, inbox: Inbox, text: str) -> None:
        self.put.append((inbox.path, text))
        if self.refuses:
            raise OSError("nobody listens")


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    found = Post()
    monkeypatch.setattr(inboxes, "put", found)
    return found


@pytest.fixture
def delivery(node: Any, parts: Any) -> Delivery:
    node.agent("nux")
    node.agent("furiosa")
    found: Delivery = parts.service(Delivery)
    return found


def looks(delivery: Delivery, *before: Callable[[], object]) -> None:
    """Does these, one after the other, and has the inboxes looked at after each."""

    for each in before:
        each()
        anyio.run(delivery.rouser.look)


def test_an_idle_session_is_roused_once_for_what_came(
    node: Any, delivery: Delivery, post: Post
) -> None:
    delivery.rouser.note(NUX, Inbox("/x", "", 7))

    def sends() -> None:
        node.send("furiosa", to="nux")

    looks(delivery, lambda: None, sends, lambda: None, sends)
    assert [path for path, _ in post.put] == ["/x", "/x"]
    assert [text[:28] for _, text in post.put] == [
        "New mail for @nux: 1 unread,",
        "New mail for @nux: 2 unread,",
    ]


@pytest.mark.parametrize("boundary", ["prompt", "tools", "permission", "end"])
def test_one_that_is_not_idle_is_left_alone(
    node: Any, delivery: Delivery, post: Post, boundary: str
) -> None:
    delivery.rouser.note(NUX, Inbox("/x", "", 7))
    with delivery.asked(NUX, Boundary(boundary)):
        pass
    looks(delivery, lambda: node.send("furiosa", to="nux"))
    assert post.put == []


def test_one_that_something_else_wakes_is_left_alone(
    node: Any, delivery: Delivery, post: Post
) -> None:
    delivery.rouser.note(NUX, Inbox("/x", "", 7))
    with delivery.wakers.joined(NUX, Waker(Waiter(Wanted("nux")))):
        looks(delivery, lambda: node.send("furiosa", to="nux"))
    assert post.put == []


def test_a_refusal_is_no_end_and_is_not_tried_again(
    node: Any, delivery: Delivery, post: Post
) -> None:
    post.refuses = True
    delivery.rouser.note(NUX, Inbox("/x", "", 7))
    looks(delivery, lambda: node.send("furiosa", to="nux"), lambda: None)
    assert len(post.put) == 1
    looks(delivery, lambda: node.send("furiosa", to="nux"))
    assert len(post.put) == 2


def test_turns_in_a_row_are_bounded(node: Any, delivery: Delivery, post: Post) -> None:
    delivery.rouser.note(NUX, Inbox("/x", "", 7))

    def comes() -> None:
        node.send("furiosa", to="nux")

    def begins_and_ends() -> None:
        sitting = delivery.sitting(NUX)
        sitting.passes(Boundary.PROMPT, 1)
        sitting.passes(Boundary.END_OF_TURN, 1)

    looks(delivery, *[comes, begins_and_ends] * MOST_TURNS, comes, comes)
    assert len(post.put) == MOST_TURNS
    begins_and_ends()  # this time a person did it
    looks(delivery, comes)
    assert len(post.put) == MOST_TURNS + 1


def test_it_looks_when_something_came_or_ended(node: Any, delivery: Delivery, post: Post) -> None:
    delivery.rouser.note(NUX, Inbox("/x", "", 7))

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(delivery.run)
            for number, stirs in enumerate((lambda: delivery.heard([]), delivery.missed), 1):
                node.send("furiosa", to="nux")
                stirs()
                with anyio.fail_after(60):
                    while len(post.put) < number:
                        await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()

    anyio.run(run)


def test_of_many_the_latest_are_kept_and_none_that_can_be_no_inbox(
    node: Any, delivery: Delivery, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rouser, "MOST", 2)
    for name in "abcd":
        seat = NUX._replace(session=name)
        delivery.rouser.note(seat, Inbox(f"/{name}", "", 7))
    for bad in (None, Inbox("/d", "", 0), Inbox("d", "", 7)):
        delivery.rouser.note(NUX._replace(session="d"), bad)
    looks(delivery, lambda: node.send("furiosa", to="nux"))
    assert [path for path, _ in post.put] == ["/c"]
