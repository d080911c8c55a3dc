"""Keeping up with a peer over one connection, which may end at any moment; the peer is scripted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from tests.thrum.daemon.peers.test_dialing import accept
from thrum.daemon.peers import dialing
from thrum.daemon.peers.attending import PAUSE_S, Attendant
from thrum.daemon.peers.checkpoints import Checkpoint
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.service import Peers
from thrum.daemon.service.clock import SystemClock
from thrum.errors import ThrumError

NOTIFY, PULL = "sync.notify", "sync.pull"


class Scripted:
    """A peer that answers as it is told, and remembers each connection and what it was asked.

    Attributes:
        asked: the methods, by connections.
        pages: answers to pulls, in their order; then there is nothing new.
        breaks: how many times it hangs up instead of answering a method.
        refuses: a method that it answers with an error.
        is_deaf: whether it stops answering on its first connection.
        carries: how many events come through in time; where more are asked for it hangs up.
        wanted: how many events it was asked for, each time.
        open: its connections.
    """

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.pages: list[dict[str, Any]] = []
        self.breaks: dict[str, int] = {}
        self.refuses = ""
        self.is_deaf = False
        self.carries = 1_000
        self.wanted: list[int] = []
        self.open = 0
        self.on_asked: Callable[[str], None] = lambda method: None
        self._writers: list[asyncio.StreamWriter] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves a connection."""
        self.open += 1
        try:
            await self._talk(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self.open -= 1

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        frames, mine = Connection(ConnectionType.SERVER), list[str]()
        self.asked.append(mine)
        self._writers.append(writer)
        number = len(self.asked)
        while data := await reader.read(65_536):
            frames.receive_data(data)
            for event in frames.events():
                if not isinstance(event, TextMessage):
                    continue
                request = json.loads(event.data)
                method = request["method"]
                mine.append(method)
                self.on_asked(method)
                if self.breaks.get(method):
                    self.breaks[method] -= 1
                    return
                if method == PULL and not self._is_carried(request["params"]["max_batch"]):
                    return
                if self.is_deaf and number == 1:
                    continue
                answer = {"jsonrpc": "2.0", "id": request["id"]} | self._answer(method)
                writer.write(frames.send(TextMessage(json.dumps(answer))))

    def _answer(self, method: str) -> dict[str, Any]:
        if method == self.refuses:
            return {"error": {"code": -32000, "message": "its disk is full"}}
        return {"result": self._result(method)}

    def _is_carried(self, count: int) -> bool:
        self.wanted.append(count)
        return count <= self.carries

    def _result(self, method: str) -> dict[str, Any]:
        page = self.pages.pop(0) if method == PULL and self.pages else {}
        return page | {"scope": "all"}

    def hang_up(self) -> None:
        """Ends all connections."""
        for writer in self._writers:
            writer.close()


class Ours:
    """What an attendant needs of its daemon."""

    def __init__(self, where: str) -> None:
        self.peer = Peer("far", where, "d_far", token="t", scope="all")
        clock = SystemClock()
        self.node = SimpleNamespace(
            setting=SimpleNamespace(clock=clock),
            identity=SimpleNamespace(daemon_id="d_own", repo_name="own"),
            now_ns=clock.now_ns,
            store=SimpleNamespace(daemon_id="d_own", ask=self._ask),
        )
        self.book = {"d_far": self.peer}
        self.tables = SimpleNamespace(write=self._write)
        self.reconciler = SimpleNamespace(meet=self._met, failed=lambda *_: None)
        self.noted = 0
        self.is_full = False

    async def _ask(self, question: Callable[[Any], Any]) -> Any:
        return question(None)

    async def _write(self, change: Callable[[Any], Any]) -> None:
        if self.is_full:
            raise ThrumError("storage", "no space is left")
        self.noted += 1

    async def _met(self, *_about: object) -> None:
        """Both know each other."""

    def chance(self) -> float:
        return 0.0

    def address_of(self, peer: Peer) -> str:
        return peer.address

    def own_address(self, transport: str) -> str:
        return ""

    def latest(self) -> int:
        return 1

    def says_scope(self, *_about: object) -> None:
        """It says the same again."""

    def note(self, *_about: object) -> None:
        """Nothing is new of it."""


Act = Callable[[Attendant, Peer], Awaitable[None]]


def keeping_up(scripted: Scripted, act: Act) -> None:
    """Does something with an attendant that keeps up with a scripted peer."""

    async def run() -> None:
        server = await asyncio.start_server(scripted.talk, "127.0.0.1", 0)
        ours = Ours(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        attendant = Attendant(cast("Peers", ours), "d_far", Checkpoint())
        task = asyncio.create_task(attendant.run())
        try:
            await until(lambda: bool(scripted.asked) and attendant._line is not None)
            await asyncio.wait_for(act(attendant, ours.peer), 30)
            assert not attendant.trouble
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert attendant._line is None
            server.close()
            scripted.hang_up()
            await until(lambda: not scripted.open)

    asyncio.run(run())


async def until(happened: Callable[[], bool]) -> None:
    """Waits until something is so."""
    while not happened():
        await asyncio.sleep(0.005)


def test_what_is_said_and_asked_later_needs_no_other_connection() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        attendant.tell_soon()
        await until(lambda: NOTIFY in scripted.asked[0])
        await attendant.look(peer)
        assert scripted.asked == [[PULL, NOTIFY, PULL]]

    keeping_up(scripted, act)


def test_another_token_or_address_needs_one() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        peer.token = "another"
        await attendant.look(peer)
        peer.address = peer.address.replace("127.0.0.1", "localhost")
        await attendant.look(peer)
        assert scripted.asked == [[PULL]] * 3

    keeping_up(scripted, act)


def test_a_connection_that_ended_is_made_anew_and_that_is_no_failure() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.hang_up()
        await attendant.look(peer)
        assert [each[-1] for each in scripted.asked] == [PULL, PULL]
        assert attendant.gate.failures == 0

    keeping_up(scripted, act)


def page(number: int, *, is_more: bool) -> dict[str, Any]:
    """An answer to a pull."""
    events = [{"sequence": number, "event_id": f"evt_{number}", "event_json": {}}]
    about = {"next_sequence": number, "more_available": is_more, "numbered": True}
    return {"events": events} | about


def test_one_from_which_nothing_can_be_kept_is_called_less_and_less() -> None:
    """Else a full disk has it asked for the same fifty times in a second, and all that logged."""
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        ours = cast("Ours", attendant._peers)
        ours.is_full = True
        scripted.pages = [page(1, is_more=False)] * 3
        for _ in range(3):
            await attendant.look(peer)
            assert attendant.trouble == "no space is left"
        assert attendant.gate.failures >= 3
        ours.is_full = False
        await attendant.look(peer)
        assert attendant.gate.failures == 0

    keeping_up(scripted, act)


def test_one_that_lets_us_in_and_answers_by_errors_is_called_less_and_less() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.refuses = PULL
        for _ in range(3):
            await attendant.look(peer)
        assert attendant.gate.failures >= 3
        scripted.refuses = ""
        await attendant.look(peer)
        assert attendant.gate.failures == 0

    keeping_up(scripted, act)


def test_who_gets_on_through_a_bad_network_is_not_called_less() -> None:
    scripted = Scripted()

    def once_all_is_told(_: str) -> None:
        scripted.breaks[PULL] = 0 if scripted.pages else 1

    async def act(attendant: Attendant, peer: Peer) -> None:
        for number in (1, 2, 3):
            scripted.pages = [page(number, is_more=True)]
            scripted.on_asked = once_all_is_told
            await attendant.look(peer)
            scripted.on_asked = lambda _: None
            assert attendant.reached.sequence == number
        assert attendant.gate.failures < 3
        await attendant.look(peer)

    keeping_up(scripted, act)


def test_one_that_leads_nowhere_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a network goes away nobody hangs up."""
    monkeypatch.setattr("thrum.daemon.peers.attending.CONNECT_S", 0.1)
    monkeypatch.setattr(dialing, "CALL_S", 25.0)
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.is_deaf = True
        await attendant.look(peer)
        assert scripted.asked == [[PULL, PULL], [PULL]]

    keeping_up(scripted, act)


def test_who_has_moved_is_not_waited_for_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thrum.daemon.peers.attending.CONNECT_S", 3600.0)
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.is_deaf = True
        attendant.tell_soon()
        await until(lambda: NOTIFY in scripted.asked[0])
        peer.address = peer.address.replace("127.0.0.1", "localhost")
        attendant.has_moved()
        await until(lambda: scripted.asked[1:] == [[NOTIFY, PULL]])
        assert attendant.gate.failures == 0

    keeping_up(scripted, act)


def test_what_was_opened_from_where_we_were_is_not_used_any_more() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.is_deaf = True
        attendant.call_anew()
        await until(lambda: scripted.asked == [[PULL], [PULL]])

    keeping_up(scripted, act)


def test_nor_is_an_answer_waited_for_that_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thrum.daemon.peers.attending.CONNECT_S", 3600.0)
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.is_deaf = True
        attendant.tell_soon()
        await until(lambda: NOTIFY in scripted.asked[0])
        attendant.call_anew()
        await until(lambda: scripted.asked == [[PULL, NOTIFY], [NOTIFY, PULL]])

    keeping_up(scripted, act)


def test_who_is_where_it_was_is_not_interrupted() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.on_asked = lambda method: attendant.has_moved()
        await attendant.look(peer)
        assert len(scripted.asked) == 1

    keeping_up(scripted, act)


def test_who_is_behind_a_slow_line_is_asked_for_less() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.carries = 100
        while scripted.wanted[-1] > 100:
            await attendant.look(peer)
        assert scripted.wanted == [1000, 1000, 250, 62]
        await attendant.look(peer)
        assert scripted.wanted[-1] == 70
        scripted.carries = 1_000
        for _ in range(30):
            await attendant.look(peer)
        assert scripted.wanted[-1] == 1_000

    keeping_up(scripted, act)


def test_word_that_did_not_arrive_is_given_again() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.breaks[NOTIFY] = 1
        attendant.tell_soon()
        await until(lambda: [NOTIFY in each for each in scripted.asked] == [True, True])
        await until(lambda: not attendant._news)

    keeping_up(scripted, act)


def test_word_does_not_wait_until_a_history_is_read() -> None:
    scripted = Scripted()

    scripted.pages = [page(each, is_more=each < 6) for each in range(1, 7)]
    told = list[int]()

    async def act(attendant: Attendant, peer: Peer) -> None:
        assert attendant.reached == Checkpoint(6, "evt_6")

    def asked(method: str) -> None:
        if method == PULL and len(scripted.pages) == 5:
            attendants[0].tell_soon()
        if method == NOTIFY:
            told.append(len(scripted.pages))

    attendants = list[Attendant]()
    made = Attendant.__init__

    def noted(self: Attendant, *about: Any) -> None:
        made(self, *about)
        attendants.append(self)

    scripted.on_asked = asked
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Attendant, "__init__", noted)
        keeping_up(scripted, act)
    assert told
    assert told[0] > 0


def test_one_that_counts_anew_for_ever_is_left() -> None:
    """Else whoever is paired could have us read its beginning again without end."""
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        anew = {"renumbered": True, "more_available": True}
        scripted.pages = [page(1, is_more=True), anew] * 20
        await attendant.look(peer)
        assert attendant.trouble.endswith("counts anew all the time")
        assert attendant.gate.failures == 1
        assert len(scripted.pages) > 20
        scripted.pages = []
        await attendant.look(peer)

    keeping_up(scripted, act)


def test_what_tells_nothing_is_asked_further_after_a_pause() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        clock, waited = attendant._peers.node.setting.clock, list[float]()
        wait = clock.wait

        async def noted(event: Any, limit_s: float) -> bool:
            waited.append(limit_s)
            return await wait(event, limit_s)

        nothing = {"events": [], "filtered": True, "more_available": True}
        scripted.pages = [nothing | {"next_sequence": each} for each in range(1, 6)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "wait", noted)
            await attendant.look(peer)
        assert waited.count(PAUSE_S) >= 5
        assert attendant.reached.sequence == 5

    keeping_up(scripted, act)


def test_a_number_that_is_none_is_refused_and_a_defect_costs_one_peer_alone() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.pages = [page(2**63, is_more=False)] * 2  # it is called anew once
        await attendant.look(peer)
        assert "answers otherwise than a peer" in attendant.trouble
        assert attendant.gate.failures == 1
        ours = cast("Ours", attendant._peers)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ours, "latest", lambda: 1 // 0)
            attendant._news = 1
            await attendant.look(peer)
        assert attendant.trouble.startswith("ZeroDivisionError")
        await attendant.look(peer)

    keeping_up(scripted, act)


def test_one_that_answered_somebody_is_called_again_and_what_was_wrong_is_over() -> None:
    scripted = Scripted()

    async def act(attendant: Attendant, peer: Peer) -> None:
        scripted.refuses = PULL
        await attendant.look(peer)
        assert "its disk is full" in attendant.trouble
        scripted.refuses = ""
        attendant.gate.answered()  # nothing ended the pause a while ago
        attendant.gate.failed()
        assert await attendant.retried(20) == ""
        assert attendant.gate.failures == 0

    keeping_up(scripted, act)
