"""What comes before a command: may this shell speak for the identity it found, and is that true?

An identity file is looked at once. Only when a guard fires or something changed is anything written
or asked; an ordinary command pays for a few reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from thrum import git_place
from thrum.cli import guarding
from thrum.clock import format_seconds
from thrum.errors import ThrumError
from thrum.identity import files, guards, owner, pane, process
from thrum.identity.guards import Fire, GuardError

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.identity.files import Identity
    from thrum.identity.guards import Held

BANNER = (
    "⚠ This is {}'s worktree and not yours; change into your own, or see `thrum identity explain`."
)


def run(context: Context, *, refuses: bool) -> str:
    """Applies the worktree rule and brings the identity file up to date.

    Args:
        refuses: whether a shell that may not speak here is refused; otherwise it is warned.

    Returns:
        The warning that was written to stderr; empty if there was none.

    Raises:
        GuardError: another agent's shell, where that is refused.
    """
    try:
        identity = context.selected.identity
    except ThrumError:
        return ""  # Commands that need to know who they are say so themselves.
    banner = ""
    if not context.options.repo:
        try:
            rule(context, identity)
        except GuardError as error:
            if refuses or error.fire.guard != "cross_worktree":
                raise
            banner = BANNER.format(identity.name)
            context.stderr.write(f"{banner}\n")
            return banner
    try:
        _refresh(context, context.selected.identity)
    except (ThrumError, OSError) as error:
        context.note(f"thrum: the identity file stays as it was: {error}")
    return banner


def rule(context: Context, identity: Identity) -> None:
    """Refuses a shell of another agent, and takes over from a program that has ended.

    Raises:
        GuardError: as the guard ``cross_worktree``.
    """
    fire = finding(context, identity)
    if fire is None or fire.guard != "dead_pid_auto_reclaim":
        guarding.ask(context, fire)
        return
    if not guarding.ask(context, fire):
        guarding.ask(context, finding(context, identity, reclaim=False))
        return
    _reclaim(context, identity)


def finding(context: Context, identity: Identity, *, reclaim: bool = True) -> Fire | None:
    """What the rule says of this shell and that identity; nothing is done about it."""
    own = owner.held(identity, context.ancestors)
    return guards.cross_worktree(
        own,
        guarding.held_anywhere(context),
        guarding.shell(context),
        at_home=own.standing in {"free", "dead"} and _is_at_home(context, identity, own),
        reclaim=reclaim,
    )


def _is_at_home(context: Context, identity: Identity, own: Held) -> bool:
    """Whether this shell stands where the identity was written: its worktree, its tmux pane."""
    root = context.toplevel or context.place.root
    written = identity.worktree
    if written not in {"", str(root), root.name} and str(git_place.real(Path(written))) != str(
        root
    ):
        return False
    if not process.runtime_of(context.ancestors):
        return True  # The rule lets it pass anyway, so tmux need not be asked.
    return not identity.tmux_session or pane.current(context.env) == identity.tmux_session


def _reclaim(context: Context, identity: Identity) -> None:
    runtime = process.runtime_of(context.ancestors)
    assert runtime is not None, "the rule reclaims for a runtime only"
    now = format_seconds(context.now_ns())
    taken = owner.reclaim(identity.path.parent, identity.name, now, runtime)
    context.forget_identity()
    if taken.agent_pid != runtime.pid:
        # Another program was faster, so this shell is somebody else's after all.
        guarding.ask(context, finding(context, taken))
        return
    try:
        context.call(
            "agent.register",
            {
                "name": taken.name,
                "role": taken.role,
                "module": taken.module,
                "display": taken.display,
                "agent_pid": taken.agent_pid,
                "re_register": True,
                "caller_agent_id": taken.name,
            },
        )
    except ThrumError as error:
        # The file is what counts; the daemon reads it. Its own list of programs is a step behind.
        context.note(f"thrum: the daemon has not heard of the new process: {error.message}")


def _refresh(context: Context, identity: Identity) -> None:
    """Writes what is no longer true of the shell that owns the identity, if anything is."""
    drift = drifted(context, identity)
    if drift:
        now = format_seconds(context.now_ns())
        files.write(identity.path.parent, identity.name, now, **drift)
        context.forget_identity()


def drifted(context: Context, identity: Identity) -> dict[str, object]:
    """Fields of the file that are no longer true here: runtime, branch, worktree, pane."""
    git = context.git
    if git is None or identity.path.parent != git.toplevel / ".thrum" / "identities":
        return {}
    drift: dict[str, object] = {}
    if identity.worktree == git.toplevel.name:
        drift["worktree"] = str(git.toplevel)
    elif identity.worktree not in {"", str(git.toplevel)}:
        return {}  # Carried here from elsewhere; `thrum quickstart` makes it this worktree's.
    branch = git_place.branch(git)
    if branch and branch != identity.branch:
        drift["branch"] = branch
    runtime = process.runtime_of(context.ancestors)
    name = process.RUNTIMES[runtime.name] if runtime and owner.owns(runtime, identity) else ""
    if name and name != identity.runtime:
        drift["runtime"] = name
    if name and identity.preferred_runtime not in {"", name}:
        drift["preferred_runtime"] = name
    if drift and name:
        # Asking tmux is a process, so it is done when something else has changed as well.
        drift |= _pane(context, git.toplevel)
    return drift


def _pane(context: Context, worktree: Path) -> dict[str, object]:
    here = pane.of_worktree(context.env, worktree)
    return {"tmux_session": here} if here else {}
