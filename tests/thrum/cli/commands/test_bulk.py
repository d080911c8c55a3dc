"""``thrum message archive`` and ``message delete-by-agent``."""

from __future__ import annotations

from typing import Any

import pytest

ARCHIVED = {"archived_count": 2, "archive_path": "/r/.thrum/archive/nux.jsonl"}


@pytest.mark.parametrize(
    ("argv", "kind", "name"),
    [(["@nux"], "agent", "nux"), (["--group", "crew"], "group", "crew")],
)
def test_archiving(world: Any, argv: list[str], kind: str, name: str) -> None:
    world.daemon.answers |= {"message.archive": ARCHIVED, "message.list": {"total": 14}}
    refused = world.run("message", "archive", *argv)
    assert (refused.code, world.daemon.methods) == (2, ["message.list"])
    assert "deleting 14 messages" in refused.err
    no = world.run("message", "archive", *argv, terminal=True, stdin="\n")
    assert (no.code, no.out) == (0, "Nothing archived.\n")
    assert f"Archive 14 messages {'by' if kind == 'agent' else 'to'} @{name} and" in no.err
    scope = {"type": "group", "value": name}
    wanted: Any = {"agent": {"author_id": name}, "group": {"scope": scope}}
    assert world.daemon.params("message.list") == wanted[kind] | {"page_size": 1}
    assert set(world.daemon.methods) == {"message.list"}
    ran = world.run("message", "archive", *argv, "--yes")
    assert ran.out == "✓ Archived 2 messages in /r/.thrum/archive/nux.jsonl\n"
    params = world.daemon.params("message.archive")
    assert (params["archive_type"], params["identifier"]) == (kind, name)


def test_archiving_what_is_not_there(world: Any) -> None:
    world.daemon.answers["message.archive"] = ARCHIVED | {"archived_count": 0}
    assert "no messages by @nux" in world.run("message", "archive", "nux", "--yes").out
    assert world.run("message", "archive", "--yes").code == 2
    assert world.run("message", "archive", "nux", "--group", "crew", "--yes").code == 2
    for empty in ([""], ["@"], ["--group", ""]):
        world.daemon.requests.clear()
        assert world.run("message", "archive", *empty, "--yes").code == 2
        assert world.daemon.requests == []


def test_deleting_all_of_ones_own(world: Any) -> None:
    world.daemon.answers |= {
        "message.deleteByAgent": {"deleted_count": 1},
        "message.list": {"total": 1},
    }
    assert world.run("message", "delete-by-agent", "furiosa").code == 2
    assert world.daemon.methods == ["message.list"]
    ran = world.run("message", "delete-by-agent", "@furiosa", terminal=True, stdin="yes\n")
    assert ran.out == "✓ Deleted 1 message\n"
    assert "Delete 1 message by @furiosa everywhere?" in ran.err
    assert world.daemon.params("message.deleteByAgent")["agent_id"] == "furiosa"
