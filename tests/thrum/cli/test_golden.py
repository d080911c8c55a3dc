"""How the views of the team look at 80 columns, with few and with many, beside kept copies.

`WRITE_GOLDEN=1` before pytest writes the copies anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from thrum.cli.render import text
from thrum.identity import process

GOLDEN = Path(__file__).parents[3] / "fixtures" / "golden"
NAMES = ("furiosa", "nux", "漢字の名前はとても長い", "é" * 40, "👩‍🚀_pilot", "x" * 64)
INTENTS = (
    "Fix the fuel line",
    "漢字だけでとても長い意図を書くとどうなるかを見るための文章です。まだまだ続きます。",
    "👩‍👩‍👧‍👦 " * 20,
    "one\nline \x1b[2J please",
    "",
)
COUNTS = (3, 60)
VIEWS = {
    "team": ("team",),
    "overview": ("overview",),
    "agents": ("agent", "list"),
    "contexts": ("agent", "list", "--context"),
}


def rows(count: int) -> list[dict[str, Any]]:
    """Members of every kind; the first has a process that lives, the second one that does not."""
    me = process.look(os.getpid())
    assert me is not None
    made = []
    for number in range(count):
        name = NAMES[number % len(NAMES)]
        row: dict[str, Any] = {
            "agent_id": name if number < len(NAMES) else f"{name[:20]}_{number}",
            "role": ("implementer", "tester", "a" * 40)[number % 3],
            "module": "api",
            "display": "",
            "hostname": "workshop" if number % 4 else "citadel",
            "origin_daemon": "d_1",
            "session_id": f"ses_01M7XCMNVS4RYV6N772VP{number:05}",
            "session_start": "2026-01-01T22:02:05Z",
            "last_seen": f"2026-01-02T0{number % 3}:02:05Z",
            "last_seen_at": f"2026-01-02T0{number % 3}:02:05Z",
            "git_updated_at": "2026-01-02T03:02:05Z",
            "intent": INTENTS[number % len(INTENTS)],
            "branch": ("main", "feature/" + "long" * 20)[number % 2],
            "current_task": ("", "shop:12")[number % 2],
            "worktree": f"/src/{name}",
            "unmerged_commits": number % 3,
            "inbox_total": 12 * number,
            "inbox_unread": number,
            "status": "active" if number % 5 else "offline",
            "is_local": number != 2,
            "file_changes": [{"path": f"src/{'漢' * 30}.py", "additions": 3, "deletions": 1}],
        }
        if number < 2:
            row |= {"agent_pid": 1, "agent_pid_started": "dead", "tmux_session": "a:0.0"}
            row |= {"agent_pid": me.pid, "agent_pid_started": me.started} if number == 0 else {}
        made.append(row)
    return made


@pytest.fixture
def crowd(world: Any) -> Any:
    """Makes the daemon answer with so many agents."""

    def fill(count: int) -> Any:
        members = rows(count)
        commits = [{"sha": "1", "message": "m", "files": []}]
        contexts = [{**each, "unmerged_commits": commits} for each in members]
        totals = {"broadcast_total": 4, "groups": [{"name": "g" * 90, "total": 2}]}
        health = {"version": "0.1.0", "sync_state": "synced"}
        world.daemon.answers = {
            "team.list": {"members": members, "shared_messages": totals},
            "team.overview": {"health": health, "agent": members[0], "team": contexts[1:]},
            "agent.list": {"agents": members},
            "agent.listContext": {"contexts": contexts},
        }
        return world

    return fill


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_as_it_was_and_fits(crowd: Any, view: str, count: int) -> None:
    shown = crowd(count).run(*VIEWS[view], terminal=True, columns=80).out
    shown = shown.replace(f"{os.getpid()} [live]", "4711 [live]")
    golden = GOLDEN / f"{view}-{count}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown)
    assert shown == golden.read_text()
    lines = shown.splitlines()
    assert [line for line in lines if text.width(line) > 80] == []
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize("columns", [40, 60, 80, 132])
def test_no_view_is_wider_than_the_terminal(crowd: Any, columns: int) -> None:
    for count in COUNTS:
        world = crowd(count)
        for argv in VIEWS.values():
            shown = world.run(*argv, terminal=True, columns=columns).out
            assert [line for line in shown.splitlines() if text.width(line) > columns] == []


def test_everybody_is_shown_once(crowd: Any) -> None:
    for count in COUNTS:
        lines = crowd(count).run("team", terminal=True, columns=80).out.splitlines()
        assert sum(line.startswith(("●", "○")) for line in lines) == count
