"""The skill ``thrum``, from the texts of the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from thrum.skills.skill import Skill

_TEXTS: Final = Path(__file__).with_name("texts")

NAME: Final = "thrum"
DESCRIPTION: Final = (
    "Mail, presence and shared notes between the coding agents and people of one repository, by "
    "the command `thrum`. For writing to another agent, reading what came, seeing who works on "
    "what, waiting for an answer, and keeping notes for the next session."
)


def text(name: str) -> str:
    """A text of the package."""
    return (_TEXTS / name).read_text(encoding="utf-8")


@cache
def skill() -> Skill:
    """The skill that tells an agent what Thrum is."""
    return Skill(
        name=NAME,
        description=DESCRIPTION,
        body=text("thrum.md"),
        references={
            "references/CLI_REFERENCE.md": text("commands.md"),
            "references/MESSAGING.md": text("messaging.md"),
            "references/LISTENER_PATTERN.md": text("listener.md"),
        },
    )
