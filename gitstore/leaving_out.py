"""Trees without some of their lines."""

from __future__ import annotations

from collections.abc import Callable

import pygit2
from pygit2.enums import FileMode

from gitstore.format import Format
from gitstore.line import split
from gitstore.merge import changed_files, entries, tree_bytes
from gitstore.objects import Objects

IsOut = Callable[[bytes], bool]
"""Whether a line is to be left out."""


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
    for path, _, blob in changed_files(objects.repository, beside, tree):
        if not format.is_log(path):
            continue
        lines = [raw for _, raw in split(objects.data(blob))]
        kept = [raw for raw in lines if not is_out(raw)]
        if len(kept) < len(lines):
            files[path] = b"".join(raw + b"\n" for raw in kept) or None
    return _with(objects, tree, files) if files else tree


def _with(objects: Objects, tree: pygit2.Oid, files: dict[str, bytes | None]) -> pygit2.Oid:
    """The tree with these files put in, or taken out where there are no bytes."""
    found = entries(objects.repository, tree)
    below: dict[str, dict[str, bytes | None]] = {}
    for path, data in files.items():
        folder, slash, rest = path.partition("/")
        if slash:
            below.setdefault(folder, {})[rest] = data
        elif data is None:
            del found[path]
        else:
            found[path] = (str(objects.blob(data)), FileMode.BLOB)
    for folder, inner in below.items():
        changed = _with(objects, pygit2.Oid(hex=found[folder][0]), inner)
        if entries(objects.repository, changed):
            found[folder] = (str(changed), FileMode.TREE)
        else:
            del found[folder]
    return objects.raw_tree(tree_bytes(found))
