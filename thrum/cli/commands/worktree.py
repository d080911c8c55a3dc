"""``thrum worktree``: a folder, a branch and an agent of one's own, made and taken away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import worktrees
from thrum.cli.render.text import one_line
from thrum.cli.steps import building, clearing, housing, launched, launching, siting, vacating
from thrum.cli.steps.clearing import Done
from thrum.cli.steps.housing import Home, Tenant
from thrum.errors import ThrumError
from thrum.identity import files, owner
from thrum.worktrees import listing, naming
from thrum.worktrees.beginning import Asked
from thrum.worktrees.listing import Tree
from thrum.worktrees.making import Made

if TYPE_CHECKING:
    import typer


def create(
    context: Context,
    worktree: Annotated[
        str, typer.Argument(metavar="NAME", help="what its folder is called"), takes.ANYTHING
    ],
    detach: Annotated[bool, typer.Option("--detach", help="on no branch")] = False,
    branch: Annotated[
        str, typer.Option("--branch", "-b", help="a new branch or one that exists; feature/NAME")
    ] = "",
    base: Annotated[
        str, typer.Option(help="where a new branch begins; else at the branch that is here")
    ] = "",
    name: Annotated[str, typer.Option(help="the agent that lives there"), takes.AGENT_NAME] = "",
    role: Annotated[str, typer.Option(help="its role"), takes.ROLE] = "",
    module: Annotated[str, typer.Option(help="its module"), takes.MODULE] = "",
    intent: Annotated[str, typer.Option(help="what it is about to do")] = "",
    runtime: Annotated[
        str, typer.Option(help="the program that works there; begun where tmux is"), takes.RUNTIME
    ] = "",
) -> int:
    """Make a worktree with a branch and, if you say whose it is, an agent that lives there.

    It lies in `~/.thrum/worktrees/REPOSITORY`, or where `worktrees.base_path` says. What is there
    already is used; typed again it changes nothing. If something fails, all that was just made is
    taken back. With --role and --module but no --name the agent is called like the worktree.
    """
    asked = _asked(naming.check(worktree), branch, base, detach=detach)
    site = siting.site(context)
    place = building.place(site, worktree)
    program = housing.runtime_of(context, runtime)
    has_files = bool(runtime) or housing.wants_files(context)
    who = name or (worktree if role or module else "")
    tenant = Tenant(who, role, module, intent, program, has_files)
    if tenant.name:
        tenant = housing.ask(context, tenant)
    elif intent:
        raise ThrumError("usage", "--intent is an agent's", "say whose with --name")
    made, home = building.build(context, site, place, asked, tenant)
    _tell(context, made, home, tenant)
    begun = _begin(context, made.path, worktree, tenant, is_asked=bool(runtime))
    context.document({**_document(made, home, tenant), **begun})
    return 1 if begun.get("launch") in {"failed", "starting"} else 0


def _begin(
    context: Context, root: Path, name: str, tenant: Tenant, *, is_asked: bool
) -> dict[str, Any]:
    """Begins the program where one is asked for and something can do it; else says what to type.

    Returns:
        How the launch went; empty where nothing was launched.

    Raises:
        ThrumError: it cannot be begun, for another reason than that there is no tmux.
    """
    here = next((each for each in vacating.residents(root) if each.name == tenant.name), None)
    if here and owner.is_alive(here):
        context.done(f"✓ @{one_line(here.name)} is at work there, process {here.agent_pid}")
        return {}
    if tenant.name and is_asked and launching.can():
        try:
            answer = launching.launch(context, name, root, tenant.runtime)
        except ThrumError as error:
            if error.kind != "program":
                raise
            context.note(f"{one_line(tenant.runtime)} is not begun: {one_line(error.message)}")
        else:
            launched.tell(context, answer)
            keys = ("session", "launch", "reason")
            return {key: answer[key] for key in keys if answer.get(key)}
    say = context.done if is_asked else context.hint
    say(f"Next: {launching.typed(context, root, tenant.runtime)}")
    return {}


def _asked(name: str, branch: str, base: str, *, detach: bool) -> Asked:
    """What shall be checked out.

    Raises:
        ThrumError: ``usage``.
    """
    if detach and branch:
        raise ThrumError("usage", "--detach and --branch exclude each other", "keep one")
    return Asked(name, branch, base, detach)


def _document(made: Made, home: Home, tenant: Tenant) -> dict[str, Any]:
    document: dict[str, Any] = {
        "worktree_path": str(made.path),
        "branch": made.branch,
        "base": made.base,
        "reused": made.is_reused,
        "agent": tenant.name,
        "runtime": tenant.runtime,
        "quarantined": list(home.aside),
        "files": home.outfit.document(dry_run=False)["files"] if home.outfit else [],
        "warnings": [*made.notes, *(str(each) for each in home.obstacles)],
    }
    always = {"worktree_path", "branch", "reused"}
    return {key: value for key, value in document.items() if value or key in always}


def _tell(context: Context, made: Made, home: Home, tenant: Tenant) -> None:
    for note in made.notes:
        context.note(f"warning: {one_line(note)}")
    path, branch = one_line(str(made.path)), one_line(made.branch)
    if made.is_reused:
        context.done(f"✓ Worktree reused at {path}")
    else:
        where = f" ({branch}{f', from {one_line(made.base)}' if made.base else ''})"
        context.done(f"✓ Worktree created at {path}{where if branch else ' (on no branch)'}")
    context.done("✓ Thrum redirect configured")
    housing.tell(context, home, tenant)


def list_worktrees(context: Context) -> None:
    """All worktrees of this repository, and who lives in them."""
    site = siting.site(context)
    unfinished = {each.path: each.doing for each in site.records.all().values()}
    rows = [
        _row(tree, unfinished.pop(str(tree.path), ""))
        for tree in listing.trees(site.git)
        if tree.branch != siting.LOG_BRANCH and not tree.is_bare
    ]
    rows += [
        {"path": path, "branch": "", "head": "", "unfinished": f"{doing} was cut off"}
        for path, doing in unfinished.items()
    ]
    context.document(rows)
    text = worktrees.worktrees(rows, is_plain=context.is_plain, columns=context.columns)
    context.say(text if rows else "There is no worktree.")


def _row(tree: Tree, unfinished: str) -> dict[str, Any]:
    here = files.newest_first(vacating.residents(tree.path))
    row: dict[str, Any] = {
        "path": str(tree.path),
        "branch": tree.branch,
        "head": tree.head[:7],
        "agent": here[0].name if here else "",
        "status": here[0].agent_status if here else "",
        "locked": tree.lock is not None,
        "gone": tree.gone,
        "unfinished": unfinished and f"{unfinished} was cut off",
    }
    always = {"path", "branch", "head"}
    return {key: value for key, value in row.items() if value or key in always}


def teardown(
    context: Context,
    worktree: Annotated[str, typer.Argument(metavar="NAME", help="the worktree"), takes.WORKTREE],
    delete_branch: Annotated[
        bool, typer.Option("--delete-branch", help="its branch goes along")
    ] = False,
    keep_agent: Annotated[
        bool, typer.Option("--keep-agent", help="its agents stay registered, with their mail")
    ] = False,
    keep_branch: Annotated[
        bool,
        typer.Option(
            "--keep-branch", help="although only its branch has some commits, or stashes are left"
        ),
    ] = False,
    discard: Annotated[
        bool,
        typer.Option("--discard", help="although files or commits are lost that nothing else has"),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="whatever it is, also somebody at work there or a lock"),
    ] = False,
) -> None:
    """Remove a worktree, its identities and its agents; its branch stays.

    Whatever would be lost or forgotten keeps it: files that no commit has, commits that no remote
    and no other branch has, stashes, a merge that goes on, a program or a session. Each is named
    with the flag that lets it go; --force lets everything. What git ignores goes without a word.
    """
    if delete_branch and keep_branch:
        raise ThrumError("usage", "--delete-branch and --keep-branch exclude each other")
    flags = {
        "--delete-branch": delete_branch,
        "--keep-agent": keep_agent,
        "--keep-branch": keep_branch,
        "--discard": discard,
        "--force": force,
    }
    given = {flag for flag, is_set in flags.items() if is_set}
    site = siting.site(context)
    with site.records.held(naming.check(worktree)):
        done = clearing.clear(context, site, worktree, given)
    context.document(done.document())
    _tell_of_end(context, done)


def _tell_of_end(context: Context, done: Done) -> None:
    context.done(f"✓ Worktree removed: {one_line(str(done.path))}")
    for name in done.deleted:
        context.done(f"✓ Deleted @{one_line(name)}")
    if done.branch:
        branch = one_line(done.branch)
        gone = done.has_deleted_branch
        context.done(f"✓ Deleted the branch {branch}" if gone else f"  The branch {branch} stays")
    for name in done.left:
        away = "the daemon is away, so the agent stays registered"
        context.note(f"{away}: thrum daemon start && thrum agent delete {one_line(name)}")
