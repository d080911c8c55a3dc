"""Hooks as groups of handlers, and replies to them: the shape of Claude Code.

Several runtimes took it over, each with changes of its own; what they still have in common stands
here, as pure functions that an adapter composes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from thrum.runtimes import mark
from thrum.runtimes.contract import (
    Answer,
    Entry,
    Event,
    Guard,
    Hook,
    Json,
    Moment,
    Move,
    Part,
    Reach,
    Where,
)

REACHES: Final = {
    Moment.START: Reach.CONTEXT,
    Moment.PROMPT: Reach.CONTEXT,
    Moment.TOOLS: Reach.CONTEXT,
    Moment.END_OF_TURN: Reach.TURN,
}
"""What replies do in Claude Code, and in those that took it over whole."""

MS: Final = 1000
"""Of these some runtimes count a hook's time."""

CALL_S: Final = 660
"""Seconds for one call of a tool: a minute more than the longest wait for mail."""

CALL_MS: Final = {"timeout": CALL_S * MS}
"""How several runtimes are told so."""

START_S: Final = 30
"""Seconds in which a server begins and names its tools, on a machine with much else to do."""

SILENCE: Final = "{}"
"""The empty reply where stdout must be JSON."""

LEAVE_S: Final = 330
"""Seconds that a hook may take where leave is asked for: longer than any answer is waited for."""

DETAILS: Final = 500
"""Characters of what a permission is asked for that people are shown."""


_FIRST: Final = 1_048_576
"""Characters of a first line that are read; Codex puts all its instructions there."""


def texts(given: Mapping[str, Json]) -> dict[str, str]:
    """The fields that are texts; whatever else a runtime sends under a name is not one."""
    return {key: value for key, value in given.items() if isinstance(value, str)}


def event(name: str, moment: Moment, given: Mapping[str, Json]) -> Event:
    """An event with the fields of Claude Code."""
    text = texts(given)
    return Event(
        name=name,
        moment=moment,
        session=text.get("session_id", ""),
        cwd=text.get("cwd", ""),
        source=first(text, "source", "reason", "trigger", "notification_type"),
        transcript=text.get("transcript_path", ""),
        is_subagent=bool(given.get("agent_id")),
        is_continued=given.get("stop_hook_active") is True,
        last_text=text.get("last_assistant_message", ""),
        tool=text.get("tool_name", ""),
        details=text.get("message", "") or spelled(given.get("tool_input")),
    )


def understood(
    name: str, moment: Moment, given: Mapping[str, Json], _env: Mapping[str, str]
) -> Event:
    """An event of a runtime that describes it as Claude Code does."""
    return event(name, moment, given)


def first(text: Mapping[str, str], *names: str) -> str:
    """The first field that says something."""
    return next((text[name] for name in names if text.get(name)), "")


def root(given: Mapping[str, Json]) -> str:
    """The first of the folders that a session works in, where a runtime lists them."""
    roots = given.get("workspace_roots")
    found = roots[0] if isinstance(roots, list) and roots else ""
    return found if isinstance(found, str) else ""


def spelled(asked: Json) -> str:
    """What a tool was asked to do, for people."""
    return json.dumps(asked, ensure_ascii=False)[:DETAILS] if asked else ""


def groups(
    path: Path,
    where: Where,
    runtime: str,
    hooks: tuple[Hook, ...],
    *,
    unit: int = 1,
    named: bool = False,
    more: Mapping[str, Json] | None = None,
) -> Iterator[Entry]:
    """One group for each event, with one handler, and for some with one more.

    Args:
        path: the file with the key ``hooks``.
        where: whose program is called.
        runtime: the name of the runtime.
        hooks: its events.
        unit: how many of its units of time are a second.
        named: whether a handler has a name.
        more: the second handler of an event, by the event's name.
    """
    for hook in hooks:
        handler: dict[str, Json] = {"name": mark.PROGRAM} if named else {}
        handler |= {
            "type": "command",
            "command": mark.hook(where.program, hook.event, runtime),
            "timeout": hook.seconds * unit,
        }
        group: dict[str, Json] = {"matcher": hook.matcher} if hook.matcher else {}
        group["hooks"] = [handler]
        if more and hook.event in more:
            group["hooks"].append(more[hook.event])
        part = Part.GUARD if hook.moment is Moment.EDIT else Part.HOOKS
        yield Entry(part, path, ("hooks", hook.event), group, joins=True)


