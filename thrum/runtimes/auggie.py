"""Auggie (its documentation and change log; never run here).

Hooks have Claude Code's groups and Gemini's milliseconds; a turn that shall go on is said inside of
``hookSpecificOutput``. What a reply after a tool does is not written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from thrum.runtimes import handlers
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
    Where,
)

NAME: Final = "auggie"
_FOLDER: Final = ".augment"

HOOKS: Final = (
    Hook("SessionStart", Moment.START, seconds=10),
    Hook("PromptSubmit", Moment.PROMPT),
    Hook("PostToolUse", Moment.TOOLS),
    Hook("Stop", Moment.END_OF_TURN),
    Hook("SessionEnd", Moment.END),
)
REACHES: Final = {
    Moment.START: Reach.CONTEXT,
    Moment.PROMPT: Reach.CONTEXT,
    Moment.TOOLS: Reach.MAYBE,
    Moment.END_OF_TURN: Reach.TURN,
}


def pieces(where: Where) -> Iterator[Piece]:
    """Everything is in the settings; those of a work tree are kept out of git."""
    name = "settings.json" if where.scope is Scope.USER else "settings.local.json"
    settings = where.folder(_FOLDER) / name
    yield from handlers.groups(settings, where, NAME, HOOKS, unit=handlers.MS)
    yield Entry(Part.MCP, settings, ("mcpServers", "thrum"), handlers.server(where))


def understand(
    event: str, moment: Moment, given: Mapping[str, Json], _env: Mapping[str, str]
) -> Event | None:
    """An event as Auggie describes it on stdin; a turn that was interrupted did not end."""
    text = handlers.texts(given)
    cause = text.get("agent_stop_cause", "")
    if moment is Moment.END_OF_TURN and cause == "interrupted":
        return None
    found = handlers.event(event, moment, given)
    return replace(
        found,
        session=found.session or text.get("conversation_id", ""),
        cwd=found.cwd or handlers.root(given),
        source=found.source or cause,
    )


def say(event: Event, reach: Reach, text: str) -> Answer:
    """Context as ``additionalContext``; a turn that goes on by ``block`` beside its name."""
    if reach is not Reach.TURN:
        return handlers.context(event, text)
    more = {"hookEventName": event.name, "decision": "block", "reason": text}
    return handlers.said({"hookSpecificOutput": more})


ADAPTER: Final = Adapter(
    name=NAME,
    title="Auggie",
    command=("auggie",),
    detection=Detection(
        folders=(_FOLDER,),
        markers=(".augment",),
        variables=("AUGMENT_AGENT",),
        processes=("auggie",),
        scripts=("@augmentcode/auggie/",),
        binaries=("auggie",),
        says=("augment",),
    ),
    aliases=("augment",),
    instructions="CLAUDE.md",
    skills={Scope.USER: ".agents/skills", Scope.PROJECT: ".agents/skills"},
    hooks=HOOKS,
    reaches=REACHES,
    longest=8_000,
    pieces=pieces,
    understand=understand,
    say=say,
    silence=handlers.SILENCE,
    has_mcp=True,
    hooks_run_here=False,
)
