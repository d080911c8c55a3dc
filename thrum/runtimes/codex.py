"""Codex CLI (documentation of August 2026; tried with 0.171.0).

One key too many makes a whole reply void, so a reply has what is named here and nothing else. Codex
trusts each hook by a hash of its definition: the line must stay the same from release to release.
At a terminal it starts a server that outlives it, unless it is told not to (``--no-daemon``). The
hooks and MCP servers of all its sessions run below that one; see `thrum.identity.process`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from thrum.runtimes import handlers
from thrum.runtimes.contract import (
    Adapter,
    Detection,
    Entry,
    Guard,
    Hook,
    Json,
    Leave,
    Moment,
    Move,
    Part,
    Piece,
    Scope,
    Turn,
    Where,
)

NAME: Final = "codex"
_FOLDER: Final = ".codex"
_VARIABLE: Final = "CODEX_HOME"

CALL_S: Final = 620

# What it has without these ends every wait for mail after a minute, and gives up a server that has
# not begun after ten seconds.
_ALSO_OF_SERVER: Final = {"startup_timeout_sec": handlers.START_S, "tool_timeout_sec": CALL_S}

HOOKS: Final = (
    Hook("SessionStart", Moment.START, seconds=10),
    Hook("UserPromptSubmit", Moment.PROMPT),
    Hook("PostToolUse", Moment.TOOLS),
    Hook("Stop", Moment.END_OF_TURN),
    Hook("PreCompact", Moment.BEFORE_COMPACTION),
    Hook("PostCompact", Moment.AFTER_COMPACTION),
    Hook("SessionEnd", Moment.END, seconds=3),
    Hook("PermissionRequest", Moment.PERMISSION, seconds=handlers.LEAVE_S),
)


_PATCH: Final = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$", re.MULTILINE)
"""Which files a patch is about, in the form that Codex has of its own."""


def patched(given: Mapping[str, Json]) -> Iterator[str]:
    """The files of a patch; it is the only text that the tool is given."""
    asked = given.get("tool_input")
    said = handlers.texts(asked).values() if isinstance(asked, Mapping) else (asked,)
    for text in said:
        yield from _PATCH.findall(text) if isinstance(text, str) else ()


# A patch comes by its own tool, or in a line for a shell, by models that have no such tool.
GUARD: Final = Guard(
    Hook("PreToolUse", Moment.EDIT, matcher="apply_patch|Bash"), patched, handlers.denied
)


def pieces(where: Where) -> Iterator[Piece]:
    """Hooks in their own file, the server in the configuration."""
    folder = where.folder(_FOLDER, _VARIABLE)
    yield from handlers.groups(
        folder / "hooks.json", where, NAME, handlers.guarded(HOOKS, GUARD, where)
    )
    server = handlers.server(where, **_ALSO_OF_SERVER)
    keys = ("mcp_servers", "thrum")
    yield Entry(Part.MCP, folder / "config.toml", keys, server, syntax="toml")


def transcripts(where: Where) -> Iterator[Path]:
    """The conversations of a work tree, the newest first; their first lines name the folder."""
    base = where.own(_FOLDER, _VARIABLE)
    # The name begins with the time, in folders by the day.
    for file in sorted(base.glob("sessions/*/*/*/rollout-*.jsonl"), reverse=True):
        if handlers.is_named(file, str(where.root)) and not _is_of_a_helper(file):
            yield file


def _is_of_a_helper(file: Path) -> bool:
    about = handlers.opening(file).get("payload")
    source = about.get("source") if isinstance(about, Mapping) else None
    return isinstance(source, Mapping) and "subagent" in source


def turns(line: Mapping[str, Json]) -> Iterator[Turn]:
    """The texts of one line: what was typed and said, without wrappers and results of tools."""
    said, at = _event(line), str(line.get("timestamp", ""))
    who = {"user_message": "user", "agent_message": "assistant"}.get(str(said.get("type")))
    text = said.get("message")
    if who and isinstance(text, str):
        yield Turn(who, text, at)
    item = said.get("item")
    if said.get("type") != "item_completed" or not isinstance(item, Mapping):
        return
    # Of the two shapes the later one; 0.171 writes it.
    who = {"UserMessage": "user", "AgentMessage": "assistant"}.get(str(item.get("type")))
    content = item.get("content")
    for part in content if who and isinstance(content, list) else ():
        text = part.get("text") if isinstance(part, Mapping) else None
        if who and isinstance(text, str) and str(part.get("type")).lower() == "text":
            yield Turn(who, text, at)


def moves(line: Mapping[str, Json]) -> Move:
    """What a line does to those before it: the person may take back the last prompts."""
    said = _event(line)
    item, back = said.get("item"), said.get("num_turns")
    if said.get("type") == "thread_rolled_back" and isinstance(back, int):
        return Move(users_back=max(back, 0))
    named = item.get("id") if isinstance(item, Mapping) else ""
    return Move(named if isinstance(named, str) else "")


def _event(line: Mapping[str, Json]) -> Mapping[str, Json]:
    """What happened in the conversation; empty for a line of another kind."""
    payload = line.get("payload")
    is_event = line.get("type") == "event_msg" and isinstance(payload, Mapping)
    return payload if is_event and isinstance(payload, Mapping) else {}


ADAPTER: Final = Adapter(
    name=NAME,
    title="Codex",
    command=("codex",),
    detection=Detection(
        folders=(_FOLDER,),
        markers=(".codex",),
        processes=("codex",),
        binaries=("codex",),
        says=("openai", "codex"),
    ),
    aliases=("openai-codex", "codex-cli"),
    instructions="AGENTS.md",
    skills={Scope.USER: ".agents/skills", Scope.PROJECT: ".agents/skills"},
    hooks=HOOKS,
    reaches=handlers.REACHES,
    longest=8_000,
    pieces=pieces,
    understand=handlers.understood,
    say=handlers.say,
    silence=handlers.SILENCE,
    leave=Leave(handlers.decided),
    guard=GUARD,
    transcripts=transcripts,
    turns=turns,
    moves=moves,
    confirm=(
        "In Codex type /hooks once and trust those of thrum; it asks again when one changes.",
    ),
    has_mcp=True,
    mcp_also=_ALSO_OF_SERVER,
    mcp_seconds=CALL_S,
    mcp_start_seconds=handlers.START_S,
)
