"""OpenCode (1.18.33, tried): a plugin of ours tells of events, see `thrum.runtimes.plugins`.

It asks nobody whether it may run plugins and servers, neither the person's nor a project's. Where
there is any plugin it waits at its start for a package of its own, as long as npm takes.
``opencode run`` ends with its turn, so none is begun then. A tool of a server ends with a list of
parts, one of its own with a text.

Its conversations are in a database of its own, whose tables it changes; they are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from thrum.runtimes import handlers, plugins
from thrum.runtimes.contract import (
    Adapter,
    Detection,
    Entry,
    Hook,
    Leave,
    Moment,
    Own,
    Part,
    Piece,
    Scope,
    Wake,
    Where,
)

NAME: Final = "opencode"

START_S: Final = 60
"""Seconds in which the server names its tools, and in a call those from one word of progress to the
next: what a call has without it, for with less some would be cut off."""

_ALSO_OF_SERVER: Final = {"timeout": START_S * handlers.MS}

HOOKS: Final = (
    Hook("session.created", Moment.START),
    Hook("chat.message", Moment.PROMPT),
    Hook("tool.execute.after", Moment.TOOLS),
    Hook("session.idle", Moment.END_OF_TURN),
    Hook("session.compacted", Moment.AFTER_COMPACTION),
    Hook("session.deleted", Moment.END),
    Hook("permission.asked", Moment.PERMISSION, seconds=handlers.LEAVE_S),
)


def pieces(where: Where) -> Iterator[Piece]:
    """The plugin, and the server in the configuration beside it."""
    if where.scope is Scope.PROJECT:
        folder, configuration = where.root / ".opencode", where.root / "opencode.json"
    else:
        folder = config_folder(where)
        configuration = folder / "opencode.json"
    yield Own(Part.HOOKS, folder / "plugins" / "thrum.ts", plugins.text(NAME, where.program))
    server = {
        "type": "local",
        "command": [str(where.program), "mcp", "serve"],
        "enabled": True,
        **_ALSO_OF_SERVER,
    }
    yield Entry(Part.MCP, configuration, ("mcp", "thrum"), server)


def config_folder(where: Where) -> Path:
    """Where the person's configuration is."""
    named = where.env.get("OPENCODE_CONFIG_DIR")
    return Path(named) if named else where.own(".config", "XDG_CONFIG_HOME") / "opencode"


ADAPTER: Final = Adapter(
    name=NAME,
    title="OpenCode",
    command=("opencode",),
    detection=Detection(
        markers=(".opencode", "opencode.json"),
        folders=(".config/opencode",),
        variables=("OPENCODE", "OPENCODE_PID"),
        processes=("opencode", ".opencode"),
        binaries=("opencode",),
        says=("opencode",),
    ),
    aliases=("opencode-ai",),
    instructions="AGENTS.md",
    skills={Scope.USER: ".agents/skills", Scope.PROJECT: ".agents/skills"},
    hooks=HOOKS,
    reaches=handlers.REACHES,
    longest=8_000,
    pieces=pieces,
    understand=plugins.understood,
    say=plugins.say,
    silence=handlers.SILENCE,
    leave=Leave(plugins.decided, asks_meanwhile=True),
    wakes=(Wake("plugin", event="session.idle", say=plugins.woken),),
    has_mcp=True,
    mcp_also=_ALSO_OF_SERVER,
    mcp_start_seconds=START_S,
)
