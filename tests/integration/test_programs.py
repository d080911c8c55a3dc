"""The page about programs: its clients are saved and run, and answer as it shows."""

from __future__ import annotations

import re
import shlex
import sys

from tests.integration.conftest import World
from tests.integration.transcript import ROOT, Typist

PAGE = (ROOT / "docs" / "programs.md").read_text()
SAVED = re.compile(r"`(\w+\.py)`.*?```python\n(.*?)^```$", re.M | re.S)


def test_its_clients_answer_as_the_page_shows(world: World) -> None:
    rocket, valves = world.root / "rocket", world.root / "valves"
    world.git("init", "-q", "-b", "main", str(rocket), cwd=world.root)
    world.git("commit", "-q", "--allow-empty", "-m", "begin", cwd=rocket)
    world.thrum(rocket, "init", "--non-interactive")
    world.git("worktree", "add", "-q", str(valves), cwd=rocket)
    for where, name, role in ((rocket, "furiosa", "implementer"), (valves, "nux", "reviewer")):
        world.thrum(where, "quickstart", name, "--role", role, "--module", "engine")
    saved = dict(SAVED.findall(PAGE))
    (rocket / "ask.py").write_text(saved.pop("ask.py"))
    (valves / "listen.py").write_text(saved.pop("listen.py"))
    assert not saved
    typist = Typist(world, {"rocket": rocket, "valves": valves})
    python = world.root / "programs" / "python3"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    assert typist.follow(PAGE) == 8


def test_the_client_without_thrum_has_few_lines_and_needs_the_standard_library() -> None:
    (text,) = [code for name, code in SAVED.findall(PAGE) if name == "ask.py"]
    assert len([line for line in text.splitlines() if line]) <= 10
    named = re.findall(r"^import (.*)$", text, re.M)[0].split(", ")
    assert set(named) <= sys.stdlib_module_names
