"""The role texts that come with the program: there, short, and saying three things."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from thrum.cli.table import COMMANDS
from thrum.errors import ThrumError
from thrum.roles import composing, shipped

LONGEST = 1_500
PARTS = ["First", "Not", "Ask"]


def test_every_text_is_listed_and_every_listed_one_is_there() -> None:
    files = {path.stem for path in Path(shipped.__file__).with_name("templates").iterdir()}
    assert files == set(shipped.NAMES)
    assert len(shipped.NAMES) == 20


@pytest.mark.parametrize("name", shipped.NAMES)
def test_a_text_is_short_and_says_what_comes_first_what_not_and_when_to_ask(name: str) -> None:
    found = shipped.read(name)
    assert len(found.text) <= LONGEST
    assert re.findall(r"^## (.*)$", found.body, re.MULTILINE) == PARTS
    for part in re.split(r"^## .*$", found.body, flags=re.MULTILINE)[1:]:
        assert part.strip().startswith("- ")
    assert not found.body.startswith(("\n", "#", "-"))
    assert found.text.endswith("\n")


@pytest.mark.parametrize("name", shipped.NAMES)
def test_its_front_matter_says_what_it_is(name: str) -> None:
    found = shipped.read(name)
    assert found.schema_version == shipped.SCHEMA
    role, _, autonomy = name.partition("-")
    assert f"\nrole: {role}\n" in found.text
    assert shipped.name_of(role, autonomy) == name
    assert f"autonomy: {autonomy}\n" in found.text or name == "orchestrator"


@pytest.mark.parametrize("name", shipped.NAMES)
def test_its_tokens_are_known_and_its_commands_are_there(name: str) -> None:
    body = shipped.read(name).body
    variables = composing.Variables("nux", "tester", "engine", "/w", "/r", "boss")
    assert "{{" not in composing.render(body, variables)
    for line in re.findall(r"`thrum ([^`]*)`", body):
        words = line.split()
        assert words[0] in COMMANDS or " ".join(words[:2]) in COMMANDS, line


@pytest.mark.parametrize("name", shipped.NAMES)
def test_its_hash_is_of_the_body_alone(name: str) -> None:
    found = shipped.read(name)
    body = found.text.split("---\n", 2)[2].lstrip("\n")
    assert found.hash == hashlib.sha256(body.encode()).hexdigest()
    changed = found.text.replace("schema_version: 1", "schema_version: 1\nnote: x")
    assert shipped.parse(changed).hash == found.hash
    assert shipped.parse(found.text + "more\n").hash != found.hash


def test_every_text_goes_into_the_wheel() -> None:
    root = Path(__file__).parents[3]
    data = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"][
        "package-data"
    ]
    taken = {path for pattern in data["thrum"] for path in (root / "thrum").glob(pattern)}
    assert {root / f"thrum/roles/templates/{name}.md" for name in shipped.NAMES} <= taken


def test_no_two_are_the_same() -> None:
    assert len({shipped.read(name).hash for name in shipped.NAMES}) == len(shipped.NAMES)


@pytest.mark.parametrize("name", ["", "tester", "tester-lax", "../tester-strict"])
def test_another_is_not_found(name: str) -> None:
    with pytest.raises(ThrumError, match="no role text"):
        shipped.read(name)


def test_a_scope_of_its_own_counts_first() -> None:
    assert shipped.name_of("implementer", "strict", "worktree-write-only") == (
        "implementer-worktree-write-only"
    )
    assert shipped.name_of("implementer", "strict", "module") == "implementer-strict"
    assert shipped.name_of("orchestrator", "", "") == "orchestrator"


@pytest.mark.parametrize(
    ("text", "body", "version"),
    [
        ("plain\n", "plain\n", 0),
        ("---\nschema_version: 3\n---\n\n\nbody\n", "body\n", 3),
        ("---\r\nschema_version: 2\r\n---\r\nbody\r\n", "body\n", 2),
        ("---\nno end\n", "---\nno end\n", 0),
        ("---\nschema_version: x\n---\nbody", "body", 0),
        ("", "", 0),
    ],
)
def test_front_matter_is_told_from_the_body(text: str, body: str, version: int) -> None:
    found = shipped.parse(text)
    assert (found.body, found.schema_version) == (body, version)
