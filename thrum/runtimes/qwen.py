"""Qwen Code (0.15.10, tried; the documentation that comes with it).

It has Claude Code's names for events and Gemini's milliseconds. A prompt counts as submitted also
where a tool's result or a hook's reply goes back to the model, so what is said there must be said
once. It tells of a session that begins and drops what is said to that, whatever began it; run
without a screen it does not even tell of it, and lets no tool be used that somebody would be asked
about, ours among them, unless told to (``-y``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from thrum.runtimes import handlers
from thrum.runtimes.contract import (
    COMPACTED,
    Adapter,
    Detection,
    Entry,
    Event,
    Guard,
    Hook,
    Json,
    Leave,
    Moment,
    Part,
    Piece,
    Reach,
    Scope,
    Turn,
    Where,
)

NAME: Final = "qwen"
_FOLDER: Final = ".qwen"
_VARIABLE: Final = "QWEN_HOME"
_HELPERS: Final = "isSidechain"

HOOKS: Final = (
    Hook("SessionStart", Moment.START, seconds=10),
    Hook("UserPromptSubmit", Moment.PROMPT),
    Hook("PostToolUse", Moment.TOOLS),
    Hook("Stop", Moment.END_OF_TURN),
    Hook("PreCompact", Moment.BEFORE_COMPACTION),
    Hook("SessionEnd", Moment.END),
    Hook("Notification", Moment.NOTICE),
    Hook("PermissionRequest", Moment.PERMISSION, seconds=handlers.LEAVE_S),
)
GUARD: Final = Guard(
    Hook("PreToolUse", Moment.EDIT, matcher="write_file|edit|replace"),
    handlers.edited,
    handlers.denied,
)
_REACHES: Final[Mapping[Moment, Reach]] = {
    moment: reach for moment, reach in handlers.REACHES.items() if moment is not Moment.START
}


def pieces(where: Where) -> Iterator[Piece]:
    """Everything is in the settings."""
    settings = where.folder(_FOLDER, _VARIABLE) / "settings.json"
    yield from handlers.groups(
        settings,
        where,
        NAME,
        handlers.guarded(HOOKS, GUARD, where),
        unit=handlers.MS,
        named=True,
    )
    server = handlers.server(where, **handlers.CALL_MS)
    yield Entry(Part.MCP, settings, ("mcpServers", "thrum"), server)


def understand(
    event: str, moment: Moment, given: Mapping[str, Json], _env: Mapping[str, str]
) -> Event:
    """An event as Qwen describes it on stdin.

    ``stop_hook_active`` is set from the first end of a turn on, so it tells nothing. A session that
    was compacted counts as one that begins, and goes on.
    """
    found = replace(handlers.event(event, moment, given), is_continued=False)
    goes_on = moment is Moment.START and found.source == COMPACTED
    return replace(found, moment=Moment.AFTER_COMPACTION) if goes_on else found


def transcripts(where: Where) -> Iterator[Path]:
    """The conversations of a work tree, the newest first; the folder has the path with dashes."""
    encoded = re.sub(r"[^A-Za-z0-9]", "-", str(where.root))
    base = where.own(_FOLDER, _VARIABLE) / "projects" / encoded / "chats"
    yield from handlers.newest(base.glob("*.jsonl"))


def turns(line: Mapping[str, Json]) -> Iterator[Turn]:
    """The texts of one line, without thoughts and tools.

    Of a prompt the first part is what was typed; files that it names and what hooks say follow.
    """
    who, message = str(line.get("type")), line.get("message")
    if who in {"user", "assistant"} and isinstance(message, Mapping) and not line.get(_HELPERS):
        parts = handlers.spoken(message.get("parts"))
        for text in islice(parts, 1) if who == "user" else parts:
            yield Turn(who, text, str(line.get("timestamp", "")))


ADAPTER: Final = Adapter(
    name=NAME,
    title="Qwen Code",
    command=("qwen",),
    detection=Detection(
        folders=(_FOLDER,),
        markers=(".qwen",),
        variables=("QWEN_CODE", "QWEN_PROJECT_DIR"),
        processes=("qwen",),
        scripts=("@qwen-code/qwen-code/",),
        binaries=("qwen",),
        says=("qwen",),
    ),
    aliases=("qwen-code",),
    instructions="QWEN.md",
    skills={Scope.USER: ".qwen/skills", Scope.PROJECT: ".qwen/skills"},
    hooks=HOOKS,
    reaches=_REACHES,
    longest=8_000,
    pieces=pieces,
    understand=understand,
    say=handlers.say,
    silence=handlers.SILENCE,
    guard=GUARD,
    # Its dialog comes only when the hook has ended.
    leave=Leave(handlers.decided, not_for=frozenset({"ask_user_question", "exit_plan_mode"})),
    transcripts=transcripts,
    turns=turns,
    moves=handlers.linked,
    confirm=("Where Qwen asks whether it may trust the folder, say yes: hooks wait for it.",),
    has_mcp=True,
    mcp_also=handlers.CALL_MS,
    mcp_seconds=handlers.CALL_S,
)
