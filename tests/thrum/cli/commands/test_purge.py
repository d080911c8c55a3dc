"""``thrum purge``, ``message archive`` and ``message delete-by-agent``."""

from __future__ import annotations

from typing import Any

import pytest

PURGED = {
    "before": "2025-12-03T03:04:05.000000000Z",
    "dry_run": True,
    "messages_deleted": 1200,
    "sessions_deleted": 1,
    "events_deleted": 2400,
}


@pytest.fixture
def purging(world: Any) -> Any:
    world.daemon.answers["purge.execute"] = lambda params: (
        PURGED | {key: params[key] for key in ("before", "dry_run")}
    )
    return world


def test_without_confirm_it_is_only_counted(purging: Any) -> None:
    ran = purging.run("purge", "--before", "30d")
    assert ran.code == 0
    assert ran.out == (
        "Would delete 1,200 messages and 1 ended session from before 2025-12-03T03:04:05Z\n"
    )
    assert "--confirm" in ran.err
    assert purging.daemon.params("purge.execute") == {
        "before": "2025-12-03T03:04:05.000000000Z",
        "dry_run": True,
        "caller_agent_id": "furiosa",
    }
    assert purging.run("purge", "--before", "30d", "--json").document["messages_deleted"] == 1200


@pytest.mark.parametrize("flag", ["--confirm", "--yes"])
def test_with_confirm_it_is_done(purging: Any, flag: str) -> None:
    snapshots = purging.root / ".thrum/restart"
    snapshots.mkdir()
    for name in ("furiosa.md", "furiosa.md.consumed"):
        (snapshots / name).write_text("")
    purging.run("purge", "--all")
    assert len(list(snapshots.iterdir())) == 2
    ran = purging.run("purge", "--all", flag)
    assert ran.out.startswith("Deleted 1,200 messages")
    assert ran.err == ""
    params = purging.daemon.params("purge.execute")
    assert (params["dry_run"], params["before"]) == (False, "2026-01-02T03:04:05.000000000Z")
    assert [path.name for path in snapshots.iterdir()] == ["furiosa.md"]


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--before", "30d", "--all"],
        ["--before", "soon"],
        ["--before", ""],
        ["--before", "0d"],
        ["--before", "-3h"],
        ["--before", "1.5d"],
        ["--before", "0"],
        ["--before", "2026-02-30"],
        ["--before", "2026-01-01T03:04:05"],
        ["--before", "2026-01-02T03:04:06Z"],
        ["--before", "2026-01-02T04:04:06+01:00"],
        ["--before", "9999-12-31"],
    ],
)
def test_what_is_no_time(purging: Any, argv: list[str]) -> None:
    assert purging.run("purge", *argv, "--confirm").code == 2
    assert not purging.daemon.requests


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12h", "2026-01-01T15:04:05.000000000Z"),
        ("2025-12-31", "2025-12-31T00:00:00.000000000Z"),
        ("2025-12-31T10:00:00+02:00", "2025-12-31T08:00:00.000000000Z"),
        ("999999d", "1970-01-01T00:00:00.000000000Z"),
    ],
)
def test_how_a_time_may_be_given(purging: Any, text: str, moment: str) -> None:
    assert purging.run("purge", "--before", text).code == 0
    assert purging.daemon.params("purge.execute")["before"] == moment


ARCHIVED = {"archived_count": 2, "archive_path": "/r/.thrum/archive/nux.jsonl"}


@pytest.mark.parametrize(
    ("argv", "kind", "name"),
    [(["@nux"], "agent", "nux"), (["--group", "crew"], "group", "crew")],
)
def test_archiving(world: Any, argv: list[str], kind: str, name: str) -> None:
    world.daemon.answers["message.archive"] = ARCHIVED
    refused = world.run("message", "archive", *argv)
    assert (refused.code, world.daemon.requests) == (2, [])
    no = world.run("message", "archive", *argv, terminal=True, stdin="\n")
    assert (no.code, no.out, world.daemon.requests) == (0, "Nothing archived.\n", [])
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
    world.daemon.answers["message.deleteByAgent"] = {"deleted_count": 1}
    assert world.run("message", "delete-by-agent", "furiosa").code == 2
    assert not world.daemon.requests
    ran = world.run("message", "delete-by-agent", "@furiosa", terminal=True, stdin="yes\n")
    assert ran.out == "✓ Deleted 1 message\n"
    assert "all messages by @furiosa" in ran.err
    assert world.daemon.params("message.deleteByAgent")["agent_id"] == "furiosa"
