"""Skills as setup writes them into a runtime's own folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from thrum.runtimes.contract import Adapter, Own, Part, Scope, Where
from thrum.skills import slash, source
from thrum.skills.skill import File, Skill, claude, plain

_FRONTS: Final[Mapping[str, Callable[[Skill], dict[str, str]]]] = {"claude": claude}
"""Who knows more of the front matter than all of them."""

_VARIABLES: Final = {"claude": ("CLAUDE_CONFIG_DIR", ".claude")}
"""A variable that names the person's folder, and the folder that it stands for."""

UNLISTED: Final = File(
    "agents/openai.yaml",
    "# Written by `thrum setup`, which writes it anew.\n"
    "policy:\n  allow_implicit_invocation: false\n",
)
"""By it Codex keeps a skill that people type out of what each session begins with."""


def pieces(where: Where, adapter: Adapter) -> Iterator[Own]:
    """The files of all skills, in the runtime's folder for them; none where it has none."""
    folder = place(where, adapter)
    if folder is None:
        return
    front = _FRONTS.get(adapter.name, plain)
    for skill in every():
        for file in skill.files(front=front(skill)):
            yield Own(Part.SKILL, folder / skill.name / file.path, file.text, file.mode)
        if adapter.name == "codex" and skill.is_typed:
            yield Own(Part.SKILL, folder / skill.name / UNLISTED.path, UNLISTED.text)


def place(where: Where, adapter: Adapter) -> Path | None:
    """The runtime's folder for skills in that scope."""
    name = adapter.skills.get(where.scope)
    if not name:
        return None
    if where.scope is Scope.PROJECT:
        return where.root / name
    variable, stands_for = _VARIABLES.get(adapter.name, ("", ""))
    named = where.env.get(variable, "")
    return Path(named, Path(name).relative_to(stands_for)) if named else where.home / name


def every() -> Iterator[Skill]:
    """All skills by the names that they have among others'."""
    yield source.skill()
    yield from slash.skills()
