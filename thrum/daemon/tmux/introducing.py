"""Registering who is to live in a session, before there is one.

It is the command that the agent would type, run where it would stand: so an agent that is begun so
is registered like any other, and what is against it is said before anything is made.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from thrum.errors import KINDS, ThrumError
from thrum.identity import files
from thrum.identity.files import Identity

if TYPE_CHECKING:
    from thrum.daemon.children.children import Finished
    from thrum.daemon.tmux.making import Agent
    from thrum.daemon.tmux.service import Tmux

LIMIT_S: Final = 60.0
"""Seconds that it may take: a machine may be busy, and nobody loses by waiting."""


async def introduce(
    tmux: Tmux, agent: Agent, folder: Path, *, runtime: str = "", force: bool = False
) -> Identity:
    """Registers the agent in a worktree and begins its session; its identity.

    Args:
        tmux: for whom.
        agent: who.
        folder: the worktree.
        runtime: the runtime that it prefers; as before if empty.
        force: puts identities in the way aside.

    Raises:
        ThrumError: whatever ``thrum quickstart`` refuses with.
    """
    flags = [f"--role={agent.role}", f"--module={agent.module}", "--no-agent-pid"]
    flags += [f"--intent={agent.intent}"] if agent.intent else []
    flags += [f"--runtime={runtime}"] if runtime else []
    flags += ["--force"] if force else []
    argv = [sys.executable, "-P", "-m", "thrum", "quickstart", agent.name, *flags, "--json"]
    done = await tmux.node.children.run(
        argv,
        owner=tmux.name,
        cwd=folder,
        environment=tmux.inherited | {"THRUM_AUTOSTART": "false", "THRUM_NO_HINTS": "1"},
        limit_s=LIMIT_S,
    )
    if done.timed_out:
        raise ThrumError("timed_out", f"registering {agent.name} did not end in {LIMIT_S:g} s")
    if done.code:
        raise _refusal(agent.name, done)
    return files.read(files.path_of(files.folder(folder), agent.name))


def _refusal(name: str, done: Finished) -> ThrumError:
    """What the command said against it."""
    try:
        said: dict[str, Any] = msgspec.json.decode(done.err, type=dict[str, dict[str, Any]])[
            "error"
        ]
    except (msgspec.DecodeError, KeyError):
        text = done.err.decode(errors="replace").strip()[-200:]
        return ThrumError("internal", f"registering {name} failed: {text or done.code}")
    kind, hint = str(said.get("kind")), said.get("hint")
    known = kind if kind in KINDS else "internal"
    return ThrumError(known, str(said.get("message")), str(hint) if hint else None)
