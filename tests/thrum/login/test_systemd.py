"""The unit is one that systemd reads, and it starts what was meant, however that is spelled."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from thrum.login import systemd

ODD = [
    "plain",
    "with space",
    'quo"te',
    "per%cent %h",
    "back\\slash",
    "dol$HOME",
    "it's",
    "tab\there",
    "line\nfeed",
    "ünï",
    "; rm -rf #",
    " edge ",
]


@pytest.mark.parametrize("name", ODD)
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, name: str) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / name / "python"
    program.parent.mkdir()
    program.symlink_to(sys.executable)
    unit = tmp_path / "thrum.service"
    command = [str(program), "-P", "-m", "thrum", "service", "start"]
    unit.write_text(systemd.text(command, f"{tmp_path / name}:/usr/bin:/bin"))
    argv = [analyze, "--user", "--man=no", "verify", str(unit)]
    env = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, said) == (0, [])


def test_systemd_notices_what_is_wrong(tmp_path: Path) -> None:
    """The other test would see it."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "thrum.service"
    unit.write_text(systemd.text([str(tmp_path / "gone")], "/usr/bin"))
    argv = [analyze, "--user", "--man=no", "verify", str(unit)]
    env = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "gone is not executable" in done.stderr


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("a b", '"a b"'),
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ("50%", '"50%%"'),
        ("a\nb", '"a\\x0ab"'),
        ("a\x7fb", '"a\\x7fb"'),
    ],
)
def test_words_are_quoted_as_its_manual_has_it(word: str, quoted: str) -> None:
    assert systemd.quoted(word) == quoted


def test_no_word_stands_for_a_variable() -> None:
    assert systemd.line(["/bin/a", "b"]) == '"/bin/a" "b"'
    assert systemd.line(["/bin/a", "$b"]) == '"/bin/a" "$$b"'
    shell = '"/bin/sh" "-c" "exec \\"$$@\\"" "sh"'
    assert systemd.line(["/bin/$HOME", "b"]) == f'{shell} "/bin/$$HOME" "b"'


def test_without_its_program_the_unit_is_passed_over_where_a_line_can_say_so() -> None:
    assert "\nConditionFileIsExecutable=/a b/50%%\n" in systemd.text(["/a b/50%"], "/bin")
    assert "Condition" not in systemd.text(["/a\nb"], "/bin")
    assert "Condition" not in systemd.text(["/a\\"], "/bin")
