"""The page about two machines, typed in two clones of one bare repository."""

from __future__ import annotations

import re
from pathlib import Path

from tests.integration.conftest import World
from tests.integration.transcript import ROOT, Typist, section
from tests.served import served

PAGE = (ROOT / "docs" / "two-machines.md").read_text()


def test_each_step_goes_as_the_page_says(world: World) -> None:
    remote = world.remote()
    seed = world.clone("seed")
    world.git("commit", "-q", "--allow-empty", "-m", "begin", cwd=seed)
    world.git("push", "-q", "origin", "main", cwd=seed)
    places = {name: world.root / name for name in ("laptop", "desk")}
    for folder in places.values():
        folder.mkdir()
    typist = Typist(world, places)
    done = 0
    for title in re.findall(r"^## (.*)$", PAGE, re.M):
        text = section(PAGE, title)
        if title == "A remote that strangers can read":
            done += in_public(world, typist, text)
        elif title == "Who may only read":
            push_to(world, typist.places["desk"], world.root / "nowhere.git")
            done += typist.follow(text)
            push_to(world, typist.places["desk"], remote)
        else:
            done += typist.follow(text)
    assert done > 30


def in_public(world: World, typist: Typist, text: str) -> int:
    """Follows the text while the remote is read by anybody."""
    laptop = typist.places["laptop"]
    before = world.git("remote", "get-url", "origin", cwd=laptop).strip()
    with served(world.root) as address:
        world.git("remote", "set-url", "origin", f"{address}/remote.git", cwd=laptop)
        done = typist.follow(text)
    world.git("remote", "set-url", "origin", before, cwd=laptop)
    return done


def push_to(world: World, clone: Path, where: Path) -> None:
    world.git("remote", "set-url", "--push", "origin", str(where), cwd=clone)
