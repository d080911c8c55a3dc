"""What would be lost with a worktree, or forgotten: each with the flag that lets it.

Nothing is changed by looking, not even git's index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from thrum import git_place
from thrum.plurals import counted
from thrum.worktrees.git import Git
from thrum.worktrees.listing import Tree

Flag = Literal["--discard", "--keep-branch", "--force"]

IsOurs = Callable[[Path, bool], bool]

_HEADS: Final = "refs/heads/"

_GITLINK: Final = "160000 "

_SHOWN: Final = 3
"""Files and commits that are named; of more than these the number is told."""

_IN_PROGRESS: Final = {
    "MERGE_HEAD": "a merge",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase or an am",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisect",
}


class Loss(NamedTuple):
    """Something that speaks against removing a worktree.

    Attributes:
        kind: a token for programs.
        text: what it is, in a few words.
        flag: what has it removed all the same.
        items: files, commits or stashes.
    """

    kind: str
    text: str
    flag: Flag
    items: tuple[str, ...] = ()


def find(git: Git, tree: Tree, *, deletes_branch: bool, is_ours: IsOurs) -> list[Loss]:
    """Everything that speaks against removing the worktree, as far as git knows.

    Args:
        git: anywhere in the repository.
        tree: the worktree.
        deletes_branch: whether the branch would go with it.
        is_ours: whether a file holds nothing but what Thrum wrote; it is told whether git has it.

    Raises:
        ThrumError: as `Git.run`.
    """
    found = [] if tree.lock is None else [_lock(tree.lock)]
    if tree.gone:
        text = f"{tree.gone}; if it was moved, run `git worktree repair` in it"
        found.append(Loss("gone", text, "--discard"))
    else:
        inside = git.standing_in(tree.path)
        found += [*_files(inside, is_ours), *_in_progress(tree.path), *_submodules(inside)]
    branch = tree.branch or ("" if tree.gone else _rebased(tree.path))
    for look in (_commits, _stashes):
        found += look(git, tree, branch, deletes_branch)
    return found


def _lock(reason: str) -> Loss:
    return Loss("locked", f"it is locked{f': {reason}' if reason else ''}", "--force")


def _files(inside: Git, is_ours: IsOurs) -> Iterator[Loss]:
    """Files that no commit has."""
    # Untracked files one by one: a folder that holds ours may hold others besides.
    flags = ("--porcelain=v2", "-z", "--untracked-files=all", "--ignore-submodules=none")
    text = inside.run("--no-optional-locks", "status", "--no-renames", *flags)
    changed, untracked = [], []
    for entry in filter(None, text.split("\0")):
        kind, _, rest = entry.partition(" ")
        if kind == "?":
            untracked.append(rest)
        elif kind in {"1", "u"}:
            changed.append(rest.split(" ", 7 if kind == "1" else 9)[-1])
    changed += [name for name in _hidden(inside) if name not in changed]
    for what, names in (("uncommitted", changed), ("untracked", untracked)):
        lost = [name for name in names if not is_ours(inside.root / name, what == "uncommitted")]
        if lost:
            text = f"{counted(len(lost), f'{what} file')}: {_some(lost)}"
            yield Loss(what, text, "--discard", tuple(lost))


def _hidden(inside: Git) -> Iterator[str]:
    """Changed files of which somebody told git not to look at them, and that are there."""
    for entry in filter(None, inside.run("ls-files", "-v", "-z").split("\0")):
        mark, _, name = entry.partition(" ")
        # Small letters are those that are taken for unchanged, S those that are skipped.
        if not (mark.islower() or mark == "S") or not (inside.root / name).is_file():
            continue
        known = inside.ask("rev-parse", "--verify", "--quiet", f":./{name}")
        if known != inside.ask("hash-object", "--", name):
            yield name


def _in_progress(path: Path) -> Iterator[Loss]:
    place = git_place.at(path)
    for name, what in _IN_PROGRESS.items() if place else ():
        if place and (place.git_dir / name).exists():
            yield Loss("in_progress", f"{what} is in progress", "--discard")


def _rebased(path: Path) -> str:
    """The branch that a rebase has taken away from HEAD for as long as it lasts; empty for none."""
    place = git_place.at(path)
    for name in ("rebase-merge", "rebase-apply") if place else ():
        file = place.git_dir / name / "head-name" if place else path
        head = file.read_text(errors="replace").strip() if file.is_file() else ""
        if head.startswith(_HEADS):  # else it began on no branch
            return head.removeprefix(_HEADS)
    return ""


def _submodules(inside: Git) -> Iterator[Loss]:
    """Commits and stashes in submodules: their repositories lie in the worktree's own."""
    for name, place in sorted(_modules(inside).items()):
        # The folder that it names as its own may be gone; any other will do.
        at = ("--git-dir", str(place), "--work-tree", str(inside.root))
        head = inside.ask(*at, "rev-parse", "--verify", "--quiet", "HEAD")
        wanted = ([head] if head else []) + ["--branches"]
        alone = inside.ask(*at, "rev-list", *wanted, "--not", "--remotes", "--tags") or ""
        count = len(alone.splitlines())
        if count:
            text = f"{counted(count, 'commit')} in the submodule {name} that no remote has"
            yield Loss("submodule", text, "--discard", (name,))
        if inside.ask(*at, "rev-parse", "--verify", "--quiet", "refs/stash"):
            yield Loss("submodule", f"a stash in the submodule {name}", "--discard", (name,))


