"""What is served: whole, compressed beside, small enough, and nothing of it from elsewhere."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "thrum" / "web" / "static"
SOURCES = ROOT / "thrum" / "web" / "ui"
ENDINGS = {".br", ".gz"}
PLAIN = sorted(path for path in BUILT.rglob("*") if path.is_file() and path.suffix not in ENDINGS)
NAMES = [str(path.relative_to(BUILT)) for path in PLAIN]
FIRST_KB = 150
ALL_KB = 200


def test_the_page_names_only_what_is_there() -> None:
    page = (BUILT / "index.html").read_text()
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert named
    assert [name for name in named if not (BUILT / name.lstrip("/")).is_file()] == []


def test_the_page_has_no_script_and_no_style_of_its_own() -> None:
    page = (BUILT / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_its_compressed_forms_beside_it(name: str) -> None:
    path = BUILT / name
    packed = path.with_name(path.name + ".gz")
    assert gzip.decompress(packed.read_bytes()) == path.read_bytes()
    assert path.with_name(path.name + ".br").stat().st_size > 0


def test_every_compressed_form_is_of_a_file() -> None:
    packed = [path for path in BUILT.rglob("*") if path.suffix in ENDINGS]
    assert [path for path in packed if path.with_suffix("") not in PLAIN] == []


def test_scripts_are_small_enough() -> None:
    page = (BUILT / "index.html").read_text()
    sizes = {
        path.name.removesuffix(".br"): path.stat().st_size
        for path in (BUILT / "assets").glob("*.js.br")
    }
    first = sum(size for name, size in sizes.items() if name in page)
    assert 0 < first <= FIRST_KB * 1000
    assert sum(sizes.values()) < ALL_KB * 1000


def test_no_source_map_and_nothing_from_third_parties() -> None:
    styles = "".join(path.read_text() for path in PLAIN if path.suffix == ".css")
    assert not [name for name in NAMES if name.endswith(".map")]
    assert re.findall(r"@import|url\(", styles) == []
    assert "sourceMappingURL" not in "".join(
        path.read_text() for path in PLAIN if path.suffix in {".js", ".css"}
    )


def test_the_lock_file_names_no_host_and_everything_in_it_has_a_hash() -> None:
    text = (SOURCES / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert "resolved" not in {key for each in packages.values() for key in each}
    assert [name for name, each in packages.items() if name and "integrity" not in each] == []
    assert "omit-lockfile-registry-resolved=true" in (SOURCES / ".npmrc").read_text()
