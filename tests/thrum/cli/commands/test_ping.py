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
            "@furiosa: active, tester/api, seen 2m ago\n  Intent: fix it \\x1b[2J\n"
            "  Task: shop:1\n  Branch: main\n",
        ),
        ("Nuxie", "@nux: offline, tester/api, seen 2m ago\n"),
        (
            "tester",
            "@furiosa: active, tester/api, seen 2m ago\n  Intent: fix it \\x1b[2J\n"
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
        "agent_status": "",
    }
    assert office.daemon.params("agent.listContext") == {"agent_id": "nux"}
    ran = office.run("ping", "nobody", "--json")
    assert (ran.code, ran.error["kind"]) == (1, "not_found")


@pytest.mark.parametrize("says", ["blocked", "stuck"])
def test_ping_says_who_is_in_trouble(office: Any, says: str) -> None:
    office.daemon.answers["team.list"] = {"members": [MEMBERS[0] | {"agent_status": says}]}
    assert f"active, {says}, tester/api, seen" in office.run("ping", "furiosa").out
    office.daemon.answers |= {"agent.list": {"agents": []}, "agent.listContext": {"contexts": []}}
    assert office.run("ping", "furiosa", "--json").document["agent_status"] == says


def test_a_name_near_to_one_is_offered(office: Any) -> None:
    assert office.run("ping", "@furosia", "--json").error["hint"] == "did you mean furiosa?"
