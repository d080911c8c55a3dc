"""``thrum purge``."""

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


COUNTED = "1,200 messages and 1 ended session from before 2025-12-03T03:04:05Z"


def test_a_dry_run_only_counts(purging: Any) -> None:
    ran = purging.run("purge", "--before", "30d", "--dry-run")
    assert (ran.code, ran.out, ran.err) == (0, f"Would delete {COUNTED}\n", "")
    assert purging.daemon.params("purge.execute") == {
        "before": "2025-12-03T03:04:05.000000000Z",
        "dry_run": True,
        "caller_agent_id": "furiosa",
    }
    ran = purging.run("purge", "--before", "30d", "--dry-run", "--yes", "--json")
    assert ran.document["messages_deleted"] == 1200
    assert purging.daemon.params("purge.execute")["dry_run"] is True


def test_a_program_is_told_what_it_would_be(purging: Any) -> None:
    ran = purging.run("purge", "--before", "30d")
    assert (ran.code, ran.out) == (2, "")
    assert COUNTED in ran.err
    assert "--yes" in ran.err
    assert purging.daemon.params("purge.execute")["dry_run"] is True


def test_a_person_is_asked(purging: Any) -> None:
    ran = purging.run("purge", "--before", "30d", terminal=True, stdin="\n")
    assert (ran.code, ran.out) == (0, "Nothing deleted.\n")
    assert ran.err == f"Delete {COUNTED}, here and in every clone? [y/N] "
    assert purging.daemon.params("purge.execute")["dry_run"] is True
    ran = purging.run("purge", "--before", "30d", terminal=True, stdin="y\n")
    assert ran.out == f"Deleted {COUNTED}\n"
    assert purging.daemon.params("purge.execute")["dry_run"] is False


@pytest.mark.parametrize("flag", ["--confirm", "--yes"])
def test_with_a_yes_it_is_done(purging: Any, flag: str) -> None:
    snapshots = purging.root / ".thrum/restart"
    snapshots.mkdir()
    for name in ("furiosa.md", "furiosa.md.consumed"):
        (snapshots / name).write_text("")
    purging.run("purge", "--all")
    assert len(list(snapshots.iterdir())) == 2
    ran = purging.run("purge", "--all", flag)
    assert ran.out.startswith("Deleted 1,200 messages")
    assert "current files of a-sync; their history keeps it" in ran.err
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
        ["--before", "0"],
        ["--before", "2026-02-30"],
        ["--before", "2026-01-01T03:04:05"],
        ["--before", "2026-01-02T03:04:06Z"],
        ["--before", "2026-01-02T04:04:06+01:00"],
        ["--before", "9999-12-31"],
    ],
)
def test_what_is_no_time(purging: Any, argv: list[str]) -> None:
    assert purging.run("purge", *argv, "--yes").code == 2
    assert not purging.daemon.requests


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12h", "2026-01-01T15:04:05.000000000Z"),
        ("1.5d", "2025-12-31T15:04:05.000000000Z"),
        ("2025-12-31", "2025-12-31T00:00:00.000000000Z"),
        ("2025-12-31T10:00:00+02:00", "2025-12-31T08:00:00.000000000Z"),
        ("999999d", "1970-01-01T00:00:00.000000000Z"),
    ],
)
def test_how_a_time_may_be_given(purging: Any, text: str, moment: str) -> None:
    assert purging.run("purge", "--before", text, "--dry-run").code == 0
    assert purging.daemon.params("purge.execute")["before"] == moment
