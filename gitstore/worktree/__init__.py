"""The branch's linked worktree: its lines come in before each commit, its files follow after it.

Nothing here needs a worktree. An older program keeps one, appends to the files in it and commits
them now and then; people may want files to search. Such a program takes the files for the truth,
and so they must neither hold a line that the branch lacks for long nor ever fall behind it.

Coming in is the join of the branch with the tree that the files would make, so it has the laws of
every join: nothing is lost, and doing it twice (after a kill, say) adds nothing. A file is replaced
only if what stands in it has come in before. Writers there append under flock(2); so do we where
our version only goes on, and hold the same lock while we replace a file. One who had opened the old
file before is heard later: its last name is kept for a while in a folder beside.
"""

from gitstore.worktree.linkage import Health, Linkage, find, other_checkouts
from gitstore.worktree.worktree import Worktree

__all__ = ["Health", "Linkage", "Worktree", "find", "other_checkouts"]
