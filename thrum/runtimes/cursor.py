"""Cursor's command line (documentation of August 2026, measured by others with 2026.09.10).

One event that it does not know makes the whole file of hooks void, and so does a command with a URL
in it; hence only events that its documentation lists. At the start of a session its reply is fired
and forgotten, so an instruction file says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from thrum.runtimes import handlers, mark
from thrum.runtimes.contract import (
    Adapter,
    Answer,
    Detection,
    Entry,
    Event,
    Hook,
    Json,
    Moment,
    Part,
    Piece,
    Reach,
    Scope,
    Turn,
    Where,
)

NAME: Final = "cursor"
_FOLDER: Final = ".cursor"

HOOKS: Final = (
    Hook("sessionStart", Moment.START, seconds=10),
    Hook("beforeSubmitPrompt", Moment.PROMPT),
    Hook("postToolUse", Moment.TOOLS),
    Hook("stop", Moment.END_OF_TURN),
    Hook("preCompact", Moment.BEFORE_COMPACTION),
    Hook("sessionEnd", Moment.END),
)
REACHES: Final = {
    Moment.START: Reach.MAYBE,
    Moment.TOOLS: Reach.CONTEXT,
    Moment.END_OF_TURN: Reach.TURN,
}
_LOOP_LIMIT: Final = 10
"""Turns in a row that a reply at the end of one may begin; 5 where nothing is said."""


def pieces(where: Where) -> Iterator[Piece]:
    """Hooks and the server, each in a file of its own kind."""
    folder = where.folder(_FOLDER)
    for hook in HOOKS:
        handler: dict[str, Json] = {
            "command": mark.hook(where.program, hook.event, NAME),
            "timeout": hook.seconds,
        }
        if hook.moment is Moment.END_OF_TURN:
            handler["loop_limit"] = _LOOP_LIMIT
        keys = ("hooks", hook.event)
        path = folder / "hooks.json"
        yield Entry(Part.HOOKS, path, keys, handler, joins=True, base={"version": 1})
    yield Entry(Part.MCP, folder / "mcp.json", ("mcpServers", "thrum"), handlers.server(where))


def understand(
    event: str, moment: Moment, given: Mapping[str, Json], _env: Mapping[str, str]
) -> Event | None:
    """An event as Cursor describes it on stdin; a turn that was stopped by hand did not end."""
    text = handlers.texts(given)
    if moment is Moment.END_OF_TURN and text.get("status") == "aborted":
        return None
    loops = given.get("loop_count")
    return Event(
        name=event,
        moment=moment,
        session=handlers.first(text, "conversation_id", "session_id"),
        cwd=text.get("cwd", "") or handlers.root(given),
        source=handlers.first(text, "reason", "trigger"),
        transcript=text.get("transcript_path", ""),
        is_subagent=given.get("is_background_agent") is True,
        is_continued=isinstance(loops, int) and loops > 0,
        tool=text.get("tool_name", ""),
        details=handlers.spelled(given.get("tool_input")),
    )


def say(_event: Event, reach: Reach, text: str) -> Answer:
    """Each moment has a key of its own for what is said."""
    key = "followup_message" if reach is Reach.TURN else "additional_context"
    return handlers.said({key: text})


def transcripts(where: Where) -> Iterator[Path]:
    """The conversations of a work tree, the newest first; the folder has the path with dashes."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", str(where.root)).strip("-")
    base = where.home / _FOLDER / "projects" / slug / "agent-transcripts"
    yield from handlers.newest(base.glob("*/*.jsonl"))


def turns(line: Mapping[str, Json]) -> Iterator[Turn]:
    """The texts of one line, which is a message of a chat."""
    message = line.get("message")
    inner = message if isinstance(message, Mapping) else line
    who = str(line.get("role") or inner.get("role"))
    if who in {"user", "assistant"}:
        for text in handlers.spoken(inner.get("content")):
            yield Turn(who, text)


ADAPTER: Final = Adapter(
    name=NAME,
    title="Cursor",
    command=("cursor-agent",),
    detection=Detection(
        folders=(_FOLDER,),
        markers=(".cursor/rules", ".cursor", ".cursorrules"),
        variables=("CURSOR_SESSION", "CURSOR_VERSION"),
        processes=("cursor-agent", "agent"),
        binaries=("cursor-agent", "agent"),
        says=("cursor",),
    ),
    aliases=("cursor-agent", "cursor-cli"),
    instructions="AGENTS.md",
    skills={Scope.USER: ".agents/skills", Scope.PROJECT: ".agents/skills"},
    hooks=HOOKS,
    reaches=REACHES,
    longest=8_000,
    pieces=pieces,
    understand=understand,
    say=say,
    silence=handlers.SILENCE,
    transcripts=transcripts,
    turns=turns,
    confirm=("Allow the server once: cursor-agent mcp enable thrum.",),
    has_mcp=True,
    hooks_run_here=False,
)
