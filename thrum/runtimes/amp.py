"""Amp (what others wrote of its plugins; never run here).

No command is started at its events, so a plugin of ours asks, see `thrum.runtimes.plugins`. Whether
its replies are read nobody has seen: no mail counts as delivered by it, and an instruction file
says what an agent has to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from thrum.runtimes import handlers, plugins
from thrum.runtimes.contract import (
    Adapter,
    Answer,
    Detection,
    Entry,
    Event,
    Hook,
    Json,
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
_MOMENTS: Final = {hook.event: hook.moment for hook in HOOKS}


def pieces(where: Where) -> Iterator[Piece]:
    """The plugin, and the server in the settings."""
    folder = where.root / ".amp" if where.scope is Scope.PROJECT else _folder(where)
    yield Own(Part.HOOKS, folder / "plugins" / "thrum.ts", plugins.text(NAME, where.program))
    keys = ("amp.mcpServers", "thrum")
    yield Entry(Part.MCP, folder / "settings.json", keys, handlers.server(where))


def _folder(where: Where) -> Path:
    base = where.env.get("XDG_CONFIG_HOME")
    return (Path(base) if base else where.home / ".config") / "amp"


def read(event: str, given: Mapping[str, Json], _env: Mapping[str, str]) -> Event | None:
    """An event as our plugin describes it on stdin."""
    moment = _MOMENTS.get(event)
    return plugins.event(event, moment, given) if moment else None


def answer(event: Event | None, text: str) -> Answer:
    """What our plugin shall do."""
    return plugins.answer(REACHES, event, text)


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
    read=read,
    answer=answer,
    has_mcp=True,
)
