"""The parts of a daemon, as methods and services get them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.daemon.conftest import StillSync
from thrum.daemon.push.service import Push
from thrum.daemon.settings import Settings
from thrum.daemon.sync.service import SyncService
from thrum.daemon.work.service import Work


def test_services_are_made_in_their_order_and_found_by_their_class(parts: Any) -> None:
    made = parts.compose((Work, Push))
    assert [type(each) for each in made] == [Work, Push]
    assert parts.service(Push) is made[1]
    assert all(each.node is parts for each in made)


def test_another_service_of_the_name_stands_in_for_it(parts: Any) -> None:
    assert isinstance(parts.service(SyncService), StillSync)


def test_a_service_that_the_daemon_does_not_have_is_an_error(parts: Any) -> None:
    with pytest.raises(KeyError):
        parts.service(Settings)


def test_what_varies_is_had_from_one_place(parts: Any) -> None:
    assert parts.place is parts.setting.place
    assert parts.ids is parts.setting.ids
    assert parts.now_ns() >= parts.started_ns
    assert parts.resolver is parts.callers.resolver


def test_before_anybody_keeps_the_services_nothing_is_reported(parts: Any) -> None:
    assert parts.supervisor is None
    assert parts.reports() == []
