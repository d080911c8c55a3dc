"""Making a worktree with all that belongs to it, or nothing."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from thrum import git_place
from thrum.cli.context import Context
from thrum.cli.steps import housing, siting
from thrum.cli.steps.housing import Home, Tenant
from thrum.cli.steps.siting import Site
from thrum.errors import ThrumError
from thrum.worktrees import listing, making, naming
from thrum.worktrees.beginning import Asked
from thrum.worktrees.making import Made
from thrum.worktrees.record import Record, Records


def place(site: Site, name: str) -> Path:
    """Where the worktree of a name lies, if one may lie there.

    Raises:
        ThrumError: ``usage``, ``config``; as `naming.path` and `naming.check_outside`.
    """
    found = naming.path(site.folder, name)
    trees = [each.path for each in listing.trees(site.git) if not each.is_bare]
    naming.check_outside(found, site.repository.common_dir, map(git_place.real, trees))
    return found


def main(site: Site) -> Path:
    """The main worktree.

    Raises:
        ThrumError: ``conflict``, there is none.
    """
    found = site.repository.main_worktree
    if found is None:
        text = f"{site.repository.common_dir} has no main worktree"
        raise ThrumError("conflict", text, "name a worktree, which is made then")
    return found


def furnish_main(context: Context, root: Path, tenant: Tenant) -> Home:
    """Makes an agent at home in the main worktree, or changes nothing.

    Raises:
        ThrumError: as `housing.settle_in_main`.
    """
    with ExitStack() as undo:
        home = housing.settle_in_main(context, root, tenant, undo)
        undo.pop_all()
    return home


def build(
    context: Context, site: Site, root: Path, asked: Asked, tenant: Tenant
) -> tuple[Made, Home]:
    """Makes the worktree and what belongs to it, or nothing; what is there is used.

    Raises:
        ThrumError: as `making.make` and `housing.settle`.
    """
    with site.records.held(asked.name):
        made, home = _make(context, site, root, asked, tenant)
        site.records.clear(asked.name)
    return made, home


def _make(
    context: Context, site: Site, root: Path, asked: Asked, tenant: Tenant
) -> tuple[Made, Home]:
    made = making.make(site.git, root, asked, siting.LOG_BRANCH, site.records)
    with ExitStack() as undo:
        if made.is_reused:
            # What somebody began who was killed may have been worked in since.
            undo.callback(_leave, site.records, asked.name, made.record)
        else:
            undo.callback(site.records.clear, asked.name)
            undo.callback(making.take_back, site.git, made.record)
        home = housing.settle(context, made.path, tenant, undo)
        undo.pop_all()
    return made, home


def _leave(records: Records, name: str, record: Record) -> None:
    """Keeps the note of what is still unfinished; where nothing was, there is none."""
    if not record.made:
        records.clear(name)
