"""Each fenced block of a page is run, read by a parser, or says that it only shows something.

Transcripts (no language, or ``console``) are followed by the tests named here, which type each
command and hold what comes against what is shown. ``sh`` is a line to be pasted, which the tests
named here run. ``text`` is no command.
"""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from thrum.skills.plugins import catalogue

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NAMES: Final = [str(page.relative_to(ROOT)) for page in PAGES]
FENCE: Final = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.M | re.S)
TYPED: Final = re.compile(r"^[a-z]*\$ ", re.M)
COMMAND: Final = re.compile(r"^(?:thrum|git|pip|npm) ", re.M)

NOT_TYPED: Final = {
    "CONTRIBUTING.md": "environments of tox, which fetch from the network; there are these",
    "README.md": "the second one is what runs this test; CI takes it from there",
    "docs/skills.md": "needs Claude Code; what it would look for is there",
}
"""Pages with lines to be pasted that are not typed as they stand, why, and what is held below."""

TOX: Final = re.compile(r"\btox(?: -([em]) ([a-z0-9]+))?")

FOLLOWED: Final = {
    "README.md": "tests/integration/test_readme.py",
    "docs/log-format.md": "tests/contract/test_log_format.py",
    "docs/coming-over.md": "tests/integration/test_migration.py",
    "docs/guard.md": "tests/integration/test_guides.py",
    "docs/identity.md": "tests/integration/test_guides.py",
    "docs/peers.md": "tests/integration/test_guides.py",
    "docs/programs.md": "tests/integration/test_programs.py",
    "docs/protocol.md": "tests/integration/test_programs.py",
    "docs/python.md": "tests/integration/test_programs.py",
    "docs/backup.md": "tests/integration/test_guides.py",
    "docs/containers.md": "tests/integration/test_guides.py",
    "docs/ten-worktrees.md": "tests/integration/test_guides.py",
    "docs/ci.md": "tests/integration/test_guides.py",
    "docs/claims.md": "tests/integration/test_guides.py",
    "docs/monitors.md": "tests/integration/test_guides.py",
    "docs/prompts.md": "tests/integration/test_guides.py",
    "docs/secrets.md": "tests/integration/test_secrets.py",
    "docs/setup.md": "tests/integration/test_guides.py",
    "docs/systems.md": "tests/integration/test_guides.py",
    "docs/team.md": "tests/integration/test_guides.py",
    "docs/tmux.md": "tests/integration/test_guides.py",
    "docs/troubleshooting.md": "tests/integration/test_troubleshooting.py",
    "docs/tutorial.md": "tests/integration/test_guides.py",
    "docs/two-machines.md": "tests/integration/test_two_machines.py",
    "docs/uninstall.md": "tests/integration/test_uninstall.py",
    "docs/worktrees.md": "tests/integration/test_guides.py",
}
"""Pages with commands, and what types these."""

READ: Final[dict[str, Callable[[str], Any]]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "python": ast.parse,
    "yaml": yaml.safe_load,
}


README: Final = (ROOT / "README.md").read_text()


def blocks(name: str) -> list[tuple[str, str]]:
    """Language and text of each block of a page."""
    return FENCE.findall((ROOT / name).read_text())


@pytest.mark.parametrize("name", [each for each in NAMES if each != "docs/cli.md"])
def test_each_block_is_of_a_kind_that_something_looks_at(name: str) -> None:
    for language, text in blocks(name):
        if language in {"", "console"}:
            assert TYPED.match(text), f"no command at its beginning: {text}"
            assert name in FOLLOWED, f"nothing types: {text}"
        elif language == "text":
            assert not TYPED.search(text) and not COMMAND.search(text), text
        elif language == "python" and name == "CONTRIBUTING.md":
            continue  # parts of files, which test_example_service.py puts together
        elif language in READ:
            READ[language](text)
        else:
            assert language in {"sh", "js"}, f"{language}: {text}"
            assert name in FOLLOWED or name in NOT_TYPED, f"nothing types: {text}"


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_is_named_as_its_reader_reads_the_page(name: str) -> None:
    assert Path(name).name in (ROOT / FOLLOWED[name]).read_text()
    assert any(language in {"", "console", "sh"} for language, _ in blocks(name))


@pytest.mark.parametrize("name", NOT_TYPED)
def test_what_is_not_typed_is_a_line_to_be_pasted(name: str) -> None:
    assert any(language == "sh" for language, _ in blocks(name))


def tox() -> tuple[set[str], set[str]]:
    """The environments that tox has, and the labels for several of them."""
    ini = configparser.ConfigParser()
    ini.read(ROOT / "tox.ini")
    named = {each.removeprefix("testenv:") for each in ini.sections()}
    labels = {line.partition("=")[0].strip() for line in ini["tox"]["labels"].split("\n")}
    return named, labels


@pytest.mark.parametrize("name", NAMES)
def test_tox_has_what_is_said_to_be_run_by_it(name: str) -> None:
    named, labels = tox()
    for kind, word in TOX.findall((ROOT / name).read_text()):
        assert not word or word in (named if kind == "e" else labels), word


def test_whoever_contributes_finds_what_tox_has() -> None:
    shown = {word for _, word in TOX.findall((ROOT / "CONTRIBUTING.md").read_text())}
    by_itself = {"tox", "testenv", "all", "tests", "lint", "types", "py{311,312,313,314}"}
    named, labels = tox()
    assert (named | labels) - {""} - by_itself <= shown


def test_ci_runs_the_command_that_stands_between_the_marks() -> None:
    (text,) = re.findall("<!-- tests:begin -->(.*)<!-- tests:end -->", README, re.S)
    ((language, command),) = FENCE.findall(text.lstrip())
    assert (language, command.split()[-1]) == ("sh", ".venv/bin/tox")
    script = (ROOT / ".ci/run").read_text()
    assert "<!-- tests:begin -->" in script and "README.md" in script


def test_claude_finds_what_the_page_has_it_look_for(tmp_path: Path) -> None:
    ((_, text),) = blocks("docs/skills.md")
    made, *installed = text.splitlines()
    wanted = [
        line.replace("DIR", "./thrum-plugin") for line in catalogue.PACKAGES["claude"].install
    ]
    assert installed == wanted
    command = [sys.executable, "-m", *shlex.split(made)]
    env = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env=env)
    plugin, _, market = installed[-1].split()[-1].partition("@")
    about = json.loads((tmp_path / "thrum-plugin/.claude-plugin/marketplace.json").read_text())
    assert about["name"] == market
    assert [each["name"] for each in about["plugins"]] == [plugin]
    own = json.loads((tmp_path / "thrum-plugin/.claude-plugin/plugin.json").read_text())
    assert own["name"] == plugin


def test_a_block_that_nothing_runs_is_noticed() -> None:
    assert TYPED.match("desk$ thrum inbox\n")
    assert not TYPED.match("thrum inbox\n")
    assert COMMAND.search("first\nthrum inbox\n")
