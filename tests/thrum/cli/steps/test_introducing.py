"""The questions of ``thrum init``; `tests/integration/test_wizard.py` types at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thrum import git_place, names
from thrum.cli.steps.introducing import Who, introduced
from thrum.errors import ThrumError

NOBODY = Who("", "", "")


@pytest.fixture
def fresh(world: Any) -> Any:
    """A world in which no agent is known."""
    (world.root / ".thrum/identities/furiosa.json").unlink()
    return world


def ask(world: Any, typed: str, given: Who = NOBODY, *, force: bool = False) -> tuple[Who, str]:
    context = world.context([], terminal=True, stdin=typed)
    git = git_place.find(world.root)
    assert git
    who = introduced(context, git, given, force=force)
    return who, context.stderr.getvalue()


def on_branch(world: Any, name: str) -> None:
    (world.root / ".git" / "HEAD").write_text(f"ref: refs/heads/{name}\n")


def test_three_answers(fresh: Any) -> None:
    who, said = ask(fresh, "nux\ntester\napi\n")
    assert who == Who("nux", "tester", "api")
    assert said.startswith("Which agent are you? ")
    assert "  Name [coordinator_shop]:   Role [coordinator]:   Module [main]: " in said


@pytest.mark.parametrize(
    ("branch", "module"),
    [("main", "main"), ("feature/x", "feature_x"), ("Fix-1.2", "Fix-1.2"), ("ü/" * 60, "main")],
)
def test_what_stands_in_brackets_is_always_an_answer(fresh: Any, branch: str, module: str) -> None:
    on_branch(fresh, branch)
    assert ask(fresh, "\n\n\n")[0] == Who("coordinator_shop", "coordinator", module)


@pytest.mark.parametrize("folder", ["s" * 200, "Ünder the hood", "-x-", "1"])
def test_so_is_the_name(fresh: Any, tmp_path: Path, folder: str) -> None:
    fresh.root = fresh.root.rename(tmp_path / folder)
    who, _ = ask(fresh, "\n\n\n")
    assert names.check_agent_name(who.name).startswith("coordinator_")


def test_what_the_line_says_is_not_asked(fresh: Any) -> None:
    who, said = ask(fresh, "\n", Who("", "Test.er", "api"))
    assert who == Who("test_er_shop", "Test.er", "api")
    assert said.count("]: ") == 1
    who, said = ask(fresh, "", Who("a", "b", "c"))
    assert (who, said) == (Who("a", "b", "c"), "")


def test_who_is_known_is_asked_by_force_alone(world: Any) -> None:
    assert ask(world, "") == (NOBODY, "")
    assert ask(world, "\n\n\n", force=True)[0] == Who("furiosa", "implementer", "auth")
    assert ask(world, "nux\n\n\n", force=True)[0] == Who("nux", "coordinator", "main")
    world.identity("max")
    assert ask(world, "\n\n\n", force=True)[0].name == "coordinator_shop"


@pytest.mark.parametrize("typed", ["", "nux\n", "nux\ntester\n", "No Name\n"])
def test_without_an_answer_nobody_is_registered(fresh: Any, typed: str) -> None:
    with pytest.raises(ThrumError) as refused:
        ask(fresh, typed)
    assert (refused.value.kind, "--non-interactive" in str(refused.value.hint)) == ("usage", True)
