"""The completion scripts, run by the shells that are here."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from thrum.cli import table
from thrum.cli.commands import completion


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        (["inb"], {"inbox"}),
        (["message", ""], {"get", "edit", "delete", "read", "archive", "delete-by-agent"}),
        (["message", "read", "--a"], {"--all"}),
        (["--json", "daemon", "st"], {"start", "stop", "status"}),
        (["send", "--bro"], {"--broadcast"}),
        (["send", "word", "--bro"], {"--broadcast"}),
    ],
)
def test_bash_completes(world: Any, line: list[str], offered: set[str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    quoted = " ".join(f"'{word}'" for word in ["thrum", *line])
    script = world.run("completion", "bash").out
    script += (
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(line)}; _thrum; printf '%s\\n' ${{COMPREPLY[@]}}"
    )
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered
    assert done.stderr == ""


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_script_names_every_command(world: Any, shell: str) -> None:
    script = world.run("completion", shell).out
    assert all(word in script for word in table.first_words())
    program = shutil.which("pwsh" if shell == "powershell" else shell)
    if program and shell != "powershell":
        subprocess.run([program, "-n"], input=script, text=True, check=True, timeout=20)


def test_another_shell(world: Any) -> None:
    assert world.run("completion", "tcsh").code == 2
    assert world.run("completion", "zsh", "--json").document["shell"] == "zsh"
