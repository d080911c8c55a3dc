"""Monitors as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.render import monitors
from thrum.clock import parse

NOW = parse("2026-01-02T03:04:05Z")
DEAD: dict[str, Any] = {
    "id": "mon_1",
    "name": "errs\u202e",
    "argv": ["sh", "-c", "a\nb"],
    "match": "",
    "target": "@x\x1b[31m",
    "cwd": "/w",
    "env": {},
    "debounce_seconds": 60,
    "status": "dead",
    "created_at": "2026-01-01T03:04:05Z",
    "schedule": "* * * * *",
    "next_run_at": "2026-01-02T03:05:00Z",
    "last_exit_code": -1,
    "last_exit_at": "2026-01-02T03:00:05Z",
    "undelivered": 2,
    "trouble": "the disk is full",
}


def test_one_in_full() -> None:
    text = monitors.in_full(DEAD, NOW)
    for line in (
        "Status: dead",
        "Trouble: the disk is full",
        "Not delivered: 2 reports",
        "Match: every line",
        "Debounce: 60s",
        "Schedule: * * * * *",
        "Next run: 2026-01-02T03:05:00Z",
        "Last run: ended by a signal or not begun, 4m ago",
        "Created: 1d ago",
    ):
        assert f"{line}\n" in text
    assert "Environment" not in text
    assert "Process" not in text


def test_nothing_in_it_moves_a_terminal() -> None:
    for text in (
        monitors.in_full(DEAD, NOW),
        monitors.listed([DEAD], NOW, is_plain=True, columns=80),
        monitors.listed([DEAD], NOW, is_plain=False, columns=80),
        monitors.reports([{"content": "\x1b]0;x\x07\u202e\nb\x00", "created_at": "2026-01-01T"}]),
    ):
        assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(text)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_a_list_keeps_to_the_terminal(columns: int) -> None:
    rows = [DEAD, {**DEAD, "name": "n" * 60, "argv": ["x" * 300], "trouble": "t" * 200}]
    text = monitors.listed(rows, NOW, is_plain=False, columns=columns)
    assert max(len(line) for line in text.splitlines()) <= columns


@pytest.mark.parametrize("row", [{}, {"argv": None, "env": None, "name": None, "pid": "x"}])
def test_an_answer_of_another_form_harms_nothing(row: dict[str, Any]) -> None:
    monitors.in_full(row, NOW)
    monitors.listed([row], NOW, is_plain=True, columns=80)
    monitors.reports([row])
