"""The sources of the pages pass their own tests, and what is committed is built of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "thrum" / "web" / "ui"
BUILT = ROOT / "thrum" / "web" / "static"

pytestmark = [pytest.mark.web, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the sources with what npm puts beside them, so that nothing here is changed."""
    if shutil.which("npm") is None:
        pytest.skip("npm is missing, so nothing can be built")
    folder = tmp_path_factory.mktemp("pages")
    copy = folder / "ui"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(BUILT, folder / "static")
    npm(copy, "ci")
    yield copy


def npm(folder: Path, *argv: str) -> None:
    done = subprocess.run(["npm", *argv], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("script", ["lint", "types", "test"])
def test_the_sources_pass(sources: Path, script: str) -> None:
    npm(sources, "run", script)


def test_a_build_anew_is_what_is_committed(sources: Path) -> None:
    npm(sources, "run", "build")
    fresh = files(sources.parent / "static")
    committed = files(BUILT)
    assert sorted(fresh) == sorted(committed), "run `npm run build` in thrum/web/ui"
    differing = [name for name, content in fresh.items() if committed[name] != content]
    assert differing == [], "run `npm run build` in thrum/web/ui"


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
