"""Pages for man."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from thrum import manual
from thrum.cli import table

ROOT = Path(__file__).parents[2]


def test_the_pages_are_what_the_code_says() -> None:
    folder = ROOT / manual.FOLDER
    assert {path.name: path.read_text() for path in folder.iterdir()} == manual.pages()


def test_every_command_has_its_place() -> None:
    pages = manual.pages()
    for name, entry in table.COMMANDS.items():
        if entry.place is not table.HIDDEN:
            title = manual.escaped(f"thrum {name}").upper()
            assert f'.SH "{title}"' in pages[f"thrum-{name.split()[0]}.1"]


def test_nothing_in_a_text_is_a_command_of_roff() -> None:
    assert manual.escaped(".so x\n'y\n\\fB-") == "\\&.so x\n\\&'y\n\\efB\\-"


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is missing")
def test_groff_has_nothing_to_say_against_them() -> None:
    pages = sorted((ROOT / manual.FOLDER).iterdir())
    for page in pages[:3]:
        done = subprocess.run(
            ["groff", "-man", "-ww", "-Wbreak", "-z", "-Tutf8", str(page)],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
