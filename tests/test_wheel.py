"""What is installed holds every file that the program reads, not its modules alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import thrum
from tests.unpacking import extract

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "thrum/web/ui"
"""The sources of the pages, which nobody needs who has what is built of them."""
BUILD = "import sys; from setuptools import build_meta as build; print(build.build_{}(sys.argv[1]))"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What of this clone goes into what is built."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for package in ("thrum", "gitstore"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / package, copy / package, ignore=ignored)
    for folder in ("docs", "man"):
        shutil.copytree(ROOT / folder, copy / folder)
    return copy


def built(kind: str, copy: Path) -> Path:
    """A wheel or an sdist of the copy."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(kind), str(copy)],
        cwd=copy,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return copy / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(copy: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(built("wheel", copy))


def test_a_wheel_of_the_sdist_has_the_same(
    copy: Path, wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    with tarfile.open(built("sdist", copy)) as sources:
        extract(sources, tmp_path)
    (unpacked,) = tmp_path.iterdir()
    again = zipfile.ZipFile(built("wheel", unpacked))
    assert sorted(again.namelist()) == sorted(wheel.namelist())


def test_every_file_of_the_packages_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    files = {
        str(path.relative_to(ROOT))
        for package in ("thrum", "gitstore")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and PAGES not in path.parents
    }
    assert {"thrum/skills/texts/thrum.md", "thrum/web/static/index.html"} <= files
    assert sorted(files - {*wheel.namelist()}) == []


def test_the_pages_are_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    inside = wheel.namelist()
    for path in (ROOT / "docs").glob("*.md"):
        assert wheel.read(f"thrum/guides/{path.name}") == path.read_bytes()
    manual = {name.rpartition("/")[2] for name in inside if "share/man/man1/" in name}
    assert manual == {path.name for path in (ROOT / "man/man1").iterdir()}
    (info,) = (name for name in inside if name.endswith(".dist-info/METADATA"))
    assert f"\nVersion: {thrum.__version__}\n" in wheel.read(info).decode()


def test_the_texts_are_whole(wheel: zipfile.ZipFile) -> None:
    for path in (ROOT / "thrum/skills/texts").iterdir():
        assert wheel.read(str(path.relative_to(ROOT))) == path.read_bytes()
