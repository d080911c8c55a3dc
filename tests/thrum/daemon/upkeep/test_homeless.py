"""Sessions whose worktrees are gone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from thrum.daemon.callers.identities import Identities
from thrum.daemon.callers.looker import Looker
from thrum.daemon.upkeep import homeless
from thrum.daemon.upkeep.homeless import Homeless, is_gone


@pytest.fixture
def looker() -> Iterator[Looker]:
    found = Looker()
    yield found
    found.close()


@pytest.fixture
def swept(node: Any, looker: Looker) -> Homeless:
    """The sweep of a node with furiosa and nux, each in a worktree."""
    node.agent("furiosa")
    node.agent("nux")
    identities = Identities(node.repository)
    return Homeless(node.store, identities, looker, node.parts.identity.daemon_id)


def passes(swept: Homeless, count: int = 2) -> int:
    """How many sessions so many passes ended."""

    async def run() -> int:
        return sum([await swept.sweep() for _ in range(count)])

    return anyio.run(run)


def git(node: Any, *argv: str) -> None:
    subprocess.run(["git", "-C", str(node.repository), *argv], check=True, capture_output=True)


def ended(node: Any) -> dict[str, str]:
    rows = node.store.reader().execute(
        "SELECT agent_id, end_reason FROM sessions WHERE ended_at IS NOT NULL"
    )
    return dict(rows)


def identify(home: Path, agent_id: str) -> None:
    """Writes the identity file by which the worktree is the agent's home."""
    folder = home / ".thrum" / "identities"
    folder.mkdir(parents=True, exist_ok=True)
    file = {"version": 5, "agent": {"name": agent_id}}
    (folder / f"{agent_id}.json").write_text(json.dumps(file))


@pytest.mark.parametrize("how", ["git", "rm", "replaced", "parent"])
def test_a_worktree_that_is_gone_ends_its_session(node: Any, swept: Homeless, how: str) -> None:
    home = node.homes["nux"]
    assert passes(swept, 3) == 0
    if how == "git":
        git(node, "worktree", "remove", "--force", str(home))
    else:
        shutil.rmtree(home)
    if how == "replaced":
        home.mkdir()
    if how == "parent":
        home.write_text("a file where the folder was")
    assert passes(swept, 1) == 0, "once may be chance"
    assert ended(node) == {}
    assert passes(swept, 1) == 1
    assert ended(node) == {"nux": "crash_recovered"}
    assert passes(swept, 3) == 0


def test_a_worktree_that_comes_back_was_not_gone(node: Any, swept: Homeless) -> None:
    home = node.homes["nux"]
    home.rename(home.with_name("aside"))
    assert passes(swept, 1) == 0
    home.with_name("aside").rename(home)
    assert passes(swept, 1) == 0
    home.rename(home.with_name("aside"))
    assert passes(swept, 1) == 0
    assert passes(swept, 1) == 1


def test_who_moved_goes_on_in_the_new_place(node: Any, swept: Homeless) -> None:
    home = node.homes["nux"]
    moved = home.with_name("moved")
    identify(home, "nux")
    git(node, "worktree", "move", str(home), str(moved))
    assert passes(swept, 4) == 0
    assert ended(node) == {}
    refs = node.store.reader().execute("SELECT ref_value FROM session_refs")
    assert (str(moved),) in refs.fetchall()


def test_a_worktree_that_git_keeps_is_away(node: Any, swept: Homeless) -> None:
    home = node.homes["nux"]
    git(node, "worktree", "lock", str(home))
    home.rename(home.with_name("aside"))
    assert passes(swept, 3) == 0
    git(node, "worktree", "unlock", str(home))
    assert passes(swept, 2) == 1


def test_a_place_that_does_not_answer_is_not_gone(
    node: Any, swept: Homeless, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(node.homes["nux"])
    shutil.rmtree(node.homes["furiosa"])
    answers = threading.Event()

    def hanging(home: Path, repository: Path) -> bool:
        if home == node.homes["nux"]:
            assert answers.wait(60)
        return is_gone(home, repository)

    monkeypatch.setattr(homeless, "is_gone", hanging)
    try:
        assert passes(swept, 2) == 1
        assert ended(node) == {"furiosa": "crash_recovered"}
    finally:
        answers.set()


@pytest.mark.parametrize("error", [PermissionError, TimeoutError, OSError])
def test_what_cannot_be_looked_at_is_not_gone(
    node: Any, monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    stat = Path.stat

    def refuse(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.is_relative_to("/nowhere"):
            raise error(f"no look at {path}")
        return stat(path, follow_symlinks=follow_symlinks)

    assert is_gone(Path("/nowhere/at/all"), node.repository)
    assert not is_gone(Path("nowhere"), node.repository)
    assert not is_gone(node.repository, node.repository)
    monkeypatch.setattr(Path, "stat", refuse)
    assert not is_gone(Path("/nowhere/at/all"), node.repository)


@pytest.mark.parametrize("whose", ["another clone's", "a running agent's", "nowhere's"])
def test_other_sessions_are_left_alone(node: Any, swept: Homeless, whose: str) -> None:
    shutil.rmtree(node.homes["nux"])
    sql = {
        "another clone's": "UPDATE sessions SET origin_daemon = 'd_other' WHERE agent_id = 'nux'",
        "a running agent's": "UPDATE agents SET agent_pid = 4242 WHERE agent_id = 'nux'",
        "nowhere's": "DELETE FROM session_refs",
    }[whose]
    node.store.transact_blocking(lambda t: t.db.execute(sql))
    assert passes(swept, 3) == 0
    assert ended(node) == {}
