"""Taking an identity: what the guards say first, and the one way in which its file is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from thrum import contexts, preamble
from thrum.cli import guarding
from thrum.cli.render.text import one_line
from thrum.clock import format_ns, format_seconds
from thrum.errors import ThrumError
from thrum.identity import files, guards, owner, pane, process

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.identity.files import Identity
    from thrum.identity.guards import Fire


def check(context: Context, name: str, *, force: bool, binds: bool, does: bool = True) -> None:
    """Asks the guards whether this shell may register by that name.

    Args:
        name: the agent.
        force: identities in the way are put aside instead (``NAME.json.deleted``).
        binds: whether the process of this shell is to own the identity.
        does: whether anything may be changed; not for a dry run.

    Raises:
        GuardError: it may not.
        ThrumError: ``identity``, the file of that name cannot be read.
    """
    _check_readable(context, name, force=force, does=does)
    held, shell = guarding.held(context), guarding.shell(context)
    _clear(context, guards.self_rename(name, held, shell), force=force, does=does)
    _clear(context, guards.name_collision(name, held, shell), force=force, does=does)
    own = next((each for each in held if each.name == name and each.standing == "mine"), None)
    if binds:
        guarding.ask(context, guards.prime_ownership(own, shell))


def _check_readable(context: Context, name: str, *, force: bool, does: bool) -> None:
    """Asked before the daemon is: what cannot be read cannot be written to afterwards."""
    directory = context.place.identities
    fault = files.scan(directory).fault_of(directory, name)
    if fault is None:
        return
    path = Path(str(fault.details["file"]))
    if not force or path == directory:
        hint = fault.hint if path == directory else f"{fault.hint}; or add --force to put it aside"
        raise ThrumError(fault.kind, fault.message, hint, fault.details)
    if does:
        aside = files.put_aside(path)
        context.note(f"{path.name} cannot be read and is put aside as {aside.name}")


def _clear(context: Context, fire: Fire | None, *, force: bool, does: bool) -> None:
    if fire is None or not force:
        guarding.ask(context, fire)
        return
    for each in files.read_all(context.place.identities) if does else ():
        if each.name == fire.expected_agent:
            aside = files.put_aside(each.path)
            context.note(f"the identity of {each.name} is put aside as {aside.name}")


def tell_of_others(context: Context, name: str) -> None:
    """Says which agents live in this worktree besides: a shell here may become another one."""
    others = [each.name for each in files.read_all(context.place.identities) if each.name != name]
    if others:
        also = ", ".join(f"@{each}" for each in others)
        context.hint(f"also here: {also}; THRUM_NAME says which of you a shell is")


TAKEN: Final = {
    "gone": "which is gone",
    "ended": "where its session had ended",
    "silent": "which has been silent for a month",
    "forced": "by --force",
}
"""What is said of the place that an agent was brought from, by the daemon's token."""


def tell_of_taking(context: Context, registered: Mapping[str, Any]) -> None:
    """Says from where the agent was brought here, if it was."""
    why = str(registered.get("taken_why") or "")
    if why:
        where = one_line(str(registered.get("taken_from") or "its old place"))
        context.done(f"✓ Took it over from {where}, {TAKEN.get(why, one_line(why))}")


def write(
    context: Context, name: str, fields: dict[str, object], *, binds: bool, force: bool = False
) -> Identity:
    """Writes the identity; its process is this shell's if it binds, by `owner.successor`.

    Who holds the name is asked again under the lock: of two that come at once, both of which found
    it free, the first one gets it.

    Raises:
        GuardError: another program was faster, and this one does not insist.
        ThrumError: as `files.change`.
    """
    runtime = process.runtime_of(context.ancestors)
    root = context.toplevel or context.place.root
    where = pane.of_worktree(context.env, root) if runtime and binds else ""
    kept: list[int] = []

    def decide(before: Identity | None) -> dict[str, object]:
        said = fields if before else {**_first(context, name), **fields}
        if not binds:
            return said
        if before and not force:
            holder = owner.held(before, context.ancestors)
            guarding.ask(context, guards.name_collision(name, [holder], guarding.shell(context)))
        process_fields = owner.successor(before, runtime)
        if not runtime and process_fields["agent_pid"] and before:
            kept.append(before.agent_pid)
        seen = {"tmux_session": where} if where else {}
        return {**said, **process_fields, **seen}

    now = format_seconds(context.now_ns())
    written = files.change(context.place.identities, name, now, decide)
    _introduce(context, name)
    if kept:
        context.hint(f"{name} goes on to belong to its running process {kept[0]}")
    return written


def _first(context: Context, name: str) -> dict[str, object]:
    """What a new file says besides."""
    return {
        "agent_status": "idle",
        "agent_status_updated_at": format_ns(context.now_ns()),
        "context_file": f"{contexts.FOLDER}/{contexts.stem_of(name)}.md",
    }


def add_to_preamble(context: Context, name: str, text: bytes) -> None:
    """Puts the usual text and one's own below it in the preamble's place.

    Raises:
        ThrumError: as `contexts.Contexts.save`.
    """
    stem = f"{contexts.stem_of(name)}{contexts.PREAMBLE}"
    whole = preamble.default(name).encode() + b"\n---\n\n" + text
    contexts.Contexts(context.place.root).save(stem, whole)


def _introduce(context: Context, name: str) -> None:
    """Puts the text in its place that tells an agent how to work with the others."""
    # The notes themselves are not begun: an empty file would hide those on the branch.
    stem = f"{contexts.stem_of(name)}{contexts.PREAMBLE}"
    try:
        contexts.Contexts(context.place.root).save_if_absent(stem, preamble.default(name).encode())
    except ThrumError as error:
        context.note(f"thrum: the preamble is not written: {error.message}")
