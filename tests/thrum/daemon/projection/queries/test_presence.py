"""How agents live."""

from __future__ import annotations

from typing import Any

from thrum.daemon.projection.queries.presence import presence


def test_of_each_the_newest_session_counts_and_an_open_one_more(node: Any) -> None:
    sessions = {name: node.agent(name) for name in ("furiosa", "nux", "max")}
    for name in ("nux", "max"):
        node.call(name, "session.end", session_id=sessions[name])
    node.call("max", "session.start", agent_id="max")
    found = presence(node.store.reader(), ["furiosa", "nux", "max", "nobody"])
    assert found.keys() == {"furiosa", "nux", "max"}
    assert {name: each.is_open for name, each in found.items()} == {
        "furiosa": True,
        "nux": False,
        "max": True,
    }
    assert found["nux"].ended_at > found["nux"].registered_at
    assert (found["furiosa"].ended_at, found["furiosa"].origin_daemon) == ("", "d_here")
    assert presence(node.store.reader(), []) == {}
