"""What comes before a command: whose worktree is this, and is what its files say still true?

That is asked of the files alone, without a daemon; who the shell is, `speaker` says when somebody
needs to know. Only when a guard fires or something changed is anything written or asked; an
ordinary command pays for a few reads.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    found = residents(context)
    if not context.options.repo:
        try:
            rule(context, found)
        except GuardError as error:
            if refuses or error.fire.guard != "cross_worktree":
                raise
            banner = BANNER.format(error.fire.expected_agent)
            context.stderr.write(f"{banner}\n")
            return banner
    try:
        _refresh(context, found)
    except (ThrumError, OSError) as error:
        context.note(f"thrum: the identity file stays as it was: {error}")
    return ""


def residents(context: Context) -> list[Identity]:
    """The identities whose worktree this is, the newest first: one of them, if THRUM_NAME says so.

    None beside a file that cannot be read, unless the shell runs under their process: that file
    may be the shell's own.
    """
    try:
        scan = files.scan(context.place.identities)
    except ThrumError:
        return []  # Commands that need a place say so themselves.
    wanted = context.env.get("THRUM_NAME", "")
    named = [each for each in scan.identities if each.name == wanted]
    if named or not scan.faults:
        return named or files.newest_first(scan.identities)
    return owner.nearest(context.ancestors, scan.identities)[0]


def rule(context: Context, identities: Sequence[Identity]) -> None:
    """Refuses a shell of another agent, and takes over from a program that has ended.

    Raises:
        GuardError: as the guard ``cross_worktree``.
    """
    fire = finding(context, identities)
    if fire is None or fire.guard != "dead_pid_auto_reclaim":
        guarding.ask(context, fire)
        return
    if not guarding.ask(context, fire):
        guarding.ask(context, finding(context, identities, reclaim=False))
        return
    _reclaim(context, next(each for each in identities if each.name == fire.expected_agent))


def finding(
    context: Context, identities: Sequence[Identity], *, reclaim: bool = True
) -> Fire | None:
    """What the rule says of this shell and those who live here; nothing is done about it.

    Who may speak for one of them may speak here. A place that has become vacant is taken over only
    if it is the only one: of several nobody knows which is meant.
    """
    found: list[Fire] = []
    for each in identities:
        fire = _finding(context, each, reclaim=reclaim)
        if fire is None:
            return None
        found.append(fire)
    vacant = [each for each in found if each.guard == "dead_pid_auto_reclaim"]
    if len(vacant) > 1:
        return _finding(context, identities[0], reclaim=False)
    return next(iter([*vacant, *found]), None)


def _finding(context: Context, identity: Identity, *, reclaim: bool) -> Fire | None:
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
        guarding.ask(context, finding(context, [taken]))
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


def _refresh(context: Context, found: Sequence[Identity]) -> None:
    """Writes what is no longer true of the agent that lives here, if it is known which."""
    mine = found if len(found) == 1 else owner.nearest(context.ancestors, found)[0]
    for identity in mine[:1]:
        drift = drifted(context, identity)
        if not drift:
            continue
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
    name = process.runtime_name(runtime) if runtime and owner.owns(runtime, identity) else ""
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
