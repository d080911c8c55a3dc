"""Taking a worktree away with all that belongs to it, unless something would be lost.

The agents are forgotten first: who may not do that has changed nothing. What is to be done is noted
before, so whoever types it again after it was cut off has it finished.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from thrum import git_place
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import launching, vacating
from thrum.cli.steps.ours import Ours
from thrum.cli.steps.siting import LOG_BRANCH, Site
from thrum.errors import ThrumError
from thrum.worktrees import listing, losses, making, naming, removing
from thrum.worktrees.listing import Tree
from thrum.worktrees.losses import Loss
from thrum.worktrees.record import Record


class Done(NamedTuple):
    """What was taken away.

    Attributes:
        path: the worktree.
        branch: its branch; empty for none.
        has_deleted_branch: whether that went along.
        deleted: agents that were forgotten.
        left: agents that nobody could be asked to forget.
    """

    path: Path
    branch: str = ""
    has_deleted_branch: bool = False
    deleted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """What a program is told."""
        return {
            "worktree_path": str(self.path),
            "branch": self.branch,
            "branch_deleted": self.has_deleted_branch,
            "agents_deleted": list(self.deleted),
            "agents_left": list(self.left),
        }


def clear(context: Context, site: Site, name: str, given: Collection[str]) -> Done:
    """Takes the worktree of that name away.

    Args:
        context: the world of the command.
        site: where worktrees are; the record of this name is held.
        name: the worktree's.
        given: the flags on the line.

    Raises:
        ThrumError: ``conflict`` with what speaks against it; ``not_found``; ``usage``, it is the
            repository itself; ``not_allowed``, somebody else's agent lives there.
    """
    before = site.records.read(name)
    if before and before.doing == "create" and not before.whole:
        before = making.sweep(site.outside, before, site.records, name)
        if before is None:
            return Done(naming.path(site.folder, name))
    place = Path(before.path) if before else naming.path(site.folder, name)
    tree = removing.find(site.outside, place, name)
    house = _House(context, site, name, tree, tree.path if tree else place, given)
    house.check(before)
    record = house.record(before)
    site.records.write(name, record)
    deleted, left = house.forget(record)
    house.remove()
    has_gone = record.deletes_branch and bool(record.branch)
    if has_gone:
        removing.delete_branch(site.outside, record.branch)
    site.records.clear(name)
    return Done(house.place, record.branch, has_gone, deleted, left)


@dataclass(frozen=True, slots=True)
class _House:
    """A worktree that shall go.

    Attributes:
        context: the world of the command.
        site: where worktrees are.
        name: its name.
        tree: as git lists it; None if it does not.
        place: where it lies, or lay.
        given: the flags on the line.
    """

    context: Context
    site: Site
    name: str
    tree: Tree | None
    place: Path
    given: Collection[str]

    @property
    def is_orphan(self) -> bool:
        """Whether it is there and git does not know it any more."""
        return self.tree is None and removing.is_orphan(self.place, self.site.repository.common_dir)

    def check(self, before: Record | None) -> None:
        """Refuses where there is nothing, or something speaks against it.

        Raises:
            ThrumError: as `clear`.
        """
        if not (before or self.tree or self.is_orphan):
            text = f"worktree not found: {self.place}"
            raise ThrumError("not_found", text, "see `thrum worktree list`")
        if self.tree and (self.tree.is_main or self.tree.branch == LOG_BRANCH):
            todo = None if self.tree.is_main else "`thrum sync worktree off` takes it away"
            raise ThrumError("usage", f"{self.place} is the repository's own", todo)
        if git_place.real(self.context.cwd).is_relative_to(git_place.real(self.place)):
            text = f"you stand in {self.place}"
            raise ThrumError("conflict", text, f"cd {self.site.outside.root} first")
        self._check_alone()
        lost = self.losses()
        if lost:
            raise removing.refusal(self.name, self.place, lost, self.given)

    def _check_alone(self) -> None:
        """Refuses where another worktree lies inside, which git would remove unasked.

        Raises:
            ThrumError: ``conflict``.
        """
        own = git_place.real(self.place)
        for tree in listing.trees(self.site.outside):
            path = git_place.real(tree.path)
            if path != own and path.is_relative_to(own) and not tree.gone:
                text = f"another worktree lies in {self.place}: {tree.path}"
                raise ThrumError("conflict", text, "take that one away first, or move it")

    def losses(self) -> list[Loss]:
        """What speaks against it and no flag lets."""
        here = vacating.residents(self.place)
        found = [] if self.tree is None else self._in_git(self.tree)
        if self.is_orphan:
            text = "git does not know it any more, so nobody can say what in it is new"
            found.append(Loss("pruned", text, "--discard"))
        found += vacating.at_work(self.context, git_place.real(self.place), here)
        return removing.unlet(found, self.given)

    def _in_git(self, tree: Tree) -> list[Loss]:
        ours = Ours(self.context, tree.path)
        wishes = "--delete-branch" in self.given
        return losses.find(self.site.outside, tree, deletes_branch=wishes, is_ours=ours.is_ours)

    def record(self, before: Record | None) -> Record:
        """What there is to do: what the line says, and what a teardown before left to do."""
        begun = before if before and before.doing == "teardown" else None
        keeps = "--keep-agent" in self.given or (begun is not None and begun.keeps_agents)
        agents = [each.name for each in vacating.residents(self.place)]
        if not (keeps or agents or self.place.is_dir()):
            agents = vacating.orphans(self.context, self.place)
        branch = self.tree.branch if self.tree else ""
        wishes = "--delete-branch" in self.given
        if begun:
            agents = list(dict.fromkeys([*begun.agents, *agents]))
            branch, wishes = branch or begun.branch, wishes or begun.deletes_branch
        record = Record("teardown", str(self.place), branch, whole=True)
        forgotten = [] if keeps else agents
        return replace(record, agents=forgotten, deletes_branch=wishes, keeps_agents=keeps)

    def forget(self, record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ends sessions and forgets agents; who was, and whom nobody could be asked to forget.

        Raises:
            ThrumError: ``not_allowed``; the notes of one that stays cannot be kept.
        """
        here = vacating.residents(self.place) if self.place.is_dir() else []
        must = not {"--discard", "--force"} & set(self.given)
        for each in here if record.keeps_agents else ():
            vacating.keep_notes(self.context, self.place, each.name, must=must)
        for each in here:
            launching.end(self.context, each.tmux_session)
        deleted, left = [], []
        for name in record.agents:
            try:
                if vacating.forget(self.context, self.place, name):
                    deleted.append(name)
            except ThrumError as error:
                if error.kind not in vacating.AWAY:
                    raise
                left.append(name)
        return tuple(deleted), tuple(left)

    def remove(self) -> None:
        """Removes what setup wrote there, then the worktree."""
        if self.place.is_dir():
            for obstacle in Ours(self.context, self.place).take_out():
                self.context.note(one_line(str(obstacle)))
        if self.tree:
            is_lost = bool({"--force", "--discard"} & set(self.given))
            removing.remove(self.site.outside, self.tree, self.losses, force=is_lost)
        elif self.is_orphan:
            removing.remove_orphan(self.place)
