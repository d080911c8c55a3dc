"""``thrum hook install pre-commit`` and ``thrum hook pre-commit``: the guard before a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from thrum import git_place
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import holding
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.githook import REFUSED as REFUSED

if TYPE_CHECKING:
    import typer

    from thrum.git_place import GitPlace
    from thrum.githook.guard import Done

HOOK: Final = "pre-commit"
WHICH: Final = takes.words(HOOK)

AT_ONCE: Final = 1_000
"""Paths that are asked about in one question."""

_QUIET: Final = frozenset({"daemon_down", "not_initialized", "method_not_found", "config"})
"""Kinds of errors that are no news: there is nobody who could know of claims."""

_WORDS: Final = {
    "create": "✓ {file} is there now, with the guard",
    "change": "✓ The guard is in {file}",
    "keep": "The guard is in {file} already",
    "remove": "✓ The guard is out of {file}",
    "none": "There is no guard in {file}",
}


def install(
    context: Context,
    hook: Annotated[str, typer.Argument(help="which of git's hooks"), WHICH] = HOOK,
    remove: Annotated[
        bool, typer.Option("--remove", help="take it out; the hook is as it was before")
    ] = False,
) -> None:
    """Have git ask before a commit whether another agent holds a file that it changes.

    A hook that is there is kept and goes on to do what it does.
    """
    if hook != HOOK:
        raise ThrumError("usage", f"there is no guard for {one_line(hook)}", f"it is {HOOK}")
    git = git_place.around(context.start)
    if git is None:
        raise ThrumError("usage", f"{context.start} is in no git repository", "change into one")
    from thrum.cli.steps import settling
    from thrum.githook import guard

    if remove:
        _tell(context, git, guard.drop(git, context.env))
        return
    _ = context.place  # whoever has no Thrum here has no claims either
    _tell(context, git, guard.put(git, context.env, settling.program()))


def _tell(context: Context, git: GitPlace, done: Done) -> None:
    from thrum.githook import guard

    place = done.place
    context.document(
        {
            "hook": str(place.file),
            "change": done.change,
            "program": str(guard.started(git)),
            "tracked": place.is_tracked,
            "this_worktree_only": place.is_here_only,
            "keeps_another": done.is_beside,
        }
    )
    context.done(_WORDS[done.change].format(file=one_line(str(place.file))))
    if done.change in {"remove", "none"}:
        return
    if done.is_beside:
        context.done("  The hook that was there is kept beside it and started afterwards.")
    if place.is_tracked:
        context.done("  It is a file of the team; for who has no guard its new lines do nothing.")
    elif place.is_here_only:
        context.done("  Other worktrees have a hook of their own: type this there as well.")


def check(context: Context) -> int:
    """Say who holds what is about to be committed; git calls this before a commit.

    Status 3 where another agent holds a file alone and an agent commits. A person is told and goes
    on, and so does everybody where nobody can say.
    """
    git = context.git
    if git is None:
        return 0
    from thrum.cli.steps import refusing
    from thrum.githook import staged

    try:
        with context.connect(context.socket, None) as client:
            paths = staged.paths(git.git_dir, git.toplevel, context.env, lambda: 10.0)
            held: list[holding.Row] = []
            for begin in range(0, len(paths), AT_ONCE):
                held = refusing.held_alone(context, client, paths[begin : begin + AT_ONCE])
                if held:
                    break  # one is enough to stop, and there is little time
    except ThrumError as error:
        if error.kind not in _QUIET:
            context.note(f"thrum: who holds these files is not known: {one_line(error.message)}")
        return 0
    if not held:
        return 0
    stops = _is_agent(context)
    context.stderr.write(holding.commit(held, context.now_ns(), stops=stops))
    return REFUSED if stops else 0


def _is_agent(context: Context) -> bool:
    """Whether an agent commits: a runtime is above this process, or this shell is an agent's."""
    from thrum.names import is_person

    if context.program is not None:
        return True
    try:
        return not is_person(context.speaker.agent_id)
    except ThrumError:
        return False
