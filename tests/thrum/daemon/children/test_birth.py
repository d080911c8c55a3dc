"""Why a process could not be started is said in words, and nothing is left of the attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.children.conftest import Run, zombies
from thrum.daemon.children.children import Children
from thrum.errors import ThrumError

pytestmark = pytest.mark.anyio


async def refused(run: Run, *argv: str, **how: Any) -> ThrumError:
    with pytest.raises(ThrumError) as raised:
        await run(*argv, **how)
    return raised.value


async def test_a_program_that_is_not_there(run: Run, children: Children) -> None:
    error = await refused(run, "no-such-program-anywhere")
    assert (error.kind, error.details) == ("program", {"program": "no-such-program-anywhere"})
    assert "'no-such-program-anywhere' is not found" in error.message
    assert (children.running(), zombies()) == ([], [])


async def test_the_path_of_the_given_environment_counts(run: Run, tmp_path: Path) -> None:
    assert (await refused(run, "env", environment={"PATH": str(tmp_path)})).kind == "program"


async def test_a_file_that_cannot_be_run(run: Run, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    error = await refused(run, str(plain))
    assert (error.kind, "cannot be run" in error.message) == ("program", True)
    plain.chmod(0o755)
    error = await refused(run, str(plain))
    assert (error.kind, "cannot be run" in error.message) == ("program", True)
    assert (await refused(run, str(tmp_path.parent))).kind == "program"
    assert (await refused(run, str(plain / "below"))).kind == "program"


async def test_a_directory_that_is_gone(run: Run, tmp_path: Path) -> None:
    error = await refused(run, "true", cwd=tmp_path / "gone")
    assert (error.kind, str(tmp_path / "gone") in error.message) == ("not_found", True)
    (tmp_path / "file").touch()
    assert (await refused(run, "true", cwd=tmp_path / "file")).kind == "not_found"


@pytest.mark.parametrize(
    ("argv", "environment"),
    [
        (["echo", "a\0b"], {}),
        (["ec\0ho"], {}),
        (["echo"], {"A": "\0"}),
        (["echo"], {"A=B": "c"}),
        (["echo", "\ud800"], {}),
        ([], {}),
    ],
)
async def test_arguments_that_no_process_can_have(
    run: Run, argv: list[str], environment: dict[str, str]
) -> None:
    assert (await refused(run, *argv, environment=environment)).kind == "invalid_params"


async def test_too_many_arguments(run: Run) -> None:
    assert (await refused(run, "echo", *["x" * 100_000] * 100)).kind == "too_large"
