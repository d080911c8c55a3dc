"""Dependencies are bounded, and what is installed lies within the bounds."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
RUNTIME: list[str] = PROJECT["dependencies"]
_REQUIREMENT = re.compile(r"([a-z0-9-]+)>=([\d.]+),<([\d.]+)")


def release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])


@pytest.mark.parametrize("requirement", RUNTIME)
def test_a_dependency_has_both_bounds_and_the_installed_one_is_between(requirement: str) -> None:
    found = _REQUIREMENT.fullmatch(requirement)
    assert found, f"{requirement} lacks a lower or an upper bound"
    name, low, high = found.groups()
    assert release(low) <= release(metadata.version(name)) < release(high)


def test_the_architecture_page_argues_every_dependency() -> None:
    page = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text()
    names = [re.split(r"[>=<]", requirement)[0] for requirement in RUNTIME]
    assert [name for name in names if f"| {name} |" not in page] == []
