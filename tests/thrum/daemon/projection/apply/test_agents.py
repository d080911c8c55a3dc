"""Agents: the latest registration since the earliest."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.apply.people import at, registered, sent
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.projection.queries.tallies import inbox_counts
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_the_latest_registration_stands_since_the_earliest(tables: Tables, put: Put) -> None:
    put(
        registered("ann", 5, display="Ann", agent_pid=7, hostname="h", origin_daemon="d_1"),
        registered("ann", 9, role="ops"),
        registered("ann", 3, role="old", display="Old"),
    )
    found = agent(tables.db, "ann")
    assert found is not None
    assert (found.role, found.registered_at) == ("ops", at(3))
    assert (found.display, found.agent_pid, found.hostname) == ("Ann", 7, "h")
    assert found.origin_daemon == "d_1"


def test_the_old_name_of_the_process_id_is_read(tables: Tables, put: Put) -> None:
    put(registered("ann", 1, claude_pid=42))
    found = agent(tables.db, "ann")
    assert found is not None
    assert found.agent_pid == 42


def test_a_move_leaves_host_and_process_behind(tables: Tables, put: Put) -> None:
    put(registered("ann", 1, origin_daemon="d_1", hostname="old", agent_pid=7, person="a@x"))
    put(registered("ann", 5, origin_daemon="d_2", moves=1, moved_by="b@x", moved_from="d_1"))
    found = agent(tables.db, "ann")
    assert found is not None
    assert (found.origin_daemon, found.agent_pid, found.moved_by) == ("d_2", 0, "b@x")
    assert (found.moves, found.moved_at, found.moved_from) == (1, at(5), "d_1")
    assert (found.registered_at, found.person) == (at(1), "a@x")
    assert found.has_left("d_1")
    assert not found.has_left("d_2")


def test_who_has_not_heard_of_a_move_changes_nothing(tables: Tables, put: Put) -> None:
    put(registered("ann", 5, origin_daemon="d_2", moves=1))
    put(registered("ann", 9, role="ops", origin_daemon="d_1"))
    put(registered("ann", 7, module="n", origin_daemon="d_2"))
    found = agent(tables.db, "ann")
    assert found is not None
    assert (found.role, found.module, found.origin_daemon) == ("dev", "n", "d_2")


def test_without_a_move_a_registration_elsewhere_drives_nobody_out(
    tables: Tables, put: Put
) -> None:
    put(registered("ann", 1, origin_daemon="d_1"), registered("ann", 5, origin_daemon="d_2"))
    found = agent(tables.db, "ann")
    assert found is not None
    assert found.origin_daemon == "d_2"
    assert not found.has_left("d_1")


def test_who_came_later_gets_no_earlier_mail_though_it_got_such(tables: Tables, put: Put) -> None:
    put(registered("ann", 1), registered("bob", 5), sent(1, 6), sent(2, 4))
    assert inbox_counts(tables.db, "bob").total == 1
