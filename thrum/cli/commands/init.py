"""``thrum init``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum import git_place
from thrum.cli import guarding, takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import (
    casting,
    hinting,
    introducing,
    outfitting,
    registering,
    settling,
    starting,
)
from thrum.cli.steps.outfitting import Outfit
from thrum.daemon.control import Running
from thrum.errors import ThrumError
from thrum.hints import beginning
from thrum.identity import guards
from thrum.identity.guards import GuardError
from thrum.ids import Ids
from thrum.initialize import Report, initialize
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

HOW_TO_SHARE: Final = "who is registered shares them by `thrum sync on`"


def init(
    context: Context,
    non_interactive: Annotated[
        bool, typer.Option("--non-interactive", help="ask nothing, register nobody")
    ] = False,
    name: Annotated[str, typer.Option(help="register this agent"), takes.AGENT_NAME] = "",
    role: Annotated[str, typer.Option(help="its role"), takes.ROLE] = "",
    module: Annotated[str, typer.Option(help="its module"), takes.MODULE] = "",
    no_daemon: Annotated[
        bool, typer.Option("--no-daemon", help="leave the daemon as it is")
    ] = False,
    gitignore: Annotated[
        bool, typer.Option("--gitignore", help="ignore .thrum/ in .gitignore, for everybody")
    ] = False,
    stealth: Annotated[
        bool, typer.Option("--stealth", help="ignore it in .git/info/exclude (the default)")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="ask again; identities and files in the way give way to ours"),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    worktrees_root: Annotated[
        str, typer.Option(help="where worktrees for agents shall be made"), takes.DIRECTORY
    ] = "",
    runtime: Annotated[
        str,
        typer.Option(help="write its files here: a name, all, or auto for what is used here"),
        takes.Takes(("runtime",), ("auto", "all"), called="auto|all|NAME"),
    ] = "",
    skills: Annotated[
        bool, typer.Option("--skills", help="only skills, of --runtime or of what is used here")
    ] = False,
    no_skills: Annotated[
        bool, typer.Option("--no-skills", help="everything of --runtime but skills")
    ] = False,
    roles: Annotated[
        str,
        typer.Option(help="role texts for all: agents decide more, or ask first; or no texts"),
        takes.words(*casting.CHOICES),
    ] = "",
) -> None:
    """Make this repository ready and start its daemon.

    Run it again whenever you like: what is there stays. All worktrees share one set of files. On a
    terminal the first run asks which agent you are. `thrum setup` has runtimes know of Thrum in
    every repository; --runtime does it for this work tree alone.
    """
    if gitignore and stealth:
        raise ThrumError("usage", "--gitignore and --stealth exclude each other")
    git = context.git
    _demand_git(context)
    root = _outside(context, worktrees_root) if worktrees_root else ""
    parts = settling.which_parts(skills=skills, no_skills=no_skills)
    outfit = outfitting.planned(context, runtime, skills=parts, force=force)
    if dry_run:
        _foretell(
            context,
            no_daemon=no_daemon,
            name=name,
            outfit=outfit,
            root=root,
            roles=roles,
            gitignore=gitignore,
        )
        return
    who = introducing.Who(name, role, module)
    if git and not non_interactive and not no_daemon and context.stdin_is_terminal:
        who = introducing.introduced(context, git, who, force=force)
    report = initialize(
        context.start,
        environment=context.env,
        now_ns=context.now_ns,
        ids=Ids(context.now_ns),
        gitignore=gitignore,
        worktrees_root=root,
    )
    # Each is told when it is done: what comes behind it may fail.
    _tell(context, report)
    if outfit:
        outfitting.tell(context, outfit, outfitting.put(context, outfit))
    cast = _cast(context, roles)
    running, started = (None, False) if no_daemon else starting.start(context)
    if running:
        context.done(f"✓ Daemon {'started' if started else 'runs'} (PID {running.pid})")
    answers = registering.Wanted(*who, force=force)
    registered = _register(context, answers, no_daemon=no_daemon)
    document = _document(report, running, started, registered)
    if outfit:
        document["setup"] = outfit.document(dry_run=False)
    if cast:
        document["roles"] = cast
    is_asked = context.options.json or context.stdout_is_terminal
    hints = hinting.find(context, "init", result=document) if is_asked else []
    context.document(hinting.added(document, hints))
    if not registered and not _has_identities(report):
        context.done("Next: thrum quickstart NAME --role ROLE --module MODULE")
    # What else hints say stands above, for people.
    hinting.tell(context, [each for each in hints if each.code == beginning.CONNECT])


def _cast(context: Context, roles: str) -> dict[str, Any]:
    """Writes the texts of roles, if some are chosen; what a program is told of it."""
    if roles in {"", casting.SKIP}:
        return {}
    done = casting.choose(context, roles)
    written = [each.role for each in done.answers.roles]
    context.done(f"✓ {counted(len(written), 'role text')} ({roles}); `thrum roles list` shows them")
    casting.tell_of_edited(context, done)
    return {"set": roles, "written": written, "edited": [str(path) for path in done.edited]}


def _register(
    context: Context, answers: registering.Wanted, *, no_daemon: bool
) -> dict[str, Any] | None:
    """Registers who was named, and says so; None if nobody was."""
    if not answers.name:
        if answers.role or answers.module:
            context.note("nobody is registered: --role and --module need a --name")
        return None
    if no_daemon:
        context.note(f"@{answers.name} is not registered: that needs the daemon (--no-daemon)")
        return None
    registered = registering.begin(context, answers)
    registering.tell(context, registered)
    return registered


def _has_identities(report: Report) -> bool:
    """Whether any agent lives in the worktree."""
    folder = report.place.identities
    return folder.is_dir() and any(folder.glob("*.json"))


def _outside(context: Context, folder: str) -> str:
    """The folder for worktrees by its whole path.

    Raises:
        ThrumError: ``usage``, it is a file, or lies in a work tree of the repository, where git
            would see all of it as new files.
    """
    root = git_place.real(context.path(folder))
    if root.exists() and not root.is_dir():
        raise ThrumError("usage", f"{root} is no folder", "give another one to --worktrees-root")
    git = context.git
    for tree in (git.toplevel, *git_place.worktrees(git)) if git else ():
        if root.is_relative_to(tree):
            text = f"{root} lies in the work tree {tree}"
            raise ThrumError("usage", text, "give a folder beside it to --worktrees-root")
    return str(root)


def _foretell(
    context: Context,
    *,
    no_daemon: bool,
    name: str,
    outfit: Outfit | None,
    root: str,
    roles: str,
    gitignore: bool,
) -> None:
    """Says what would be done."""
    from thrum.initialize import plan

    planned = plan(context.start, gitignore=gitignore)
    place, moved_from = planned.place, planned.moved_from
    document = {
        "dry_run": True,
        "repo_path": str(place.repository),
        "shared": str(place.shared),
        "worktree": str(place.root) if place.local != place.shared else None,
        "fresh": planned.fresh,
        "moved_from": str(moved_from) if moved_from else None,
        "starts_daemon": not no_daemon,
        "registers": name if name and not no_daemon else None,
        "ignored_in": str(planned.ignored_in) if planned.ignored_in else None,
        "setup": outfit.document(dry_run=True) if outfit else None,
        "worktrees_root": root or None,
        "roles": {"set": roles} if roles else None,
    }
    context.document({key: value for key, value in document.items() if value is not None})
    word = "initialise" if planned.fresh else "look again at"
    context.say(f"Would {word} {place.root}; the shared files lie in {place.shared}")
    if planned.ignored_in:
        context.say(f"Would have .thrum/ ignored in {planned.ignored_in}")
    if outfit:
        context.say(settling.shown(context, outfit.changes))
    if moved_from:
        context.say(f"Would move them there from {moved_from}")
    if root:
        context.say(f"Would have worktrees for agents made in {root}")
    if roles and roles != casting.SKIP:
        context.say(f"Would write the texts of all roles ({roles})")
    if not no_daemon:
        context.say(f"Would see to it that the daemon runs{f', and register @{name}' * bool(name)}")


def _demand_git(context: Context) -> None:
    """Refuses outside git, in one sentence; a program gets the guard's facts besides.

    Raises:
        ThrumError: ``guard``.
    """
    inside = git_place.around(context.start) is not None
    try:
        guarding.ask(context, guards.non_git_bootstrap(str(context.start), in_git=inside))
    except GuardError as error:
        text = f"{context.start} is in no git work tree"
        todo = "run `git init` first, or change into a checkout"
        raise ThrumError(error.kind, text, todo, error.details) from None


def _document(
    report: Report, running: Running | None, started: bool, registered: dict[str, Any] | None
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "repo_path": str(report.place.repository),
        "fresh": report.fresh,
        "branch": report.branch,
        "local_only": report.local_only,
        "daemon_id": report.daemon_id,
        "worktree": str(report.place.root) if report.redirected else None,
        "ignored_in": str(report.ignored_in) if report.ignored_in else None,
        "unasked": report.unasked or None,
        "moved_from": str(report.moved_from) if report.moved_from else None,
        "daemon": {"pid": running.pid, "started": started} if running else None,
        "quickstart": registered,
    }
    return {key: value for key, value in document.items() if value is not None}


def _tell(context: Context, report: Report) -> None:
    """Says what became of the repository."""
    branches = {
        "created": "branch a-sync created",
        "attached": "branch a-sync taken from the remote",
        "kept": "branch a-sync kept",
    }
    word = "Initialised" if report.fresh else "Already initialised:"
    lines = [f"✓ {word} {report.place.root} ({branches.get(report.branch, report.branch)})"]
    if report.moved_from:
        lines.append(f"✓ The shared files moved here from {report.moved_from}")
    if report.redirected:
        lines.append(f"✓ A linked worktree; it shares {report.place.shared}")
    if report.ignored_in:
        lines.append(f"✓ .thrum/ is ignored in {report.ignored_in}")
    if report.local_only:
        if report.unasked:
            lines.append(f"  The remote could not be asked: {one_line(report.unasked)}")
        lines.append(f"  Messages stay on this machine; {HOW_TO_SHARE}")
    for line in lines:
        context.done(line)
