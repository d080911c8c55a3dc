"""An append-only log of JSON lines on one orphan branch of a git repository.

Written through libgit2 straight into the object store: no worktree, no index, no checkout. Knows
git, and nothing of what the lines mean.
"""

from gitstore.branch import Branch, Origin, attach
from gitstore.cursor import Cursor, Since
from gitstore.disk import Disk, OsDisk
from gitstore.errors import DamagedObject, JournalError, LogError, RefLocked, RepositoryError
from gitstore.exchange import Exchange
from gitstore.format import Format, MergeRule
from gitstore.journal import Batch
from gitstore.line import Conflict, Line, canonical
from gitstore.log import Log
from gitstore.program import Outcome
from gitstore.snapshot import Finding, Snapshot
from gitstore.standing import Opened, Standing
from gitstore.tip import Tip

__all__ = [
    "Batch",
    "Branch",
    "Conflict",
    "Cursor",
    "DamagedObject",
    "Disk",
    "Exchange",
    "Finding",
    "Format",
    "JournalError",
    "Line",
    "Log",
    "LogError",
    "MergeRule",
    "Opened",
    "Origin",
    "OsDisk",
    "Outcome",
    "RefLocked",
    "RepositoryError",
    "Since",
    "Snapshot",
    "Standing",
    "Tip",
    "attach",
    "canonical",
]
