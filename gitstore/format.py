"""The one value that describes a log: its branch, its files, and the keys of its lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

from msgspec import Struct

_NUMBERED: Final = re.compile(r"(?P<stem>.+)~(?P<number>[1-9]\d*)")


Judge = Callable[[str, bytes], bool]
"""Whether a line of that file goes."""


class Omission(Struct, frozen=True):
    """Which lines leave the files of a log, see `gitstore.omission`.

    Attributes:
        shard: where the lines stand that say what goes.
        sign: what each of them has in it; other lines may have it, too.
        rule: what follows from them.
    """

    shard: str
    sign: bytes
    rule: Callable[[Iterable[bytes]], Judge]


class MergeRule(Enum):
    """How two versions of one file become one."""

    LINES = "the union of lines by id"
    ROWS = "the union of whole lines"
    OBJECT = "the newer of two JSON objects"
    OPAQUE = "the side that changed it"


class Format(Struct, frozen=True):
    """Names and keys of a log.

    Attributes:
        branch: the orphan branch.
        remote: the remote the branch is exchanged with; see `gitstore.remote`.
        id_key: the key whose value identifies a line.
        order_key: the key by which lines stand in a file, compared as text.
        row_keys: the keys that order rows, first present one.
        oldest: the one file of the oldest layout, whose lines need no id.
        worktree: where a linked worktree of the branch may stand, below the git directory.
        segment_bytes: a file of this size or more is closed; the next one goes on.
        author: name and address of author and committer.
        root_seconds: the date of the first commit, seconds since 1970, the same in every clone.
        omission: which lines leave the files; None: none ever does.
    """

    branch: str = "a-sync"
    remote: str = "origin"
    id_key: str = "event_id"
    order_key: str = "timestamp"
    row_keys: tuple[str, ...] = ("created_at", "read_at", "last_seen_at")
    oldest: str = "messages.jsonl"
    worktree: str = "thrum-sync/a-sync"
    segment_bytes: int = 32_768
    author: tuple[str, str] = ("Thrum", "thrum@local")
    root_seconds: int = 1_735_689_600
    root_message: str = "Initialize Thrum sync"
    commit_prefix: str = "sync: "
    omission: Omission | None = None

    @property
    def ref(self) -> str:
        """The branch as a full ref name."""
        return f"refs/heads/{self.branch}"

    @property
    def tracking(self) -> str:
        """What was last seen of the remote's branch, as a full ref name."""
        return f"refs/remotes/{self.remote}/{self.branch}"

    def segment(self, shard: str, number: int) -> str:
        """The path of a shard's n-th file, counted from 1.

        A shard is named by its first file. Programs that know only ``events.jsonl`` and
        ``messages/*.jsonl`` read every segment, because later ones stand in ``messages/`` too:
        ``messages/alice~2.jsonl``, ``messages/~events~2.jsonl``.
        """
        if number == 1:
            return shard
        folder, _, name = shard.rpartition("/")
        stem = name.removesuffix(".jsonl")
        if not folder:
            stem = f"~{stem}"
        return f"messages/{stem}~{number}.jsonl"

    def shard_of(self, path: str) -> tuple[str, int] | None:
        """Shard and number of a file, or None when the file is no part of the log."""
        folder, _, name = path.rpartition("/")
        if not name.endswith(".jsonl") or folder not in {"", "messages"}:
            return None
        if not folder:
            return (path, 1) if name in {"events.jsonl", self.oldest} else None
        found = _NUMBERED.fullmatch(name.removesuffix(".jsonl"))
        if found is None:
            return path, 1
        stem, number = found["stem"], int(found["number"])
        if stem.startswith("~"):
            return f"{stem[1:]}.jsonl", number
        return f"messages/{stem}.jsonl", number

    def rule(self, path: str) -> MergeRule:
        """How two versions of this file are united."""
        if self.shard_of(path):
            return MergeRule.LINES
        if path.startswith(("messages-v2/", "receipts/")) and path.endswith(".jsonl"):
            return MergeRule.ROWS
        if path.startswith("state/") and path.endswith(".json"):
            return MergeRule.OBJECT
        return MergeRule.OPAQUE

    def is_log(self, path: str) -> bool:
        """Whether the file is one of lines, of which none is ever taken away."""
        return self.rule(path) in {MergeRule.LINES, MergeRule.ROWS}
