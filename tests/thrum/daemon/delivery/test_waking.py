"""Mail for sessions that are idle."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from tests.thrum.daemon.service.clock import FakeClock
from thrum import events
from thrum.daemon.callers.authenticators import Authenticator, BoundUser
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.delivery import methods, waking
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.methods import AskParams, GivenParams
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import BEGINS_S, MOST_TURNS, STALE_S
from thrum.daemon.delivery.waking import WaitParams, Woken
from thrum.daemon.node import Node
from thrum.daemon.rpc.registry import Call, Rights
from thrum.daemon.waiting.service import Waiting
from thrum.errors import ThrumError
from thrum.events import Body
from thrum.ids import Ids

pytestmark = pytest.mark.anyio
SEAT = Seat("nux", "claude", "s1")


@dataclass
class Line:
    """The other end of a call."""

    on_close: list[Callable[[], None]] = field(default_factory=list)
    authenticator: Authenticator = field(default_factory=BoundUser)

    def push(self, line: bytes) -> None:
        raise AssertionError(line)

    def abort(self) -> None:
        raise AssertionError

    def close(self) -> None:
        while self.on_close:
            self.on_close.pop()()


@dataclass
class Session:
    """nux in a session; furiosa, who writes to it; and a clock that stands still."""

    node: Node
    clock: FakeClock
    tasks: Any
    name: str = "s1"
    sent: int = 0
    open: list[Line] = field(default_factory=list)
    scopes: dict[int, anyio.CancelScope] = field(default_factory=dict)

    def call(self, line: Line | None = None, rights: Rights = Rights.READS) -> Call:
        caller = Caller("nux", State.IDENTIFIED)
        made = line or Line()
        self.open.append(made)
        return Call(caller, self.node, made, rights)

    def seat(self) -> dict[str, Any]:
        return {"runtime": "claude", "session": self.name}

    def sends(self, text: str = "", message_id: str = "") -> str:
        """furiosa writes, long ago as the id tells; the id."""
        self.sent += 1
        message_id = message_id or f"msg_{self.sent:026}"
        event = events.MessageCreate(
            message_id=message_id,
            agent_id="furiosa",
            session_id="ses_1",
            body=Body(format="markdown", content=text or f"mail {self.sent}"),
            recipients=["nux"],
        )
        self.node.store.transact_blocking(lambda transaction: transaction.emit(event))
        return message_id

    async def reaches(self, boundary: str, **more: Any) -> list[str]:
        """What a hook is handed at a boundary, and says that it gave; the ids."""
        line = Line()
        params = AskParams(**self.seat(), boundary=boundary, can_tell=True, **more)
        asked = await methods.ask(self.call(line), params)
        ids = [each.message_id for each in asked.messages or ()]
        await self.gives(ids, line)
        return ids

    async def gives(self, ids: list[str], line: Line) -> None:
        """Says that messages got through, and hangs up."""
        if ids:
            params = GivenParams(**self.seat(), message_ids=ids)
            await methods.note_given(self.call(line, Rights.CALLER), params)
        line.close()

    async def look(self, line: Line | None = None, **more: Any) -> Woken:
        """What somebody gets who does not wait."""
        params = WaitParams(**self.seat(), timeout_ms=0, **more)
        return await waking.wait(self.call(line), params)

    def waits(self, line: Line | None = None, **more: Any) -> list[Woken]:
        """Somebody who waits; what ended it comes into the list."""
        ended: list[Woken] = []
        call = self.call(line)
        scope = anyio.CancelScope()
        self.scopes[id(call.connection)] = scope

        async def wait() -> None:
            with scope:
                ended.append(await waking.wait(call, WaitParams(**self.seat(), **more)))

        self.tasks.start_soon(wait)
        return ended

    async def kills(self, line: Line) -> None:
        """Ends who waits at the other end, as the door does, and then the connection."""
        self.scopes[id(line)].cancel()
        await anyio.sleep(0)
        await anyio.sleep(0)
        line.close()

    async def rest(self) -> None:
        """Lets everything happen that does not wait for the clock."""
        await self.clock.advance(0)
        # Questions are answered by threads, which no clock waits for.
        for _ in range(50):
            await anyio.sleep(0.002)

    async def until(self, holds: Callable[[], object]) -> None:
        """Waits until it holds; the limit only ends a test that would hang."""
        with anyio.fail_after(20):
            while not holds():
                await anyio.sleep(0.002)


@pytest.fixture
def make(parts: Node) -> Any:
    """Makes the session, with what wakes who waits."""
    clock = FakeClock()
    parts.setting = replace(parts.setting, clock=clock)
    for name in ("nux", "furiosa"):
        register = events.AgentRegister(agent_id=name, kind="agent", role="tester", module="m")
        parts.store.transact_blocking(lambda transaction, each=register: transaction.emit(each))  # type: ignore[misc]

    @asynccontextmanager
    async def made() -> AsyncIterator[Session]:
        waiting = parts.service(Waiting)
        parts.hub.on(waiting.hears, waiting.heard, missed=waiting.missed, owner="waiting")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waiting.run)
            yield Session(parts, clock, tasks)
            tasks.cancel_scope.cancel()

    return made


def texts(found: Woken) -> list[str]:
    return [each.content for each in found.messages or ()]


async def test_an_idle_session_is_woken_by_what_arrives_and_by_what_lay_there(make: Any) -> None:
    async with make() as nux:
        await nux.reaches("start")
        ended = nux.waits()
        await nux.rest()
        assert not ended
        nux.sends("the tank leaks")
        await nux.until(lambda: ended)
        assert texts(ended[0]) == ["the tank leaks"]
        assert (ended[0].agent_id, ended[0].count) == ("nux", 1)
        nux.open[-1].close()  # nobody said that it got through
        assert texts(await nux.look()) == [], "a turn began, as far as anybody knows"
        assert len(await nux.reaches("end_of_turn")) == 1
        assert await nux.reaches("end_of_turn") == []
        nux.sends("again")
        assert texts(await nux.look()) == ["again"]


@pytest.mark.parametrize("boundary", ["prompt", "tools", "permission"])
async def test_a_busy_session_is_woken_only_when_it_gave_no_sign(make: Any, boundary: str) -> None:
    async with make() as nux:
        await nux.reaches(boundary)
        ended = nux.waits()
        nux.sends("are you there?")
        await nux.rest()
        await nux.clock.advance(STALE_S - 1)
        await nux.reaches("notice")  # a sign, which says nothing else
        await nux.clock.advance(STALE_S - 1)
        await nux.rest()
        assert not ended
        await nux.clock.advance(1)
        await nux.until(lambda: ended)
        assert texts(ended[0]) == ["are you there?"]


@pytest.mark.parametrize(
    "path",
    [
        "start before_compaction",  # which was refused
        "end_of_turn before_compaction after_compaction",
        "end_of_turn after_compaction notice",
        "prompt end_of_turn before_compaction notice",
    ],
)
async def test_one_that_is_idle_is_woken_whatever_it_was_compacted(make: Any, path: str) -> None:
    async with make() as nux:
        for boundary in path.split():
            await nux.reaches(boundary)
        nux.sends("are you there?")
        assert texts(await nux.look()) == ["are you there?"]


async def test_what_a_busy_session_gets_at_its_boundary_wakes_nobody(make: Any) -> None:
    async with make() as nux:
        await nux.reaches("prompt")
        ended = nux.waits()
        sent = [nux.sends(), nux.sends()]
        await nux.rest()
        assert await nux.reaches("end_of_turn") == sent
        await nux.reaches("end_of_turn")
        await nux.clock.advance(10 * STALE_S)
        await nux.rest()
        assert not ended
        nux.sends("one more")
        await nux.until(lambda: ended)
        assert texts(ended[0]) == ["one more"]


async def test_what_is_on_its_way_by_a_hook_is_not_given_twice(make: Any) -> None:
    async with make() as nux:
        await nux.reaches("start")
        sent, line = nux.sends(), Line()
        params = AskParams(**nux.seat(), boundary="end_of_turn", can_tell=True)
        asked = await methods.ask(nux.call(line), params)
        assert [each.message_id for each in asked.messages or ()] == [sent]
        ended = nux.waits()
        await nux.clock.advance(2 * STALE_S)
        await nux.rest()
        assert not ended
        line.close()  # the hook was killed before it said anything
        await nux.until(lambda: ended)
        assert [each.message_id for each in ended[0].messages or ()] == [sent]


async def test_mail_begins_so_many_turns_in_a_row_and_a_person_allows_more(make: Any) -> None:
    async with make() as nux:
        await nux.reaches("start")
        for number in range(MOST_TURNS):
            line, sent = Line(), nux.sends()
            assert [each.message_id for each in (await nux.look(line)).messages or ()] == [sent]
            await nux.gives([sent], line)
            # The runtime tells of the turn as if somebody had typed.
            await nux.reaches("prompt", is_continued=True)
            await nux.reaches("end_of_turn")
            assert number < MOST_TURNS
        ended = nux.waits()
        nux.sends("again")
        await nux.rest()
        await nux.clock.advance(10 * STALE_S)
        await nux.rest()
        assert not ended
        assert len(await nux.reaches("prompt")) == 1
        nux.sends("and again")
        await nux.reaches("tools")
        await nux.reaches("end_of_turn")
        nux.sends("now")
        await nux.until(lambda: ended)
        assert texts(ended[0]) == ["now"]


@pytest.mark.parametrize("waits_first", [True, False])
@pytest.mark.parametrize("resumed", [True, False])
async def test_what_lay_there_when_a_session_began_begins_no_turn(
    make: Any, waits_first: bool, resumed: bool
) -> None:
    """Who waits may be there before the hook that tells of the session."""
    async with make() as nux:
        if resumed:
            await nux.reaches("start")
            await nux.reaches("prompt")
            await nux.reaches("end_of_turn")
        nux.sends("this lay there")
        ended = nux.waits() if waits_first and not resumed else []
        await nux.rest()
        assert await nux.reaches("start") == []
        ended = ended if waits_first and not resumed else nux.waits()
        await nux.clock.advance(2 * BEGINS_S)
        await nux.rest()
        assert not ended
        nux.sends("this came")
        await nux.until(lambda: ended)
        assert texts(ended[0]) == ["this came"]
        assert len(await nux.reaches("prompt", is_continued=True)) == 1, "what lay there"
        assert await nux.reaches("end_of_turn") == []


@pytest.mark.parametrize(("seconds", "wakes"), [(0, True), (10, True), (20, False)])
async def test_what_comes_while_a_session_begins_wakes_it(
    make: Any, seconds: int, wakes: bool
) -> None:
    """It is at the terminal before its hook has told of it."""
    async with make() as nux:
        made = nux.sends("on the doorstep", Ids(nux.clock.now_ns).make("msg"))
        await nux.clock.advance(seconds)
        await nux.reaches("start")
        ended = nux.waits()
        await nux.rest()
        assert [each.message_id for row in ended for each in row.messages or ()] == [made] * wakes


async def test_who_waits_for_a_session_that_nobody_tells_of_has_what_lies_there(make: Any) -> None:
    async with make() as nux:
        nux.sends("this lies there")
        ended = nux.waits()
        await nux.rest()
        assert not ended
        await nux.clock.advance(BEGINS_S)
        await nux.until(lambda: ended)
        assert texts(ended[0]) == ["this lies there"]


async def test_that_a_session_is_woken_now_is_known_to_senders(make: Any) -> None:
    async with make() as nux:
        wakes = nux.node.service(Delivery).wakes
        await nux.reaches("start")
        assert not wakes("nux")
        ended = nux.waits()
        await nux.until(lambda: wakes("nux"))
        assert not wakes("furiosa")
        await nux.reaches("prompt")
        assert not wakes("nux")
        await nux.reaches("end_of_turn")
        assert wakes("nux")
        await nux.reaches("end")
        await nux.until(lambda: ended)
        assert not wakes("nux")


async def test_the_newest_supersedes(make: Any) -> None:
    async with make() as nux:
        await nux.reaches("start")
        older = nux.waits()
        await nux.rest()
        newer = nux.waits()
        await nux.until(lambda: older)
        assert (older[0].superseded, older[0].messages, older[0].count) == (True, None, 0)
        nux.sends("for the newer")
        await nux.until(lambda: newer)
        assert texts(newer[0]) == ["for the newer"]


async def test_one_to_spare_has_its_turn_when_no_other_waits(make: Any) -> None:
    async with make() as nux:
        await nux.reaches("start")
        spare = nux.waits(is_spare=True)
        await nux.rest()
        first = nux.waits()
        await nux.rest()
        nux.sends("for the first")
        await nux.until(lambda: first)
        nux.open[-1].close()
        assert not spare
        await nux.reaches("end_of_turn")
        await nux.reaches("end_of_turn")
        nux.sends("for the other")
        await nux.until(lambda: spare)
        assert "for the other" in texts(spare[0])


@pytest.mark.parametrize("is_spare", [False, True])
async def test_a_session_that_ends_needs_nobody_who_waits(make: Any, is_spare: bool) -> None:
    async with make() as nux:
        await nux.reaches("start")
        ended = nux.waits(is_spare=is_spare)
        await nux.rest()
        await nux.reaches("end")
        await nux.until(lambda: ended)
        assert (ended[0].ended, ended[0].messages) == (True, None)
        assert (await nux.look(is_spare=is_spare)).ended
        await nux.reaches("start")  # it is taken up again
        assert not (await nux.look(is_spare=is_spare)).ended


async def test_what_nobody_told_of_is_found_all_the_same(make: Any) -> None:
    async with make() as nux:
        await nux.reaches("start")
        ended = nux.waits()
        await nux.rest()
        waiting, delivery = nux.node.service(Waiting), nux.node.service(Delivery)
        waiting.hears, heard = (), waiting.heard
        (listener,) = (each for each in nux.node.hub._listeners if each.owner == "waiting")
        listener.heard = lambda news: None
        nux.sends("unheard")
        await nux.rest()
        assert not ended
        listener.heard = heard
        delivery.missed()
        waiting.missed()
        await nux.until(lambda: ended)
        assert texts(ended[0]) == ["unheard"]


async def test_what_was_read_or_taken_back_meanwhile_wakes_nobody(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make() as nux:
        await nux.reaches("start")
        real = methods.handed
        hidden = {nux.sends() for _ in range(10)}

        async def fewer(*asked: Any) -> list[methods.Handed]:
            return [each for each in await real(*asked) if each.message_id not in hidden]

        monkeypatch.setattr(waking, "handed", fewer)
        assert (await nux.look()).messages is None
        assert nux.node.service(Delivery).sitting(SEAT).on_the_way == set()
        nux.sends("real")
        assert texts(await nux.look()) == ["real"]


async def test_who_hangs_up_while_it_waits_is_forgotten(make: Any) -> None:
    async with make() as nux:
        wakers = nux.node.service(Delivery).wakers
        with anyio.move_on_after(0.2):
            await waking.wait(nux.call(), WaitParams(**nux.seat()))
        assert wakers.seats("nux") == set()
        assert nux.node.service(Waiting).count == 0
        await nux.look()
        assert wakers.seats("nux") == set()


async def test_the_time_is_bounded(make: Any) -> None:
    async with make() as nux:
        for time in (-1, 300_001):
            params = WaitParams(**nux.seat(), timeout_ms=time)
            with pytest.raises(ThrumError, match="timeout_ms"):
                await waking.wait(nux.call(), params)
        assert nux.waits(timeout_ms=1) == []


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_everything_is_given_once(make: Any, seed: int) -> None:
    """Who waits is killed before or after it was handed mail, or gives it; hooks come and go."""
    chance = random.Random(seed)
    async with make() as nux:
        given: Counter[str] = Counter()
        waiting: list[tuple[Line, list[Woken]]] = []
        boundaries = ("prompt", "tools", "end_of_turn", "notice", "permission", "before_compaction")
        await nux.reaches("start")
        for _ in range(200):
            step = chance.choice(("send", "send", "wait", "kill", "hook", "hook", "tick", "heed"))
            if step == "send":
                nux.sends()
            elif step == "wait":
                line = Line()
                waiting.append((line, nux.waits(line, is_spare=chance.random() < 0.2)))
            elif step == "kill" and waiting:
                await nux.kills(waiting.pop(chance.randrange(len(waiting)))[0])
            elif step == "hook":
                given.update(await nux.reaches(chance.choice(boundaries)))
            elif step == "tick":
                await nux.clock.advance(chance.choice((1, STALE_S)))
            await anyio.sleep(0)
            for line, ended in [each for each in waiting if each[1]]:
                waiting.remove((line, ended))
                ids = [each.message_id for each in ended[0].messages or ()]
                keep = chance.random() < 0.7
                given.update(ids if keep else ())
                await nux.gives(ids if keep else [], line)
        await nux.rest()
        for line, ended in waiting:
            if ended:
                ids = [each.message_id for each in ended[0].messages or ()]
                given.update(ids)
                await nux.gives(ids, line)
            else:
                await nux.kills(line)
        while ids := await nux.reaches("prompt"):
            given.update(ids)
        assert len(given) == nux.sent > 0
        assert set(given.values()) == {1}
