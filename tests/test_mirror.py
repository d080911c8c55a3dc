"""Each module has its own test file at the place that mirrors it, or says which file tries it."""

from __future__ import annotations

import ast
from pathlib import Path

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


def lacks(module: Path) -> str:
    """What is to be done for a module to be tried by one file; nothing if it is."""
    if module.name == "__init__.py" and not says_something(module):
        return ""
    has_own = (ROOT / mirror(module)).is_file()
    elsewhere = str(module) in TRIED
    if has_own == elsewhere:
        return (
            f"{module} has its own test file; take its line out"
            if has_own
            else f"write {mirror(module)}, or say in tests/tried.py who tries it"
        )
    return ""


def test_every_module_is_tried() -> None:
    assert [said for said in map(lacks, MODULES) if said] == []


def test_who_is_said_to_try_a_module_does() -> None:
    for module, (file, why) in TRIED.items():
        assert (ROOT / module).is_file(), f"there is no {module} any more"
        assert (ROOT / file).is_file(), f"there is no {file} any more"
        assert "def test_" in (ROOT / file).read_text(), file
        assert why, module
