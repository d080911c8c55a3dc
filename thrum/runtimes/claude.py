"""Claude Code (documentation of August 2026; tried with 2.1.197)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from thrum import small_file
from thrum.runtimes import handlers, mark
from thrum.runtimes.contract import (
    Adapter,
    Answer,
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
    Scope,
    Turn,
    Wake,
    Where,
)

NAME: Final = "claude"
START: Final = "SessionStart"
STOP: Final = "Stop"
MONITOR: Final = "monitor"
"""By this name the plugin starts what waits as long as a session lasts."""
_FOLDER: Final = ".claude"
_VARIABLE: Final = "CLAUDE_CONFIG_DIR"

_NOTICES: Final = "permission_prompt|idle_prompt|elicitation_dialog|agent_needs_input"

HOOKS: Final = (
    Hook(START, Moment.START, seconds=10),
    Hook("UserPromptSubmit", Moment.PROMPT),
    Hook("PostToolBatch", Moment.TOOLS),
    Hook(STOP, Moment.END_OF_TURN),
    Hook("PreCompact", Moment.BEFORE_COMPACTION),
    Hook("SessionEnd", Moment.END),
    Hook("Notification", Moment.NOTICE, matcher=_NOTICES),
    Hook("PermissionRequest", Moment.PERMISSION, seconds=handlers.LEAVE_S),
)
GUARD: Final = Guard(
    Hook("PreToolUse", Moment.EDIT, matcher="Edit|MultiEdit|Write|NotebookEdit"),
    handlers.edited,
    handlers.denied,
)
_ALSO: Final = {"PostCompact": Moment.AFTER_COMPACTION, "PostToolUse": Moment.TOOLS}
_LONGEST_FOLDER: Final = 200

# Otherwise a model knows the tools by their names alone until it searches for them, and in the
# first request of a session not even so.
_ALSO_OF_SERVER: Final = {**handlers.CALL_MS, "alwaysLoad": True}
_DAY_S: Final = 24 * 3600
_ANSWERS: Final = ("enabledMcpjsonServers", "disabledMcpjsonServers")
"""Where it keeps what the person said of a project's servers: in the settings of the work tree."""

_NOT_SAID: Final = ("isSidechain", "isMeta", "isCompactSummary", "isVisibleInTranscriptOnly")
"""Marks of lines that a helper or the program itself wrote."""

_NO_MODEL: Final = "<synthetic>"
"""What it calls the model of an answer that it made up, such as one about an error."""

_PERSON: Final = "human"

_BY_ITSELF: Final = "<task-notification>"
"""What a prompt begins with that no person typed: a background task has something to say."""


def pieces(where: Where) -> Iterator[Piece]:
    """Hooks and status line in the settings, the server beside the project or the person's."""
    settings = settings_file(where)
    wakers = {event: waker(where, event) for event in (START, STOP)}
    yield from handlers.groups(
        settings, where, NAME, handlers.guarded(HOOKS, GUARD, where), more=wakers
    )
    line = {"type": "command", "command": mark.command(where.program, "statusline"), "padding": 0}
    yield Entry(Part.STATUSLINE, settings, ("statusLine",), line, answers=_ANSWERS)
    server = {"type": "stdio", **handlers.server(where, **_ALSO_OF_SERVER)}
    yield Entry(Part.MCP, _servers_file(where), ("mcpServers", "thrum"), server)


def waker(where: Where, event: str) -> dict[str, Json]:
    """The hook that waits in the background from an event on, and begins a turn when it ends with
    status 2.

    Its words stand apart from the program, so that no shell waits beside it, and a Claude that does
    not know such words yet starts nothing that waits.
    """
    return {
        "type": "command",
        "command": str(where.program),
        "args": mark.waker(event, NAME),
        "async": True,
        "asyncRewake": True,
        "timeout": _DAY_S,
    }


def woken(text: str) -> Answer:
    """A text that begins a turn."""
    return Answer(stderr=text, status=2)


def noted(text: str) -> Answer:
    """A text as the one line that a monitor says of it."""
    return Answer(" ⏎ ".join(text.splitlines()) + "\n")


def settings_file(where: Where) -> Path:
    """The settings: the person's, or those of the work tree that Claude keeps out of git."""
    name = "settings.json" if where.scope is Scope.USER else "settings.local.json"
    return where.folder(_FOLDER, _VARIABLE) / name


def _servers_file(where: Where) -> Path:
    if where.scope is Scope.PROJECT:
        return where.root / ".mcp.json"
    # Beside the folder in the home, but within the folder that a variable names.
    named = where.env.get(_VARIABLE, "")
    return (Path(named) if named else where.home) / ".claude.json"


def understand(
    event: str, moment: Moment, given: Mapping[str, Json], env: Mapping[str, str]
) -> Event | None:
    """An event as Claude describes it on stdin.

    Cursor runs the hooks in Claude's settings too; it has its own, so these say nothing there.
    """
    if env.get("CURSOR_VERSION"):
        return None
    found = handlers.event(event, moment, given)
    found = replace(found, tool=found.tool or _last_tool(given))
    is_own = str(given.get("prompt", "")).startswith(_BY_ITSELF)
    return replace(found, is_continued=True) if is_own else found


