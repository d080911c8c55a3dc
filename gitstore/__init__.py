"""An append-only log of JSON lines on one orphan branch of a git repository.

Written through libgit2 straight into the object store: no worktree, no index, no checkout. Knows
git, and nothing of what the lines mean.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from gitstore import libgit2 as libgit2  # before anybody imports pygit2

# isort: split
from gitstore.branch import Branch, Origin, attach, bring
from gitstore.cursor import Cursor, Since
from gitstore.damage import NOT_READ, ObjectMended, PackMended, RefMended
from gitstore.disk import Disk, OsDisk
from gitstore.errors import DamagedObject, JournalError, LogError, RefLocked, RepositoryError
from gitstore.exchange import Exchange
from gitstore.format import Format, MergeRule, Omission
from gitstore.held import HeldBack
from gitstore.journal import Batch, Record
from gitstore.line import Conflict, Line, Reader, canonical, is_too_deep, numbered, printable
from gitstore.log import Log
from gitstore.packs import Fault
from gitstore.program import Answer, Outcome, scrub
from gitstore.remote import has_remote
from gitstore.standing import Opened, Standing
from gitstore.tip import Tip
from gitstore.withdrawals import Withdrawals
from gitstore.worktree import Health, Linkage, other_checkouts
from gitstore.worktree import find as find_worktree

if TYPE_CHECKING:
    from gitstore.descent import Commit, Descent
    from gitstore.examination import (
        Examination,
        ObjectFault,
        Refetched,
        RefFault,
        lock_left,
        remove_lock,
    )
    from gitstore.snapshot import File, Finding, Snapshot

_LATER: Final = {
    **dict.fromkeys(("Commit", "Descent"), "descent"),
    **dict.fromkeys(("File", "Finding", "Snapshot"), "snapshot"),
    **dict.fromkeys(("Examination", "ObjectFault", "RefFault", "Refetched"), "examination"),
    **dict.fromkeys(("lock_left", "remove_lock"), "examination"),
}
"""What only mending and looking back need: its modules are loaded when it is asked for."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "NOT_READ",
    "Answer",
    "Batch",
    "Branch",
    "Commit",
    "Conflict",
    "Cursor",
    "DamagedObject",
    "Descent",
    "Disk",
    "Examination",
    "Exchange",
    "Fault",
    "File",
    "Finding",
    "Format",
    "Health",
    "HeldBack",
    "JournalError",
    "Line",
    "Linkage",
    "Log",
    "LogError",
    "MergeRule",
    "ObjectFault",
    "ObjectMended",
    "Omission",
    "Opened",
    "Origin",
    "OsDisk",
    "Outcome",
    "PackMended",
    "Reader",
    "Record",
    "RefFault",
    "RefLocked",
    "RefMended",
    "Refetched",
    "RepositoryError",
    "Since",
    "Snapshot",
    "Standing",
    "Tip",
    "Withdrawals",
    "attach",
    "bring",
    "canonical",
    "find_worktree",
    "has_remote",
    "is_too_deep",
    "lock_left",
    "numbered",
    "other_checkouts",
    "printable",
    "remove_lock",
    "scrub",
]
