"""The pages about programs: what they save is run, and answers as they show."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import world_in
from tests.integration.transcript import ROOT, Typist, section

PAGE = (ROOT / "docs" / "programs.md").read_text()
PYTHON = (ROOT / "docs" / "python.md").read_text()
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
SAVED = re.compile(r"`(\w+\.(?:py|sh|mjs))`.*?```(?:python|sh|js)\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def typist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typist]:
    """Types where furiosa and nux live."""
    with world_in(tmp_path_factory.mktemp("src")) as world:
        rocket, valves = world.root / "rocket", world.root / "valves"
        world.repository(rocket)
        world.thrum(rocket, "init", "--non-interactive")
        world.git("worktree", "add", "-q", str(valves), cwd=rocket)
        for where, name, role in ((rocket, "furiosa", "implementer"), (valves, "nux", "reviewer")):
            world.thrum(where, "quickstart", name, "--role", role, "--module", "engine")
        found = Typist(world, {"rocket": rocket, "valves": valves})
        python = world.root / "programs" / "python3"
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)
        yield found


def save(typist: Typist, files: dict[str, str], **places: str) -> None:
    """Saves the programs of a page, each at its place; the page has no others."""
    for name, text in files.items():
        Path(typist.places[places.pop(name.partition(".")[0])] / name).write_text(text)
    assert not places


def test_the_clients_of_the_socket_answer_as_the_page_shows(typist: Typist) -> None:
    save(typist, dict(SAVED.findall(PAGE)), ask="rocket", listen="valves")
    read_all(typist)
    assert typist.follow(PAGE) == 8


def read_all(typist: Typist) -> None:
    """Leaves nobody with mail that another test, or a try before, has sent."""
    for where in typist.places.values():
        typist.world.thrum(where, "message", "read", "--all", check=False)


def test_programs_in_python_do_what_their_page_shows(typist: Typist) -> None:
    read_all(typist)
    rocket = dict.fromkeys(("tell", "look", "question", "loop", "wrong"), "rocket")
    save(typist, dict(SAVED.findall(PYTHON)), answer="valves", **rocket)
    assert typist.follow(PYTHON) == 6


@pytest.mark.parametrize(
    ("title", "program", "names"),
    [("In a shell", "nc", ["ask.sh"]), ("In JavaScript", "node", ["client.mjs", "ask.mjs"])],
)
def test_clients_in_other_languages_do_what_the_page_shows(
    typist: Typist, title: str, program: str, names: list[str]
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    part = section(PROTOCOL, title)
    files = dict(SAVED.findall(part))
    assert list(files) == names
    for name, text in files.items():
        assert len([line for line in text.splitlines() if line]) <= 35
        Path(typist.places["rocket"] / name).write_text(text)
    assert typist.follow(part) == 1


def test_the_client_without_thrum_has_few_lines_and_needs_the_standard_library() -> None:
    (text,) = [code for name, code in SAVED.findall(PAGE) if name == "ask.py"]
    assert len([line for line in text.splitlines() if line]) <= 10
    named = re.findall(r"^import (.*)$", text, re.M)[0].split(", ")
    assert set(named) <= sys.stdlib_module_names
