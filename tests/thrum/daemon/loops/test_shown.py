"""Pages are told which agents answer each other without end."""

from __future__ import annotations

import json

import anyio
import pytest
from msgspec.structs import replace

from tests.thrum.daemon.push.test_pushing import connection
from thrum.daemon.hub import Hub
from thrum.daemon.loops.exchange import HOUR_NS, Exchange, Stage
from thrum.daemon.loops.ledger import Ledger
from thrum.daemon.loops.service import Loops
from thrum.daemon.loops.shown import shown
from thrum.daemon.node import Node
from thrum.daemon.notices import Changed
from thrum.daemon.push.service import Push

FOUND = Exchange("a b", frozenset({"nux", "max"}), "nux", 1)


@pytest.mark.parametrize(
    ("key", "stage", "thread", "has_end"),
    [("a b", Stage.SLOWED, "", False), ("thr_1", Stage.HELD, "thr_1", True)],
)
def test_an_exchange_is_shown(key: str, stage: Stage, thread: str, has_end: bool) -> None:
    found = replace(FOUND, key=key, stage=stage, since_ns=HOUR_NS, answers=13)
    row = shown(found, 4)
    assert (row.parties, row.stage) == (["max", "nux"], stage.value)
    assert (row.answers, row.waiting) == (13, 4)
    assert row.thread == thread
    assert row.free_at == ("1970-01-01T02:00:00.000000000Z" if has_end else "")


def test_pages_are_told_when_they_are_others(parts: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    loops, line = parts.service(Loops), connection(parts)
    anyio.run(loops.start)
    parts.service(Push).feeds.join("user:ada", line)
    strained: list[tuple[Exchange, int]] = []
    monkeypatch.setattr(loops, "strained", lambda: strained)
    for now in ([], [(FOUND, 1)], [(FOUND, 1)], [(FOUND, 2)], []):
        strained[:] = now
        loops._stir()
    said = [json.loads(each) for each in line.pushed]
    assert {each["method"] for each in said} == {"notification.loops"}
    waiting = [[loop["waiting"] for loop in each["params"]["loops"]] for each in said]
    assert waiting == [[], [1], [2], []]


def test_what_agents_wait_for_is_another_thing_then(
    parts: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops = parts.service(Loops)
    told: list[object] = []
    monkeypatch.setattr(Hub, "tell", lambda _, news: told.extend(news))
    held = [FOUND]
    monkeypatch.setattr(Ledger, "strained", lambda _: held)
    for now in ([FOUND], [FOUND], []):
        held[:] = now
        loops._stir()
    assert told == [(Changed("max"), True), (Changed("nux"), True)] * 2
