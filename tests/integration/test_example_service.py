"""The service of CONTRIBUTING.md works as it stands there, and leaves nothing when it is gone."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from tests.integration.conftest import World, eventually, world_in

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "CONTRIBUTING.md").read_text()
FILES: Final = dict(re.findall(r"^`(thrum/\S+\.py)`:\n\n```python\n(.*?)```$", TEXT, re.M | re.S))
IMPORT: Final = "from thrum.daemon.tally.service import Tally\n"
LINE: Final = "    Tally,\n"
LIST: Final = "thrum/daemon/services.py"


@dataclass
class Copy:
    """A copy of the program, and whoever works with it."""

    root: Path

    @property
    def list(self) -> Path:
        return self.root / LIST

    def add(self) -> None:
        """Writes the files of the example, and its line."""
        for name, text in FILES.items():
            path = self.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        before = self.list.read_text().splitlines(keepends=True)
        after = next(n for n, line in enumerate(before) if line > IMPORT and "thrum.daemon" in line)
        text = "".join([*before[:after], IMPORT, *before[after:]])
        start, listed, rest = text.partition("SERVICES: Final")
        self.list.write_text(start + listed + rest.replace("\n)\n", f"\n{LINE})\n", 1))

    def take_away(self) -> None:
        """Takes folder and line away."""
        (folder,) = {(self.root / name).parent for name in FILES}
        shutil.rmtree(folder)
        text = self.list.read_text()
        self.list.write_text(text.replace(IMPORT, "").replace(LINE, ""))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The program with the example added."""
    root = tmp_path / "copy"
    for package in ("thrum", "gitstore"):
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("node_modules")
        )
    shutil.copy(ROOT / "pyproject.toml", root)
    made = Copy(root)
    made.add()
    return made


@pytest.fixture
def world(tmp_path: Path, copy: Copy) -> Iterator[World]:
    """A world in which the copy is what is installed."""
    root = tmp_path / "world"
    root.mkdir()
    with world_in(root) as made:
        made.environment["PYTHONPATH"] = str(copy.root)
        yield made


def test_the_example_is_whole() -> None:
    assert {Path(name).name for name in FILES} == {
        "__init__.py",
        "counts.py",
        "service.py",
        "methods.py",
        "check.py",
    }
    assert f"```python\n{IMPORT}\n{LINE}```" in TEXT


@pytest.mark.skipif(not importlib.util.find_spec("ruff"), reason="ruff is not installed")
@pytest.mark.parametrize("command", [["check"], ["format", "--check"]])
def test_the_example_is_in_the_style_of_the_house(copy: Copy, command: list[str]) -> None:
    files = [LIST, *FILES]
    run_in(copy, "ruff", *command, "--no-cache", *files)


@pytest.mark.skipif(not importlib.util.find_spec("mypy"), reason="mypy is not installed")
def test_the_example_is_typed(copy: Copy) -> None:
    take_along(ROOT / ".mypy_cache", copy.root / "cache")
    run_in(copy, "mypy", "--strict", "--cache-dir", str(copy.root / "cache"), LIST, *FILES)


def take_along(known: Path, cache: Path) -> None:
    """Copies what mypy knows of the program, where it was asked before: it compares hashes.

    By SQLite, since somebody may ask it right now.
    """
    for path in known.rglob("*.db"):
        to = cache / path.relative_to(known)
        to.parent.mkdir(parents=True, exist_ok=True)
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as one,
            closing(sqlite3.connect(to)) as other,
        ):
            one.backup(other)


