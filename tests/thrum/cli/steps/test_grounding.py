"""Whose files are meant, and in which work trees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thrum.cli.steps import grounding
from thrum.errors import ThrumError
from thrum.runtimes.contract import Scope


def test_a_person_in_a_repository(world: Any) -> None:
    for scope in Scope:
        found = grounding.ground(world.context([]), scope.value)
        assert (found.scope, found.home) == (scope, Path(world.env["HOME"]))
        assert found.roots == (world.root,)
        assert found.env is world.env


def test_outside_of_git_only_a_person_has_files(world: Any, tmp_path: Path) -> None:
    world.root = tmp_path / "plain"
    world.root.mkdir()
    assert grounding.ground(world.context([]), "user").roots == (world.root,)
    with pytest.raises(ThrumError, match="no git work tree"):
        grounding.ground(world.context([]), "project")


@pytest.mark.parametrize(("scope", "home"), [("world", "/home"), ("", "/home"), ("user", "")])
def test_what_nobody_can_tell_is_a_matter_of_the_line(world: Any, scope: str, home: str) -> None:
    world.env["HOME"] = home
    with pytest.raises(ThrumError) as refused:
        grounding.ground(world.context([]), scope)
    assert refused.value.kind == "usage"
