"""The texts of the skill: short, true, and whole in a package that is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import thrum
from tests.thrum.skills.lines import typed, understood
from thrum.errors import ThrumError
from thrum.skills import source

TEXTS = ("thrum.md", "messaging.md", "listener.md")
GENERATED = "commands.md"
"""Usage lines, made from the declarations; see `tests/thrum/skills/test_reference.py`."""

ORDERS = re.compile(r"\b(?:must|always|never|important|you should|do not)\b", re.I)


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_text_says_can_be_typed(name: str) -> None:
    lines = typed(source.text(name))
    assert len(lines) > 3
    assert all(understood(line) for line in lines)


def test_a_line_that_cannot_be_typed_is_found() -> None:
    assert typed("say `thrum send x` and `git diff | thrum reply A -`") == [
        "thrum send x",
        "thrum reply A -",
    ]
    assert typed("```sh\nthrum wait && thrum inbox\n```\n") == ["thrum wait", "thrum inbox"]
    for line in ("thrum sned x", "thrum wait --timeout soon", "thrum team --gone", "thrum reply"):
        with pytest.raises(ThrumError):
            understood(line)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_states_facts(name: str) -> None:
    """Text that gives orders from outside is shown to the person instead of being read."""
    assert ORDERS.findall(source.text(name)) == []


def test_all_references_that_the_skill_names_go_with_it() -> None:
    skill = source.skill()
    assert set(re.findall(r"\((references/[^)]+)\)", skill.body)) == {*skill.references}
    assert all(text.startswith("# ") for text in skill.references.values())


def test_no_text_lies_in_the_package_unread() -> None:
    folder = Path(thrum.__file__).parent / "skills" / "texts"
    assert {path.name for path in folder.iterdir()} == {*TEXTS, GENERATED}
    assert source.text(GENERATED) in source.skill().references.values()