def run_in(copy: Copy, *module: str) -> None:
    """Runs a program over files of the copy; it must find nothing."""
    argv = [sys.executable, "-m", *module]
    done = subprocess.run(argv, cwd=copy.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_works_and_leaves_nothing_but_its_table(world: World, copy: Copy) -> None:
    here = world.root / "here"
    world.git("init", "-q", str(here), cwd=world.root)
    world.thrum(here, "init", "--non-interactive")
    world.thrum(here, "quickstart", "furiosa", "--role", "tester", "--module", "x")
    for text in ("one", "two"):
        world.thrum(here, "send", text)

    eventually(lambda: [each["messages"] for each in shown(world, here)["counts"]] == [2])
    (count,) = shown(world, here)["counts"]
    assert rows(here) == [(count["day"], "furiosa", 2)]
    assert "tally" in services(world, here)
    assert ("ok", "nothing wrong") in found(world, here, "tally")
    pages = documented(world, here, "with")
    assert "## `tally.show`" in pages["rpc.md"]
    assert "`tally.days`" in pages["config.md"]
    its_key_and_health(world, here)
    its_check(world, here)

    copy.take_away()
    world.thrum(here, "daemon", "restart")
    world.thrum(here, "send", "three")
    assert world.thrum(here, "rpc", "call", "tally.show", check=False).code == 1
    assert "tally" not in services(world, here)
    assert found(world, here, "tally") == []
    assert documented(world, here, "without") == {
        page.name: page.read_text() for page in (ROOT / "docs").glob("*.md") if page.name in pages
    }
    its_table(world, here)


def its_key_and_health(world: World, here: Path) -> None:
    """A change of the key is heard of, and what is wrong with it is said."""
    assert shown(world, here)["days"] == 30
    for days, status in ((1000, "degraded"), (7, "ok")):
        path = here / ".thrum/config.json"
        settings = {**json.loads(path.read_text()), "tally": {"days": days}}
        path.write_text(json.dumps(settings))
        eventually(partial(has_heard, world, here, days))
        health = call(world, here, "health")
        assert health["status"] == status
        assert health.get("problems", []) == (
            ["service tally: tally.days is 1000, over 366"] if days == 1000 else []
        )


def has_heard(world: World, here: Path, days: int) -> bool:
    return bool(shown(world, here)["days"] == days)


def its_check(world: World, here: Path) -> None:
    """The doctor finds what the check looks for."""
    with closing(sqlite3.connect(here / ".thrum/var/state.db", isolation_level=None)) as db:
        db.execute("INSERT INTO tally_counts VALUES ('9999-01-01', 'nux', 1)")
    (finding,) = found(world, here, "tally")
    assert finding == ("note", "messages of nux are counted for 9999-01-01, which is still to come")


def its_table(world: World, here: Path) -> None:
    """The doctor says that the table is nobody's, and what it says to do drops it."""
    (note,) = [each for each in findings(world, here) if "tally" in each["text"]]
    assert note["level"] == "note"
    assert note["text"] == "no service is called 'tally', and it has 1 table"
    assert [day for day, _, _ in rows(here)][-1] == "9999-01-01"
    script = note["todo"].partition(f"{here / '.thrum/var/state.db'}: ")[2]
    world.thrum(here, "daemon", "stop")
    with closing(sqlite3.connect(here / ".thrum/var/state.db")) as db:
        db.executescript(script)
    world.thrum(here, "daemon", "start")
    assert [each for each in findings(world, here) if "tally" in each["text"]] == []


def call(world: World, here: Path, method: str) -> Any:
    return world.thrum(here, "rpc", "call", method).json


def shown(world: World, here: Path) -> Any:
    return call(world, here, "tally.show")


def services(world: World, here: Path) -> list[str]:
    """The services that run, all of which are well."""
    health = call(world, here, "health")
    assert health["status"] == "ok", health
    return [each["name"] for each in health["services"]]


def rows(here: Path) -> list[tuple[str, str, int]]:
    """What lies in the table."""
    with closing(sqlite3.connect(here / ".thrum/var/state.db")) as db:
        return db.execute("SELECT * FROM tally_counts ORDER BY day").fetchall()


def findings(world: World, here: Path) -> list[Any]:
    return world.thrum(here, "doctor", "--json").json["findings"]


def found(world: World, here: Path, check: str) -> list[tuple[str, str]]:
    """What the doctor's check says."""
    report = findings(world, here)
    return [(each["level"], each["text"]) for each in report if each["check"] == check]


def documented(world: World, here: Path, name: str) -> dict[str, str]:
    """The reference pages that the copy writes."""
    pages = world.root / name
    world.run(sys.executable, "-m", "thrum.docs", str(pages), cwd=here)
    return {page.name: page.read_text() for page in pages.iterdir()}
