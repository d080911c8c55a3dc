"""Each module has its own test file at the place that mirrors it, or says which file tries it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.tried import TRIED

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path.relative_to(ROOT)
    for package in ("gitstore", "thrum")
    for path in (ROOT / package).rglob("*.py")
    if "node_modules" not in path.parts
)


def mirror(module: Path) -> Path:
    """Where the module's own test file is; a package's is named like the package."""
    if module.name == "__init__.py":
        return Path("tests", module.parent, f"test_{module.parent.name}.py")
    return Path("tests", module.parent, f"test_{module.name}")


def says_something(module: Path) -> bool:
    """Whether the module defines anything besides what it takes from others."""
    made = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return any(isinstance(node, made) for node in ast.parse((ROOT / module).read_text()).body)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_is_tried(module: Path) -> None:
    if module.name == "__init__.py" and not says_something(module):
        return
    has_own = (ROOT / mirror(module)).is_file()
    elsewhere = TRIED.get(str(module))
    assert has_own or elsewhere, f"write {mirror(module)}, or say in tests/tried.py who tries it"
    assert not (has_own and elsewhere), f"{module} has its own test file; take its line out"


@pytest.mark.parametrize("module", TRIED)
def test_who_is_said_to_try_a_module_does(module: str) -> None:
    file, why = TRIED[module]
    assert (ROOT / module).is_file(), f"there is no {module} any more"
    assert (ROOT / file).is_file(), f"there is no {file} any more"
    assert "def test_" in (ROOT / file).read_text()
    assert why
