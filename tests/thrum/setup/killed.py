"""Kills setup at each change of a file or folder, and looks at what is left.

A process of its own, so that it may fork: ``python -m tests.thrum.setup.killed FOLDER``. It prints
at how many places somebody was killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any, Final

from tests.thrum.setup.conftest import Person
from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Part, Scope
from thrum.setup.plan import Wanted

CHANGES: Final = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}
TWO: Final = (registry.adapter("claude"), registry.adapter("codex"))
"""One with a file for everything, one with TOML; more of them kill at the same places again."""

SETTINGS: Final = '{ "model": "m",\n  "hooks": {"Stop": [ ]} }'
CONFIG: Final = 'model = "m"\n\n[mcp_servers.other]\ncommand = "x"'


class Learner(Person):
    """Who gets one skill only: its files and folders are like those of all others."""

    def wanted(self, scope: Scope, *adapters: Adapter) -> list[Wanted]:
        found = super().wanted(scope, *adapters)
        return [
            each
            for each in found
            if each.piece.part is not Part.SKILL or "thrum-send" in each.piece.path.parts
        ]


def begin(folder: Path) -> Person:
    """A person with settings of theirs."""
    shutil.rmtree(folder, ignore_errors=True)
    person = Learner(folder / "home", folder / "work")
    for each in (person.home / ".claude", person.home / ".codex", person.root):
        each.mkdir(parents=True)
    (person.home / ".claude" / "settings.json").write_text(SETTINGS)
    (person.home / ".codex" / "config.toml").write_text(CONFIG)
    return person


def killed_at(number: int, person: Person, *, removing: bool) -> bool:
    """Runs setup, or its removal, in a child that is killed before its n-th change."""
    child = os.fork()
    if child == 0:
        count = 0

        def fall(event: str, given: tuple[Any, ...]) -> None:
            nonlocal count
            opens = event == "open" and isinstance(given[2], int) and given[2] & os.O_CREAT
            if event in CHANGES or opens:
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(fall)
        obstacles = (person.remove if removing else person.set_up)(Scope.USER, *TWO)
        os._exit(1 if obstacles else 0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed by itself"
    return os.WIFSIGNALED(status)


def whole(person: Person, old: dict[str, bytes], new: dict[str, bytes]) -> None:
    """Every file is the old one or the new one."""
    for path, raw in person.files().items():
        if not path.endswith("-tmp"):
            assert raw in {old.get(path), new.get(path)}, path


def play(folder: Path) -> int:
    """All places, in all ways; how many there were."""
    person = begin(folder)
    old = person.files()
    person.set_up(Scope.USER, *TWO)
    new = person.files()
    places = 0
    for removing in (False, True):
        number = 1
        while True:
            for goes_on in (True, False):
                person = begin(folder)
                if removing:
                    person.set_up(Scope.USER, *TWO)
                was_killed = killed_at(number, person, removing=removing)
                whole(person, old, new)
                if goes_on:
                    assert person.set_up(Scope.USER, *TWO) == []
                    assert person.files() == new, (removing, number)
                assert person.remove(Scope.USER, *TWO) == []
                assert person.files() == old, (removing, number, goes_on)
                places += was_killed
            if not was_killed:
                break
            number += 1
    return places


if __name__ == "__main__":
    print(play(Path(sys.argv[1]) / "killed"))
