"""Pages are told of everything, once, in order, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar

import anyio
import msgspec
import pytest

from gitstore import canonical
from tests.integration.lines import Line
from tests.thrum.daemon.push.retold import emit, note, registered, together
from tests.thrum.daemon.push.test_pushing import connection, sent
from tests.thrum.daemon.push.test_service import lived, until
from thrum import events
from thrum.daemon import withdrawing
from thrum.daemon.node import Node
from thrum.daemon.push import cursor, feed
from thrum.daemon.push.feed import Feeds
from thrum.daemon.push.pushing import Pushing
from thrum.daemon.push.retelling import retold
from thrum.daemon.push.service import Push
from thrum.daemon.rpc.pushed import Pushed
from thrum.daemon.signing.ring import Decision, Owned, Verdict
from thrum.daemon.signing.service import Signing

ADA = "user:ada"
LATER: dict[str, Any] = {"message_id": "msg_1", "agent_id": "nux", "body": events.Body("later")}


def page(push: Push, person: str = ADA) -> Line:
    """A page that is told of everything from now on."""
    line = connection(push.node)
    push.feeds.join(person, line)
    return line


MAIL = "notification.message"
RESET = "notification.reset"
COUNTS = "notification.counts"


def told(line: Line, *kinds: str) -> list[Any]:
    """What it was told, of all kinds or some."""
    found = [json.loads(each) for each in line.pushed]
    return [each for each in found if not kinds or each["method"] in kinds]


def ids(line: Line) -> list[str]:
    return [each["params"]["message_id"] for each in told(line, MAIL)]


async def aside(function: Callable[..., Any], *args: Any) -> Any:
    """What another thread does, for this one belongs to the service."""
    return await anyio.to_thread.run_sync(lambda: function(*args))


async def quiet(push: Push, *lines: Line) -> None:
    """Waits until every page has been told of one more message, the last of all."""
    (last,) = await aside(sent, push.node, 1, ["nux"])
    await until(lambda: all(last in ids(line) for line in lines))


def run(node: Node, course: Callable[[Push], Awaitable[None]]) -> None:
    lived(node, course)


def test_every_page_is_told_of_everything_once_and_in_order(parts: Node) -> None:
    async def course(push: Push) -> None:
        pages = [page(push), page(push), page(push, "user:bo")]
        made = [*await aside(sent, parts, 3, ["nux"]), *await aside(sent, parts, 2, [])]
        await quiet(push, *pages)
        for each in pages:
            assert ids(each)[:-1] == made

    run(parts, course)


def test_who_comes_is_told_of_what_comes_after(parts: Node) -> None:
    async def course(push: Push) -> None:
        first = page(push)
        before = await aside(sent, parts, 3, ["nux"])
        second = page(push)
        after = await aside(sent, parts, 3, ["nux"])
        await quiet(push, first, second)
        assert (ids(first)[:-1], ids(second)[:-1]) == (before + after, after)

    run(parts, course)


def test_who_is_gone_is_told_no_more_and_leaves_nothing(parts: Node) -> None:
    async def course(push: Push) -> None:
        first, second = page(push), page(push)
        await quiet(push, first, second)
        for left in first.on_close:
            left()
        await quiet(push, second)
        assert (len(ids(first)), len(ids(second)), push.feeds.count) == (1, 2, 1)
        for left in second.on_close:
            left()
        assert push.feeds.count == 0 and not push.feeds.tells(second)
        again = page(push)
        await quiet(push, again)
        assert len(ids(again)) == 1

    run(parts, course)


def test_joining_twice_is_joining_once(parts: Node) -> None:
    async def course(push: Push) -> None:
        line = page(push)
        push.feeds.join(ADA, line)
        await quiet(push, line)
        assert (push.feeds.count, len(ids(line)), len(line.on_close)) == (1, 1, 1)

    run(parts, course)


def test_where_another_key_counts_pages_look_anew_at_what_messages_are_worth(parts: Node) -> None:
    async def course(push: Push) -> None:
        line, other = page(push), Owned("d_other", "0" * 32)
        await quiet(push, line)
        assert told(line, RESET) == []
        await parts.service(Signing).decide(other, Decision(Verdict.ACCEPTED))
        (reset,) = told(line, RESET)
        now = cursor.present(parts.store.reader())
        assert reset["params"] == {"cursor": str(now), "sequence": now.number}

    run(parts, course)


@pytest.mark.parametrize("count", [3, 4, 500])
def test_a_flood_is_one_push_after_which_things_go_on(
    parts: Node, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(feed, "MOST", 3)

    async def course(push: Push) -> None:
        await aside(sent, parts, 1, [])  # who writes is registered
        line = page(push)
        before = cursor.present(parts.store.reader())
        await aside(_written, parts, count)
        await until(lambda: bool(told(line, RESET)) or len(ids(line)) == count)
        now = cursor.present(parts.store.reader())
        if count > 3:
            (reset,) = told(line)
            assert reset["method"] == RESET
            assert reset["params"] == {"cursor": str(now), "sequence": now.number}
            assert now.number - before.number == count
        line.pushed.clear()
        await aside(_written, parts, 1)
        await until(lambda: len(ids(line)) == 1)
        assert told(line, RESET) == []

    run(parts, course)


def _written(node: Node, count: int) -> None:
    """So many messages in one batch, and nothing besides."""

    def decide(transaction: Any) -> None:
        for _ in range(count):
            body = events.Body("text")
            message = events.MessageCreate(
                message_id=node.ids.make("msg"), agent_id="furiosa", body=body
            )
            transaction.emit(message)

    node.store.transact_blocking(decide)


def test_where_something_goes_pages_begin_anew(parts: Node) -> None:
    """What a purge takes, no push can name."""

    async def course(push: Push) -> None:
        line = page(push)
        await quiet(push, line)
        cutoff = events.PurgeExecuted(cutoff="2100-01-01T00:00:00Z")
        await aside(emit, parts, cutoff)
        await until(lambda: bool(told(line, RESET)))
        assert told(line, RESET)[0]["params"]["cursor"] == str(cursor.present(parts.store.reader()))
        await aside(emit, parts, events.SessionStart(session_id="ses_9", agent_id="nux"))
        await aside(emit, parts, events.MessageCreate(**LATER))
        await until(lambda: ids(line)[-1:] == ["msg_1"])
        assert len(told(line, RESET)) == 1

    run(parts, course)


def test_what_the_hub_left_out_is_told_all_the_same(parts: Node) -> None:
    async def course(push: Push) -> None:
        line = page(push)
        parts.hub.drop(push.name)
        made = await aside(sent, parts, 4, ["nux"])
        push.missed()
        await until(lambda: ids(line) == made)
        assert not line.is_aborted

    run(parts, course)


def test_what_other_clones_made_is_told_as_what_is_made_here(parts: Node) -> None:
    """In the order in which it came in, whatever its time."""

    def came_in() -> list[str]:
        lines, made = [], []
        for number in (3, 1, 2):
            event = events.MessageCreate(
                message_id=f"msg_{number}",
                agent_id="slit",
                body=events.Body("from elsewhere"),
                timestamp=f"2020-01-0{number}T00:00:00.000000000Z",
                event_id=f"evt_{number}",
                origin_daemon="d_there",
            )
            lines.append(("messages/slit.jsonl", canonical(event)))
            made.append(event.message_id)
        parts.store.log.append([lines])
        parts.store.catch_up()
        return made

    async def course(push: Push) -> None:
        line = page(push)
        here = await aside(sent, parts, 1, ["nux"])
        there = await aside(came_in)
        await until(lambda: len(ids(line)) == 4)
        assert ids(line)[:1] == here and set(ids(line)[1:]) == set(there)
        origins = [each["params"]["origin_daemon"] for each in told(line, MAIL)]
        assert origins == ["d_here", "d_there", "d_there", "d_there"]
        numbers = [each["params"]["sequence"] for each in told(line)]
        assert numbers == sorted(numbers)

    run(parts, course)


def test_a_message_that_is_withdrawn_has_pages_begin_anew(parts: Node) -> None:
    async def course(push: Push) -> None:
        line = page(push)
        (gone,) = await aside(sent, parts, 1, ["nux"])
        await until(lambda: gone in ids(line))
        folder, log = parts.place.shared, parts.store.log
        await aside(withdrawing.withdraw, log, parts.store, gone, folder, "")
        await until(lambda: bool(told(line, RESET)))

    run(parts, course)


def test_a_crash_in_between_loses_nothing(parts: Node) -> None:
    async def course(push: Push) -> None:
        await quiet(push, page(push))

    run(parts, course)
    feeds = Feeds(parts.store, lambda _connection, _message: None, parts.service(Signing).mark)
    line = connection(parts)

    async def again() -> None:
        feeds.join(ADA, line)
        made = await aside(sent, parts, 3, ["nux"])  # while it does not run
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(feeds.run)
            await until(lambda: ids(line) == made)
            tasks.cancel_scope.cancel()

    anyio.run(again)


@pytest.mark.parametrize(
    ("scope", "mention", "match"),
    [
        (None, "", "all"),
        (events.Pair("file", "a.py"), "", "scope"),
        (None, "nux", "mention"),
        (events.Pair("file", "b.py"), "", ""),
    ],
)
def test_a_page_that_subscribed_gets_one_push_that_says_by_what(
    parts: Node, scope: events.Pair | None, mention: str, match: str
) -> None:
    emit(parts, events.SessionStart(session_id="ses_1", agent_id=ADA))

    async def course(push: Push) -> None:
        line, other = page(push), page(push)
        wish, _ = await push.ask_for("ses_1", scope, mention)
        push.join(Pushing("ses_1", ADA, line))
        refs = [events.Pair("mention", "nux")]
        made = await anyio.to_thread.run_sync(
            lambda: sent(parts, 2, ["nux"], scopes=[events.Pair("file", "a.py")], refs=refs)
        )
        await quiet(push, line, other)
        assert ids(line)[:2] == ids(other)[:2] == made
        marks = [each["params"].get("matched_subscription") for each in told(line, MAIL)[:2]]
        wanted = {"subscription_id": wish.id, "match_type": match} if match else None
        assert marks == [wanted, wanted]
        assert all("matched_subscription" not in each["params"] for each in told(other))

    run(parts, course)


class Told(Pushed):
    """Something that is no event."""

    name: ClassVar = "notification.weather"
    word: str


def said(push: Push, *lines: Line) -> list[Told]:
    """What each page is told by a service now."""
    push.feeds.say(Told(word="sun"))
    last = [told(line)[-1] for line in lines]
    assert {each["method"] for each in last} == {Told.name}
    return [msgspec.convert(each["params"], Told) for each in last]


def test_a_service_has_every_page_told_and_whoever_was_away(parts: Node) -> None:
    async def current() -> list[Pushed]:
        return [Told(word="rain")]

    async def course(push: Push) -> None:
        push.feeds.offer("weather", current)
        pages = [page(push), page(push, "user:bo")]
        await quiet(push, *pages)
        now = cursor.present(parts.store.reader())
        # Until the feeds have told the rest of what came, they go on from before it.
        await until(lambda: all(each.cursor == str(now) for each in said(push, *pages)))
        for each in said(push, *pages):
            assert (each.word, each.cursor, each.sequence) == ("sun", str(now), now.number)
        assert await push.feeds.current() == [Told(word="rain")]

    run(parts, course)


class Interjecting(Line):
    """A page at whose every push something else is done."""

    do: Callable[[], object] | None = None

    def push(self, line: bytes) -> None:
        super().push(line)
        if self.do and b"notification.weather" not in line:
            self.do()


def interjecting(node: Node) -> Interjecting:
    line = connection(node)
    return Interjecting(line.transport, line.authenticator)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_what_is_said_between_pushes_goes_on_from_before_what_is_still_to_come(
    parts: Node, count: int
) -> None:
    async def course(push: Push) -> None:
        line = interjecting(push.node)
        line.do = lambda: push.feeds.say(Told(word="sun"))
        await aside(sent, parts, 1, [])  # who writes is registered
        push.feeds.join(ADA, line)
        await aside(_written, parts, count)
        await until(lambda: len(ids(line)) == count)
        db, pushes = parts.store.reader(), told(line)
        for number, each in enumerate(pushes, 1):
            at = cursor.read(db, each["params"]["cursor"])
            spoken = {one["params"].get("message_id") for one in pushes[:number]}
            rest = {getattr(one, "message_id", "") for one in retold(db, at.number, 99, ADA).pushes}
            assert set(ids(line)) <= spoken | rest
        numbers = [each["params"]["sequence"] for each in pushes]
        assert numbers == sorted(numbers)

    run(parts, course)


def cut(line: Line, after: int, scope: anyio.CancelScope) -> None:
    """Has the service crash after so many pushes."""
    if len(line.pushed) == after:
        scope.cancel()


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_a_crash_between_pushes_loses_none(parts: Node, after: int) -> None:
    async def course() -> None:
        feeds = Feeds(parts.store, lambda _connection, _message: None, parts.service(Signing).mark)
        line = interjecting(parts)
        feeds.join(ADA, line)
        made = await aside(_written_to, parts, 3, [ADA])
        async with anyio.create_task_group() as tasks:
            line.do = partial(cut, line, after, tasks.cancel_scope)
            tasks.start_soon(feeds.run)
        assert len(line.pushed) == after
        line.do = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(feeds.run)
            await until(lambda: bool(told(line, COUNTS)))
            tasks.cancel_scope.cancel()
        assert set(ids(line)) == set(made)
        assert told(line, COUNTS)[-1]["params"]["inbox"] == 3

    anyio.run(course)


def _written_to(node: Node, count: int, to: list[str]) -> list[str]:
    emit(node, *registered("furiosa", ADA))
    made = [note(node.ids.make("msg"), "furiosa", *to) for _ in range(count)]
    together(node, *made)
    return [each.message_id for each in made]


@pytest.mark.parametrize("how", ["another page", "a flood"])
def test_who_may_know_other_numbers_is_told_all(
    parts: Node, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(feed, "MOST", 5)

    async def course(push: Push) -> None:
        lines = [page(push)]
        await aside(_written_to, parts, 1, [ADA])
        await until(lambda: bool(told(lines[0], COUNTS)))
        await aside(_written_to, parts, 1, [ADA])
        await until(lambda: len(told(lines[0], COUNTS)) == 2)
        if how == "another page":
            lines.append(page(push))
        else:
            await aside(_written_to, parts, 6, [ADA])
            await until(lambda: bool(told(lines[0], RESET)))
        await aside(_written_to, parts, 1, [ADA])
        await until(lambda: len(told(lines[0], COUNTS)) == 3)
        whole = [each["params"].get("whole") for each in told(lines[0], COUNTS)]
        assert whole == [True, False, True]
        assert [each["params"]["whole"] for line in lines[1:] for each in told(line, COUNTS)] in (
            [],
            [True],
        )

    run(parts, course)


def test_of_what_there_is_one_only_news_is_told_and_who_was_away_hears_it(parts: Node) -> None:
    weather = ["snow"]

    async def course(push: Push) -> None:
        feeds = push.feeds
        feeds.state("weather", lambda: Told(word=weather[-1]))
        feeds.look("weather")
        line = page(push)
        for word in ("rain", "rain", "sun", "sun", "rain"):
            weather.append(word)
            feeds.look("weather")
        assert [each["params"]["word"] for each in told(line)] == ["rain", "sun", "rain"]
        (current,) = await feeds.current()
        assert current == Told(word="rain")
        current.cursor = "x"  # what is told of it once is not what is told of it next
        assert await feeds.current() == [Told(word="rain")]
        weather.append("fog")
        assert await feeds.current() == [Told(word="fog")], "though nobody looked since"

    run(parts, course)


@pytest.mark.parametrize("came_back", [False, True])
def test_a_page_that_comes_is_not_left_with_what_it_was_told_before(
    parts: Node, came_back: bool
) -> None:
    """What is again as it was is news to a page that asked meanwhile."""
    weather = ["rain"]

    async def course(push: Push) -> None:
        feeds, line = push.feeds, page(push)
        feeds.state("weather", lambda: Told(word=weather[-1]))
        feeds.look("weather")
        for left in line.on_close:
            left()
        weather.append("sun")
        feeds.look("weather")
        line = page(push)  # and asks: it is sunny
        weather.append("rain" if came_back else "fog")
        feeds.look("weather")
        assert [each["params"]["word"] for each in told(line)] == weather[-1:]

    run(parts, course)


def test_who_only_subscribed_is_told_as_before(parts: Node) -> None:
    emit(parts, events.SessionStart(session_id="ses_1", agent_id=ADA))

    async def course(push: Push) -> None:
        line = connection(parts)
        await push.ask_for("ses_1", None, "")
        push.join(Pushing("ses_1", ADA, line))
        await aside(sent, parts, 1, ["nux"])
        await until(lambda: bool(line.pushed))
        (one,) = told(line)
        assert not {"cursor", "sequence", "row"} & one["params"].keys()

    run(parts, course)


def test_a_page_is_told_what_signatures_are_worth(parts: Node) -> None:
    async def course(push: Push) -> None:
        line = page(push)
        await quiet(push, line)
        (row,) = (each["params"]["row"] for each in told(line, MAIL))
        assert row["signature"] == "unsigned"

    run(parts, course)
