"""Gemini CLI (0.55 by its documentation; hooks and process tried with 0.61.0).

It counts a hook's time in milliseconds and reads stdout as JSON; one more word there becomes a
message to the person. Its process is node's, twice: the first starts the second one with more
memory. It tells of a compaction before each request to the model, to look only then whether one is
due; so those alone are listened to that somebody asked for. Run without a screen it does not offer
tools that somebody would be asked about, ours among them, unless told to (``--approval-mode``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from thrum.runtimes import handlers
from thrum.runtimes.contract import (
    Adapter,
    Answer,
    Detection,
    Entry,
    Event,
    Guard,
    Hook,
    Json,
    Moment,
    Move,
    Part,
    Piece,
    Reach,
    Scope,
    Turn,
    Where,
)

NAME: Final = "gemini"
_FOLDER: Final = ".gemini"

_ASKED_FOR: Final = "manual"
_ASKS: Final = "ToolPermission"

HOOKS: Final = (
    Hook("SessionStart", Moment.START, seconds=10),
    Hook("BeforeAgent", Moment.PROMPT),
    Hook("AfterTool", Moment.TOOLS),
    Hook("AfterAgent", Moment.END_OF_TURN),
    Hook("PreCompress", Moment.BEFORE_COMPACTION, matcher=_ASKED_FOR),
    Hook("SessionEnd", Moment.END),
    Hook("Notification", Moment.PERMISSION),
)
GUARD: Final = Guard(
    Hook("BeforeTool", Moment.EDIT, matcher="write_file|replace"),
    handlers.edited,
    lambda _event, text: handlers.goes_on(text, "deny"),
)
_ABOUT: Final = "<session_context>"
"""With this begins what the program says to the model in the person's place."""
_HOOKS: Final = "<hook_context>"
"""And with this what hooks say."""
_HELPER: Final = "subagent"


def pieces(where: Where) -> Iterator[Piece]:
    """Everything is in the settings."""
    settings = where.folder(_FOLDER) / "settings.json"
    yield from handlers.groups(
        settings,
        where,
        NAME,
        handlers.guarded(HOOKS, GUARD, where),
        unit=handlers.MS,
        named=True,
    )
    # What it has without this is as long as the longest wait for mail: one would cut the other off.
    server = handlers.server(where, **handlers.CALL_MS)
    yield Entry(Part.MCP, settings, ("mcpServers", "thrum"), server)


def understand(
    event: str, moment: Moment, given: Mapping[str, Json], _env: Mapping[str, str]
) -> Event | None:
    """An event as Gemini describes it on stdin; a compaction that may not come is none.

    That it asks for leave it tells as a notice, the only one there is so far.
    """
    if moment is Moment.BEFORE_COMPACTION and given.get("trigger") != _ASKED_FOR:
        return None
    said = given.get("prompt_response")
    tool = given.get("details")
    name = tool.get("tool_name") or tool.get("title") if isinstance(tool, Mapping) else ""
    if moment is Moment.PERMISSION and given.get("notification_type") != _ASKS:
        moment = Moment.NOTICE
    found = handlers.event(event, moment, given)
    return replace(
        found,
        last_text=said if isinstance(said, str) else "",
        tool=found.tool or (name if isinstance(name, str) else ""),
    )


def say(event: Event, reach: Reach, text: str) -> Answer:
    """Context as ``additionalContext``; a turn goes on where its answer is denied for a reason."""
    return handlers.goes_on(text, "deny") if reach is Reach.TURN else handlers.context(event, text)


def transcripts(where: Where) -> Iterator[Path]:
    """The conversations of a work tree, the newest first; their names begin with the time."""
    base = where.home / _FOLDER / "tmp"
    import hashlib  # loads OpenSSL, which only the place of conversations needs

    hashed = hashlib.sha256(str(where.root).encode()).hexdigest()
    for folder in (_folder(where), hashed):
        if folder:
            for file in sorted((base / folder / "chats").glob("session-*.jsonl"), reverse=True):
                if handlers.opening(file).get("kind") != _HELPER:
                    yield file


def _folder(where: Where) -> str:
    """The name by which the work tree is registered; empty if it is not."""
    try:
        known = json.loads((where.home / _FOLDER / "projects.json").read_bytes())["projects"]
        name = known[str(where.root)]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""
    # The file is another program's; a name that leads elsewhere is none.
    return name if isinstance(name, str) and Path(name).name == name else ""


def turns(line: Mapping[str, Json]) -> Iterator[Turn]:
    """The texts of one record; a later one with the same id stands in its place."""
    at = str(line.get("timestamp", ""))
    if line.get("type") == "user":
        yield from (Turn("user", text, at) for text in _typed(line))
    elif line.get("type") == "gemini":
        for text in handlers.spoken(line.get("content")):
            yield Turn("assistant", text, at)


def _typed(record: Mapping[str, Json]) -> Iterator[str]:
    """What the person typed: the first part; files that it names and what hooks say follow.

    Where something else was put in its place, it is kept apart.
    """
    shown = record.get("displayContent")
    for text in islice(handlers.spoken(shown or record.get("content")), 1):
        if not text.startswith((_ABOUT, _HOOKS)):
            yield text


def moves(line: Mapping[str, Json]) -> Move:
    """What a record does to those before it: it stands for one, takes back, or replaces all."""
    found = handlers.texts(line)
    is_anew = _instead(line) is not None
    return Move(found.get("id", ""), back_to=found.get("$rewindTo", ""), is_anew=is_anew)


def records(line: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """The line, and behind it the records that it puts in the place of all before it."""
    yield line
    yield from (each for each in _instead(line) or () if isinstance(each, Mapping))


def _instead(line: Mapping[str, Json]) -> list[Json] | None:
    given = line.get("$set")
    found = given.get("messages") if isinstance(given, Mapping) else None
    return found if isinstance(found, list) else None


ADAPTER: Final = Adapter(
    name=NAME,
    title="Gemini CLI",
    command=("gemini",),
    detection=Detection(
        folders=(_FOLDER,),
        markers=(".gemini",),
        variables=("GEMINI_CLI", "GEMINI_SESSION_ID"),
        processes=("gemini",),
        scripts=("@google/gemini-cli/",),
        binaries=("gemini",),
        says=("gemini", "google"),
    ),
    aliases=("gemini-cli",),
    instructions="GEMINI.md",
    skills={Scope.USER: ".agents/skills", Scope.PROJECT: ".agents/skills"},
    hooks=HOOKS,
    reaches=handlers.REACHES,
    longest=8_000,
    pieces=pieces,
    understand=understand,
    say=say,
    silence=handlers.SILENCE,
    guard=GUARD,
    transcripts=transcripts,
    turns=turns,
    moves=moves,
    records=records,
    confirm=("Where Gemini asks whether it may trust the folder, say yes: hooks wait for it.",),
    has_mcp=True,
    mcp_also=handlers.CALL_MS,
    mcp_seconds=handlers.CALL_S,
)
