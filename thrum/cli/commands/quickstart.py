"""``thrum quickstart``: register here, start a session, say what for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.steps import claiming, registering
from thrum.cli.steps.registering import Wanted
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer


ROLES = ("coordinator", "implementer", "reviewer", "planner", "tester")
"""Roles that are offered; any other will do."""


def quickstart(
    context: Context,
    agent: Annotated[
        str | None, typer.Argument(metavar="NAME", help="the agent's name"), takes.AGENT_NAME
    ] = None,
    name: Annotated[str, typer.Option(help="the same as a flag"), takes.AGENT_NAME] = "",
    role: Annotated[
        str,
        typer.Option(help="such as implementer or reviewer"),
        takes.Takes(("role",), ROLES, called="ROLE", syntax="role"),
    ] = "",
    module: Annotated[
        str, typer.Option(help="the part of the project it works on"), takes.MODULE
    ] = "",
    display: Annotated[str, typer.Option(help="a name for people")] = "",
    intent: Annotated[str, typer.Option(help="what you are about to do")] = "",
    runtime: Annotated[
        str,
        typer.Option(help="the program you are; found out if absent"),
        takes.RUNTIME,
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="put identities in the way aside")] = False,
    no_agent_pid: Annotated[
        bool, typer.Option("--no-agent-pid", help="do not bind the agent to a process")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    no_init: Annotated[
        bool, typer.Option("--no-init", help="write no files of the agent program (none are)")
    ] = False,
    preamble_file: Annotated[
        str, typer.Option(help="a text that stands below your preamble"), takes.FILE
    ] = "",
) -> None:
    """Register this worktree as an agent, start a session and state an intent.

    Without a name the agent that is already registered here goes on. THRUM_NAME, THRUM_ROLE and
    THRUM_MODULE stand in for absent flags. An agent that comes back, from wherever it lived, keeps
    its role and module.
    """
    chosen = name or agent or context.env.get("THRUM_NAME", "")
    wanted = registering.complete(
        context,
        Wanted(
            chosen,
            role,
            module,
            display,
            intent,
            _runtime(context, runtime) if runtime else "",
            force,
            not no_agent_pid,
            _preamble(context, preamble_file) if preamble_file else b"",
        ),
    )
    if dry_run:
        claiming.check(context, wanted.name, force=force, binds=wanted.with_pid, does=False)
        plan = {"agent_id": wanted.name, "role": wanted.role, "module": wanted.module}
        context.document({"dry_run": True, **plan, "intent": wanted.intent})
        context.say(
            f"Would register @{wanted.name} ({wanted.role}, {wanted.module}): {wanted.intent}"
        )
        return
    answer = registering.begin(context, wanted)
    context.document(answer)
    registering.tell(context, answer)


def _runtime(context: Context, name: str) -> str:
    """The proper name of a runtime, one of ours or the person's.

    Raises:
        ThrumError: ``not_found``; ``config``, the file of the person's runtimes is wrong.
    """
    from thrum.runtimes import presets

    return presets.read(Path(context.env.get("HOME", "/"))).find(name).name


def _preamble(context: Context, file: str) -> bytes:
    """The text for the preamble, read before anything is done.

    Raises:
        ThrumError: ``usage``, it is no UTF-8; and what `source.of_file` raises.
    """
    from thrum import contexts
    from thrum.cli.steps import source

    content = source.of_file(context, file, contexts.LARGEST)
    try:
        content.decode()
    except UnicodeDecodeError:
        raise ThrumError("usage", f"{file} is not valid UTF-8", "convert it first") from None
    return content
