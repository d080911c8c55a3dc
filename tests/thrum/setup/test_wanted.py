"""Which pieces a setup consists of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from thrum.runtimes import registry
from thrum.runtimes.contract import Block, Part, Scope
from thrum.setup import applying, plan, receipts, wanted
from thrum.setup.wanted import Ground

CLAUDE = registry.adapter("claude")
SILENT = replace(CLAUDE, name="silent", reaches={}, instructions="SILENT.md")


def test_a_person_has_one_set_of_files_and_each_work_tree_its_own(tmp_path: Path) -> None:
    roots = (tmp_path / "one", tmp_path / "other")
    for scope, count in ((Scope.USER, 1), (Scope.PROJECT, 2)):
        ground = Ground(scope, tmp_path, roots, {})
        found = wanted.pieces(ground, [CLAUDE])
        assert len({each.piece.path for each in found if each.piece.part is Part.HOOKS}) == count
    assert {each.whose for each in found} == {str(root) for root in roots}


def test_whom_no_hook_tells_a_file_does(person: Any) -> None:
    ground = person.ground(Scope.PROJECT)
    (block,) = [
        each.piece for each in wanted.pieces(ground, [SILENT]) if isinstance(each.piece, Block)
    ]
    assert block.path == person.root / "SILENT.md"
    assert "thrum prime" in block.text
    assert len(block.text) < 1000
    assert not [e for e in wanted.pieces(ground, [CLAUDE]) if isinstance(e.piece, Block)]
    ground = person.ground(Scope.USER)
    assert not [e for e in wanted.pieces(ground, [SILENT]) if isinstance(e.piece, Block)]


@pytest.mark.parametrize("adapter", registry.every(), ids=lambda each: each.name)
@pytest.mark.parametrize("scope", Scope)
def test_skills_and_the_rest_are_all_there_is(person: Any, scope: Scope, adapter: Any) -> None:
    every = wanted.pieces(person.ground(scope), [adapter])
    skills, rest = wanted.only(every, True), wanted.only(every, False)
    assert wanted.only(every, None) == every
    assert {each.piece.part for each in skills} <= {Part.SKILL}
    assert Part.SKILL not in {each.piece.part for each in rest}
    assert len(skills) + len(rest) == len(every)
    assert bool(wanted.readers([adapter], scope)) is bool(skills)


def test_a_runtime_is_there_by_its_program_or_its_folder(person: Any, tmp_path: Path) -> None:
    assert wanted.installed({}, person.home, registry.every()) == []
    (person.home / ".codex").mkdir()
    assert [each.name for each in wanted.installed({}, person.home, registry.every())] == ["codex"]
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    found = wanted.installed({"PATH": str(program.parent)}, person.home, registry.every())
    assert [each.name for each in found] == ["claude", "codex"]


def test_the_page_names_every_file() -> None:
    """One row for each runtime, the person's files and the project's."""
    page = (Path(__file__).parents[3] / "docs" / "setup.md").read_text()
    home, root = Path("/home-of-p"), Path("/work")
    for adapter in registry.every():
        for column, scope in enumerate(Scope):
            found = wanted.pieces(Ground(scope, home, (root,), {}), [adapter])
            files = {each.piece.path for each in found if each.piece.part is not Part.SKILL}
            row = [line for line in page.splitlines() if line.startswith(f"| {adapter.title} |")]
            cells = row[0].split("|")[2 + column] if row else page
            for path in files:
                base, sign = (home, "~/") if scope is Scope.USER else (root, "")
                assert f"`{sign}{path.relative_to(base)}`" in cells, (adapter.name, path)


def unconnected(person: Any) -> list[str]:
    found = wanted.unconnected(person.ground(), registry.every(), receipts.read(person.home))
    return [each.name for each in found]


@pytest.mark.parametrize("scope", Scope)
def test_who_is_here_and_knows_nothing(person: Any, scope: Scope) -> None:
    assert unconnected(person) == []
    for folder in (".claude", ".codex", ".gemini"):
        (person.home / folder).mkdir()
    assert unconnected(person) == ["claude", "codex", "gemini"]
    person.set_up(scope, registry.adapter("codex"))
    assert unconnected(person) == ["claude", "gemini"]
    person.set_up(scope, CLAUDE)
    person.remove(scope, registry.adapter("codex"))
    assert unconnected(person) == ["codex", "gemini"]


def test_what_others_read_as_well_connects_nobody(person: Any) -> None:
    (person.home / ".codex").mkdir()
    skills = wanted.only(wanted.pieces(person.ground(), [registry.adapter("codex")]), True)
    with receipts.held(person.home) as known:
        applying.put(plan.putting(skills, new_mode=0o600), known)
    assert unconnected(person) == ["codex"]


def test_who_is_set_up_in_another_work_tree_is_not_here(person: Any, tmp_path: Path) -> None:
    (person.home / ".claude").mkdir()
    person.set_up(Scope.PROJECT, CLAUDE)
    assert unconnected(person) == []
    person.root = tmp_path / "other"
    assert unconnected(person) == ["claude"]


def test_who_has_our_plugin_is_connected(person: Any) -> None:
    settings = person.home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"enabledPlugins": {"thrum@thrum": true}}')
    assert unconnected(person) == []
