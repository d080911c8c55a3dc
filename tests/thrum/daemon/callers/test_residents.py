"""Who lives in a worktree."""

from __future__ import annotations

from typing import Any

from tests.thrum.daemon.callers.conftest import file
from thrum.daemon.callers import residents


def living(node: Any, name: str) -> residents.Residents:
    known = node.parts.callers.identities
    known.forget()
    home, ours = str(node.homes[name]), node.store.daemon_id
    return residents.of_worktree(node.store.reader(), home, known.all(), ours)


def test_those_at_work_come_first_then_the_newest_file(node: Any) -> None:
    node.agent("nux")
    home = node.homes["nux"]
    for name, moment in (("slit", "2026-01-01T00:00:00Z"), ("toast", "2027-01-01T00:00:00Z")):
        node.call("nux", "agent.register", name=name, role="driver", module="x")
        file(home, name, updated_at=moment)
    found = living(node, "nux")
    assert found.names == ("nux", "toast", "slit")
    assert [each.name for each in found.filed] == ["toast", "slit"]
    file(home, "nux")
    assert living(node, "nux").names == ("nux", "toast", "slit"), "each once"


def test_a_file_of_nobody_or_of_who_lives_elsewhere_makes_no_resident(node: Any) -> None:
    node.agent("nux")
    node.agent("furiosa")
    for name in ("ghost", "furiosa"):
        file(node.homes["nux"], name)
    assert living(node, "nux").names == ("nux",)
    assert living(node, "furiosa").names == ("furiosa",)