def guarded(hooks: tuple[Hook, ...], guard: Guard, where: Where) -> tuple[Hook, ...]:
    """The events that are listened to, with the one before edits where that is wanted."""
    return (*hooks, guard.hook) if where.guards else hooks


def edited(given: Mapping[str, Json]) -> Iterator[str]:
    """The file that a tool would change, by whichever name it has it."""
    asked = given.get("tool_input")
    if isinstance(asked, Mapping):
        found = first(texts(asked), "file_path", "notebook_path", "path")
        if found:
            yield found


def denied(event: str, text: str) -> Answer:
    """A tool that is not run, and why."""
    decision = {"permissionDecision": "deny", "permissionDecisionReason": text}
    return said({"hookSpecificOutput": {"hookEventName": event, **decision}})


def server(where: Where, **more: Json) -> dict[str, Json]:
    """How most runtimes are told of an MCP server over stdio."""
    return {"command": str(where.program), "args": ["mcp", "serve"], **more}


def context(found: Event, text: str) -> Answer:
    """A text that stands in front of the model with what it does next."""
    return said({"hookSpecificOutput": {"hookEventName": found.name, "additionalContext": text}})


def goes_on(text: str, decision: str = "block") -> Answer:
    """A turn that goes on with a text."""
    return said({"decision": decision, "reason": text})


def say(found: Event, reach: Reach, text: str) -> Answer:
    """A reply as Claude Code takes it: context, or a turn that goes on by ``block``."""
    return goes_on(text) if reach is Reach.TURN else context(found, text)


def decided(found: Event, is_allowed: bool, by: str) -> Answer:
    """An answer to what is asked leave for, for this once."""
    decision = {"behavior": "allow"} if is_allowed else refusal(by)
    return said({"hookSpecificOutput": {"hookEventName": found.name, "decision": decision}})


def refusal(by: str) -> dict[str, Json]:
    """A refusal, which the model is told of."""
    return {"behavior": "deny", "message": f"@{by} does not allow this."}


def said(reply: Mapping[str, Json]) -> Answer:
    """A reply in JSON, on one line."""
    return Answer(json.dumps(reply))


def spoken(content: Json) -> Iterator[str]:
    """The texts of a message: itself, or its parts of type text, without thoughts and tools."""
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, Mapping) or part.get("type", "text") != "text":
            continue
        text = part.get("text")
        if isinstance(text, str) and text and part.get("thought") is not True:
            yield text


def newest(files: Iterable[Path]) -> Iterator[Path]:
    """The files by the time of their last change, the latest first; what is gone is left out."""
    dated = []
    for file in files:
        try:
            dated.append((file.stat().st_mtime_ns, file))
        except OSError:
            continue
    yield from (file for _, file in sorted(dated, reverse=True))


def is_named(file: Path, root: str) -> bool:
    """Whether the first line of a transcript names the folder as the one that is worked in."""
    return root in _folders(opening(file), 4)


def opening(file: Path) -> Mapping[str, Json]:
    """The first line of a transcript, decoded; empty where it cannot be read."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            found = json.loads(lines.readline(_FIRST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def linked(line: Mapping[str, Json]) -> Move:
    """A line that names itself and the one that it goes on from, as Claude Code writes them.

    The first one after a compaction begins a new tree, and names what is before it apart.
    """
    found = texts(line)
    return Move(found.get("uuid", ""), first(found, "parentUuid", "logicalParentUuid"))


def _folders(found: Json, depth: int) -> Iterator[str]:
    """What stands under ``cwd``, at whatever place."""
    if not isinstance(found, Mapping) or not depth:
        return
    for key, value in found.items():
        if key == "cwd" and isinstance(value, str):
            yield value
        yield from _folders(value, depth - 1)
