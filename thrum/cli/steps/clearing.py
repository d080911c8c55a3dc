"""Taking a worktree away with all that belongs to it, unless something would be lost.

The agents are forgotten first: who may not do that has changed nothing. What is to be done is noted
before, so whoever types it again after it was cut off has it finished.
"""

from __future__ import annotations

import shlex
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
    house = _House(context, site, name, tree, tree.path if tree else place, given, before)
    house.check()
    record = house.record()
    vacating.tell_of_mail(context, record.agents)
    house.check_losses()
    house.keep_notes(record)
    site.records.write(name, record)
    deleted, left = house.forget(record)
    if deleted:
        # That took as long as a remote does, and somebody may have gone on working.
        house = replace(house, tree=removing.find(site.outside, house.place, name))
        house.check_losses()
    house.remove()
    has_gone = house.delete_branch(record)
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
        before: what somebody began and did not end; None for nothing.
    """

    context: Context
    site: Site
    name: str
    tree: Tree | None
    place: Path
    given: Collection[str]
    before: Record | None

    @property
    def is_orphan(self) -> bool:
        """Whether it is there and git does not know it any more."""
        return self.tree is None and removing.is_orphan(self.place, self.site.repository.common_dir)

    @property
    def begun(self) -> Record | None:
        """The teardown that was cut off; None if none was."""
        return self.before if self.before and self.before.doing == "teardown" else None

    @property
    def deletes_branch(self) -> bool:
        """Whether its branch goes along: as the line says, else as the one that was cut off."""
        said = {"--delete-branch", "--keep-branch"} & set(self.given)
        return "--delete-branch" in said if said else bool(self.begun and self.begun.deletes_branch)

    def check(self) -> None:
        """Refuses where there is nothing, or nothing that may go, whatever is lost.

        Raises:
            ThrumError: as `clear`.
        """
        if not (self.before or self.tree or self.is_orphan):
            text = f"worktree not found: {self.place}"
            raise ThrumError("not_found", text, "see `thrum worktree list`")
        if self.tree and (self.tree.is_main or self.tree.branch == LOG_BRANCH):
            todo = None if self.tree.is_main else "`thrum sync worktree off` takes it away"
            raise ThrumError("usage", f"{self.place} is the repository's own", todo)
        if self.tree:
            listing.check_place(self.tree)
        if git_place.real(self.context.cwd).is_relative_to(git_place.real(self.place)):
            text = f"you stand in {self.place}"
            raise ThrumError(
                "conflict", text, f"cd {shlex.quote(str(self.site.outside.root))} first"
            )
        self._check_alone()

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

    def check_losses(self) -> None:
        """Refuses where something speaks against it that no flag lets.

        Raises:
            ThrumError: ``conflict``.
        """
        lost = removing.unlet(self._losses(), self.given)
        if lost:
            raise removing.refusal(self.name, self.place, lost, self.given)

    def _losses(self) -> list[Loss]:
        here = vacating.residents(self.place)
        found = [] if self.tree is None else self._in_git(self.tree)
        if self.is_orphan:
            text = "git does not know it any more, so nobody can say what in it is new"
            found.append(Loss("pruned", text, "--discard"))
        found += vacating.at_work(self.context, git_place.real(self.place), here)
        return found

    def _in_git(self, tree: Tree) -> list[Loss]:
        ours = Ours(self.context, tree.path)
        git, goes = self.site.outside, self.deletes_branch
        return losses.find(git, tree, deletes_branch=goes, is_ours=ours.is_ours)

    def record(self) -> Record:
        """What there is to do: what the line says, and what a teardown before left to do."""
        begun = self.begun
        keeps = "--keep-agent" in self.given or (begun is not None and begun.keeps_agents)
        branch = self.tree.branch if self.tree else ""
        commit = self.tree.head if self.tree else ""
        if begun and not branch:
            branch, commit = begun.branch, begun.commit
        return Record(
            "teardown",
            str(self.place),
            branch,
            commit,
            whole=True,
            agents=[] if keeps else self._agents(),
            deletes_branch=self.deletes_branch,
            keeps_agents=keeps,
        )

    def _agents(self) -> list[str]:
        """Who lives there; of a folder that is gone, who lived there and nowhere else since."""
        if self.place.is_dir():
            return [each.name for each in vacating.residents(self.place)]
        begun = self.begun.agents if self.begun else []
        trees = listing.trees(self.site.outside)
        moved = {each.name for tree in trees for each in vacating.residents(tree.path)}
        known = dict.fromkeys([*begun, *vacating.orphans(self.context, self.place)])
        return [name for name in known if name not in moved]

    def keep_notes(self, record: Record) -> None:
        """Has those who stay find their notes elsewhere.

        Raises:
            ThrumError: they cannot be kept, and no flag lets them go.
        """
        must = not {"--discard", "--force"} & set(self.given)
        here = vacating.residents(self.place) if record.keeps_agents else ()
        for each in here:
            vacating.keep_notes(self.context, self.place, each.name, must=must)

    def forget(self, record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ends sessions and forgets agents; who was, and whom nobody could be asked to forget.

        Raises:
            ThrumError: ``not_allowed``; the first of them refused leaves nothing begun.
        """
        here = vacating.residents(self.place) if self.place.is_dir() else []
        for each in here:
            launching.end(self.context, each.tmux_session)
        deleted, left = [], []
        for name in record.agents:
            try:
                if vacating.forget(self.context, self.place, name):
                    deleted.append(name)
            except ThrumError as error:
                if error.kind not in vacating.AWAY:
                    if not deleted:
                        self._withdraw()
                    raise
                left.append(name)
        return tuple(deleted), tuple(left)

    def _withdraw(self) -> None:
        """Notes that nothing was done: what was begun before is all that there is to end."""
        if self.before:
            self.site.records.write(self.name, self.before)
        else:
            self.site.records.clear(self.name)

    def delete_branch(self, record: Record) -> bool:
        """Deletes the branch if that is wished and it is as it was; whether it is gone."""
        if not (record.deletes_branch and record.branch):
            return False
        is_gone = removing.delete_branch(self.site.outside, record.branch, record.commit)
        if not is_gone:
            branch = one_line(record.branch)
            self.context.note(f"the branch {branch} is in use, or has gone on since, so it stays")
        return is_gone

    def remove(self) -> None:
        """Removes what setup wrote there, then the worktree."""
        if self.place.is_dir():
            for obstacle in Ours(self.context, self.place).take_out():
                self.context.note(one_line(str(obstacle)))
        if self.tree:
            is_lost = bool({"--force", "--discard"} & set(self.given))
            removing.remove(self.site.outside, self.tree, self.check_losses, force=is_lost)
        elif self.is_orphan:
            removing.remove_orphan(self.place)