def _modules(inside: Git) -> dict[str, Path]:
    """The repositories of submodules, also of those that no commit names any more."""
    own = git_place.at(inside.root)
    found = dict(_absorbed(own.git_dir / "modules", "")) if own else {}
    if (inside.root / ".gitmodules").is_file():
        for entry in filter(None, inside.run("ls-files", "--stage", "-z").split("\0")):
            about, _, name = entry.partition("\t")
            place = git_place.at(inside.root / name) if about.startswith(_GITLINK) else None
            if place and place.git_dir not in found.values():
                found[name] = place.git_dir
    return found


def _absorbed(folder: Path, above: str) -> Iterator[tuple[str, Path]]:
    """The repositories below a folder in which git keeps those of submodules, by their names."""
    for each in folder.iterdir() if folder.is_dir() else ():
        name = f"{above}{each.name}"
        if each.is_symlink():
            continue
        if git_place.is_git_directory(each):
            yield name, each
            yield from _absorbed(each / "modules", f"{name}/")
        else:
            yield from _absorbed(each, f"{name}/")


def _commits(git: Git, tree: Tree, branch: str, deletes_branch: bool) -> Iterator[Loss]:
    """Commits that lead from nowhere else: no remote, no other branch, no tag."""
    head = f"{_HEADS}{branch}" if branch else tree.head
    if not head or (branch and git.ask("rev-parse", "--verify", "--quiet", head) is None):
        return
    but = (f"--exclude={branch}",) if branch else ()
    others = ("--not", *but, "--branches", "--remotes", "--tags")
    text = git.run("log", "--format=%h %s", "--no-show-signature", head, *others)
    alone = text.splitlines()
    if not alone:
        return
    flag: Flag = "--keep-branch" if branch and not deletes_branch else "--discard"
    where = f"on {branch}" if branch else "on no branch"
    what = f"{counted(len(alone), 'commit')} {where} that no remote and no other branch has"
    yield Loss("unpushed", f"{what}: {_some(alone)}", flag, tuple(alone))


def _stashes(git: Git, tree: Tree, branch: str, deletes_branch: bool) -> Iterator[Loss]:
    """Stashes that were made there. They stay in the repository, where nobody looks for them."""
    text = git.ask("log", "--walk-reflogs", "--format=%gd%x09%gs%x09%P", "refs/stash", "--") or ""
    rows = [line.split("\t") for line in text.splitlines() if line.count("\t") >= 2]
    mine = [
        f"{name} {subject}"
        for name, subject, *_, parents in rows
        if _is_of(subject, parents, branch, tree.head)
    ]
    if mine:
        flag: Flag = "--discard" if deletes_branch else "--keep-branch"
        number = "a stash" if len(mine) == 1 else f"{len(mine)} stashes"
        whose = f"made on {branch}" if branch else "made there"
        yield Loss("stashed", f"{number} {whose}: {_some(mine)}", flag, tuple(mine))


def _is_of(subject: str, parents: str, branch: str, head: str) -> bool:
    if branch:
        return subject.startswith((f"WIP on {branch}: ", f"On {branch}: "))
    is_loose = subject.startswith(("WIP on (no branch): ", "On (no branch): "))
    return is_loose and parents.split(" ")[0] == head


def _some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
