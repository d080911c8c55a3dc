"""Who is told of a question, and who may answer it.

Never the agent that asks, and nobody who lives in its worktree: a program there can pass for either
of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from thrum.daemon.projection.queries import agents, sessions
from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.rights import COORDINATOR
from thrum.names import bare, is_person, is_proxy

MOST: Final = 20
"""Supervisors who are told of one question."""

_AT_WORK: Final = """
SELECT DISTINCT a.agent_id FROM agents a JOIN sessions s ON s.agent_id = a.agent_id
WHERE (a.role = ?1 OR a.agent_id = ?2) AND a.kind = 'agent' AND a.origin_daemon IN ('', ?3)
  AND s.ended_at IS NULL
ORDER BY a.agent_id
"""

_LIVES: Final = """
SELECT EXISTS (
  SELECT 1 FROM agents WHERE kind = 'agent' AND origin_daemon IN ('', ?3)
    AND (?1 || ?2 = '' OR role = ?1 OR agent_id = ?2)
)
"""

UNASKED: Final = (
    "permission_supervisors names nobody who is registered here, and there is no coordinator:"
    " nobody is asked when an agent's program asks for leave"
)
REMEDY: Final = (
    "`thrum quickstart NAME --role coordinator`, or name somebody in .thrum/config.json:"
    ' `"permission_supervisors": ["@NAME"]`'
)


def told(
    db: sqlite3.Connection, wanted: Iterable[object], agent_id: str, daemon_id: str
) -> list[str]:
    """Who is told of what an agent asks.

    Args:
        db: the projection.
        wanted: what the configuration says: roles, and names behind ``@``.
        agent_id: who asks.
        daemon_id: of this clone; agents of others are not told.
    """
    found: dict[str, None] = {}
    for each in wanted:
        found |= dict.fromkeys(_meant(db, str(each).strip(), daemon_id))
    return [each for each in found if not _is_near(db, each, agent_id)][:MOST]


def is_nobody(db: sqlite3.Connection, wanted: Iterable[object], daemon_id: str) -> bool:
    """Whether agents live here and nobody who could be asked for them does.

    Args:
        db: the projection.
        wanted: as for `told`.
        daemon_id: likewise.
    """
    (is_inhabited,) = db.execute(_LIVES, ("", "", daemon_id)).fetchone()
    words = (COORDINATOR, *(str(each).strip() for each in wanted))
    return bool(is_inhabited) and not any(_is_known(db, each, daemon_id) for each in words)


def _is_known(db: sqlite3.Connection, word: str, daemon_id: str) -> bool:
    """Whether anybody is registered here who is meant, at work or not."""
    if is_person(bare(word)):
        return agents.agent(db, bare(word)) is not None
    role, name = _parted(word)
    (found,) = db.execute(_LIVES, (role, name, daemon_id)).fetchone()
    return bool(found) and bool(role or name)


def may_answer(
    db: sqlite3.Connection, prompt: Prompt, agent_id: str, possible: Collection[str] = ()
) -> bool:
    """Whether somebody may answer a question: who was told of it, people and coordinators.

    Args:
        db: the projection.
        prompt: the question.
        agent_id: who answers.
        possible: whoever else the caller could have said it is.
    """
    if prompt.agent_id in possible or _is_near(db, agent_id, prompt.agent_id):
        return False
    return agent_id in prompt.recipients or rights.is_in_charge(db, agent_id)


def _meant(db: sqlite3.Connection, word: str, daemon_id: str) -> Sequence[str]:
    """Those at work here with a role, or the one of a name; people are always there."""
    name = bare(word)
    if is_person(name):
        return [name] if agents.agent(db, name) else []
    role, name = _parted(word)
    return [each for (each,) in db.execute(_AT_WORK, (role, name, daemon_id)) if not is_proxy(each)]


def _parted(word: str) -> tuple[str, str]:
    """A word of the configuration as a role or a name; the other one is empty."""
    return ("", bare(word)) if word.startswith("@") else (word, "")


def _is_near(db: sqlite3.Connection, agent_id: str, asker: str) -> bool:
    """Whether it is the agent that asks, or lives where that one does."""
    if agent_id == asker:
        return True
    home = sessions.last_worktree(db, asker)
    return bool(home) and not is_person(agent_id) and sessions.last_worktree(db, agent_id) == home
