"""Who stands here for agents of a peer."""

from __future__ import annotations

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.peers.test_adopting import ME, decision, unable
from tests.thrum.daemon.projection.apply.people import registered
from tests.thrum.daemon.projection.conftest import contents, empty, tables
from thrum.daemon.peers.bridge import proxies, translating
from thrum.daemon.peers.bridge.letters import Letter
from thrum.daemon.peers.bridge.proxies import Offered
from thrum.daemon.peers.peer import Peer
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.errors import ThrumError

__all__ = ["contents", "empty", "tables"]


def peer(*named: str) -> Peer:
    return Peer("docs", "", "d_docs", proxy_prefix="docs", remote_agents=list(named))


def put(tables: Tables, *names: str, kind: str = "", home: str = "") -> None:
    for name in names:
        event = registered(name, 1, kind=kind)
        event.origin_daemon = home
        take(tables, [Line("events.jsonl", 0, canonical(event))])


def keep(tables: Tables, *names: str, named: tuple[str, ...] = ()) -> list[str]:
    found = [Offered(each, "", "d_docs") for each in names]
    return proxies.keep(decision(tables), peer(*named), found, (ME, "d_before"))


def test_they_come_and_go_with_those_they_stand_for(tables: Tables) -> None:
    put(tables, "ann", "other:bob")
    assert keep(tables, "bob", "cleo") == []
    assert proxies.known(tables.db, peer()) == ["docs:bob", "docs:cleo"]
    found = agent_queries.agent(tables.db, "docs:bob")
    assert found is not None
    assert (found.role, found.module, found.kind) == ("remote", "docs", "agent")
    before = tables.db.execute("SELECT count(*) FROM events").fetchone()
    keep(tables, "bob", "cleo")
    assert tables.db.execute("SELECT count(*) FROM events").fetchone() == before
    keep(tables, "cleo")
    assert proxies.known(tables.db, peer()) == ["docs:cleo"]
    keep(tables, "bob", "cleo")
    assert proxies.known(tables.db, peer()) == ["docs:bob", "docs:cleo"]
    assert agent_queries.agent(tables.db, "other:bob") is not None


def test_where_some_are_named_only_these_and_who_has_written(tables: Tables) -> None:
    put(tables, "ann")
    keep(tables, "bob", "cleo", "dora")
    translating.take(decision(tables), peer(), [Letter("m", "d_docs", "dora", ["ann"])], {}, None)
    keep(tables, "bob", "cleo", "dora", named=("cleo",))
    assert proxies.known(tables.db, peer()) == ["docs:cleo", "docs:dora"]


def test_who_is_known_by_their_own_name_needs_nobody(tables: Tables) -> None:
    put(tables, "bob", home="d_docs")
    put(tables, "cleo", home="d_else")
    keep(tables, "bob", "cleo")
    assert proxies.known(tables.db, peer()) == ["docs:cleo"]


def test_who_stood_for_somebody_stays_once_that_is_known(tables: Tables) -> None:
    """What was sent to it, when less crossed, may be on its way."""
    keep(tables, "bob")
    put(tables, "bob", home="d_docs")
    keep(tables, "bob", "cleo")
    assert proxies.known(tables.db, peer()) == ["docs:bob", "docs:cleo"]


@pytest.mark.parametrize("name", ["", "x:y", "Bob", "a b", "x" * 70, "a\nb"])
def test_what_nobody_can_be_called_is_refused_and_stops_nothing(tables: Tables, name: str) -> None:
    (reason,) = keep(tables, name, "bob")
    assert reason
    assert proxies.known(tables.db, peer()) == ["docs:bob"]


def test_nobody_is_refused_because_nothing_can_be_written_now(tables: Tables) -> None:
    with pytest.raises(ThrumError, match="nothing is written"):
        proxies.keep(unable(tables), peer(), [Offered("bob", "")], (ME,))


def test_a_role_of_that_name_gets_no_mail_for_an_agent_of_it(tables: Tables) -> None:
    put(tables, "remote")
    keep(tables, "bob")
    found = agent_queries.agent(tables.db, "docs:bob")
    assert found is not None
    assert found.role == "remote_agent"


def test_no_peer_has_more_than_so_many(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "MOST", 2)
    keep(tables, "a1", "a2", "a3")
    assert proxies.known(tables.db, peer()) == ["docs:a1", "docs:a2"]
    with pytest.raises(ThrumError, match="more than 2"):
        proxies.ensure(decision(tables), peer(), "a3", "")


def test_those_who_stand_for_others_are_not_offered(tables: Tables) -> None:
    put(tables, "ann", "docs:bob", "other:eve")
    put(tables, "user:Leon", "user:ann", kind="user")
    put(tables, "monitor:log", kind="monitor")
    put(tables, "bob", home="d_docs")
    found = proxies.offered(tables.db, peer())
    assert [each.name for each in found] == ["ann", "leon", "user_ann"]
    assert proxies.digest(found) == proxies.digest(list(found))
    assert proxies.digest(found) != proxies.digest(found[1:])


def test_who_was_entered_under_another_id_of_ours_goes_as_well(tables: Tables) -> None:
    put(tables, "docs:bob", home="d_before")
    put(tables, "docs:cleo", home="d_clone")
    keep(tables, "ann")
    assert proxies.known(tables.db, peer()) == ["docs:ann", "docs:cleo"]
