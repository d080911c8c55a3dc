"""``thrum setup``: has agent runtimes know of Thrum, and takes that back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

from thrum import git_place, paths, seat
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import confirming, grounding, settling
from thrum.errors import ThrumError
from thrum.plurals import counted, listed
from thrum.runtimes import presets
from thrum.runtimes.contract import Adapter, Scope
from thrum.setup import plan, receipts, retired, wanted
from thrum.setup.plan import Change
from thrum.setup.verifying import Seen
from thrum.setup.wanted import Ground

if TYPE_CHECKING:
    import typer


def setup(
    context: Context,
    runtime: Annotated[
        list[str] | None, typer.Option(help="only this one; may be repeated"), grounding.WHICH
    ] = None,
    scope: Annotated[
        str,
        typer.Option(help="user: for you in every repository; project: in this one alone"),
        takes.words(*grounding.SCOPES),
    ] = "user",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only show what would be done")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="write over files that have the names of ours")
    ] = False,
    skills: Annotated[
        bool, typer.Option("--skills", help="only the skills, no hooks and no server")
    ] = False,
    no_skills: Annotated[
        bool, typer.Option("--no-skills", help="everything but skills; those that are there stay")
    ] = False,
    guard: Annotated[
        bool,
        typer.Option("--guard", help="also a hook that refuses to edit what another agent holds"),
    ] = False,
    no_guard: Annotated[
        bool, typer.Option("--no-guard", help="without it; else it stays as it was chosen")
    ] = False,
    main_repo: Annotated[
        str,
        typer.Option(help="only have this worktree share the files of that one, and end"),
        takes.DIRECTORY,
    ] = "",
) -> None:
    """Have the agent runtimes on this machine know of Thrum.

    Hooks and the MCP server are added to their settings, and nothing else in them is changed. What
    is written is shown first; `thrum setup remove` takes it out again.
    """
    parts = settling.which_parts(skills=skills, no_skills=no_skills)
    if main_repo:
        _share(context, main_repo)
        return
    ground = grounding.ground(context, scope)
    adapters = _chosen(context, ground, runtime or [])
    ground = _guarded(context, ground, adapters, guard=guard, no_guard=no_guard)
    if skills:
        adapters = settling.readers(adapters, ground.scope)
    planned = _plan(ground, adapters, parts, force=force)
    context.say(settling.shown(context, planned.every))
    adapters = _served(context, ground, adapters, planned)
    titles = {each.name: one_line(each.title) for each in adapters}
    _tell_plugins(context, planned.plugins, titles)
    if dry_run or not planned.every:
        _tell(context, adapters, planned.every, skills=skills, dry_run=dry_run)
        return
    number = sum(change.changes for change in planned.every)
    count = counted(number, "file")
    whose = f" for {listed([*titles.values()])}" if titles else ""
    question = f"Write {count}{whose}?"
    if number and not confirming.confirmed(
        context, question, yes=yes, otherwise=f"{count} would be written"
    ):
        context.done("Nothing was written.")
        return
    obstacles = settling.put(ground, planned.changes, planned.gone) + retired.put(planned.old)
    called = [] if skills else adapters
    wrong = settling.answering(context, ground, called)
    has_servers = any(adapter.has_mcp for adapter in called)
    seen = settling.verified(context, ground) if has_servers else None
    _tell(context, adapters, planned.every, skills=skills, seen=seen, wrong=wrong)
    if obstacles:
        raise obstacles[0]
    for name, text in wrong.items():
        raise ThrumError("setup", f"{titles[name]}: {text}")


def _guarded(
    context: Context, ground: Ground, adapters: Sequence[Adapter], *, guard: bool, no_guard: bool
) -> Ground:
    """Where setup takes place, with the guard that is wanted there; as it was where nobody says.

    Raises:
        ThrumError: ``usage``, the flags say both, or no runtime that is meant can have one.
    """
    if guard and no_guard:
        raise ThrumError("usage", "--guard and --no-guard exclude each other", "keep one")
    can = {each.name for each in adapters if each.guard}
    if guard and not can:
        titles = listed([one_line(each.title) for each in adapters])
        raise ThrumError(
            "usage",
            f"no hook of {titles} can refuse an edit, or is known to",
            "`thrum hook install pre-commit` stands before commits",
        )
    for each in adapters if guard else ():
        if each.name not in can:
            context.done(f"{one_line(each.title)} has no hook that can refuse an edit")
    if guard:
        return replace(ground, guarded=ground.guarded | can)
    return replace(ground, guarded=ground.guarded - can) if no_guard else ground


class _Planned(NamedTuple):
    """What becomes of files.

    Attributes:
        changes: what is put into them.
        gone: what is taken out, because nothing shall be there any more.
        old: what an older Thrum had a team start, and is taken out.
        plugins: those of ours that are in use already, by runtime.
    """

    changes: list[Change]
    gone: list[Change]
    old: list[Change]
    plugins: Mapping[str, str]

    @property
    def every(self) -> list[Change]:
        """All of them."""
        return [*self.changes, *self.gone, *self.old]


def _plan(
    ground: Ground, adapters: Sequence[Adapter], skills: bool | None, *, force: bool
) -> _Planned:
    """What there is to write; of skills alone or of everything but skills, where that is said."""
    plugins = wanted.plugins(ground, adapters)
    pieces = wanted.beside_plugins(wanted.pieces(ground, adapters), plugins)
    known = receipts.read(ground.home)
    # By all the pieces: what is not meant now is not outdated.
    outdated = wanted.outdated(pieces, wanted.remembered(ground, adapters, known))
    new_mode = settling.NEW_MODES[ground.scope]
    return _Planned(
        plan.putting(wanted.only(pieces, skills), new_mode=new_mode, force=force),
        plan.removing(wanted.only(outdated, skills), known),
        [] if skills else list(retired.changes(ground, adapters)),
        plugins,
    )


def remove(
    context: Context,
    runtime: Annotated[
        list[str] | None, typer.Option(help="only this one; may be repeated"), grounding.WHICH
    ] = None,
    scope: Annotated[
        str,
        typer.Option(help="user: for you in every repository; project: in this one alone"),
        takes.words(*grounding.SCOPES),
    ] = "user",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only show what would be done")
    ] = False,
) -> None:
    """Take out what `thrum setup` put in, and nothing else.

    A file that nobody has changed since gets its old bytes back.
    """
    ground = grounding.ground(context, scope)
    mine = presets.read(ground.home)
    adapters = [mine.find(each) for each in runtime or []] or mine.every()
    changes = settling.removal(ground, adapters, receipts.read(ground.home))
    shown = [change for change in changes if change.action != "keep" or change.notes]
    context.say(settling.shown(context, shown))
    obstacles = [] if dry_run else settling.take_out(ground, adapters)
    context.document({"dry_run": dry_run, "files": [settling.about(change) for change in changes]})
    blocked = {each.path for each in obstacles}
    number = sum(change.changes and change.path not in blocked for change in changes)
    if number:
        would = "Would be taken" if dry_run else "✓ Taken"
        context.done(f"{would} out of {counted(number, 'file')}")
    elif not any(change.changes for change in changes):
        context.done("There is nothing of ours.")
    if obstacles:
        raise obstacles[0]


def _share(context: Context, main_repo: str) -> None:
    """Has a linked worktree share the files of another one, as `thrum init` does by itself.

    Raises:
        ThrumError: ``usage``, it is no worktree of the same repository, the same one, or one
            without Thrum.
    """
    git, other = context.git, git_place.around(context.path(main_repo))
    if git is None or other is None or git.common_dir != other.common_dir:
        raise ThrumError("usage", f"{main_repo} is no work tree of the repository that you are in")
    local, shared = git.toplevel / paths.NAME, paths.host(other)
    if local == shared:
        raise ThrumError("usage", "cannot setup redirect to self — this is the main repo")
    if not paths.is_set_up(shared):
        todo = f"run `thrum init` in {other.toplevel} first"
        raise ThrumError("not_initialized", f"there is no Thrum in {other.toplevel}", todo)
    for folder in (local, local / "identities"):
        folder.mkdir(mode=paths.SHARED_DIRECTORY, exist_ok=True)
    seat.redirect(local, shared)
    context.document({"worktree": str(git.toplevel), "shared": str(shared)})
    context.done(f"✓ {one_line(str(git.toplevel))} shares {one_line(str(shared))}")


def _chosen(context: Context, ground: Ground, named: Sequence[str]) -> list[Adapter]:
    """The runtimes that are meant: the named ones, else those that are there.

    Raises:
        ThrumError: ``not_found``; ``usage``, none is there.
    """
    mine = presets.read(ground.home)
    if "all" in named:
        return mine.every()
    found = [mine.find(each) for each in named]
    found = found or wanted.installed(context.env, ground.home, mine.every())
    if not found:
        raise ThrumError(
            "usage", "no agent runtime was found here", "name one: thrum setup --runtime claude"
        )
    return found


def _served(
    context: Context, ground: Ground, adapters: Sequence[Adapter], planned: _Planned
) -> list[Adapter]:
    """The runtimes for which there is anything; of the others is said why there is nothing."""
    names = {*planned.plugins, *(name for each in planned.every for name in each.runtimes)}
    for adapter in adapters:
        if adapter.name in names:
            continue
        why = "needs no files"
        if adapter.instructions and ground.scope is Scope.USER:
            command = f"thrum setup --runtime {adapter.name} --scope project"
            why = f"has no files but {adapter.instructions} of a work tree: {command}"
        context.done(one_line(f"{adapter.title} {why}"))
    return [adapter for adapter in adapters if adapter.name in names]


def _tell_plugins(context: Context, plugins: Mapping[str, str], titles: Mapping[str, str]) -> None:
    for runtime, name in plugins.items():
        what = f"the plugin {one_line(name)}, which brings hooks, server and skills"
        context.done(f"{titles[runtime]} has {what}")


def _tell(
    context: Context,
    adapters: Sequence[Adapter],
    changes: Sequence[Change],
    *,
    skills: bool,
    dry_run: bool = False,
    seen: Seen | None = None,
    wrong: Mapping[str, str] | None = None,
) -> None:
    wrong = {**_obstructed(changes), **(wrong or {})}
    server = {"mcp": {"works": seen.works, "said": seen.said}} if seen else {}
    context.document(
        {
            **server,
            "dry_run": dry_run,
            "runtimes": [adapter.name for adapter in adapters],
            "files": [settling.about(change) for change in changes],
            "wrong": dict(wrong),
            "confirm": {each.name: [] if skills else list(each.confirm) for each in adapters},
        }
    )
    for adapter in adapters:
        if adapter.name in wrong:
            context.done(one_line(f"✗ {adapter.title}: {wrong[adapter.name]}"))
        else:
            what = "skills " if skills else ""
            context.done(f"✓ {one_line(adapter.title)} {what}{'would be ' * dry_run}set up")
        for step in () if skills else adapter.confirm:
            context.done(f"  {one_line(step)}")


def _obstructed(changes: Sequence[Change]) -> dict[str, str]:
    """By runtime, the first of its files that was left alone, and why."""
    found: dict[str, str] = {}
    for change in changes:
        if change.obstacle:
            why = f"not set up whole: {change.path} {change.obstacle.why}"
            found = {**dict.fromkeys(change.runtimes, why), **found}
    return found
