"""Characters of what agents read: each of them is paid for in every session that reads it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figure import Figure
from thrum.skills import folders, rules, source
from thrum.skills.skill import Skill, page, plain


def figures() -> Iterator[Figure]:
    """Each skill as a whole, and what a session begins with because of all of them."""
    every = list(folders.every())
    for skill in every:
        yield _at_most(f"skill {skill.name}", _read(skill), 3_000 if not skill.is_typed else 1_000)
    description = len(source.DESCRIPTION)
    yield _at_most("what every session begins with", description, rules.OUR_DESCRIPTION)
    listed = sum(len(each.name) + len(each.description) for each in every)
    yield _at_most("the same, where all skills are listed", listed, rules.OUR_LIST)
    for path, text in source.skill().references.items():
        yield Figure(f"skill thrum, {path}", len(text), "characters")


def _read(skill: Skill) -> int:
    return len(page(plain(skill), skill.body))


def _at_most(name: str, value: int, most: int) -> Figure:
    return Figure(name, value, "characters", aim=f"≤ {most:,}", met=value <= most)
