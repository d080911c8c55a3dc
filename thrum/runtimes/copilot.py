"""GitHub Copilot's command line (its reference and change log, 1.0.78; never run here).

Its hooks have files of their own; others measured with 1.0.83 that only those of the person fire.
What asks for a permission fires at every call of a tool, and one that fails refuses the call, so it
is left alone.
"""

from __future__ import annotations

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

NAME: Final = "copilot"
_FOLDER: Final = ".copilot"

HOOKS: Final = (
    Hook("sessionStart", Moment.START, seconds=10),
    Hook("userPromptSubmitted", Moment.PROMPT),
    Hook("postToolUse", Moment.TOOLS),
    Hook("agentStop", Moment.END_OF_TURN),
    Hook("sessionEnd", Moment.END),
    Hook("notification", Moment.NOTICE),
)
REACHES: Final = {
    Moment.START: Reach.CONTEXT,
    Moment.PROMPT: Reach.CONTEXT,
    Moment.TOOLS: Reach.CONTEXT,
    Moment.END_OF_TURN: Reach.TURN,
    Moment.NOTICE: Reach.MAYBE,
}


def pieces(where: Where) -> Iterator[Piece]:
    """Hooks in a file of their own, the server among those of the person or of the repository."""
    is_users = where.scope is Scope.USER
    folder = where.home / _FOLDER if is_users else where.root / ".github"
    for hook in HOOKS:
        handler = {
            "type": "command",
            "bash": mark.hook(where.program, hook.event, NAME),
            "timeoutSec": hook.seconds,
        }
        path, keys = folder / "hooks" / "thrum.json", ("hooks", hook.event)
        yield Entry(Part.HOOKS, path, keys, handler, joins=True, base={"version": 1})
    server = {"type": "local", **handlers.server(where, tools=["*"])}
    servers = folder / ("mcp-config.json" if is_users else "mcp.json")
    yield Entry(Part.MCP, servers, ("mcpServers", "thrum"), server)


def understand(
    event: str, moment: Moment, given: Mapping[str, Json], _env: Mapping[str, str]
) -> Event:
    """An event as Copilot describes it on stdin, in either of its two spellings."""
    text = handlers.texts(given)
    asked = given.get("toolArgs", given.get("tool_input"))
    return Event(
        name=event,
        moment=moment,
        session=handlers.first(text, "sessionId", "session_id"),
        cwd=text.get("cwd", ""),
        source=handlers.first(
            text, "source", "stopReason", "reason", "notificationType", "notification_type"
        ),
        transcript=handlers.first(text, "transcriptPath", "transcript_path"),
        is_subagent=bool(given.get("agentId") or given.get("agent_id")),
        is_continued=given.get("stop_hook_active") is True or given.get("stopHookActive") is True,
        tool=handlers.first(text, "toolName", "tool_name"),
        details=text.get("message", "") or handlers.spelled(asked),
    )


def say(_event: Event, reach: Reach, text: str) -> Answer:
    """Context as ``additionalContext``; a turn that goes on by ``block`` with a reason."""
    if reach is Reach.TURN:
        return handlers.goes_on(text)
    return handlers.said({"additionalContext": text})


def transcripts(where: Where) -> Iterator[Path]:
    """The conversations whose first line names the work tree, the newest first."""
    for file in handlers.newest((where.home / _FOLDER / "session-state").glob("*/events.jsonl")):
        if handlers.is_named(file, str(where.root)):
            yield file


def turns(line: Mapping[str, Json]) -> Iterator[Turn]:
    """The texts of one event of a session."""
    who = {"user.message": "user", "assistant.message": "assistant"}.get(str(line.get("type")))
    data = line.get("data")
    if who and isinstance(data, Mapping):
        for text in handlers.spoken(data.get("content")):
            yield Turn(who, text, str(line.get("timestamp", "")))


ADAPTER: Final = Adapter(
    name=NAME,
    title="Copilot CLI",
    command=("copilot",),
    detection=Detection(
        folders=(_FOLDER,),
        markers=(".github/copilot-instructions.md",),
        processes=("copilot",),
        scripts=("@github/copilot/",),
        binaries=("copilot",),
        says=("copilot",),
    ),
    aliases=("copilot-cli", "github-copilot"),
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
    confirm=("Where Copilot asks whether it may trust the folder, say yes: hooks wait for it.",),
    has_mcp=True,
    hooks_run_here=False,
)
