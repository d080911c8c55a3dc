"""Skills in the folders of runtimes: each obeys its reader's rules, and setup knows it as ours."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest
from msgspec.structs import replace

from thrum import skills
from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Own, Part, Scope, Where
from thrum.setup.plan import OWN_MARK
from thrum.skills import folders, rules
from thrum.skills.skill import File

ROOT, HOME = Path("/work/tree"), Path("/home/max")
HAVE = [each for each in registry.every() if each.skills]


def where(scope: Scope = Scope.PROJECT, **env: str) -> Where:
    return Where(scope, ROOT, HOME, env, HOME / ".thrum/bin/thrum")


def files(adapter: Adapter) -> list[File]:
    folder = folders.place(where(), adapter)
    assert folder
    return [
        File(str(each.path.relative_to(folder)), each.text, each.mode)
        for each in skills.pieces(where(), adapter)
    ]


@pytest.mark.parametrize("adapter", HAVE, ids=lambda each: each.name)
def test_what_a_runtime_gets_obeys_its_rules_and_ours(adapter: Adapter) -> None:
    found = files(adapter)
    assert list(rules.faults(found, rules.of(adapter.name))) == []
    pages = [rules.parsed(each.text)[0] for each in found if each.path.endswith("/SKILL.md")]
    assert all(len(front["description"]) <= rules.OUR_DESCRIPTION for front in pages)
    listed = sum(len(front["name"]) + len(front["description"]) for front in pages)
    assert listed <= rules.OUR_LIST


@pytest.mark.parametrize("scope", Scope, ids=str)
@pytest.mark.parametrize("adapter", HAVE, ids=lambda each: each.name)
def test_every_file_is_known_as_ours_and_lies_in_a_folder_of_ours(
    adapter: Adapter, scope: Scope
) -> None:
    base = {Scope.USER: HOME, Scope.PROJECT: ROOT}[scope] / adapter.skills[scope]
    for piece in skills.pieces(where(scope), adapter):
        assert isinstance(piece, Own)
        assert piece.part is Part.SKILL
        assert OWN_MARK in piece.text[:2000]
        inner = piece.path.relative_to(base)
        assert inner.parts[0].partition("-")[0] == "thrum"
        assert ".." not in inner.parts


def test_a_folder_that_several_read_has_the_same_files_for_all_of_them() -> None:
    """Else each setup for one of them would write over the other's."""
    by_path: dict[PurePath, str] = {}
    for adapter in HAVE:
        for piece in skills.pieces(where(), adapter):
            assert by_path.setdefault(piece.path, piece.text) == piece.text, piece.path
    assert by_path


def test_a_runtime_without_a_folder_gets_none() -> None:
    bare = replace(registry.adapter("codex"), skills={Scope.USER: ".agents/skills"})
    assert list(skills.pieces(where(), bare)) == []
    assert list(skills.pieces(where(Scope.USER), bare))


def test_a_variable_that_moves_the_persons_folder_moves_its_skills() -> None:
    claude = registry.adapter("claude")
    moved = where(Scope.USER, CLAUDE_CONFIG_DIR="/elsewhere/claude")
    assert folders.place(moved, claude) == Path("/elsewhere/claude/skills")
    here = where(Scope.PROJECT, CLAUDE_CONFIG_DIR="/elsewhere/claude")
    assert folders.place(here, claude) == ROOT / ".claude/skills"
    assert folders.place(where(Scope.USER, CODEX_HOME="/x"), registry.adapter("codex")) == (
        HOME / ".agents/skills"
    )


def test_codex_does_not_list_what_people_type() -> None:
    unlisted = {
        PurePath(each.path).parts[0]
        for each in files(registry.adapter("codex"))
        if each.path.endswith("agents/openai.yaml")
    }
    assert unlisted == {each.name for each in folders.every() if each.is_typed}
