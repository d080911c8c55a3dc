"""What no event says is heard all the same: that an agent is elsewhere, or another process."""

from __future__ import annotations

import os
from typing import Any

import pytest

from thrum.daemon.hub import News
from thrum.daemon.notices import Moved


@pytest.fixture
def heard(node: Any) -> list[News]:
    """The notices that come from now on."""
    found: list[News] = []
    tell = node.parts.hub.tell

    def told(news: list[News]) -> None:
        found.extend(each for each in news if isinstance(each[0], Moved))
        tell(news)

    node.store._writer.tell = told
    return found


def test_an_agent_that_gets_another_process_has_moved(node: Any, heard: list[News]) -> None:
    node.agent("nux")
    about = {"name": "nux", "role": "tester", "module": "auth"}
    heard.clear()
    node.call("nux", "agent.register", **about)
    assert heard == []
    for _ in range(2):
        node.call("nux", "agent.register", **about, agent_pid=os.getpid())
    assert heard == [(Moved("nux"), True)]


def test_an_agent_whose_session_gets_another_place_has_moved(node: Any, heard: list[News]) -> None:
    session_id = node.agent("nux")
    heard.clear()
    node.call("nux", "session.heartbeat", session_id=session_id)
    assert heard == []
    place = {"type": "worktree", "value": str(node.homes["nux"])}
    node.call("nux", "session.heartbeat", session_id=session_id, remove_refs=[place])
    assert heard == [(Moved("nux"), True)]
