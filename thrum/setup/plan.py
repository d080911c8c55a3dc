"""What setup would write, or take out, file by file; nothing is changed by looking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from thrum.runtimes.contract import Block, Entry, Own, Part, Piece
from thrum.setup import editing, foreign, receipts
from thrum.setup.editing import Keys
from thrum.setup.foreign import Foreign, Obstacle
from thrum.setup.receipts import Placed, Receipt, Receipts

Action = Literal["create", "change", "keep", "remove", "leave"]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file.

    Attributes:
        path: as the runtime names it.
        parts: what is in it of ours.
        runtimes: whom it is for.
        action: ``leave`` where something is in the way.
        before: the file as it was found; None where it could not be read.
        after: the new bytes; None if there shall be no file.
        made: objects and lists that are made in it.
        notes: what the person should know of it.
        obstacle: why it is left alone.
        whose: the work tree that it belongs to; empty for a person's own.
        placed: where our pieces in it are.
    """

    path: Path
    parts: tuple[Part, ...]
    runtimes: tuple[str, ...]
    action: Action
    before: Foreign | None = None
    after: bytes | None = None
    made: tuple[Keys, ...] = ()
    notes: tuple[str, ...] = ()
    obstacle: Obstacle | None = None
    whose: str = ""
    placed: tuple[Placed, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything is to be written."""
        return self.action in {"create", "change", "remove"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A piece, the runtime that it is for, and the work tree, unless it is a person's own."""

    runtime: str
    piece: Piece
    whose: str = ""


def putting(wanted: Iterable[Wanted], *, new_mode: int, force: bool = False) -> list[Change]:
    """What has to be written so that all the pieces are there.

    Args:
        wanted: the pieces.
        new_mode: the permission bits of new files that are shared with others.
        force: write over files of somebody else that have the names of ours.
    """
    return [_put(path, each, new_mode, force) for path, each in _by_file(wanted).items()]


def removing(wanted: Iterable[Wanted], known: Receipts) -> list[Change]:
    """What has to be written so that nothing of ours is left.

    Args:
        wanted: the pieces that setup would write today.
        known: what is remembered of the files.
    """
    return [_remove(path, each, known) for path, each in _by_file(wanted).items()]


def _by_file(wanted: Iterable[Wanted]) -> dict[Path, list[Wanted]]:
    found: dict[Path, list[Wanted]] = {}
    for each in wanted:
        found.setdefault(each.piece.path, []).append(each)
    return found


def _untouched(path: Path, wanted: Sequence[Wanted]) -> Change:
    """What is known of a file before anybody has looked at it."""
    return Change(
        path,
        tuple(dict.fromkeys(each.piece.part for each in wanted)),
        tuple(dict.fromkeys(each.runtime for each in wanted)),
        "keep",
        whose=wanted[0].whose,
        placed=tuple(dict.fromkeys(_placed(each.piece) for each in wanted)),
    )


def _placed(piece: Piece) -> Placed:
    if isinstance(piece, Entry):
        return Placed(piece.part.value, "entry", piece.keys, piece.joins, piece.syntax)
    return Placed(piece.part.value, "block" if isinstance(piece, Block) else "own")


def _left(change: Change, why: Exception) -> Change:
    """The change of a file in which something is in the way."""
    if not isinstance(why, Obstacle):
        why = Obstacle(change.path, f"is not understood: {why}")
    return replace(change, action="leave", before=None, obstacle=why)


def _put(path: Path, wanted: Sequence[Wanted], new_mode: int, force: bool) -> Change:
    change = _untouched(path, wanted)
    pieces = _distinct(wanted)
    first = pieces[0]
    try:
        before = foreign.read(path, first.mode if isinstance(first, Own) else new_mode)
        if isinstance(first, Own) and not force and _is_foreign(before, first):
            raise Obstacle(path, "is not ours", "move it away, or use --force")
        edited = editing.written(None if before.raw is None else before.text, pieces)
    except (Obstacle, ValueError) as error:
        return _left(change, error)
    after = before.encoded(edited.text or "")
    change = replace(change, before=before, after=after, made=edited.made, notes=edited.left)
    if after == before.raw:
        return change
    return replace(change, action="create" if before.raw is None else "change")


def _remove(path: Path, wanted: Sequence[Wanted], known: Receipts) -> Change:
    change = _untouched(path, wanted)
    receipt = known.of(path)
    others = set(receipt.runtimes).difference(change.runtimes) if receipt else set()
    try:
        before = foreign.read(path)
        change = replace(change, before=before, after=before.raw)
        if before.raw is None:
            return change
        if others:
            return replace(change, notes=(f"still used by {', '.join(sorted(others))}",))
        after = _cleared(before, _distinct(wanted), receipt, known)
    except (Obstacle, ValueError, OSError) as error:
        if receipt is None and change.before and _NAME not in (change.before.raw or _NAME).lower():
            return change
        return _left(change, error)
    if after == before.raw:
        return change
    return replace(change, action="change" if after is not None else "remove", after=after)


def _cleared(
    before: Foreign, pieces: Sequence[Piece], receipt: Receipt | None, known: Receipts
) -> bytes | None:
    """The bytes of a file without what is ours; None if there shall be no file."""
    if receipt and receipt.after == receipts.digest(before.raw) and known.has(receipt):
        return known.kept(receipt)
    first = pieces[0]
    if isinstance(first, Own) and _is_foreign(before, first):
        return before.raw
    edited = editing.cleared(before.text, pieces, receipt.made if receipt else None)
    was_there = receipt is None or receipt.was_there
    if edited.text is None and (isinstance(first, Own) or not was_there):
        return None
    return before.encoded(_emptied(edited.text, first))


def _emptied(text: str | None, piece: Piece) -> str:
    """What a file that was there before us holds when nothing is left."""
    if text is not None:
        return text
    return "" if isinstance(piece, Block) or getattr(piece, "syntax", "") == "toml" else "{}\n"


def _distinct(wanted: Sequence[Wanted]) -> list[Piece]:
    """The pieces; several runtimes may want the same one."""
    pieces: list[Piece] = []
    for each in wanted:
        if each.piece not in pieces:
            pieces.append(each.piece)
    return pieces


_NAME = b"thrum"
"""What all that is ours has in it: a file without it has nothing of ours, understood or not."""

OWN_MARK = "thrum setup"
"""What each file that is wholly ours says in one of its first lines."""


def _is_foreign(before: Foreign, piece: Own) -> bool:
    """Whether a file that has the name of ours is somebody else's."""
    if before.raw is None or before.text == piece.text:
        return False
    return OWN_MARK not in before.text[:2000]
