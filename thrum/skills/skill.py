"""A skill: a text with a name and a line by which an agent decides whether to read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MARK: Final = "<!-- Written by `thrum setup`, which writes it anew. -->"
"""By it setup knows that a file is ours."""

FILE: Final = "SKILL.md"


class File(NamedTuple):
    """A file of a skill or plugin: its path in there, and what it holds."""

    path: str
    text: str
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Skill:
    """One skill.

    Attributes:
        name: its name, which is also that of its folder.
        description: what it is for, in a line.
        body: what is read when it is used.
        references: further files, by their path in the folder.
        is_typed: whether it is meant for people who type it, and agents need not see it listed.
        hint: what may be typed behind its name.
        runs: the command that it lets run without a question.
    """

    name: str
    description: str
    body: str
    references: Mapping[str, str] = field(default_factory=dict)
    is_typed: bool = False
    hint: str = ""
    runs: str = ""

    def files(self, *, front: Mapping[str, str]) -> Iterator[File]:
        """Its files, with this front matter."""
        yield File(FILE, page(front, self.body))
        for path, text in self.references.items():
            yield File(path, f"{MARK}\n\n{text}")


def page(front: Mapping[str, str], body: str) -> str:
    """A text below its front matter."""
    lines = "".join(f"{key}: {value}\n" for key, value in front.items())
    return f"---\n{lines}---\n{MARK}\n\n{body}"


def plain(skill: Skill) -> dict[str, str]:
    """Front matter that every runtime reads; what one does not know it passes over."""
    front = {"name": skill.name, "description": skill.description}
    if skill.is_typed:
        front["disable-model-invocation"] = "true"
    return front


def claude(skill: Skill) -> dict[str, str]:
    """Front matter with what Claude knows besides."""
    front = plain(skill)
    if skill.hint:
        front["argument-hint"] = skill.hint
    if skill.runs:
        front["allowed-tools"] = f"Bash(thrum {skill.runs}:*)"
    return front
