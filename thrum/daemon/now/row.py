"""One agent as a page shows it, and which files several of them change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from thrum.daemon.now.state import WAITING

MOST_FILES: Final = 50
"""Files that a row names; `agent.listContext` has all."""


class Clash(msgspec.Struct):
    """A file that others change as well, and who."""

    file: str
    agents: list[str]


class Word(msgspec.Struct):
    """The last message of an agent, and its beginning."""

    message_id: str
    created_at: str
    preview: str


class Row(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What an agent does, on what it works, and what waits for it.

    `state` is waiting (for leave to do something), blocked (as it says itself), working, idle, live
    (nobody knows more) or offline; `evidence` says by what that is known: hook, said, process or
    session, and `since` since when. `heard` is the last sign of its runtime, `tool` the tool
    for which it asks leave or that it used last in this turn. `tmux` is alive, stale (its program
    has ended) or dead (so has its session), where it lives in a session of tmux. `held` says what a
    message to it waits for, as in a recipient of a message, since `held_since`. `files` are the
    first of `file_count` that it has changed or not committed, `clashes` those that others have,
    too. `unread` and `total` count its inbox; `word` is the last thing that it wrote.
    """

    agent_id: str
    role: str
    module: str
    state: str
    evidence: str
    since: str = ""
    heard: str = ""
    tool: str = ""
    display: str = ""
    hostname: str = ""
    is_local: bool = False
    runtime: str = ""
    tmux: str = ""
    session_id: str = ""
    session_start: str = ""
    last_seen: str = ""
    intent: str = ""
    current_task: str = ""
    branch: str = ""
    worktree: str = ""
    commits: int = 0
    files: list[str] | None = None
    file_count: int = 0
    clashes: list[Clash] | None = None
    git_updated_at: str = ""
    total: int = 0
    unread: int = 0
    word: Word | None = None
    held: str = ""
    held_since: str = ""


def clashes(files: Mapping[str, Sequence[str]]) -> dict[str, list[Clash]]:
    """The files that several agents change, by agent and in the order of its files.

    Args:
        files: what each agent changes.
    """
    holders: dict[str, list[str]] = {}
    for agent_id, names in files.items():
        for name in dict.fromkeys(names):
            holders.setdefault(name, []).append(agent_id)
    return {
        agent_id: [
            Clash(name, [each for each in holders[name] if each != agent_id])
            for name in dict.fromkeys(names)
            if len(holders[name]) > 1
        ]
        for agent_id, names in files.items()
    }


_SIGNS: Final = {"heard": "", "last_seen": "", "git_updated_at": ""}
"""Fields that change without anything having changed."""

_IN_PASSING: Final = {**_SIGNS, "tool": ""}
"""So does the tool that was used last; the one for which leave is asked is news."""


def calm(row: Row) -> Row:
    """The row without signs of life."""
    signs = _SIGNS if row.state == WAITING else _IN_PASSING
    return msgspec.structs.replace(row, **signs)
