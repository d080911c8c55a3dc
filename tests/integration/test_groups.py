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
    (world.root / "remote.git").rename(world.root / "away.git")
    world.thrum(one, "group", "create", "crew")
    world.thrum(two, "group", "create", "crew")
    world.thrum(one, "group", "add", "crew", "@furiosa")
    (world.root / "away.git").rename(world.root / "remote.git")
    sync(world, one, two, one)
    # Both made it, so that both may change it.
    world.thrum(two, "group", "add", "crew", "--role", "tester")
    world.thrum(one, "group", "add", "crew", "@nux")
    sync(world, one, two, one)
    assert info(world, one, "crew") == info(world, two, "crew")
    assert info(world, one, "crew")[1:] == (
        "furiosa",
        [("agent", "furiosa"), ("agent", "nux"), ("role", "tester")],
    )
    # The later of two contradicting changes counts, whichever clone made it.
    (world.root / "remote.git").rename(world.root / "away.git")
    world.thrum(one, "group", "remove", "crew", "@nux")
    world.thrum(two, "group", "remove", "crew", "--role", "tester")
    world.thrum(two, "group", "remove", "crew", "@nux")
    world.thrum(one, "group", "add", "crew", "@nux")
    (world.root / "away.git").rename(world.root / "remote.git")
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


def test_one_name_for_a_group_here_and_an_agent_there(world: World) -> None:
    """Neither clone could know of the other; from the next sync on nobody loses mail by it."""
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=two)
    sync(world, one, two, one)
    (world.root / "remote.git").rename(world.root / "away.git")
    for name in ("zed", "medic"):
        world.thrum(one, "group", "create", name)
        world.thrum(one, "group", "add", name, "@furiosa")
    tree = world.root / "tree"
    world.git("worktree", "add", "-q", "--detach", str(tree), cwd=two)
    world.thrum(tree, "quickstart", "zed", "--role", "medic", "--module", "x")
    world.thrum(two, "send", "to the agent", "--to", "@zed")
    world.thrum(two, "send", "to the role", "--mention", "@medic")
    (world.root / "away.git").rename(world.root / "remote.git")
    sync(world, two, one, two, one)
    for clone in (one, two):
        sent = world.thrum(clone, "send", f"both, from {clone.name}", "--mention", "@zed", "--json")
        named = {each["agent_id"] for each in sent.json["recipients"]}
        assert named == ({"zed"} if clone == one else {"zed", "furiosa"})
        assert len(sent.json["warnings"]) == 2
        world.thrum(clone, "send", f"direct, from {clone.name}", "--to", "@zed")
        world.thrum(clone, "send", f"medics, from {clone.name}", "--mention", "@medic")
    sync(world, one, two, one)
    assert unread(world, tree) == sorted(
        [
            "to the agent",
            "to the role",
            *(f"{what}, from one" for what in ("both", "direct", "medics")),
            *(f"{what}, from two" for what in ("both", "direct", "medics")),
        ]
    )
    assert unread(world, one) == ["both, from two", "medics, from two"]
    assert unread(world, two) == []
    # Either can still be put right: the group goes, and the name is the agent's alone.
    world.thrum(one, "group", "delete", "zed")
    sync(world, one, two)
    assert unread(world, one) == ["both, from two", "medics, from two"]
    again = world.thrum(two, "group", "create", "zed", check=False)
    assert (again.code, "agent's name" in again.err) == (1, True)


def unread(world: World, where: Path) -> list[str]:
    listed = world.thrum(where, "inbox", "--unread", "--json").json
    return sorted(row["body"]["content"] for row in listed["messages"])
