"""Putting role texts where they are read: into the repository, and into agents' preambles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from thrum import atomic, small_file
from thrum.contexts import PREAMBLE, Contexts, stem_of
from thrum.paths import SHARED_DIRECTORY
from thrum.roles import composing, shipped
from thrum.roles.answers import Answer, Answers
from thrum.roles.composing import Variables

EDITED = ".edited"
"""Stands behind the name of a text that somebody had changed by hand before it was refreshed."""


class Agent(NamedTuple):
    """An agent by its identity file, with its worktree."""

    name: str
    role: str
    module: str
    worktree: Path


class Deployed(NamedTuple):
    """What became of the preambles: agents whose preamble says what it should, and others.

    Attributes:
        updated: those that have one now.
        without: agents for whose role there is no text.
        own: agents that wrote theirs by hand, which stays.
    """

    updated: tuple[str, ...]
    without: tuple[str, ...]
    own: tuple[str, ...]

    def tree(self) -> dict[str, Any]:
        """As programs get it."""
        return {"updated": list(self.updated), "without": list(self.without), "own": list(self.own)}


def deploy(
    shared: Path, repository: Path, agents: Iterable[Agent], every: Iterable[Agent], *, dry: bool
) -> Deployed:
    """Writes the preambles of agents; what was there is kept among the versions.

    Args:
        shared: the repository's own folder.
        repository: its root.
        agents: whose.
        every: all there are, among whom a coordinator is looked for.
        dry: only say what would be done.

    Raises:
        ThrumError: ``storage``, ``not_allowed``, ``busy``; a text or a preamble cannot be read or
            written.
    """
    coordinator = composing.coordinator((each.name, each.role) for each in every)
    updated, without, own = [], [], []
    for agent in agents:
        text = composing.template(shared, agent.role)
        kept, stem = Contexts(agent.worktree), stem_of(agent.name) + PREAMBLE
        note = kept.read(stem)
        if not text:
            without.append(agent.name)
        elif note and composing.is_own(note.content.decode(errors="replace"), agent.name):
            own.append(agent.name)
        else:
            updated.append(agent.name)
            made = composing.whole(text, _variables(agent, repository, coordinator)).encode()
            if not dry and (note is None or note.content != made):
                kept.save(stem, made)
    return Deployed(tuple(updated), tuple(without), tuple(own))


def _variables(agent: Agent, repository: Path, coordinator: str) -> Variables:
    where = str(agent.worktree)
    return Variables(agent.name, agent.role, agent.module, where, str(repository), coordinator)


class Refreshed(NamedTuple):
    """What became of the texts.

    Attributes:
        answers: with the hashes of what was written.
        edited: where a text went that somebody had changed by hand.
    """

    answers: Answers
    edited: tuple[Path, ...]


def refresh(shared: Path, answers: Answers) -> Refreshed:
    """Writes the shipped texts that were chosen into the repository; tokens stay as they are.

    Raises:
        ThrumError: ``not_found``, a text that was chosen is not there any more.
        OSError: the disk refuses.
    """
    folder = shared / composing.FOLDER
    folder.mkdir(mode=SHARED_DIRECTORY, exist_ok=True)
    made, edited = [], []
    for answer in answers.roles:
        text = shipped.read(answer.template)
        path = composing.path_of(shared, answer.role)
        if _is_edited(path, answer, text):
            aside = path.with_name(path.name + EDITED)
            path.replace(aside)
            edited.append(aside)
        atomic.replace(path, text.body)
        made.append(answer._replace(rendered_hash=text.hash))
    fresh = answers._replace(schema_version=shipped.SCHEMA, roles=tuple(made))
    return Refreshed(fresh, tuple(edited))


def _is_edited(path: Path, answer: Answer, text: shipped.Template) -> bool:
    """Whether the file holds something that no shipped text has put there."""
    try:
        body = shipped.parse(small_file.text(path)).body
    except FileNotFoundError:
        return False
    except ValueError:
        return True
    return shipped.hash_of(body) not in {answer.rendered_hash, text.hash}
