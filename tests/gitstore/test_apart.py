"""What differs between two trees is found by bytes as it is by entries."""

from __future__ import annotations

import os
from pathlib import Path

import pygit2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygit2.enums import FileMode, ObjectType

from gitstore import merge, tree
from gitstore.apart import Apart, Entry, parsed, replaced
from gitstore.format import Format
from gitstore.merge import Join, apart, changed_files, entries, tree_bytes
from gitstore.objects import Objects
from gitstore.tree import overlay

LINE = b'{"event_id":"%d"}\n'
MODES = (FileMode.BLOB, FileMode.BLOB_EXECUTABLE, FileMode.TREE, FileMode.LINK, FileMode.COMMIT)

hashes = st.binary(min_size=20, max_size=20) | st.sampled_from(
    [bytes(20), b"100644 a\0" + bytes(11), b" b\0" * 6 + b"40", b"12345678901 100644 x"]
)
names = st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1, max_size=3)
trees = st.dictionaries(
    names.filter(lambda name: name not in {".", "..", ".git"}),
    st.tuples(hashes.map(bytes.hex), st.sampled_from(MODES)),
    max_size=8,
)


@given(trees, trees, trees)
def test_head_what_differs_and_tail_are_both_trees(
    shared: dict[str, Entry], mine: dict[str, Entry], yours: dict[str, Entry]
) -> None:
    one, other = {**shared, **mine}, {**shared, **yours}
    found = Apart.of(tree_bytes(one), tree_bytes(other))
    assert found is not None
    assert found.head + found.one + found.tail == tree_bytes(one)
    assert found.head + found.other + found.tail == tree_bytes(other)
    ends = parsed(found.head) | parsed(found.tail)
    assert ends | parsed(found.one) == one
    assert ends | parsed(found.other) == other


@given(trees, st.sampled_from("abc"), hashes)
def test_a_file_is_replaced_and_nothing_else(tree: dict[str, Entry], name: str, id: bytes) -> None:
    changed = replaced(tree_bytes(tree), {name: id.hex()})
    if name in tree and tree[name][1] in {FileMode.BLOB, FileMode.BLOB_EXECUTABLE}:
        assert changed == tree_bytes({**tree, name: (id.hex(), FileMode.BLOB)})
    else:
        assert changed is None


def test_what_is_no_tree_is_left_to_who_parses_it() -> None:
    whole = tree_bytes({"a": (bytes(20).hex(), FileMode.BLOB)})
    assert Apart.of(whole, whole[:-1]) is None
    assert Apart.of(b"100644 \0" + bytes(20), whole) is None
    assert Apart.of(b"", b"") == Apart(b"", b"", b"", b"")


def test_modes_are_those_that_libgit2_tells(tmp_path: Path) -> None:
    repository = pygit2.init_repository(tmp_path, bare=True)
    modes = (b"40000", b"100644", b"100664", b"100755", b"100775", b"120000", b"160000", b"100600")
    data = b"".join(
        b"%s %c\0%s" % (mode, 97 + number, os.urandom(20)) for number, mode in enumerate(modes)
    )
    assert parsed(data) == entries(repository, repository.write(ObjectType.TREE, data))


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    """Where trees are written."""
    repository = pygit2.init_repository(tmp_path / "store", bare=True)
    return Objects(repository, ("Test", "test@example.org"))


def large(objects: Objects, **files: bytes) -> pygit2.Oid:
    """A folder of many files, with these among them."""
    many = {f"agent{number % 7}~{number}.jsonl": b"" for number in range(1000)}
    return overlay(objects, overlay(objects, objects.tree(b""), many), files)


def test_large_folders_are_told_apart_joined_and_written_as_small_ones_are(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, parsed_of_one = [], []
    for most in (merge.MOST_PARSED, 1 << 30):
        for module in (merge, tree):
            monkeypatch.setattr(module, "MOST_PARSED", most)
        one = large(objects, **{"agent3~3.jsonl": LINE % 1, "agent5~new.jsonl": b""})
        other = large(objects, **{"agent3~3.jsonl": LINE % 2, "agent1~1.jsonl": b""})
        joined = Join(objects, Format()).trees(one, other, "messages/")
        told.append((one, other, joined, list(changed_files(objects.repository, one, other))))
        _, mine, _, _ = apart(objects.repository, one, other)
        parsed_of_one.append(len(mine))
    assert told[0] == told[1]
    assert parsed_of_one[0] < parsed_of_one[1] / 2
