"""Amp (what others wrote of its plugins; never run here).

No command is started at its events, so a plugin of ours asks, see `thrum.runtimes.plugins`. Whether
its replies are read nobody has seen: no mail counts as delivered by it, and an instruction file
says what an agent has to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from thrum.runtimes import handlers, plugins
from thrum.runtimes.contract import (
    Adapter,
    Detection,
    Entry,
    Hook,
    Moment,
    Own,
    Part,
    Piece,
    Reach,
    Scope,
    Where,
)

NAME: Final = "amp"

HOOKS: Final = (Hook("agent.start", Moment.PROMPT), Hook("agent.end", Moment.END_OF_TURN))
REACHES: Final = {Moment.PROMPT: Reach.MAYBE, Moment.END_OF_TURN: Reach.MAYBE}


def pieces(where: Where) -> Iterator[Piece]:
    """The plugin, and the server in the settings."""
    persons = where.own(".config", "XDG_CONFIG_HOME") / "amp"
    folder = where.root / ".amp" if where.scope is Scope.PROJECT else persons
    yield Own(Part.HOOKS, folder / "plugins" / "thrum.ts", plugins.text(NAME, where.program))
    keys = ("amp.mcpServers", "thrum")
    yield Entry(Part.MCP, folder / "settings.json", keys, handlers.server(where))


ADAPTER: Final = Adapter(
    name=NAME,
    title="Amp",
    command=("amp",),
    detection=Detection(
        folders=(".config/amp",),
        processes=("amp",),
        scripts=("@sourcegraph/amp/",),
        binaries=("amp",),
        says=("sourcegraph",),
    ),
    aliases=("ampcode",),
    instructions="AGENTS.md",
    skills={Scope.USER: ".agents/skills", Scope.PROJECT: ".agents/skills"},
    hooks=HOOKS,
    reaches=REACHES,
    longest=8_000,
    pieces=pieces,
    understand=plugins.understood,
    say=plugins.say,
    silence=handlers.SILENCE,
    has_mcp=True,
)
