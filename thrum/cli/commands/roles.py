"""``thrum roles``: what agents are told of their roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from thrum import config
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.steps import casting, source
from thrum.clock import format_seconds
from thrum.errors import ThrumError
from thrum.names import bare
from thrum.plurals import counted
from thrum.roles import answers, composing, deploying, shipped
from thrum.roles.deploying import Agent

if TYPE_CHECKING:
    import typer

_LARGEST = 65_536
_NONE = "no role texts; see `thrum help roles save-config`"


def list_roles(context: Context) -> None:
    """The roles for which this repository has a text, and which agents have them."""
    agents = _agents(context)
    rows = [
        {
            "role": role,
            "file": f"{role}.md",
            "agents": [each.name for each in agents if each.role == role],
        }
        for role in composing.roles(context.place.shared)
    ]
    context.document({"roles": rows, "shipped": list(shipped.NAMES)})
    for row in rows:
        names = ", ".join(row["agents"])
        said = counted(len(row["agents"]), "agent")
        context.say(f"{row['file']} ({said}{f': {names}' * bool(names)})")
    if not rows:
        context.done(_NONE)


def deploy(
    context: Context,
    agent: Annotated[
        str | None, typer.Option(help="one agent; else all of this repository"), takes.AGENT
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
) -> None:
    """Write the preambles of agents anew from the texts of their roles.

    Only programs need that which read a preamble from its file: a session of ours is told what the
    texts say when it begins. A preamble that was written by hand stays.
    """
    every = _agents(context)
    chosen = [each for each in every if agent is None or each.name == bare(agent)]
    if agent is not None and not chosen:
        raise ThrumError(
            "not_found", f"no agent {agent!r} has an identity file here", "see `thrum team`"
        )
    place = context.place
    done = deploying.deploy(place.shared, place.repository, chosen, every, dry=dry_run)
    context.document(done.tree() | {"total": len(chosen), "dry_run": dry_run})
    left = [
        f"{label}: {', '.join(names)}"
        for label, names in (("no template for", done.without), ("kept their own", done.own))
        if names
    ]
    verb = "Would update" if dry_run else "Updated"
    about = f" ({'; '.join(left)})" if left else ""
    context.done(f"{verb} {len(done.updated)}/{counted(len(chosen), 'agent')}{about}")


def refresh(context: Context) -> None:
    """Write the texts that were chosen into .thrum/role_templates anew.

    A text that somebody changed there by hand is put aside before.
    """
    known = casting.known(context)
    if known is None:
        todo = "choose with `thrum roles save-config`; `thrum help roles save-config` shows how"
        raise ThrumError("not_found", "nobody has chosen role texts here", todo)
    done = casting.write(context, known)
    names = [each.role for each in done.answers.roles]
    context.document({"roles": names, "edited": [str(each) for each in done.edited]})
    context.done(f"✓ Refreshed {counted(len(names), 'role text')}: {', '.join(names)}")
    casting.tell_of_edited(context, done)


def save_config(context: Context) -> None:
    """Save which text each role has, as JSON on stdin; `thrum roles refresh` then writes them.

    `{"roles": {"implementer": {"autonomy": "strict"}}}` is enough.
    """
    if context.stdin_is_terminal:
        raise ThrumError("usage", "the answers are read from stdin", "pipe JSON in")
    try:
        tree = json.loads(source.of_stdin(context, _LARGEST))
    except (ValueError, RecursionError) as error:
        raise ThrumError("usage", f"what came on stdin is no JSON: {error}") from None
    known = answers.parse(tree, format_seconds(context.now_ns()))
    settings = config.load(context.place.config, context.env)
    settings.set(answers.KEY, known.tree())
    settings.save()
    context.document(known.tree())
    context.done(f"✓ Saved {counted(len(known.roles), 'role')}; `thrum roles refresh` writes them")


def print_template(
    context: Context,
    name: Annotated[
        str,
        typer.Argument(help="role and autonomy, as in implementer-strict"),
        takes.words(*shipped.NAMES),
    ],
) -> None:
    """Print a text that comes with the program."""
    found = shipped.read(name)
    context.document(
        {
            "name": name,
            "schema_version": found.schema_version,
            "hash": found.hash,
            "text": found.text,
        }
    )
    context.say(found.text)


def _agents(context: Context) -> list[Agent]:
    """Every agent of the repository that lives where its file says, by name."""
    found: dict[str, Agent] = {}
    for each in context.evidence.all:
        if each.is_native and each.name not in found:
            found[each.name] = Agent(each.name, each.role, each.module, each.home)
    return [found[name] for name in sorted(found)]
