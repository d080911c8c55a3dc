"""The files of lines in a tree, and trees without some of their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pygit2

from gitstore.format import Format
from gitstore.line import split
from gitstore.merge import changed_files
from gitstore.objects import Objects
from gitstore.tree import overlay

IsOut = Callable[[bytes], bool]
"""Whether a line is to be left out."""


def log_files(
    objects: Objects, format: Format, tree: pygit2.Oid, beside: pygit2.Oid | None = None
) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each file of lines that is not the same in the tree beside."""
    for path, _, blob in changed_files(objects.repository, beside, tree):
        if format.is_log(path):
            yield path, objects.data(blob)


def without(
    objects: Objects,
    format: Format,
    tree: pygit2.Oid,
    is_out: IsOut,
    beside: pygit2.Oid | None = None,
) -> pygit2.Oid:
    """The tree without those lines; a file of which nothing is left goes with them.

    Args:
        objects: where files are read and written.
        format: tells files of lines.
        tree: the whole.
        is_out: tells the lines.
        beside: a tree whose files hold none of them; what is the same there is not read.
    """
    files: dict[str, bytes | None] = {}
    for path, data in log_files(objects, format, tree, beside):
        lines = [raw for _, raw in split(data)]
        kept = [raw for raw in lines if not is_out(raw)]
        if len(kept) < len(lines):
            files[path] = b"".join(raw + b"\n" for raw in kept) or None
    return overlay(objects, tree, files) if files else tree
