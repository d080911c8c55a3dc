"""``thrum ping``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.cli.answers import MEMBERS


@pytest.mark.parametrize(
    ("name", "out"),
    [
        (
            "@furiosa",
            "@furiosa: active, seen 2m ago\n  Intent: fix it \\x1b[2J\n"
            "  Task: shop:1\n  Branch: main\n",
        ),
        ("Nuxie", "@nux: offline, seen 2m ago\n"),
        (
            "tester",
            "@furiosa: active, seen 2m ago\n  Intent: fix it \\x1b[2J\n"
            "  Task: shop:1\n  Branch: main\n",
        ),
    ],
)
def test_ping(office: Any, name: str, out: str) -> None:
    named = [MEMBERS[0], MEMBERS[1] | {"display": "Nuxie"}]
    office.daemon.answers["team.list"] = {"members": named}
    assert office.run("ping", name).out == out
    assert office.daemon.params("team.list")["include_offline"] is True


def test_ping_of_one_is_about_one(office: Any) -> None:
    office.daemon.answers |= {
        "agent.list": {"agents": [{"agent_id": "nux"}, {"agent_id": "furiosa"}]},
        "agent.listContext": {"contexts": []},
    }
    assert office.run("ping", "nux", "--json").document == {
        "agents": {"agents": [{"agent_id": "nux"}]},
        "contexts": {"contexts": []},
        "status": "offline",
    }
    assert office.daemon.params("agent.listContext") == {"agent_id": "nux"}
    ran = office.run("ping", "nobody", "--json")
    assert (ran.code, ran.error["kind"]) == (1, "not_found")
