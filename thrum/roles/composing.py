"""What an agent is told of its role and of working with others, composed when it is read.

What the agent wrote as its preamble counts before everything. Else the repository's text for its
role stands above the usual one, so that a change of either reaches the next session.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from thrum import access, preamble, small_file
from thrum.errors import ThrumError
from thrum.roles import shipped

FOLDER: Final = "role_templates"
MARK: Final = "<!-- thrum: composed from the text of the role -->"
"""The first line of a preamble that nobody wrote by hand."""

SEPARATOR: Final = "\n---\n\n"
_ROLE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_TOKEN: Final = re.compile(r"\{\{\s*\.(\w+)\s*\}\}")


class Variables(NamedTuple):
    """What stands for the tokens of a text.

    Attributes:
        coordinator: the first coordinator's name.
    """

    agent: str
    role: str
    module: str
    worktree: str
    repository: str
    coordinator: str = "coordinator"


class Told(NamedTuple):
    """What an agent is told: of its role, and of working with others."""

    duties: str
    instructions: str


def path_of(shared: Path, role: str) -> Path:
    """Where the repository's text for a role lies.

    Raises:
        ThrumError: ``invalid_params``, that is no role.
    """
    if not _ROLE.fullmatch(role):
        raise ThrumError(
            "invalid_params", f"{role[:80]!r} is no role", "see `thrum help quickstart`"
        )
    return shared / FOLDER / f"{role}.md"


def template(shared: Path, role: str) -> str:
    """The repository's text for a role, without front matter; empty where there is none.

    Raises:
        ThrumError: ``storage``, it cannot be read.
    """
    if not _ROLE.fullmatch(role):
        return ""
    path = path_of(shared, role)
    try:
        return shipped.parse(small_file.text(path)).body
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        text, todo = f"{path} cannot be read: {error}", "correct the file"
        raise ThrumError("storage", text, access.what_helps(error, path, todo)) from error


def roles(shared: Path) -> list[str]:
    """The roles for which the repository has a text."""
    found = (shared / FOLDER).glob("*.md")
    return sorted(path.stem for path in found if _ROLE.fullmatch(path.stem))


def coordinator(agents: Iterable[tuple[str, str]]) -> str:
    """The name of the first of the agents, each with its role, that is a coordinator."""
    named = sorted(name for name, role in agents if role == "coordinator")
    return named[0] if named else "coordinator"


def render(text: str, variables: Variables) -> str:
    """The text with values for the tokens that are known; others stay as they are."""
    known = {
        "AgentName": variables.agent,
        "Role": variables.role,
        "Module": variables.module,
        "WorktreePath": variables.worktree,
        "RepoRoot": variables.repository,
        "CoordinatorName": variables.coordinator,
    }
    return _TOKEN.sub(lambda found: known.get(found[1], found[0]), text)


def told(own: str, text: str, variables: Variables) -> Told:
    """What the agent is told.

    Args:
        own: its preamble as a file has it.
        text: the repository's text for its role.
        variables: what stands for the tokens.
    """
    if is_own(own, variables.agent):
        return Told("", own)
    return Told(render(text, variables), preamble.default(variables.agent))


def whole(text: str, variables: Variables) -> str:
    """The same as one text, for programs that read the preamble from its file."""
    parts = told("", text, variables)
    return f"{MARK}\n\n{parts.duties.rstrip()}\n{SEPARATOR}{parts.instructions}"


def is_own(text: str, agent: str) -> bool:
    """Whether somebody wrote the preamble by hand."""
    is_made = text == preamble.default(agent) or text.startswith(MARK)
    return bool(text.strip()) and not is_made
