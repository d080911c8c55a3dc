"""How a person comes in by a browser, who may not, and how that ends."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from thrum.identity import process


def test_a_person_in_an_agents_worktree_is_a_person(town: Any) -> None:
    town.node.agent("nux")
    assert town.node.call("nux", "user.link")["user_id"] == "user:dana"


@pytest.mark.parametrize("method", ["user.link", "user.logout"])
def test_whoever_runs_below_an_agents_program_is_none(
    town: Any, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(process, "runtime", process.look)
    assert town.node.refused("nobody", method) == "not_allowed"
    assert process.look(os.getpid()) is not None


def test_who_has_no_name_in_git_has_no_link(town: Any) -> None:
    git = ["git", "-C", str(town.node.repository), "config", "user.name", ""]
    subprocess.run(git, check=True)
    assert town.node.refused("nobody", "user.link") == "not_found"


def test_who_logs_out_is_turned_out(town: Any) -> None:
    cookie = town.cookie()
    person = town.socket(cookie)
    person.call("user.register", username="dana")
    assert town.node.call("nobody", "user.logout") == {"logins": 1}
    assert person.read() == 1008
    assert town.socket(cookie).refused("health") == "anonymous_caller"
