"""The page that tells how to get rid of a secret, done step by step."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.integration.conftest import World

PAGE = Path(__file__).parents[2] / "docs" / "secrets.md"
STEP = re.compile(r"```sh\n# (in [^\n]*)\n(.*?)```", re.DOTALL)
SECRET = "hunter2"
PROGRAM = f'thrum() {{ {shlex.quote(sys.executable)} -m thrum "$@"; }}\n'


def steps() -> list[tuple[str, str]]:
    """Where each step of the page is done, and what is typed there."""
    found: list[tuple[str, str]] = STEP.findall(PAGE.read_text())
    return found


def has_object(world: World, where: Path) -> bool:
    """Whether any object of a repository holds the secret."""
    all_of_it = ("git", "cat-file", "--batch", "--batch-all-objects", "--buffer")
    return (
        world.run(
            "sh", "-c", f"{shlex.join(all_of_it)} | grep -qa {SECRET}", cwd=where, check=False
        ).code
        == 0
    )


def files(folders: Iterable[Path]) -> list[Path]:
    """The files below folders in which the secret stands as it is."""
    return [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


def listed(world: World, where: Path) -> list[str]:
    found = world.thrum(where, "inbox", "--all", "--json").json
    return [row["body"]["content"] for row in found["messages"]]


def test_what_the_page_says_takes_a_secret_out_for_good(world: World) -> None:
    remote = world.remote()
    one = world.node("one", "furiosa", "--role", "coordinator")
    two = world.node("two", "nux")
    places = {
        "in every clone": [one, two],
        "in one clone": [one],
        "in one clone, as a person or a coordinator": [one],
        "in every other clone": [two],
        "in the remote's repository": [remote],
    }
    for clone in (one, two, one):
        world.thrum(clone, "sync", "force")
    world.thrum(one, "send", f"the password is {SECRET}", "--to", "@nux")
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    assert listed(world, two) == [f"the password is {SECRET}"]
    assert all(has_object(world, where) for where in (one, two, remote))

    assert {where for where, _ in steps()} == set(places)
    for where, lines in steps():
        for place in places[where]:
            world.run("bash", "-euo", "pipefail", "-c", f"{PROGRAM}{lines}", cwd=place)

    assert not any(has_object(world, where) for where in (one, two, remote))
    assert files([one / ".thrum", two / ".thrum"]) == []
    commits = world.git("rev-list", "a-sync", cwd=one).splitlines()
    assert world.git("rev-list", "--max-parents=0", "a-sync", cwd=one).split() == commits[-1:]
    world.thrum(two, "send", "all is well", "--to", "@furiosa")
    for clone in (two, one):
        world.thrum(clone, "sync", "force")
    assert listed(world, one) == ["all is well"]
    assert listed(world, two) == []
    assert world.thrum(one, "doctor").code == 0
