"""Kiro's command line, 2.x (its documentation; never run here).

Hooks belong to an agent, so setup writes an agent of its own, and only sessions that are begun with
it have them. What a hook prints is context as it is, at a session's start and at a prompt; at the
end of a turn nobody reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from thrum.runtimes import handlers, mark
from thrum.runtimes.contract import (
    Adapter,
    Answer,
    Detection,
    Event,
    Hook,
    Moment,
    Own,
    Part,
    Piece,
    Reach,
    Scope,
    Where,
)

NAME: Final = "kiro-cli"
_FOLDER: Final = ".kiro"

CALL_S: Final = 120
"""What it has of its own; whether it takes more was not seen."""

_ALSO_OF_SERVER: Final = {"timeout": CALL_S * handlers.MS}

HOOKS: Final = (
    Hook("agentSpawn", Moment.START, seconds=10),
    Hook("userPromptSubmit", Moment.PROMPT),
    Hook("stop", Moment.END_OF_TURN),
)
REACHES: Final = {Moment.START: Reach.CONTEXT, Moment.PROMPT: Reach.CONTEXT}


def pieces(where: Where) -> Iterator[Piece]:
    """An agent with hooks and server, which a person chooses."""
    agent = {
        "name": mark.PROGRAM,
        "description": "Kiro with mail from other agents. Written by `thrum setup`.",
        "tools": ["*"],
        "resources": ["file://AGENTS.md", "file://README.md", "file://.kiro/steering/**/*.md"],
        "mcpServers": {mark.PROGRAM: handlers.server(where, **_ALSO_OF_SERVER)},
        "includeMcpJson": True,
        "hooks": {
            hook.event: [
                {
                    "command": mark.hook(where.program, hook.event, NAME),
                    "timeout_ms": hook.seconds * handlers.MS,
                }
            ]
            for hook in HOOKS
        },
    }
    path = where.folder(_FOLDER) / "agents" / "thrum.json"
    yield Own(Part.HOOKS, path, json.dumps(agent, indent=2) + "\n")


def say(_event: Event, _reach: Reach, text: str) -> Answer:
    """The text as it is."""
    return Answer(text)


ADAPTER: Final = Adapter(
    name=NAME,
    title="Kiro",
    command=("kiro-cli", "chat"),
    detection=Detection(
        folders=(_FOLDER,),
        markers=(".kiro",),
        processes=("kiro-cli",),
        binaries=("kiro-cli",),
        says=("kiro",),
    ),
    aliases=("kiro",),
    instructions="AGENTS.md",
    skills={Scope.USER: ".kiro/skills", Scope.PROJECT: ".kiro/skills"},
    hooks=HOOKS,
    reaches=REACHES,
    longest=8_000,
    pieces=pieces,
    understand=handlers.understood,
    say=say,
    confirm=("Begin sessions with the agent that was written: kiro-cli chat --agent thrum.",),
    has_mcp=True,
    mcp_also=_ALSO_OF_SERVER,
    mcp_seconds=CALL_S,
    hooks_run_here=False,
    is_chosen=True,
)
