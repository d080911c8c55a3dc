"""``thrum mcp``: the MCP server, and how runtimes are told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from thrum import config as settings
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.runtimes import presets
from thrum.runtimes.contract import Own, Part, Scope, Where

if TYPE_CHECKING:
    import typer

    from thrum.mcp.outside import Outside
    from thrum.runtimes.contract import Adapter
    from thrum.runtimes.presets import Presets
    from thrum.setup.plan import Wanted


def serve(
    context: Context,
    agent_id: Annotated[
        str,
        typer.Option("--agent-id", help="which of the agents of this worktree it speaks for"),
        takes.AGENT_NAME,
    ] = "",
    compatible: Annotated[
        bool, typer.Option("--compatible", help="offer broadcast_message, too; also a config key")
    ] = False,
) -> None:
    """Be an MCP server on standard input and output; a runtime starts it for its session.

    It needs no daemon to begin: each tool says what to type where there is none.
    """
    from thrum.mcp import intake, loading

    if context.stdin_is_terminal:
        context.note("an MCP server, for a runtime to start; Ctrl-D ends it")
    streams = intake.taken(context.stdin.fileno(), context.stdout.fileno())
    lines = intake.Intake(streams.incoming)
    outside = _outside(context, agent_id, is_compatible=compatible or _is_compatible(context))
    # Only now: it takes half a second and more, in which the client's lines are read already.
    with loading.sparing():
        from thrum.mcp import server

    server.run(outside, lines, streams)


def config(
    context: Context,
    runtime: Annotated[str, typer.Argument(help="only this runtime"), takes.RUNTIME] = "",
    scope: Annotated[
        str,
        typer.Option(help="user: for you in every repository; project: in this one alone"),
        takes.words(*(scope.value for scope in Scope)),
    ] = "user",
    apply: Annotated[
        bool, typer.Option("--apply", help="write it into the files of RUNTIME")
    ] = False,
) -> None:
    """Show what a runtime has to be told of the MCP server, and in which file.

    With --apply it is added there, and nothing else in the file is changed; `thrum setup remove`
    takes it out again. `thrum setup` does the same, and hooks besides.
    """
    from thrum.cli.steps import grounding, settling
    from thrum.setup import wanted

    if apply and not runtime:
        raise ThrumError("usage", "--apply needs a runtime", "name it: thrum mcp config claude")
    ground = grounding.ground(context, scope)
    adapters = _with_servers(presets.read(ground.home), runtime)
    pieces = _of_servers(wanted.pieces(ground, adapters))
    told = {each.runtime for each in pieces}
    others = [each for each in adapters if each.name not in told]
    if apply and others:
        raise ThrumError(
            "usage",
            f"nobody knows the settings of {others[0].title}",
            f"add what `thrum mcp config {others[0].name}` shows to them",
        )
    if apply:
        settling.write(context, ground, pieces)
    else:
        _show(context, adapters, pieces, next(ground.wheres()))


def _with_servers(known: Presets, runtime: str) -> list[Adapter]:
    """The runtime of that name, or all that can use a server.

    Raises:
        ThrumError: ``not_found``; ``usage``, it cannot use one.
    """
    if not runtime:
        return [each for each in known.every() if each.has_mcp]
    found = known.find(runtime)
    if not found.has_mcp:
        raise ThrumError(
            "usage", f"{found.title} uses no MCP servers", "its agents type `thrum inbox`"
        )
    return [found]


def _of_servers(pieces: Sequence[Wanted]) -> list[Wanted]:
    """What tells of the server; a whole file of ours, where it stands in one with the hooks."""
    found = [each for each in pieces if each.piece.part is Part.MCP]
    told = {each.runtime for each in found}
    return found + [
        each
        for each in pieces
        if each.runtime not in told
        and isinstance(each.piece, Own)
        and each.piece.part is Part.HOOKS
    ]


def _show(
    context: Context, adapters: Sequence[Adapter], pieces: Sequence[Wanted], where: Where
) -> None:
    """Each file as it would be if nothing else stood in it."""
    from thrum.setup import editing

    documents = []
    for adapter in adapters:
        own = [each.piece for each in pieces if each.runtime == adapter.name]
        files = {
            str(path): editing.written(None, inside).text or ""
            for path, inside in editing.by_file(own).items()
        }
        for path, text in (files or {"": _as_most_take_it(where)}).items():
            documents.append(
                {
                    "runtime": adapter.name,
                    "path": path,
                    "text": text,
                    "start_seconds": adapter.mcp_start_seconds,
                    "call_seconds": adapter.mcp_seconds,
                }
            )
            place = path or "its settings, in the form that most programs take"
            context.say(f"# {one_line(adapter.title)}: {place}{_bounds(adapter)}\n{text}")
    context.document({"clients": documents})


def _as_most_take_it(where: Where) -> str:
    """What a program is told of which nobody knows the file."""
    from thrum.runtimes import handlers

    return json.dumps({"mcpServers": {"thrum": handlers.server(where)}}, indent=2) + "\n"


def _bounds(adapter: Adapter) -> str:
    """How long the runtime waits for the server, as far as that is known."""
    start, call = adapter.mcp_start_seconds, adapter.mcp_seconds
    begin = f"; the server may take {start} s to begin" if start else ""
    return begin + (f"; a call may last {call} s" if call else "")


def _is_compatible(context: Context) -> bool:
    """What the configuration says; a server begins without one as well, or with a broken one."""
    try:
        return bool(settings.load(context.place.config, context.env).get("mcp.compatible"))
    except ThrumError:
        return False


def _outside(context: Context, agent_id: str, *, is_compatible: bool) -> Outside:
    """The world as commands see it, looked at anew each time that it is asked."""
    from thrum.cli.steps import priming
    from thrum.cli.steps.rooted import rooted
    from thrum.mcp.outside import Me, Outside
    from thrum.prime import page

    env = {**context.env, "THRUM_NAME": agent_id} if agent_id else context.env

    def me() -> Me:
        fresh = context.again(env)
        try:
            return Me(fresh.caller.agent_id, fresh.caller.role)
        finally:
            fresh.hang_up()

    def call(method: str, params: Mapping[str, object], timeout: float | None = None) -> Any:
        fresh = context.again(env)
        try:
            return fresh.call(method, params, timeout)
        finally:
            fresh.hang_up()

    def prime() -> str:
        fresh = context.again(env)
        try:
            return page.compose(priming.gather(fresh).facts, fresh.now_ns())
        finally:
            fresh.hang_up()

    return Outside(
        me=me,
        call=call,
        connect=lambda: context.again(env).client,
        prime=prime,
        random_hex=context.random_hex,
        monotonic=context.monotonic,
        now_ns=context.now_ns,
        rooted=lambda said: rooted(context.again(env), said),
        is_compatible=is_compatible,
    )
