"""Making a worktree an agent's home: its folder, the files of its runtime, who lives there.

Whatever was done is taken back, in the opposite order, where something after it fails.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from thrum import atomic, config, paths, seat
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import outfitting, settling, standing, vacating
from thrum.cli.steps.outfitting import Outfit
from thrum.clock import format_seconds, stamp
from thrum.errors import ThrumError
from thrum.identity import files, owner
from thrum.paths import Place
from thrum.plurals import listed
from thrum.runtimes import presets
from thrum.setup import receipts
from thrum.setup.foreign import Obstacle

_APART: Final = "give each agent a worktree of its own"

BEADS: Final = ".beads"
"""Where beads, a tracker of issues, has them in a repository."""


class Tenant(NamedTuple):
    """Who shall live in a worktree; empty is: as before, or nothing.

    Attributes:
        name: the agent; empty for nobody.
        role: what it is.
        module: on what it works.
        intent: what it is about to do.
        runtime: the program that it is.
        has_files: whether the files of the program are written, or those that the others have.
    """

    name: str = ""
    role: str = ""
    module: str = ""
    intent: str = ""
    runtime: str = ""
    has_files: bool = True


class Home(NamedTuple):
    """What became of a worktree.

    Attributes:
        outfit: the files of runtimes; None if none are needed.
        obstacles: what was in the way of some.
        aside: identities that were put into quarantine.
        is_registered: whether the agent was registered now; it may have lived there before.
    """

    outfit: Outfit | None
    obstacles: Sequence[Obstacle] = ()
    aside: Sequence[str] = ()
    is_registered: bool = False


def runtime_of(context: Context, named: str) -> str:
    """The runtime that is to work in a worktree: the named one, else the repository's.

    Raises:
        ThrumError: ``not_found``, nobody knows the named one; ``config``.
    """
    mine = presets.read(Path(context.env.get("HOME", "/")))
    if named:
        return mine.find(named).name
    wanted = str(config.load(context.place.config, context.env).get("runtime.primary"))
    try:
        return mine.find(wanted).name if wanted else ""
    except ThrumError as error:
        context.note(f"runtime.primary is passed over: {error.message}")
        return ""


def wants_files(context: Context) -> bool:
    """Whether worktrees get files of runtimes though the line names none."""
    return bool(config.load(context.place.config, context.env).get("worktrees.thrum_enabled"))


def ask(context: Context, tenant: Tenant) -> Tenant:
    """The tenant with what the daemon knows of it, asked before anything is made.

    Raises:
        ThrumError: ``usage``, role or module is said by nobody; ``daemon_down`` and others.
    """
    rows = context.call("agent.list").get("agents") or []
    known: Mapping[str, str] = next((e for e in rows if e.get("agent_id") == tenant.name), {})
    role, module = tenant.role or known.get("role", ""), tenant.module or known.get("module", "")
    lacking = [flag for flag, value in (("--role", role), ("--module", module)) if not value]
    if lacking:
        text = f"to register @{tenant.name}, give {listed(lacking)}"
        todo = f"as in: thrum worktree create {tenant.name} --role implementer --module auth"
        raise ThrumError("usage", text, todo)
    return tenant._replace(role=role, module=module)


def settle(context: Context, root: Path, tenant: Tenant, undo: ExitStack) -> Home:
    """Makes the worktree ready, and the tenant at home in it.

    Args:
        context: where the command runs.
        root: the worktree.
        tenant: who shall live there, if anybody, and whose files it gets.
        undo: what takes it back is put there.

    Raises:
        ThrumError: ``conflict``, somebody else is at work there, or something is in the way of our
            folder; what `thrum agent register` refuses; ``setup``, ``config``.
        OSError: the disk refuses.
    """
    inside = context.standing_in(root)
    _seat(inside.place, undo)
    if config.load(inside.place.config, inside.env).get("worktrees.beads_enabled"):
        _share_beads(inside.place, undo)
    aside = _clear(context, inside, tenant.name, undo) if tenant.name else []
    outfit = outfitting.for_agent(inside, tenant.runtime) if tenant.has_files else None
    obstacles = _outfit(inside, outfit, undo) if outfit else []
    is_registered = bool(tenant.name) and _register(context, inside.place, tenant, undo)
    return Home(outfit, obstacles, aside, is_registered)


def settle_in_main(context: Context, root: Path, tenant: Tenant, undo: ExitStack) -> Home:
    """Makes the tenant at home in the main worktree, of which nothing else changes: the files of
    runtimes are there as `thrum setup` was told, and nobody is put aside.

    Args:
        context: where the command runs.
        root: the main worktree.
        tenant: who shall live there.
        undo: what takes it back is put there.

    Raises:
        ThrumError: ``conflict``, somebody else lives there; what `thrum agent register` refuses.
        OSError: the disk refuses.
    """
    check_main(root, tenant.name)
    place = context.standing_in(root).place
    return Home(None, is_registered=_register(context, place, tenant, undo))


def check_main(root: Path, name: str) -> None:
    """Refuses an agent that cannot live in the main worktree; nothing is changed.

    Raises:
        ThrumError: ``conflict``, somebody else lives there.
    """
    others = [each for each in files.read_all(files.folder(root)) if each.name != name]
    if others:
        text = f"@{others[0].name} lives in the main worktree, {root}"
        todo = "declare that one there, or give each agent a worktree of its own"
        raise ThrumError("conflict", text, todo)


def _seat(place: Place, undo: ExitStack) -> None:
    """Gives the worktree its own folder, with a redirect to the shared files."""
    local = place.local
    for each in (local, local / "identities", local / "context"):
        if each.is_symlink() or (each.exists() and not each.is_dir()):
            text = f"{each} is no folder, and came with the branch"
            raise ThrumError("conflict", text, "take it out of the branch")
    if not local.exists():
        undo.callback(shutil.rmtree, local, ignore_errors=True)
    seat.take(place)
    for folder in (local, place.identities, place.contexts):
        folder.mkdir(exist_ok=True)
        folder.chmod(paths.SHARED_DIRECTORY)


def _share_beads(place: Place, undo: ExitStack) -> None:
    """Has the worktree share the issues of beads, where the repository has any."""
    shared, local = place.repository / BEADS, place.root / BEADS
    file = local / paths.REDIRECT
    is_ours = local.is_dir() or not os.path.lexists(local)
    if not shared.is_dir() or local.is_symlink() or not is_ours or os.path.lexists(file):
        return
    if not local.exists():
        local.mkdir()
        undo.callback(local.rmdir)
    undo.callback(file.unlink, missing_ok=True)
    atomic.replace(file, beads_redirect(place.repository))


def beads_redirect(repository: Path) -> str:
    """What a worktree's redirect of beads holds."""
    return f"{repository / BEADS}\n"


