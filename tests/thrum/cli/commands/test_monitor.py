"""``thrum monitor``."""

from __future__ import annotations

from typing import Any

import pytest

ID = "mon_01M7XCRX4KRP4T76APDEHRSVTW"
ROW = {
    "id": ID,
    "name": "errs",
    "argv": ["tail", "-F", "a b.log"],
    "match": "ERROR",
    "target": "@nux",
    "cwd": "/w",
    "env": {"K": "<redacted>"},
    "debounce_seconds": 60,
    "status": "running",
    "created_at": "2026-01-02T03:00:00Z",
    "updated_at": "2026-01-02T03:00:00Z",
    "pid": 4711,
    "running_since": "2026-01-02T03:00:00Z",
}
START = ("monitor", "start", "--name", "errs", "--match", "ERROR", "--to", "@nux")


def test_starting(world: Any) -> None:
    world.daemon.answers["monitor.start"] = {"id": ID, "pid": 1}
    ran = world.run(*START, "--", "tail", "-F", "a.log", "--match", "$(x)")
    assert ran.out == f"Started monitor errs ({ID}) — target @nux\n"
    assert "thrum monitor logs errs --output" in ran.err
    assert world.daemon.params("monitor.start") == {
        "name": "errs",
        "argv": ["tail", "-F", "a.log", "--match", "$(x)"],
        "match": "ERROR",
        "target": "@nux",
        "cwd": str(world.root),
        "debounce_seconds": 60,
        "caller_agent_id": "furiosa",
    }


def test_everything_that_can_be_said(world: Any) -> None:
    world.daemon.answers["monitor.start"] = {"id": ID}
    words = ["--env", "A=1,2", "--env", "B=x=y", "--env", "C=", "--debounce", "1h30m"]
    words += ["--cwd", "sub", "--schedule", "0 9 * * 1-5"]
    ran = world.run("monitor", "add", *START[2:], *words, "--json", "--", "make")
    assert ran.document == {"id": ID}
    params = world.daemon.params("monitor.start")
    assert params["env"] == {"A": "1,2", "B": "x=y", "C": ""}
    assert (params["debounce_seconds"], params["schedule"]) == (5400, "0 9 * * 1-5")
    assert params["cwd"] == str(world.root / "sub")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--", "make"], "--name and --match and --to missing"),
        ([*START[2:4], *START[6:], "--", "make"], "--match missing"),
        ([*START[2:]], "no program is named"),
        ([*START[2:], "tail", "-F", "a.log"], "there is no flag -F here"),
        ([*START[2:], "--env", "K", "--", "make"], "--env takes NAME=VALUE, not 'K'"),
        ([*START[2:], "--env", "=v", "--", "make"], "--env takes NAME=VALUE, not ''"),
        ([*START[2:], "--debounce", "60", "--", "make"], "--debounce takes a duration"),
        ([*START[2:], "--to", "@b", "--", "make"], "--to is given more than once"),
    ],
)
def test_lines_that_are_refused(world: Any, argv: list[str], said: str) -> None:
    ran = world.run("monitor", "start", *argv)
    assert (ran.code, world.daemon.methods) == (2, [])
    assert said in ran.err


def test_every_line_may_be_meant(world: Any) -> None:
    world.daemon.answers["monitor.start"] = {"id": ID}
    ran = world.run("monitor", "start", "--name", "a", "--match", "", "--to", "@b", "--", "make")
    assert ran.code == 0
    assert "match" not in world.daemon.params("monitor.start")


def test_what_runs(world: Any) -> None:
    world.daemon.answers["monitor.list"] = [[ROW]]
    command = "tail -F 'a b.log'"
    assert world.run("monitor", "list").out == f"errs running @nux 4m 4711 {command} {ID}\n"
    head, row = world.run("monitor", "list", terminal=True).out.splitlines()
    assert head.split()[:5] == ["NAME", "STATUS", "TARGET", "UPTIME", "PID"]
    assert row.startswith("errs  running  @nux")
    assert world.run("monitor", "list", "--all", "--json").document == [ROW]
    assert world.daemon.requests[-1] == ("monitor.list", {"include_all": True})


def test_where_nothing_runs(world: Any) -> None:
    world.daemon.answers["monitor.list"] = [[]]
    assert world.run("monitor", "list").out == "No monitors running.\n"
    assert world.run("monitor", "list", "--all").out == "No monitors.\n"


def test_one_in_full(world: Any) -> None:
    world.daemon.answers["monitor.show"] = ROW
    out = world.run("monitor", "show", "errs").out
    assert f"Monitor: errs ({ID})\nStatus: running\n" in out
    assert "Environment: K=<redacted>\n" in out
    assert world.daemon.params("monitor.show") == {"id": "errs"}


@pytest.mark.parametrize(
    ("verb", "answer", "said"),
    [
        ("stop", {"status": "stopped"}, "✓ Monitor errs stopped\n"),
        ("restart", {"id": ID, "pid": 4}, "✓ Monitor errs restarted\n"),
        ("remove", {"id": ID, "name": "errs"}, "✓ Monitor errs removed\n"),
    ],
)
def test_ending_it(world: Any, verb: str, answer: dict[str, Any], said: str) -> None:
    world.daemon.answers[f"monitor.{verb}"] = answer
    assert world.run("monitor", verb, "errs").out == said
    assert world.run("monitor", verb, "errs", "--json").document == answer
    assert world.daemon.params(f"monitor.{verb}") == {"id": "errs", "caller_agent_id": "furiosa"}


def test_what_it_reported(world: Any) -> None:
    world.daemon.answers["monitor.logs"] = [
        [{"message_id": "m", "content": "E\x1b\nmore", "created_at": "2026-01-02T03:00:00.5Z"}]
    ]
    ran = world.run("monitor", "logs", "errs", "-n", "5")
    assert ran.out == "2026-01-02T03:00:00Z E\\x1b\n  more\n"
    assert world.daemon.params("monitor.logs") == {"id": "errs", "limit": 5}
    world.daemon.answers["monitor.logs"] = [[]]
    ran = world.run("monitor", "logs", "errs")
    assert ran.out == "No matches recorded.\n"
    assert "thrum monitor logs errs --output" in ran.err


def test_what_it_said(world: Any) -> None:
    world.daemon.answers["monitor.output"] = {"lines": ["a\x1b", "b"], "path": "/o"}
    assert world.run("monitor", "logs", "errs", "--output").out == "a\\x1b\nb\n"
    params = {"id": "errs", "limit": 20, "caller_agent_id": "furiosa"}
    assert world.daemon.params("monitor.output") == params
    world.daemon.answers["monitor.output"] = {"lines": [], "path": "/o"}
    assert world.run("monitor", "logs", "errs", "--output").out == "It said nothing yet.\n"


def test_a_program_that_does_not_stand_behind_dashes_is_told_to(world: Any) -> None:
    ran = world.run("monitor", "start", "tail", "-F", "a.log")
    assert (ran.code, "put it last, behind --: … -- -F" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("typed", "meant"), [("delete", "remove"), ("rm", "remove"), ("log", "logs"), ("ls", "list")]
)
def test_what_was_meant(world: Any, typed: str, meant: str) -> None:
    ran = world.run("monitor", typed, "errs")
    assert (ran.code, f"`thrum monitor {meant}" in ran.err) == (2, True), ran.err
