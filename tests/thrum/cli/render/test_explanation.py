"""``thrum identity explain`` as a page."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.render import explanation
from thrum.identity import guards

PASSES = {"guard": "cross_worktree", "mode": "strict", "layer": "default", "fires": False}
PAGE: dict[str, Any] = {
    "identity": {
        "rule": "only",
        "agent_id": "nux",
        "reason": "the only identity here",
        "identity_file": "/w/.thrum/identities/nux.json",
        "worktree": "/w",
        "process": "mine",
        "pid": 7,
        "others": ["furiosa"],
    },
    "shell": {"cwd": "/w", "worktree": "/w", "runtime": "claude", "runtime_pid": 7},
    "daemon": {"agent_id": "nux", "source": "peercred", "rule": "pid"},
    "guards": [PASSES],
    "unreadable": [],
    "faults": [],
}


def test_a_page_where_all_is_well() -> None:
    assert explanation.text(PAGE, 80).splitlines() == [
        "You: @nux, by the rule only: the only identity here",
        "File: /w/.thrum/identities/nux.json",
        "Worktree: /w",
        "Process: process 7, which this shell runs under",
        "Others here: @furiosa",
        "This shell: under claude (7), in /w",
        "Daemon: @nux, by the process that this shell runs under",
        "",
        "cross_worktree             strict  default       passes",
    ]


def test_a_page_of_nobody() -> None:
    nobody = {"rule": "none", "reason": "no agent", "hint": "register"}
    shell = PAGE["shell"] | {"runtime": "", "runtime_pid": 0}
    refused = {"kind": "daemon_down", "message": "nobody\x1b[2J answers"}
    page = PAGE | {"identity": nobody, "shell": shell, "daemon": refused}
    page |= {"unreadable": ["no agent", "x.json is broken"], "faults": ["mode 'x'"]}
    text = explanation.text(page, 80)
    assert text.startswith("You: nobody, by the rule none: no agent\n  register\n")
    assert "This shell: under no agent program, in /w\n" in text
    assert "Daemon: nobody\\x1b[2J answers (daemon_down)\n" in text
    # Why nobody speaks is said already.
    assert text.count("no agent\n") == 1
    assert "Passed over: x.json is broken\n" in text
    assert text.endswith("Passed over: mode 'x'")


@pytest.mark.parametrize("columns", [40, 80])
def test_a_guard_that_fires_says_whom_it_means_and_what_to_do(columns: int) -> None:
    fire = guards.Fire("cross_worktree", "pid_mismatch", "nux", "furiosa", 7, 8)
    row = PASSES | {"fires": True, "outcome": "denied", "remediation": fire.remediation}
    text = explanation.text(PAGE | {"guards": [row | fire.facts]}, columns)
    words = " ".join(text.split())
    assert "pid_mismatch (expected @nux, detected @furiosa)" in words
    assert fire.remediation in words
    assert max(len(line) for line in text.splitlines()) <= max(columns, 60)


@pytest.mark.parametrize("columns", [20, 40, 80])
@pytest.mark.parametrize(
    "place",
    [
        "/w",
        "/home/somebody/" + "a-long-name/" * 12 + "shop",
        "/home/somebody/Documents and Settings/my shop of all things that there are/shop",
        "/srv/" + "x" * 300,
    ],
)
def test_a_path_is_whole_on_its_line(place: str, columns: int) -> None:
    file = f"{place}/.thrum/identities/nux.json"
    found = PAGE["identity"] | {"identity_file": file, "worktree": place}
    shell = PAGE["shell"] | {"cwd": f"{place}/src", "worktree": place}
    refused = {"kind": "storage", "message": f"{file} cannot be read, and nobody knows why"}
    page = PAGE | {"identity": found, "shell": shell, "daemon": refused}
    lines = explanation.text(page, columns).splitlines()
    assert sum(file in line for line in lines) == 2
    assert sum(f"{place}/src" in line for line in lines) == 1
    others = [line for line in lines if place not in line]
    assert max(len(line) for line in others) <= max(columns, 24)
    assert not any("\0" in line for line in lines)


def test_nothing_is_folded_where_no_columns_are_given() -> None:
    place = "/srv/" + "one two " * 40
    page = PAGE | {"shell": PAGE["shell"] | {"cwd": place}}
    assert len(explanation.text(page, 0).splitlines()) == len(
        explanation.text(PAGE, 0).splitlines()
    )