def _clear(context: Context, inside: Context, keep: str, undo: ExitStack) -> list[str]:
    """Puts the identities of others into quarantine: a worktree is one agent's home.

    Raises:
        ThrumError: ``conflict``, one of them is at work, or has a session of tmux.
    """
    directory = inside.place.identities
    others = [each for each in files.read_all(directory) if each.name != keep]
    for each in others:
        if owner.is_alive(each):
            text = f"@{each.name} is at work in {inside.place.root}, process {each.agent_pid}"
            raise ThrumError("conflict", text, _APART)
    for each, row in vacating.in_tmux(context, others):
        # Whatever runs there, or will, was told that it is this agent.
        session = one_line(str(row.get("name")))
        text = f"@{each.name} lives in {inside.place.root}, in the session {session} of tmux"
        raise ThrumError("conflict", text, f"{_APART}, or end it: thrum tmux kill {session}")
    moved = files.quarantine(directory, stamp(inside.now_ns()), lambda each: each in others)
    for name, path in moved:
        undo.callback(path.rename, files.path_of(directory, name))
    return [name for name, _ in moved]


def _outfit(inside: Context, outfit: Outfit, undo: ExitStack) -> Sequence[Obstacle]:
    root = str(inside.place.root)
    known = receipts.read(outfit.ground.home).found.values()
    if not any(each.whose == root for each in known):
        undo.callback(settling.take_out, outfit.ground, outfit.adapters)
    return outfitting.put(inside, outfit)


def _register(context: Context, place: Place, tenant: Tenant, undo: ExitStack) -> bool:
    """Registers the tenant as one who lives there; False if it did so before."""
    directory, root = place.identities, place.root
    before = next((e for e in files.read_all(directory) if e.name == tenant.name), None)
    rows = context.call("agent.list").get("agents") or []
    is_known = any(each.get("agent_id") == tenant.name for each in rows)
    is_same = before and (before.role, before.module) == (tenant.role, tenant.module)
    is_new = not (is_known and is_same)
    if is_new:
        if before is None:
            path = files.path_of(directory, tenant.name)
            undo.callback(path.unlink, missing_ok=True)
        words = ("--name", tenant.name, "--role", tenant.role, "--module", tenant.module)
        _ask_for(context, root, tenant.name, *words)
        if not is_known:
            undo.callback(_forget, context, root, tenant.name)
    runtime = {"runtime": tenant.runtime, "preferred_runtime": tenant.runtime}
    said = {"intent": tenant.intent, **runtime}
    fields = {key: value for key, value in said.items() if value}
    files.write(directory, tenant.name, format_seconds(context.now_ns()), **fields)
    return is_new


def _ask_for(context: Context, root: Path, name: str, *words: str) -> None:
    """Registers an agent as somebody who stands in the worktree.

    Raises:
        ThrumError: ``name_taken`` and others.
    """
    try:
        standing.there(context, root, "agent", "register", *words, "--no-agent-pid")
    except ThrumError as error:
        if "--force" not in (error.hint or ""):
            raise
        # There is no force here: whoever insists shall stand where the agent is to live.
        insist = f"make it without --name, then in it: thrum quickstart {name} --force"
        todo = f"if nobody lives there any more, {insist}"
        raise ThrumError(error.kind, error.message, todo, error.details) from error


def _forget(context: Context, root: Path, name: str) -> None:
    """Has the daemon forget an agent that was registered a moment ago."""
    try:
        standing.there(context, root, "agent", "delete", name, "--yes", name=name)
    except ThrumError as error:
        context.note(f"@{name} stays registered: {error.message}; thrum agent delete {name}")


def tell(context: Context, home: Home, tenant: Tenant) -> None:
    """Says what became of it."""
    for name in home.aside:
        context.note(f"the identity of {one_line(name)} does not belong there: in quarantine")
    if home.outfit:
        outfitting.tell(context, home.outfit, home.obstacles)
    if tenant.name:
        word = "Registered" if home.is_registered else "Lives there already:"
        context.done(f"✓ {word} @{tenant.name} in worktree")
