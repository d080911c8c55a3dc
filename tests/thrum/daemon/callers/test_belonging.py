"""Which identity files are believed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon.callers import belonging
from thrum.identity import files
from thrum.identity.files import Identity


def filed(home: Path, name: str, worktree: Path | str) -> Identity:
    """An identity file, as any program could write it."""
    path = home / ".thrum/identities" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"agent": {"name": name}, "worktree": str(worktree)}))
    return files.read(path)


def believed(node: Any, identity: Identity, *others: Identity) -> bool:
    filed = [identity, *others]
    return belonging.is_believed(node.store.reader(), identity, filed, node.store.daemon_id)


@pytest.fixture
def fresh(node: Any) -> str:
    """An agent that is registered and was nowhere yet."""
    node.call("nobody", "agent.register", name="slit", role="driver", module="x")
    return "slit"


def test_a_new_agent_is_at_home_where_its_file_says(node: Any, fresh: str) -> None:
    here = node.worktree("here")
    for written in (here, here.name, "", "/gone"):
        assert believed(node, filed(here, fresh, written))
    assert not believed(node, filed(here, fresh, node.worktree("there")))


def test_a_copy_does_not_count_and_does_not_harm(node: Any, fresh: str) -> None:
    here, there = node.worktree("here"), node.worktree("there")
    own, copy = filed(here, fresh, here), filed(there, fresh, here)
    assert believed(node, own, copy)
    assert not believed(node, copy, own)


def test_of_two_that_both_say_so_none_counts(node: Any, fresh: str) -> None:
    here, there = node.worktree("here"), node.worktree("there")
    own, forged = filed(here, fresh, here), filed(there, fresh, there)
    assert not believed(node, own, forged)
    assert not believed(node, forged, own)


def test_where_the_agent_worked_counts_more_than_any_file(node: Any) -> None:
    node.agent("nux")
    home, there = node.homes["nux"], node.worktree("there")
    own, forged = filed(home, "nux", there), filed(there, "nux", there)
    assert believed(node, own, forged)
    assert not believed(node, forged)
    shutil.rmtree(home)
    assert believed(node, forged)
