"""What pages are told of how the exchange goes."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from tests.thrum.daemon.push.test_pushing import connection
from thrum import config, events
from thrum.daemon import services
from thrum.daemon.hub import Hub
from thrum.daemon.notices import Exchanged
from thrum.daemon.push.service import Push
from thrum.daemon.sync.service import SyncService
from thrum.daemon.sync.status import SyncStatus
from thrum.daemon.sync.told import SyncTold
from thrum.daemon.work.service import Work

STATUS = SyncStatus(running=True, sync_state="synced")


@pytest.mark.parametrize(
    ("change", "is_news"),
    [
        ({"next_try_at": "later"}, False),
        ({"last_sync_at": "now"}, False),
        ({"sync_state": "error", "last_error": "no route"}, True),
        ({"ahead": 1}, True),
        ({"local_only": True, "local_only_reason": "said so"}, True),
        ({"running": False}, True),
    ],
)
def test_what_happens_is_news_and_time_is_not(change: dict[str, Any], is_news: bool) -> None:
    assert (SyncTold.of(replace(STATUS, **change)) != SyncTold.of(STATUS)) is is_news


@pytest.fixture
def sync(parts: Any, monkeypatch: pytest.MonkeyPatch) -> SyncService:
    """The service, whose thread does not run."""
    parts.config = config.load(parts.place.config, {}, services.keys())
    parts.compose((Push, Work, SyncService))
    made: SyncService = parts.service(SyncService)
    monkeypatch.setattr(made.loop, "start", lambda: None)
    anyio.run(made.start)
    return made


def test_a_cycle_and_a_write_have_pages_told_and_neither_begins_a_cycle_for_nothing(
    sync: SyncService, monkeypatch: pytest.MonkeyPatch
) -> None:
    triggered: list[bool] = []
    now = STATUS
    monkeypatch.setattr(sync.loop, "trigger", lambda: triggered.append(True))
    monkeypatch.setattr(sync.loop, "status", lambda: now)
    line = connection(sync.node)
    sync.heard([(Exchanged(), True)])
    assert line.pushed == []
    sync.node.service(Push).feeds.join("user:ada", line)
    now = replace(STATUS, sync_state="pending")
    sync.heard([(events.SessionEnd(session_id="ses_1"), True)])
    now = STATUS
    sync.heard([(Exchanged(), True)])
    sync.heard([(Exchanged(), True)])
    said = [json.loads(each) for each in line.pushed]
    assert [each["params"]["sync_state"] for each in said] == ["pending", "synced"]
    assert {each["method"] for each in said} == {"notification.sync"}
    assert triggered == [True]


@pytest.mark.parametrize(
    "change",
    [
        {"sync_state": "pending"},
        {"sync_state": "error", "last_error": "no route", "behind": 2},
        {"running": False, "sync_state": "stopped"},
        {"local_only": True, "local_only_reason": "said so", "sync_state": "local-only"},
    ],
)
def test_who_was_away_is_told_how_it_goes_now_and_once(
    sync: SyncService, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    """Not how it went when the last cycle ended, of which nobody was told."""
    now = STATUS
    monkeypatch.setattr(sync.loop, "status", lambda: now)
    feeds = sync.node.service(Push).feeds
    sync.heard([(Exchanged(), True)])
    now = replace(STATUS, **change)
    assert anyio.run(feeds.current) == [SyncTold.of(now)]
    line = connection(sync.node)
    feeds.join("user:ada", line)
    sync.missed()
    assert [json.loads(each)["params"]["sync_state"] for each in line.pushed] == [now.sync_state]


def test_each_cycle_says_that_it_ended(sync: SyncService, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(Hub, "tell", lambda _, news: told.extend(news))
    sync.loop.cycled()
    assert told == [(Exchanged(), True)]
