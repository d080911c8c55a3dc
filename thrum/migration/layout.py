"""Layouts of the oldest programs: their data in the main branch, and a worktree in `.thrum`.

What git tracks of it, or stands in `messages.jsonl` and `messages/`, is mail that belongs on the
branch. An `events.jsonl` that git does not track is a journal of a later program, which never
leaves its clone, and is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from thrum.paths import NAME, Place
from thrum.worktrees.git import Git

EVENTS: Final = "events.jsonl"
OLDEST: Final = "messages.jsonl"
SYNC: Final = "sync"
OURS: Final = ".thrum/"
_OLD_RULE: Final = ".thrum/var/"


@dataclass(slots=True)
class Layout:
    """What is there of one.

    Attributes:
        data: files with mail.
        tracked: those that git tracks, as it names them.
        sync: an old worktree of the branch.
        rewritten: files of git's that are to change, with their new texts.
    """

    data: list[Path] = field(default_factory=list)
    tracked: list[str] = field(default_factory=list)
    sync: Path | None = None
    rewritten: dict[Path, str] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """Whether there is anything to be done."""
        return bool(self.data or self.tracked or self.sync or self.rewritten)

    def lines(self) -> list[bytes]:
        """Every line of the data."""
        found: list[bytes] = []
        for path in self.data:
            found += path.read_bytes().splitlines()
        return [line for line in found if line.strip()]


def look(place: Place, git: Git) -> Layout:
    """What is there.

    Args:
        place: where; a repository without a worktree never had such a layout.
        git: it stands in the repository.

    Raises:
        ThrumError: ``repository``, git does not answer.
    """
    if place.shared.name != NAME or place.shared.is_symlink():
        return Layout()
    tracked = [name for name in _tracked(git) if _is_data(name)]
    sync = place.shared / SYNC
    has_sync = (sync / ".git").exists() and not sync.is_symlink()
    data = {place.repository / name for name in tracked} | set(_left(place.shared))
    if has_sync:
        data |= {sync / EVENTS, *_left(sync)}
    return Layout(
        sorted(path for path in data if path.is_file() and not path.is_symlink()),
        tracked,
        sync if has_sync else None,
        _rewritten(place.repository),
    )


def _tracked(git: Git) -> list[str]:
    said = git.ask("ls-files", "-z", "--", NAME)
    return [name for name in (said or "").split("\0") if name]


def _is_data(name: str) -> bool:
    below = name.removeprefix(OURS)
    folder, _, file = below.rpartition("/")
    return below in {EVENTS, OLDEST} or (folder == "messages" and file.endswith(".jsonl"))


def _left(folder: Path) -> list[Path]:
    return [folder / OLDEST, *(folder / "messages").glob("*.jsonl")]


def _rewritten(root: Path) -> dict[Path, str]:
    """`.gitignore` with all of `.thrum`, and `.gitattributes` without rules for what is in it."""
    rules = {".gitignore": _ignoring, ".gitattributes": _attributing}
    changed = {}
    for name, rule in rules.items():
        path = root / name
        try:
            is_plain = path.is_file() and not path.is_symlink()
            before = path.read_bytes().decode() if is_plain else ""  # with its ends of lines
        except (OSError, UnicodeDecodeError):
            continue  # not ours to spoil
        after = rule(before.splitlines(keepends=True))
        if after != before:
            changed[path] = after
    return changed


def _ignoring(lines: list[str]) -> str:
    has = any(line.strip() == OURS for line in lines)
    after = []
    for line in lines:
        if line.strip() != _OLD_RULE:
            after.append(line)
        elif not has:
            after.append(line.replace(_OLD_RULE, OURS))
            has = True
    return "".join(after)


def _attributing(lines: list[str]) -> str:
    return "".join(
        line for line in lines if not (line.startswith(OURS) and "merge=union" in line.split())
    )


def untrack(git: Git, names: list[str]) -> None:
    """Has git track them no more; the files stay.

    Raises:
        ThrumError: ``repository``.
    """
    for start in range(0, len(names), 100):
        git.run("rm", "-q", "--cached", "--", *names[start : start + 100])


def track(git: Git, names: list[str]) -> None:
    """Has git track them again, those that are there.

    Raises:
        ThrumError: ``repository``.
    """
    there = [name for name in names if (git.root / name).is_file()]
    for start in range(0, len(there), 100):
        git.run("add", "-f", "--", *there[start : start + 100])


def forget_worktree(git: Git) -> None:
    """Has git forget a worktree that was moved away.

    Raises:
        ThrumError: ``repository``.
    """
    git.run("worktree", "prune")


def remake_worktree(git: Git, path: Path) -> None:
    """Makes the old worktree anew; what it held is on the branch.

    Raises:
        ThrumError: ``repository``.
    """
    git.run("worktree", "add", "-q", "-f", str(path), "a-sync")
