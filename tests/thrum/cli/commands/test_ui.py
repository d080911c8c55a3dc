"""``thrum ui``."""

from __future__ import annotations

from typing import Any

import pytest

LINK = {
    "url": "http://localhost:9999/login?t=secret",
    "address": "http://localhost:9999",
    "user_id": "user:dana",
}


def test_the_page_is_opened_and_the_link_is_not_shown(world: Any) -> None:
    world.daemon.answers["user.link"] = LINK
    assert world.run("ui").out == "✓ Opened http://localhost:9999 as user:dana\n"
    assert world.opened == [LINK["url"]]


def test_without_a_browser_the_link_is_shown(world: Any) -> None:
    world.daemon.answers["user.link"] = LINK
    world.has_browser = False
    assert world.run("ui").out == f"{LINK['url']}\n"


@pytest.mark.parametrize("flag", ["--no-open", "--json"])
def test_the_link_alone(world: Any, flag: str) -> None:
    world.daemon.answers["user.link"] = LINK
    assert LINK["url"] in world.run("ui", flag).out
    assert world.opened == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "Nobody is logged in.\n"), (1, "✓ Ended 1 login\n"), (2, "✓ Ended 2 logins\n")],
)
def test_logging_out(world: Any, count: int, said: str) -> None:
    world.daemon.answers["user.logout"] = {"logins": count}
    assert world.run("ui", "--logout").out == said
    assert world.opened == []


def test_one_or_the_other(world: Any) -> None:
    assert world.run("ui", "--logout", "--no-open").code == 2
    assert world.daemon.requests == []
