"""``thrum statusline``: one segment for the status bar of a runtime, a shell or tmux."""

from __future__ import annotations

import json
import os
import select
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from thrum.cli.context import Context
from thrum.client import Client
from thrum.errors import ThrumError
from thrum.identity import process
from thrum.prime.segment import Segment

_PATIENCE_S: Final = 0.5
"""Seconds for each question to the daemon: bars are drawn all the time."""
_GIVEN_S: Final = 0.2
"""Seconds without a word on stdin after which none is expected."""
_MOST: Final = 65_536
_RUNTIME: Final = "claude"
"""Who gives a status line such things, where no program of an agent is above it."""


def statusline(context: Context) -> None:
    """Who this is, how much is unread, who is blocked: in 60 columns at most.

    What a runtime says of itself on stdin tells where its session works. Nothing is printed where
    there is nothing to say; no daemon is started, and it never fails.
    """
    try:
        found = _segment(context)
    except (ThrumError, OSError, ValueError):
        found = None
    if found is None:
        context.document({"text": ""})
        return
    context.document({**found._asdict(), "text": found.text})
    context.say(found.text)


def _segment(context: Context) -> Segment | None:
    """What there is to say; None where this is nobody."""
    given = _given(context)
    where = _where(given)
    if where and not context.options.repo:
        context.cwd = where
    known = context.evidence
    claim = context.env.get("THRUM_NAME", "")
    agent = claim or known.choose().agent_id
    identity = next((each for each in known.candidates if each.name == agent), None)
    if identity is None:
        return None
    state = identity.agent_status
    try:
        client = context.connect(context.socket, _PATIENCE_S)
    except ThrumError:
        return Segment(agent, state=state)
    try:
        mine = {"caller_agent_id": agent, "for_agent": agent, "exclude_self": True, "page_size": 1}
        counts = client.call("message.list", mine, _PATIENCE_S)
        health = client.call("health", {}, _PATIENCE_S)
        if given and health.get("asks_fullness"):
            _report(context, client, agent, given)
    except ThrumError:
        return Segment(agent, state=state)
    finally:
        client.close()
    return Segment(agent, int(counts.get("unread") or 0), state, str(health.get("sync_state")))


def _report(context: Context, client: Client, agent: str, given: dict[str, Any]) -> None:
    """Says how full the context of the session is."""
    from thrum.runtimes import registry  # hardly anybody has a threshold

    name = process.runtime_name(context.program) if context.program else ""
    used = registry.adapter(name or _RUNTIME).fullness(given)
    if used is None:
        return
    about = {
        "caller_agent_id": agent,
        "runtime": name or _RUNTIME,
        "session": str(given.get("session_id") or ""),
        "transcript": str(given.get("transcript_path") or ""),
        "used": used,
    }
    # A daemon of another version does not know it, and everything else goes on.
    with suppress(ThrumError):
        client.call("restart.report", about, _PATIENCE_S)


def _where(given: dict[str, Any]) -> Path | None:
    """Where the session works that a runtime tells of."""
    workspace = given.get("workspace")
    named = workspace.get("current_dir") if isinstance(workspace, dict) else None
    folder = named or given.get("cwd")
    if not isinstance(folder, str) or not folder.startswith("/"):
        return None
    found = Path(folder)
    return found if found.is_dir() else None


def _given(context: Context) -> dict[str, Any]:
    """What a runtime says on stdin; nothing where nobody says anything."""
    if context.stdin_is_terminal:
        return {}
    try:
        found = json.loads(_read(context))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(context: Context) -> str:
    """All of stdin, unless somebody keeps it open and says nothing."""
    try:
        handle = context.stdin.fileno()
    except (OSError, ValueError):
        return context.stdin.read(_MOST)
    said = b""
    while len(said) < _MOST and select.select([handle], [], [], _GIVEN_S)[0]:
        piece = os.read(handle, _MOST)
        if not piece:
            break
        said += piece
    return said.decode(errors="replace")
