"""Mail is told of in the line of an agent's program: once, and nowhere else."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from typing import Any

import anyio
import pytest

from tests.thrum.daemon.nudges.conftest import Told
from tests.tmux import NEEDED
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import Boundary
from thrum.daemon.nudges import again, service, spool, words
from thrum.daemon.nudges.service import Nudges
from thrum.daemon.projection.queries import arrivals
from thrum.daemon.tmux import typist

pytestmark = NEEDED


def test_mail_is_told_of_once_and_its_sender_learns_how(told: Told) -> None:
    nudges = told.village.parts.service(Nudges)
    told.come(lambda: nudges.reaches("erin"))
    assert not nudges.reaches("alice")
    first = told.send()
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])
    told.come(lambda: told.ways(first) == [("offered", "pane")])
    told.tui.order("dialog")
    told.come(lambda: told.tui.shows("proceed"))
    more = [told.send(), told.send()]
    told.tui.order("idle")
    told.come(lambda: told.tui.said[1:] == [words.nudge(["alice", "alice"])])
    told.come(lambda: all(told.ways(each) == [("offered", "pane")] for each in more))
    assert told.tui.elsewhere == []


def test_it_waits_until_the_line_is_free(told: Told) -> None:
    for mode in ("busy", "gate", "menu", "strange"):
        told.tui.order(mode)
    told.come(lambda: told.tui.shows("nobody has seen"))
    told.send()
    told.tmux.do("copy-mode", "-t", "=api:")
    told.tui.order("idle")
    told.come(
        lambda: told.tmux.do("display-message", "-p", "-t", "=api:", "#{pane_in_mode}") == "1"
    )
    assert told.tui.noted == []
    told.tmux.do("send-keys", "-t", "=api:", "-X", "cancel")
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])
    told.tmux.do("send-keys", "-t", "=api:", "-l", "Z")
    told.come(lambda: told.tui.shows("❯ Z"))
    told.send()
    told.tui.order("clear")
    told.come(lambda: len(told.tui.said) == 2)
    assert told.tui.elsewhere == []


def test_a_word_that_is_lost_is_typed_again(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LOST_S", 0.2)
    monkeypatch.setattr(typist, "_LOOKS", 2)
    monkeypatch.setattr(typist, "_UNSEEN_S", 0.0)
    told.tui.order("deaf")
    told.send()
    told.come(lambda: len(told.tui.noted) > 1)
    assert {*told.tui.noted} == {("idle", words.nudge(["alice"]))}


def test_a_word_that_was_taken_back_is_typed_again_though_nothing_moves(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typist, "_UNSEEN_S", 8.0)
    told.tui.order("deaf")
    told.send()
    told.come(lambda: told.tui.noted)
    told.tui.order("clear", "hear")  # which is seen long before another one may be typed
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])


def test_what_another_way_brings_is_not_told_of(told: Told) -> None:
    delivery = told.village.parts.service(Delivery)
    seat = Seat("erin", "claude", "s1")

    def passes(boundary: Boundary) -> None:
        with delivery.asked(seat, boundary):
            pass

    def on_loop(boundary: Boundary) -> None:
        told.village.loop.call_soon_threadsafe(passes, boundary)

    on_loop(Boundary.PROMPT)
    told.come(lambda: delivery.has_hooks("erin"))
    in_turn = told.send()
    read = told.send()
    told.village.call("erin", "message.markRead", message_ids=[read])
    assert told.ways(in_turn) == [("stored", "")]
    assert told.tui.noted == []
    on_loop(Boundary.END_OF_TURN)  # and its hook brought nothing
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])
    told.come(lambda: told.ways(in_turn) == [("offered", "pane")])
    assert delivery.sittings("erin")[-1].is_roused


def test_what_came_while_nobody_looked_is_told_of(told: Told) -> None:
    told.stop()
    sent = told.send()
    told.start()
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])
    told.come(lambda: told.ways(sent) == [("offered", "pane")])
    told.tmux.end()
    told.come(lambda: not told.village.parts.service(Nudges).reaches("erin"))
    last = told.send()
    told.open()
    told.come(lambda: told.tui.said[1:] == [words.nudge(["alice"])])
    told.come(lambda: told.ways(last) == [("offered", "pane")])


def test_what_came_before_there_was_a_session_is_told_of(told: Told) -> None:
    told.village.call("alice", "tmux.kill", name="api")
    sent = told.send()
    spooled = told.village.parts.place.shared / "spool" / "erin" / f"{sent}.json"
    told.come(spooled.exists)
    told.open()
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])
    told.come(lambda: told.ways(sent) == [("offered", "pane")])


def test_whoever_was_told_and_did_not_look_is_told_once_more(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told.send()
    told.come(lambda: told.ways(first) == [("offered", "pane")])
    told.look_again()  # long before its time
    monkeypatch.setattr(again, "AFTER_NS", 0)
    told.tui.order("dialog")
    told.come(lambda: told.tui.shows("proceed"))
    told.look_again()
    told.tui.order("idle")
    told.come(lambda: told.tui.said == [words.nudge(["alice"])] * 2)
    told.stop()
    told.start()
    told.look_again()
    last = told.send()
    told.come(lambda: told.ways(last) == [("offered", "pane")])
    told.come(lambda: len(told.tui.said) == 3)  # what was typed is on its way
    told.village.call("erin", "message.markRead", message_ids=[first, last])
    told.look_again()
    assert told.tui.said == [words.nudge(["alice"])] * 3
    assert told.tui.elsewhere == []


def test_a_word_in_the_midst_of_which_the_service_ends_is_not_said_again(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told.send()
    told.come(lambda: told.ways(first) == [("offered", "pane")])
    monkeypatch.setattr(again, "AFTER_NS", 0)
    begun = threading.Event()

    async def says(*_: object) -> bool:
        begun.set()
        await anyio.sleep_forever()
        return True

    monkeypatch.setattr(Nudges, "_say", says)
    told.look_again()
    assert begun.wait(20)
    told.stop()
    tables = told.village.parts.service(Nudges).tables
    kept = tables.ask(lambda db: again.told(db, "erin"))
    assert [*asyncio.run_coroutine_threadsafe(kept, told.village.loop).result(20)] == [first]


def test_what_a_hook_brought_or_a_key_forbids_is_not_told_of_once_more(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudges = told.village.parts.service(Nudges)
    sent = told.send()
    told.come(lambda: told.ways(sent) == [("offered", "pane")])
    # The program may read its line only after it was noted that it was told.
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])
    nudges._is_on = False
    monkeypatch.setattr(again, "AFTER_NS", 0)
    told.look_again()
    nudges._is_on = True
    given = told.village.parts.service(Delivery).pass_over(Seat("erin", "claude", "s1"), [sent])
    asyncio.run_coroutine_threadsafe(given, told.village.loop).result(20)
    told.look_again()
    assert nudges._backlog.oldest("erin") == math.inf
    assert told.tui.said == [words.nudge(["alice"])]


@pytest.mark.parametrize("error", [PermissionError(1, "no"), OSError(28, "full"), OSError(5, "?")])
@pytest.mark.parametrize("step", ["put", "sweep"])
def test_a_disk_that_takes_no_files_keeps_no_word(
    told: Told, monkeypatch: pytest.MonkeyPatch, step: str, error: OSError
) -> None:
    told.stop()
    asked: list[str] = []

    def fail(*_given: object) -> int:
        asked.append(step)
        raise error

    monkeypatch.setattr(spool, step, fail)
    told.start()
    told.send()
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])
    assert asked


def test_one_key_turns_it_off(told: Told) -> None:
    nudges = told.village.parts.service(Nudges)
    nudges._is_on = False
    sent = told.send()
    spooled = told.village.parts.place.shared / "spool" / "erin" / f"{sent}.json"
    told.come(spooled.exists)
    assert json.loads(spooled.read_text())["from"] == "@alice"
    assert not nudges.reaches("erin")
    nudges._is_on = True
    told.village.loop.call_soon_threadsafe(nudges.missed)  # nothing happens in the pane
    told.come(lambda: told.tui.said == [words.nudge(["alice"])])
    told.village.call("erin", "message.markRead", message_ids=[sent])
    told.stop()
    told.start()
    told.come(lambda: not spooled.exists())


def test_messages_that_come_together_are_looked_at_together(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[set[tuple[str, str]]] = []
    reached = arrivals.reached

    def counted(*asked: Any) -> set[tuple[str, str]]:
        looks.append(reached(*asked))
        return looks[-1]

    monkeypatch.setattr(arrivals, "reached", counted)
    monkeypatch.setattr(service, "GATHER_S", 3.0)
    sent = [told.send() for _ in range(20)]
    told.come(lambda: {each for each, _ in set().union(*looks)} == set(sent))
    assert len(looks) < len(sent)
