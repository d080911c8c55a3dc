"""What gitstore raises."""

from __future__ import annotations


class LogError(Exception):
    """The log cannot do what was asked; the text says why and what would help."""


class RepositoryError(LogError):
    """The repository is of a kind that cannot be read or written here."""


class JournalError(LogError):
    """The disk refused to keep the lines; none of them counts as written."""


class RefLocked(LogError):
    """Another process holds the branch's lock file and does not let go of it."""


class DamagedObject(LogError):
    """Something that the branch needs cannot be read; asking again does not help.

    Attributes:
        id: the object's; empty when it cannot be said which.
    """

    def __init__(self, id: str, reason: str) -> None:
        super().__init__(f"the object {id} cannot be read: {reason}" if id else reason)
        self.id = id
