"""Trees as a whole: their files by path, and a tree with other files in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pygit2
from pygit2.enums import FileMode

from gitstore.merge import Entry, entries, is_too_deep, tree_bytes
from gitstore.objects import Objects


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
    below: dict[str, dict[str, bytes | None]] = {}
    for path, data in files.items():
        folder, slash, rest = path.partition("/")
        if slash:
            below.setdefault(folder, {})[rest] = data
    found = entries(objects.repository, tree)
    for name, data in here.items():
        if data is None:
            found.pop(name, None)
        else:
            found[name] = (str(objects.blob(data)), FileMode.BLOB)
    for name, inner in below.items():
        held = found.get(name)
        if held and held[1] == FileMode.TREE:
            start = pygit2.Oid(hex=held[0])
        else:
            start = objects.raw_tree(b"")
        made = overlay(objects, start, inner)
        if entries(objects.repository, made):
            found[name] = (str(made), FileMode.TREE)
        else:
            found.pop(name, None)
    return objects.raw_tree(tree_bytes(found))
