"""Groups that clones make and change without knowing of each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.conftest import World


def sync(world: World, *clones: Path) -> None:
    for clone in clones:
        world.thrum(clone, "sync", "force")


def info(world: World, clone: Path, name: str) -> tuple[str, str, list[tuple[str, str]]]:
    found: dict[str, Any] = world.thrum(clone, "group", "info", name, "--json").json
    members = [(each["member_type"], each["member_value"]) for each in found["members"]]
    return found["group_id"], found["created_by"], members


def test_two_clones_that_make_one_name_have_made_one_group(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    sync(world, one, two, one)
    world.thrum(one, "group", "create", "crew")
    world.thrum(two, "group", "create", "crew")
    world.thrum(one, "group", "add", "crew", "@furiosa")
    world.thrum(one, "group", "add", "crew", "@nux")
    world.thrum(two, "group", "add", "crew", "--role", "tester")
    sync(world, one, two, one)
    assert info(world, one, "crew") == info(world, two, "crew")
    assert info(world, one, "crew")[1:] == (
        "furiosa",
        [("agent", "furiosa"), ("agent", "nux"), ("role", "tester")],
    )
    # The later of two contradicting changes counts, whichever clone made it.
    world.thrum(one, "group", "remove", "crew", "@nux")
    world.thrum(two, "group", "remove", "crew", "--role", "tester")
    world.thrum(two, "group", "remove", "crew", "@nux")
    world.thrum(one, "group", "add", "crew", "@nux")
    sync(world, one, two, one)
    for clone in (one, two):
        assert info(world, clone, "crew")[2] == [("agent", "furiosa"), ("agent", "nux")]
    world.thrum(two, "send", "for the crew", "--mention", "@crew")
    world.thrum(one, "send", "from the crew", "--mention", "@crew")
    sync(world, one, two, one)
    assert "for the crew" in world.thrum(one, "inbox", "--unread").out
    assert "from the crew" in world.thrum(two, "inbox", "--unread").out
    world.thrum(two, "group", "delete", "crew")
    sync(world, two, one)
    assert world.thrum(one, "group", "info", "crew", check=False).code == 1
