"""Trees as a whole: their files by path, and a tree with other files in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pygit2
from pygit2.enums import FileMode

from gitstore.apart import Entry, replaced
from gitstore.merge import MOST_PARSED, entries, is_too_deep, tree_bytes
from gitstore.objects import Objects

EMPTY: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The tree of nothing, which git knows by this name."""


def flat(
    repository: pygit2.Repository, tree: pygit2.Oid | str, prefix: str = ""
) -> Iterator[tuple[str, Entry]]:
    """Path and entry of everything in a tree that is no folder, nor in too many of them."""
    for name, (id, mode) in sorted(entries(repository, tree).items()):
        if mode == FileMode.TREE and is_too_deep(f"{prefix}{name}"):
            continue
        if mode == FileMode.TREE:
            yield from flat(repository, id, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", (id, mode)


def is_safe(path: str) -> bool:
    """Whether a path from a tree, which anybody may have pushed, may become a file."""
    parts = path.split("/")
    return all(
        part and part not in {".", ".."} and not part.lower().startswith((".git", "git~"))
        for part in parts
    )


def overlay(objects: Objects, tree: pygit2.Oid, files: Mapping[str, bytes | None]) -> pygit2.Oid:
    """The tree with these files put in, or taken out where there are no bytes.

    What stands in the way of a folder gives way; a folder of which nothing is left goes, too.
    """
    here = {path: data for path, data in files.items() if "/" not in path}
    ids = {name: str(objects.blob(data)) for name, data in here.items() if data is not None}
    if len(ids) == len(files):
        quick = _replaced(objects, tree, ids)
        if quick is not None:
            return quick
    below: dict[str, dict[str, bytes | None]] = {}
    for path, data in files.items():
        folder, slash, rest = path.partition("/")
        if slash:
            below.setdefault(folder, {})[rest] = data
    found = entries(objects.repository, tree)
    for name in here:
        if name in ids:
            found[name] = (ids[name], FileMode.BLOB)
        else:
            found.pop(name, None)
    for name, inner in below.items():
        held = found.get(name)
        start = pygit2.Oid(hex=held[0]) if held and held[1] == FileMode.TREE else objects.tree(b"")
        made = overlay(objects, start, inner)
        if str(made) != EMPTY:
            found[name] = (str(made), FileMode.TREE)
        else:
            found.pop(name, None)
    return objects.tree(tree_bytes(found))


def _replaced(objects: Objects, tree: pygit2.Oid, files: Mapping[str, str]) -> pygit2.Oid | None:
    """A large tree with other contents of files that are there; None where there is more to do."""
    _, data = objects.repository.read(tree)
    changed = replaced(data, files) if len(data) > MOST_PARSED else None
    return objects.tree(changed) if changed is not None else None
