"""From what a worktree begins: a new branch and its base, one that exists, or no branch at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from thrum import suggest
from thrum.errors import ThrumError
from thrum.worktrees.git import Git
from thrum.worktrees.listing import Tree

PREFIX: Final = "feature/"
"""Before a worktree's name in the branch of one for which none is named."""

FALLBACK: Final = "main"
"""The base where HEAD is on no branch."""

LONGEST_BRANCH: Final = 200
_HEADS: Final = "refs/heads/"


class Asked(NamedTuple):
    """What the line says.

    Attributes:
        name: the worktree's.
        branch: the branch; empty for the usual one.
        base: where a new branch begins; empty for the branch at HEAD.
        detach: whether there shall be no branch.
    """

    name: str
    branch: str = ""
    base: str = ""
    detach: bool = False


class Beginning(NamedTuple):
    """What is checked out.

    Attributes:
        branch: the branch; empty for none.
        commit: where it stands, or shall.
        is_new: whether the branch is made.
        base: where a new one begins, as people call it; empty for one that exists.
        tracks: the remote's branch of that name, with which it begins; else empty.
        notes: what the person should know.
    """

    branch: str
    commit: str
    is_new: bool
    base: str = ""
    tracks: str = ""
    notes: tuple[str, ...] = ()


def choose(git: Git, asked: Asked, trees: Sequence[Tree], hidden: str) -> Beginning:
    """What is checked out in a new worktree.

    Args:
        git: where the command runs: the branch there is the base if none is named.
        asked: what the line says.
        trees: those that there are.
        hidden: the branch of the log, which is nobody's to work on.

    Raises:
        ThrumError: ``usage``, a branch or base that cannot be; ``not_found``, a base that is not
            there; ``conflict``, the branch is checked out elsewhere, or its name is taken;
            ``repository``, there is no commit yet.
    """
    if asked.detach:
        base, commit, notes = _base(git, asked.base, hidden)
        return Beginning("", commit, is_new=False, base=base, notes=notes)
    branch = branch_of(git, asked, hidden)
    existing = git.ask("rev-parse", "--verify", "--quiet", f"{_HEADS}{branch}^{{commit}}")
    if existing:
        holder = next((tree for tree in trees if tree.branch == branch), None)
        if holder:
            text = f"the branch {branch} is checked out in {holder.path}"
            gone = f"git still lists it, though {holder.gone}; `git worktree prune` forgets it"
            raise ThrumError("conflict", text, gone if holder.gone else "choose another with -b")
        notes = (f"the branch {branch} exists, so --base is not used",) if asked.base else ()
        return Beginning(branch, existing, is_new=False, notes=notes)
    _check_free(git, branch)
    remote = () if asked.base else _remote(git, branch)
    if len(remote) == 1:
        name, commit = remote[0]
        return Beginning(branch, commit, is_new=True, base=name, tracks=name)
    base, commit, notes = _base(git, asked.base, hidden)
    return Beginning(branch, commit, is_new=True, base=base, notes=notes)


def called(branch: str, worktree: str) -> str:
    """The branch that is named, or the usual one of a worktree of that name."""
    return (branch or f"{PREFIX}{worktree}").removeprefix(_HEADS)


def branch_of(git: Git, asked: Asked, hidden: str) -> str:
    """The branch that is meant; empty for none.

    Raises:
        ThrumError: ``usage``, no branch may be called so, or it is not to work on.
    """
    if asked.detach:
        return ""
    branch = called(asked.branch, asked.name)
    if branch == hidden:
        raise ThrumError("usage", f"{branch} holds the log, and nobody works on it")
    is_name = branch.isprintable() and len(branch.encode()) <= LONGEST_BRANCH and branch != "HEAD"
    is_word = is_name and not branch.startswith("-")
    if not is_word or git.ask("check-ref-format", f"{_HEADS}{branch}") is None:
        raise ThrumError("usage", f"{branch[:LONGEST_BRANCH]!a} is no name for a branch")
    return branch


def _base(git: Git, wanted: str, hidden: str) -> tuple[str, str, tuple[str, ...]]:
    """Where a branch begins: its name, its commit, and what should be known of the choice.

    Raises:
        ThrumError: ``not_found``; ``repository``, there is no commit yet; ``usage``.
    """
    head = git.ask("symbolic-ref", "--quiet", "--short", "HEAD") or ""
    base = wanted or head or FALLBACK
    if base.startswith("-") or not base.isprintable():
        raise ThrumError("usage", f"{base!a} is no branch and no commit")
    if base.removeprefix(_HEADS).removeprefix("heads/") == hidden:
        todo = "say with --base where it begins"
        raise ThrumError("usage", f"{hidden} holds the log, and nobody works on it", todo)
    commit = git.ask("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
    if commit:
        is_fallen = not (wanted or head)
        note = f"HEAD is on no branch here, so it begins at {base}; --base says otherwise"
        return base, commit, (note,) if is_fallen else ()
    if wanted:
        known = (git.ask("for-each-ref", "--format=%(refname:short)", "refs/heads") or "").split()
        todo = suggest.did_you_mean(base, known) or "`git branch --all` shows what there is"
        raise ThrumError("not_found", f"there is no branch or commit {base}", todo)
    if head:
        text = f"the branch {head} has no commit yet, and a worktree begins at one"
        raise ThrumError("repository", text, "commit something first, or name another --base")
    text = f"HEAD is on no branch here, and there is no branch {FALLBACK}"
    raise ThrumError("not_found", text, "say with --base where it begins")


def _remote(git: Git, branch: str) -> list[tuple[str, str]]:
    """Branches of that name at remotes, as last seen: their names and commits."""
    listed = git.ask(
        "for-each-ref", "--format=%(refname:short) %(objectname)", f"refs/remotes/*/{branch}"
    )
    pairs = (line.rpartition(" ") for line in (listed or "").splitlines())
    return [(name, commit) for name, _, commit in pairs]


def _check_free(git: Git, branch: str) -> None:
    """Refuses a new branch whose name another one stands in the way of.

    Raises:
        ThrumError: ``conflict``.
    """
    parts = branch.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts))}
    listed = (git.ask("for-each-ref", "--format=%(refname)", _HEADS) or "").splitlines()
    known = [each.removeprefix(_HEADS) for each in listed]
    in_way = [each for each in known if each in above or each.startswith(f"{branch}/")]
    if git.ask("config", "--type=bool", "core.ignorecase") == "true":
        in_way += [each for each in known if each.lower() == branch.lower()]
    if in_way:
        text = f"there cannot be a branch {branch} beside {in_way[0]}"
        raise ThrumError("conflict", text, "choose another one with -b")
