"""Contexts over the socket: whose they are, where they lie, and what of them is on the branch."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gitstore import Log
from thrum.contexts import LARGEST
from thrum.daemon.sync.service import SyncService
from thrum.daemon.sync.status import SyncStatus


def packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def content(answer: dict[str, Any]) -> bytes | None:
    found = answer["content"]
    return None if found is None else base64.b64decode(found)


@pytest.fixture
def two(node: Any) -> Any:
    """A node with furiosa and nux, testers, each in a worktree of its own."""
    node.agent("furiosa")
    node.agent("nux")
    return node


def here(node: Any, agent: str) -> dict[str, str]:
    return {"agent_name": agent, "repo_path": str(node.homes[agent])}


def save(node: Any, agent: str, text: bytes = b"notes", method: str = "context.save") -> Any:
    return node.call(agent, method, content=packed(text), **here(node, agent))


@pytest.mark.parametrize("text", [b"notes", "ünï\n".encode(), b"\0\xff\xfe", b"x" * LARGEST])
def test_saved_bytes_come_back(two: Any, text: bytes) -> None:
    saved = save(two, "nux", text)
    assert saved["agent_name"] == "nux"
    assert f"({len(text):,} bytes)" in saved["message"]
    shown = two.call("nobody", "context.show", **here(two, "nux"))
    assert content(shown) == text
    assert (shown["size"], shown["has_context"]) == (len(text), True)
    assert shown["updated_at"].endswith("Z")
    assert "found_in" not in shown


def test_a_preamble_comes_with_the_first_save_and_is_ones_own_then(two: Any) -> None:
    nothing = two.call("nux", "context.preamble.show", **here(two, "nux"))
    assert nothing == {"agent_name": "nux", "content": None, "has_preamble": False}
    save(two, "nux")
    first = two.call("nux", "context.preamble.show", **here(two, "nux"))
    assert b"@nux" in (content(first) or b"")
    save(two, "nux", b"mine", "context.preamble.save")
    save(two, "nux", b"other notes")
    shown = two.call("nux", "context.show", **here(two, "nux"))
    assert base64.b64decode(shown["preamble"]) == b"mine"
    without = two.call("nux", "context.show", include_preamble=False, **here(two, "nux"))
    assert (without["has_preamble"], without["preamble_size"]) == (True, 4)
    assert "preamble" not in without


def test_earlier_ones_can_be_shown_again(two: Any) -> None:
    for text in (b"one", b"two", b"three"):
        save(two, "nux", text)
    two.call("nux", "context.clear", **here(two, "nux"))
    shown = two.call("nux", "context.show", **here(two, "nux"))
    assert (content(shown), shown["has_context"], shown["was_cleared"]) == (None, False, True)
    versions = two.call("nux", "context.versions", **here(two, "nux"))["versions"]
    texts = [
        content(two.call("nux", "context.show", version=each["id"], **here(two, "nux")))
        for each in versions
    ]
    assert texts == [b"three", b"two", b"one"]
    for wrong in ("1", "../nux", "20260101T000000.000000000Z"):
        refusal = two.refused("nux", "context.show", version=wrong, **here(two, "nux"))
        assert refusal == "not_found"


@pytest.mark.parametrize("method", ["context.save", "context.clear", "context.preamble.save"])
def test_what_is_anothers_is_left_alone(two: Any, method: str) -> None:
    save(two, "nux", b"mine")
    assert two.refused("furiosa", method, **here(two, "nux")) == "not_allowed"
    assert two.refused("nobody", method, **here(two, "nux")) == "anonymous_caller"
    assert content(two.call("nux", "context.show", **here(two, "nux"))) == b"mine"
    two.agent("boss", role="coordinator")
    two.call("boss", method, **here(two, "nux"))


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("invalid_params", {}),
        ("invalid_params", {"agent_name": "../nux"}),
        ("invalid_params", {"agent_name": "nux", "content": "%%%"}),
        ("invalid_params", {"agent_name": "nux", "content": [1, 2]}),
        ("not_found", {"agent_name": "nux", "repo_path": "/etc"}),
        ("not_found", {"agent_name": "nux", "repo_path": "/\0"}),
        ("not_found", {"agent_name": "nux", "repo_path": "relative"}),
        ("too_large", {"agent_name": "nux", "content": packed(bytes(LARGEST + 1))}),
    ],
)
def test_what_cannot_be_saved(two: Any, kind: str, params: dict[str, Any]) -> None:
    assert two.refused("nux", "context.save", **params) == kind


def test_a_worktree_of_another_repository_is_none_of_ours(two: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    (other / ".thrum").mkdir()
    params = {"agent_name": "nux", "repo_path": str(other)}
    assert two.refused("nux", "context.save", **params) == "not_found"
    assert two.refused("nobody", "context.show", **params) == "not_found"
    assert not list((other / ".thrum").iterdir())


def test_another_worktrees_context_is_shown_where_there_is_none(two: Any) -> None:
    save(two, "nux", b"far away")
    params = {"agent_name": "nux", "repo_path": str(two.homes["furiosa"])}
    shown = two.call("furiosa", "context.show", **params)
    assert content(shown) == b"far away"
    assert shown["found_in"] == str(two.homes["nux"])
    nobody = two.call("furiosa", "context.show", agent_name="nobody")
    assert nobody == {
        "agent_name": "nobody",
        "content": None,
        "has_context": False,
        "has_preamble": False,
    }


class Syncing:
    """A sync loop that carries out at once and reaches the remote as the test says."""

    def __init__(self, log: Log, status: SyncStatus) -> None:
        self.log = log
        self.status_now = status

    def status(self) -> SyncStatus:
        return self.status_now

    async def carry_through(self, job: Callable[[Log], Any]) -> SyncStatus:
        job(self.log)
        return self.status_now


@pytest.fixture
def syncing(two: Any, log: Log) -> Syncing:
    made = Syncing(log, SyncStatus(running=True, sync_state="synced"))
    two.parts.service(SyncService).loop = made
    return made


def test_what_is_cleared_stays_so_until_there_is_another(two: Any, syncing: Syncing) -> None:
    """Neither the copy on the branch nor an older one of another worktree takes its place."""
    other = {"agent_name": "nux", "repo_path": str(two.homes["furiosa"])}
    two.call("nux", "context.save", content=packed(b"older"), **other)
    save(two, "nux", b"synced")
    two.call("nux", "context.sync", **here(two, "nux"))
    two.call("nux", "context.clear", **here(two, "nux"))
    assert content(two.call("nux", "context.show", **here(two, "nux"))) is None
    # Where it was never cleared, what is there is shown; then nothing is there any more.
    assert content(two.call("nux", "context.show", **other)) == b"older"
    two.call("nux", "context.clear", **other)
    for place in (other, here(two, "nux"), {"agent_name": "nux"}):
        shown = two.call("nux", "context.show", **place)
        assert (content(shown), shown["was_cleared"]) == (None, True)
        assert "found_in" not in shown
    save(two, "nux", b"new")
    shown = two.call("nux", "context.show", **here(two, "nux"))
    assert (content(shown), "was_cleared" in shown) == (b"new", False)


def test_a_copy_on_the_branch_is_shown_where_nothing_was_ever_saved(
    two: Any, syncing: Syncing
) -> None:
    syncing.log.put("context/far.md", b"from afar", "context: sync far")
    shown = two.call("nux", "context.show", agent_name="far")
    assert (content(shown), shown["found_in"]) == (b"from afar", "a-sync")


def test_a_synced_context_is_on_the_branch_and_shown_from_there(two: Any, syncing: Syncing) -> None:
    save(two, "nux", b"notes\0")
    synced = two.call("nux", "context.sync", **here(two, "nux"))
    assert (synced["synced"], synced["pushed"]) == (True, True)
    shown = subprocess.run(
        ["git", "-C", str(two.repository), "show", "a-sync:context/nux.md"],
        check=True,
        capture_output=True,
    )
    assert shown.stdout == b"notes\0"
    save(two, "nux", b"newer")
    branch = two.call("nux", "context.show", on_branch=True, **here(two, "nux"))
    assert (content(branch), branch["found_in"]) == (b"notes\0", "a-sync")
    two.call("nux", "context.clear", **here(two, "nux"))
    cleared = two.call("furiosa", "context.show", agent_name="nux")
    assert (content(cleared), cleared["was_cleared"]) == (None, True)
    branch = two.call("furiosa", "context.show", agent_name="nux", on_branch=True)
    assert (content(branch), branch["found_in"]) == (b"notes\0", "a-sync")
    assert two.call("nux", "context.sync", **here(two, "nux"))["synced"] is False
    assert two.refused("furiosa", "context.sync", **here(two, "nux")) == "not_allowed"


def test_what_did_not_reach_the_remote_is_told(two: Any, syncing: Syncing) -> None:
    save(two, "nux")
    syncing.status_now = replace(
        syncing.status_now, sync_state="local-only", local_only=True, local_only_reason="by choice"
    )
    synced = two.call("nux", "context.sync", **here(two, "nux"))
    assert (synced["synced"], synced["pushed"]) == (True, False)
    assert "by choice" in synced["message"]


def test_a_deleted_agent_leaves_no_context(two: Any) -> None:
    save(two, "nux", b"one")
    save(two, "nux", b"two")
    folder = two.homes["nux"] / ".thrum" / "context"
    two.call("nux", "agent.delete", name="nux")
    assert not [path for path in folder.rglob("*") if path.is_file()]
