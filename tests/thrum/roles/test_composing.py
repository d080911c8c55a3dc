"""What an agent is told of its role: its own text, else the repository's above the usual one."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum import preamble
from thrum.errors import ThrumError
from thrum.roles import composing
from thrum.roles.composing import Told, Variables

NUX = Variables("nux", "tester", "engine", "/w", "/r", "boss")
DEFAULT = preamble.default("nux")


def write(shared: Path, role: str, text: str | bytes) -> None:
    (shared / composing.FOLDER).mkdir(exist_ok=True)
    content = text.encode() if isinstance(text, str) else text
    (shared / composing.FOLDER / f"{role}.md").write_bytes(content)


@pytest.mark.parametrize("own", ["", " \n", DEFAULT, composing.whole("Old text.", NUX)])
def test_what_nobody_wrote_by_hand_is_composed(own: str) -> None:
    assert composing.told(own, "You test.", NUX) == Told("You test.", DEFAULT)
    assert composing.told(own, "", NUX) == Told("", DEFAULT)


@pytest.mark.parametrize("own", ["Mine.", DEFAULT + "\n---\n\nMine.", preamble.default("furiosa")])
def test_what_somebody_wrote_counts_alone(own: str) -> None:
    assert composing.told(own, "You test.", NUX) == Told("", own)


def test_tokens_get_their_values_and_others_stay() -> None:
    text = (
        "{{.AgentName}} {{.Role}} {{.Module}} {{.WorktreePath}} {{.RepoRoot}} {{.CoordinatorName}} "
        "{{ .Role }} {{.Other}} {{Role}} {.Role} {{.role}} {{if .Role}}"
    )
    assert composing.render(text, NUX) == (
        "nux tester engine /w /r boss tester {{.Other}} {{Role}} {.Role} {{.role}} {{if .Role}}"
    )


def test_a_value_that_looks_like_a_token_stays() -> None:
    assert composing.render("{{.Module}}", NUX._replace(module="{{.Role}} \\1")) == "{{.Role}} \\1"


def test_the_repositorys_text_is_read_without_front_matter(tmp_path: Path) -> None:
    assert composing.template(tmp_path, "tester") == ""
    write(tmp_path, "tester", "---\nschema_version: 1\n---\n\nYou test.\n")
    write(tmp_path, "not a role", "x")
    assert composing.template(tmp_path, "tester") == "You test.\n"
    assert composing.roles(tmp_path) == ["tester"]


@pytest.mark.parametrize("role", ["../secret", "", "a/b", ".hidden", "x" * 65, "a\nb"])
def test_a_role_leads_nowhere_else(tmp_path: Path, role: str) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / composing.FOLDER).mkdir()
    assert composing.template(tmp_path, role) == ""
    with pytest.raises(ThrumError, match="is no role"):
        composing.path_of(tmp_path, role)


@pytest.mark.parametrize("content", [b"\xff", b"x" * 1_100_000])
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "tester", content)
    with pytest.raises(ThrumError, match=r"tester\.md"):
        composing.template(tmp_path, "tester")


def test_the_first_coordinator_is_the_one() -> None:
    assert composing.coordinator([("b", "coordinator"), ("a", "coordinator"), ("0", "x")]) == "a"
    assert composing.coordinator([]) == "coordinator"


def test_the_whole_text_has_both_parts() -> None:
    text = composing.whole("You test {{.Module}}.\n", NUX)
    assert text == f"{composing.MARK}\n\nYou test engine.\n\n---\n\n{DEFAULT}"
    assert not composing.is_own(text, "nux")
