"""What runtimes are called."""

from __future__ import annotations

import pytest

from thrum.identity import process
from thrum.runtime_names import ALIASES, NAMES, canonical
from thrum.runtimes import registry


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays(name: str) -> None:
    assert canonical(name) == name
    assert canonical(f" {name.upper()} ") == name


@pytest.mark.parametrize(("other", "name"), ALIASES.items())
def test_another_name_leads_to_it(other: str, name: str) -> None:
    assert canonical(other) == canonical(other.title()) == name
    assert name in NAMES
    assert other not in NAMES


@pytest.mark.parametrize("text", ["", "My-Tool", "claudette", "{}", "kiro-cli2"])
def test_what_nobody_knows_comes_back_as_it_is(text: str) -> None:
    assert canonical(text) == text


def test_the_adapters_say_the_same() -> None:
    said = {other: each.name for each in registry.every() for other in each.aliases}
    assert said == ALIASES


def test_processes_are_called_as_the_adapters_say() -> None:
    names = {name: each.name for each in registry.every() for name in each.detection.processes}
    scripts = {part: each.name for each in registry.every() for part in each.detection.scripts}
    # Aider has neither hooks nor servers, so no adapter; a shell below it is its own all the same.
    assert {**names, "aider": "aider"} == process.RUNTIMES
    assert scripts == process.SCRIPTS
