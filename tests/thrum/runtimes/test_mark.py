"""What is ours in somebody's file, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thrum.runtimes import mark

OURS: list[Any] = [
    {"command": "/home/me/.thrum/bin/thrum hook Stop --runtime claude"},
    {"type": "command", "command": "'/home/a b/bin/thrum' hook Stop --runtime claude"},
    {"type": "command", "bash": "/x/thrum hook agentStop --runtime copilot"},
    {"command": "thrum", "args": ["mcp", "serve"]},
    {"command": "/opt/thrum", "args": ["mcp", "serve", "--agent-id", "nux"]},
    {"type": "local", "command": ["/x/thrum", "mcp", "serve"]},
    {"type": "command", "command": "/x/thrum statusline", "padding": 0},
    {"command": "thrum", "args": ["hook", "stop"]},
    {"command": "/home/a b/thrum", "args": ["mcp", "serve"]},
    {"command": "/a'b/thrum", "args": mark.waker("Stop", "claude"), "asyncRewake": True},
    {"command": 'bash "${CLAUDE_PROJECT_DIR}/scripts/thrum-startup.sh"'},
    {"command": 'HOOK_EVENT=Stop bash "${CLAUDE_PROJECT_DIR}/scripts/thrum-check-inbox.sh"'},
]
FOREIGN: list[Any] = [
    {"command": "/usr/bin/notify hook Stop"},
    {"command": "echo thrum hook Stop"},
    {"command": "/x/thrum inbox --unread"},
    {"command": "/x/thrum send 'see hook' --to @a"},
    {"command": "thrumming hook Stop"},
    {"command": "/x/thrum/hook Stop"},
    {"command": "thrum 'hook Stop"},
    {"command": "thrum", "args": ["mcp"]},
    {"command": "sh /x/thrum", "args": ["hook", "Stop"]},
    {"command": "thrum", "args": "mcp serve"},
    {"command": 7},
    {"type": "http", "url": "http://127.0.0.1/thrum/hook"},
    {},
    [],
    None,
    "thrum hook Stop",
    7,
]


@pytest.mark.parametrize("value", OURS, ids=str)
def test_what_is_ours(value: Any) -> None:
    assert mark.is_ours(value)
    assert mark.is_present(value)
    assert mark.without_ours(value) is None


@pytest.mark.parametrize("value", FOREIGN, ids=str)
def test_what_is_somebody_elses(value: Any) -> None:
    assert not mark.is_ours(value)
    assert not mark.is_present(value)
    assert mark.without_ours(value) == value


@pytest.mark.parametrize("ours", OURS, ids=str)
def test_a_group_keeps_what_others_have_in_it(ours: Any) -> None:
    theirs = {"type": "command", "command": "say done"}
    group = {"matcher": "Bash", "hooks": [theirs, ours, theirs]}
    assert mark.is_present(group)
    assert mark.without_ours(group) == {"matcher": "Bash", "hooks": [theirs, theirs]}
    assert mark.without_ours({"matcher": "", "hooks": [ours]}) is None
    assert mark.without_ours({"hooks": [theirs]}) == {"hooks": [theirs]}
    assert mark.without_ours({"hooks": []}) == {"hooks": []}


@pytest.mark.parametrize("place", ["/a/thrum", "/a b/thrum", "/a'b/thrum", "/a$b;c/thrum"])
def test_a_line_is_the_same_again_and_ours(place: str) -> None:
    line = mark.hook(Path(place), "Stop", "claude")
    assert line == mark.hook(Path(place), "Stop", "claude")
    assert mark.is_ours({"command": line})
    assert line.endswith(" hook Stop --runtime claude")
