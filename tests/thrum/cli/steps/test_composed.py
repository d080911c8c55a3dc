"""What an agent is told, part by part, whatever the files are."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import preamble
from thrum.cli.steps import composed
from thrum.cli.steps.composed import Part, Who
from thrum.errors import ThrumError

WHO = Who("furiosa", "implementer", "auth")


@pytest.fixture
def told(world: Any) -> Any:
    for folder in ("context", "role_templates"):
        (world.root / ".thrum" / folder).mkdir()
    return world


def gather(world: Any, who: Who = WHO, own: str = "", *, is_alone: bool = False) -> Any:
    troubles: list[ThrumError] = []
    context = world.context([])
    parts = composed.gather(context, who, own, is_alone=is_alone, trouble=troubles.append)
    return parts, [each.message for each in troubles]


def test_without_any_file_there_is_the_usual_text(told: Any) -> None:
    parts, troubles = gather(told)
    assert parts == (Part(), Part(preamble.default("furiosa"), composed.USUAL), Part())
    assert not troubles


def test_tokens_get_their_values(told: Any) -> None:
    told.identity("boss", role="coordinator")
    (told.root / ".thrum/role_templates/implementer.md").write_text(
        "{{.AgentName}} {{.Role}} {{.Module}} {{.WorktreePath}} {{.CoordinatorName}} {{.Other}}"
    )
    text = gather(told)[0].duties.text
    assert text.rstrip() == f"furiosa implementer auth {told.root} boss {{{{.Other}}}}"


@pytest.mark.parametrize("role", ["", "..", "a/b", "x" * 65, "none", "../../secret"])
def test_a_role_without_a_text_is_told_nothing_of_it(told: Any, role: str) -> None:
    (told.root / "secret.md").write_text("secret")
    parts, troubles = gather(told, Who("furiosa", role))
    assert (parts.duties, troubles) == (Part(), [])


@pytest.mark.parametrize("is_alone", [False, True])
def test_a_text_of_ones_own_stands_for_both(told: Any, is_alone: bool) -> None:
    (told.root / ".thrum/role_templates/implementer.md").write_text("duties")
    parts, _ = gather(told, own="mine", is_alone=is_alone)
    assert parts.duties == Part()
    assert parts.instructions.text == "mine"
    assert parts.instructions.source.endswith(".thrum/context/furiosa_preamble.md")


def test_who_is_alone_is_told_of_its_role_only(told: Any) -> None:
    (told.root / ".thrum/role_templates/implementer.md").write_text("duties")
    parts, _ = gather(told, is_alone=True)
    assert parts.duties.text.strip() == "duties"
    assert parts.instructions == Part()


def test_what_cannot_be_read_is_told_and_the_rest_is_there(told: Any) -> None:
    (told.root / ".thrum/role_templates/implementer.md").mkdir()
    (told.root / ".thrum/context/project_state.md").symlink_to(told.root / "secret")
    parts, troubles = gather(told)
    assert (parts.duties, parts.project) == (Part(), Part())
    assert parts.instructions.text == preamble.default("furiosa")
    assert ["implementer.md" in troubles[0], "project_state.md" in troubles[1]] == [True, True]


def test_whose_role_is_known(told: Any) -> None:
    told.identity("nux", role="tester", module="ui")
    told.env["THRUM_NAME"] = "furiosa"
    context = told.context([])
    assert composed.of(context, "nux") == Who("nux", "tester", "ui")
    assert composed.of(context, "furiosa") == WHO
    assert composed.of(context, "slit") == Who("slit")
    for name in ("nux", "furiosa"):
        (told.root / f".thrum/identities/{name}.json").unlink()
    assert composed.of(told.context([]), "slit") == Who("slit")
