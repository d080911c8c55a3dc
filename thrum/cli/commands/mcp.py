"""``thrum mcp``: the MCP server, and how clients are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from thrum import config as settings
from thrum.cli import takes
from thrum.cli.context import Context

if TYPE_CHECKING:
    import typer

    from thrum.mcp.outside import Outside


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
    from thrum.mcp import intake

    streams = intake.taken(context.stdin.fileno(), context.stdout.fileno())
    lines = intake.Intake(streams.incoming)
    outside = _outside(context, agent_id, is_compatible=compatible or _is_compatible(context))
    # Only now: it takes most of a second, in which the client's lines are read already.
    from thrum.mcp import server

    server.run(outside, lines, streams)


def _is_compatible(context: Context) -> bool:
    """What the configuration says; a server begins without one as well, or with a broken one."""
    from thrum.errors import ThrumError

    try:
        return bool(settings.load(context.place.config, context.env).get("mcp.compatible"))
    except ThrumError:
        return False


def _outside(context: Context, agent_id: str, *, is_compatible: bool) -> Outside:
    """The world as commands see it, looked at anew each time that it is asked."""
    from thrum.cli.steps import priming
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
        is_compatible=is_compatible,
    )