def _last_tool(given: Mapping[str, Json]) -> str:
    """The last tool of a batch; empty where there is none."""
    calls = given.get("tool_calls")
    last = calls[-1] if isinstance(calls, list) and calls else None
    name = last.get("tool_name") if isinstance(last, Mapping) else None
    return name if isinstance(name, str) else ""


def transcripts(where: Where) -> Iterator[Path]:
    """Where the conversations of a work tree lie, the newest first.

    The folder is named by the path with everything but letters and digits as ``-``; a long one is
    cut and followed by a hash, so it is looked for by its beginning.
    """
    named = where.env.get("CLAUDE_CODE_PROJECT_DIR_NAME", "")
    encoded = named or re.sub(r"[^A-Za-z0-9]", "-", str(where.root))
    base = where.own(_FOLDER, _VARIABLE) / "projects"
    if len(encoded) > _LONGEST_FOLDER:
        folders = sorted(base.glob(f"{encoded[:_LONGEST_FOLDER]}*"))
    else:
        folders = [base / encoded]
    yield from handlers.newest(file for folder in folders for file in folder.glob("*.jsonl"))


def turns(line: Mapping[str, Json]) -> Iterator[Turn]:
    """The texts of one line, without results of tools and what helpers and other sessions said."""
    who, message = str(line.get("type")), line.get("message")
    if who not in {"user", "assistant"} or not isinstance(message, Mapping):
        return
    origin = line.get("origin")
    if any(line.get(each) for each in _NOT_SAID) or message.get("model") == _NO_MODEL:
        return
    if isinstance(origin, Mapping) and origin.get("kind", _PERSON) != _PERSON:
        return  # another session or a background task wrote it, in the person's place
    for text in handlers.spoken(message.get("content")):
        yield Turn(who, text, str(line.get("timestamp", "")))


def fullness(given: Mapping[str, Json]) -> float | None:
    """How full the context is, as the status line is told."""
    window = given.get("context_window")
    used = window.get("used_percentage") if isinstance(window, Mapping) else None
    if isinstance(used, bool) or not isinstance(used, int | float) or not math.isfinite(used):
        return None
    return float(used)


def of_process(where: Where, pid: int) -> Path | None:
    """The conversation of a process, by the file that it keeps of its session."""
    try:
        about = small_file.json_object(where.own(_FOLDER, _VARIABLE) / "sessions" / f"{pid}.json")
    except (OSError, ValueError):
        return None
    session, folder = about.get("sessionId"), about.get("cwd")
    if not (isinstance(session, str) and isinstance(folder, str) and folder.startswith("/")):
        return None
    names = (each for each in transcripts(replace(where, root=Path(folder))))
    return next((each for each in names if each.stem == session), None)


ADAPTER: Final = Adapter(
    name=NAME,
    title="Claude Code",
    command=("claude",),
    detection=Detection(
        folders=(_FOLDER,),
        markers=(".claude/settings.json", ".claude"),
        variables=("CLAUDE_CODE_SESSION_ID", "CLAUDE_SESSION_ID", "CLAUDECODE"),
        processes=("claude",),
        binaries=("claude",),
        says=("claude",),
    ),
    aliases=("claude-code",),
    instructions="CLAUDE.md",
    skills={Scope.USER: ".claude/skills", Scope.PROJECT: ".claude/skills"},
    hooks=HOOKS,
    also=_ALSO,
    reaches=handlers.REACHES,
    longest=10_000,
    pieces=pieces,
    understand=understand,
    say=handlers.say,
    wakes=(
        # A session that is not interactive ends only after the process that waits, so none may.
        # The one of the start waits until the first turn has ended, whoever has ended it.
        *(
            Wake("background hook", "2.1.197", event, {"CLAUDE_CODE_ENTRYPOINT": "cli"}, woken)
            for event in (START, STOP)
        ),
        # Only where Anthropic has switched monitors on; its end would begin a turn, so it goes on.
        Wake(
            "monitor",
            "2.1.197",
            MONITOR,
            {"CLAUDE_CODE_ENTRYPOINT": "cli"},
            noted,
            goes_on=True,
            session="CLAUDE_CODE_SESSION_ID",
        ),
    ),
    # Tried with 2.1.197: its dialog is there at once, and whoever is first has answered.
    leave=Leave(
        handlers.decided,
        asks_meanwhile=True,
        not_for=frozenset({"AskUserQuestion", "ExitPlanMode"}),
    ),
    guard=GUARD,
    # From 2.1.224 on, by its documentation; 2.1.197 has none.
    inbox=("CLAUDE_CODE_MESSAGING_SOCKET", "CLAUDE_CODE_MESSAGING_TOKEN"),
    transcripts=transcripts,
    turns=turns,
    moves=handlers.linked,
    of_process=of_process,
    fullness=fullness,
    confirm=("Where Claude asks whether it may trust the folder, say yes: hooks wait for it.",),
    has_mcp=True,
    mcp_also=_ALSO_OF_SERVER,
    mcp_seconds=handlers.CALL_S,
)
