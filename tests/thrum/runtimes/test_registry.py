"""Runtimes by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from thrum.errors import ThrumError
from thrum.runtime_names import ALIASES, NAMES
from thrum.runtimes import registry


@pytest.mark.parametrize("name", [*NAMES, *ALIASES])
def test_every_name_has_its_adapter(name: str) -> None:
    assert registry.adapter(name).name == ALIASES.get(name, name)


def test_all_of_them_in_their_order() -> None:
    assert tuple(each.name for each in registry.every()) == NAMES


@pytest.mark.parametrize(
    ("name", "hint"),
    [("claud", "claude"), ("opencod", "opencode"), ("aider", "runtime list"), ("", "runtime list")],
)
def test_a_name_that_is_none_is_refused_with_what_was_meant(name: str, hint: str) -> None:
    with pytest.raises(ThrumError) as refused:
        registry.adapter(name)
    assert refused.value.kind == "not_found"
    assert hint in str(refused.value.hint)


def test_one_runtime_costs_one_module() -> None:
    code = (
        "import sys; from thrum.runtimes import registry; registry.adapter('claude');"
        "print(*sorted(m for m in sys.modules if m.startswith('thrum.runtimes.')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == [
        f"thrum.runtimes.{name}" for name in ("claude", "contract", "handlers", "mark", "registry")
    ]
