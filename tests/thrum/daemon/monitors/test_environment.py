"""What a program is given, and where it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.daemon.monitors import environment
from thrum.errors import ThrumError


def test_it_is_built_from_nothing() -> None:
    daemons = {"HOME": "/h", "LANG": "C", "TOKEN": "x", "PATH": "/evil", "THRUM_NAME": "n"}
    assert environment.of(daemons, {}) == {"HOME": "/h", "LANG": "C", "PATH": environment.PATH}
    own = {"PATH": "/mine", "TOKEN": "mine", "HOME": "/other"}
    assert environment.of(daemons, own) == {"LANG": "C", **own}


def test_what_is_there(tmp_path: Path) -> None:
    program = tmp_path / "run"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name, path in (("sh", environment.PATH), ("./run", ""), ("run", str(tmp_path))):
        environment.check(name, str(tmp_path), {"PATH": path})
    environment.check(str(program), "/", {})


@pytest.mark.parametrize("name", ["nosuchprogram", "./nosuch", "/nosuch/program", "."])
def test_a_program_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(ThrumError) as refused:
        environment.check(name, str(tmp_path), {"PATH": environment.PATH})
    assert refused.value.kind == "program"


@pytest.mark.parametrize("cwd", ["", ".", "relative", "/nosuch", "/etc/passwd"])
def test_a_directory_that_is_none(cwd: str) -> None:
    with pytest.raises(ThrumError) as refused:
        environment.check("sh", cwd, {"PATH": environment.PATH})
    assert refused.value.kind == "not_found"
