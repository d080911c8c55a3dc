"""The laws of the join, on real trees of a real repository."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pygit2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import Format, canonical
from gitstore.line import Reader, split
from gitstore.merge import Join, changed_files
from gitstore.objects import Objects
from gitstore.tree import flat

FORMAT = Format()
READER = Reader(FORMAT)
PATHS = ["events.jsonl", "messages/a.jsonl", "messages/a~2.jsonl", "messages.jsonl"]
OTHERS = ["state/agents/a.json", "receipts/a.jsonl", "messages-v2/a.jsonl"]

line = st.builds(
    lambda id, order, x: canonical({"event_id": id, "timestamp": order, "x": x}),
    st.sampled_from("abcde"),
    st.sampled_from("123"),
    st.integers(0, 2),
)
odd = st.sampled_from([b"{broken", b"[]", b'{"event_id":7}', b"\xff", b'{"read_at":"1"}'])
blob = st.lists(line | odd, max_size=5).map(lambda found: b"".join(raw + b"\n" for raw in found))
tree = st.dictionaries(st.sampled_from(PATHS + OTHERS), blob, max_size=5)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> pygit2.Repository:
    return pygit2.init_repository(str(tmp_path_factory.mktemp("merge")), bare=True)


def write(repository: pygit2.Repository, files: dict[str, bytes]) -> pygit2.Oid:
    """A tree with these files."""
    folders: dict[str, dict[str, bytes]] = {}
    builder = repository.TreeBuilder()
    for path, data in files.items():
        head, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(head, {})[rest] = data
        else:
            builder.insert(head, repository.create_blob(data), pygit2.enums.FileMode.BLOB)
    for folder, inner in folders.items():
        builder.insert(folder, write(repository, inner), pygit2.enums.FileMode.TREE)
    return builder.write()


def join(repository: pygit2.Repository, one: pygit2.Oid, other: pygit2.Oid) -> pygit2.Oid:
    return Join(Objects(repository, FORMAT.author), FORMAT).trees(one, other)


def contents(repository: pygit2.Repository, tree: pygit2.Oid) -> dict[str, bytes]:
    found = {path: repository[id] for path, _, id in changed_files(repository, None, tree)}
    return {path: blob.data for path, blob in found.items() if isinstance(blob, pygit2.Blob)}


def identity(base: pygit2.Oid | None) -> pygit2.Oid | None:
    return base


def ids(files: dict[str, bytes]) -> set[tuple[str, str]]:
    """Path and id of every line; the line itself where there is no id."""
    return {
        (path, READER.keys(raw).id or repr(raw))
        for path, data in files.items()
        if path in PATHS
        for _, raw in split(data)
    }


@given(tree, tree, tree)
def test_any_order_of_joining_gives_the_same_tree(
    repository: pygit2.Repository,
    a: dict[str, bytes],
    b: dict[str, bytes],
    c: dict[str, bytes],
) -> None:
    x, y, z = (write(repository, files) for files in (a, b, c))
    assert join(repository, x, x) == x
    assert join(repository, x, y) == join(repository, y, x)
    left = join(repository, join(repository, x, y), z)
    right = join(repository, x, join(repository, y, z))
    assert left == right == join(repository, join(repository, z, x), y)
    assert join(repository, left, x) == left


@given(tree, tree)
def test_nothing_is_lost_and_nothing_appears(
    repository: pygit2.Repository, a: dict[str, bytes], b: dict[str, bytes]
) -> None:
    united = join(repository, write(repository, a), write(repository, b))
    assert ids(contents(repository, united)) == ids(a) | ids(b)


def test_a_deleted_file_and_a_deleted_line_come_back(repository: pygit2.Repository) -> None:
    one = canonical({"event_id": "a", "timestamp": "1"}) + b"\n"
    two = canonical({"event_id": "b", "timestamp": "2"}) + b"\n"
    whole = write(repository, {"events.jsonl": one + two, "messages/a.jsonl": one})
    less = write(repository, {"events.jsonl": one})
    assert join(repository, whole, less) == join(repository, less, whole) == whole


def test_equal_entries_are_not_read(repository: pygit2.Repository) -> None:
    many = {f"messages/a{n}.jsonl": b'{"event_id":"e%d"}\n' % n for n in range(200)}
    one = write(repository, many | {"events.jsonl": b'{"event_id":"x"}\n'})
    other = write(repository, many | {"messages/b.jsonl": b'{"event_id":"y"}\n'})
    work = Join(Objects(repository, FORMAT.author), FORMAT)
    work.trees(one, other)
    assert work.blobs_read == 0
    third = write(repository, many | {"events.jsonl": b'{"event_id":"z"}\n'})
    work.trees(one, third)
    assert work.blobs_read == 2


def test_a_folder_in_the_place_of_a_log_file_does_not_displace_it(
    repository: pygit2.Repository,
) -> None:
    log = write(repository, {"events.jsonl": b'{"event_id":"x"}\n'})
    folder = write(repository, {"events.jsonl/inner": b"hostile"})
    assert join(repository, log, folder) == join(repository, folder, log) == log


def test_a_file_in_the_place_of_a_folder_of_logs_does_not_displace_it(
    repository: pygit2.Repository,
) -> None:
    log = write(repository, {"messages/a.jsonl": b'{"event_id":"x"}\n'})
    file = write(repository, {"messages": b"hostile"})
    objects = Objects(repository, FORMAT.author)
    for base in (None, log, file):
        work = Join(objects, FORMAT, partial(identity, base))
        assert work.trees(log, file) == work.trees(file, log) == log


def test_an_opaque_file_follows_whoever_changed_it(repository: pygit2.Repository) -> None:
    base = write(repository, {"context/a.md": b"old"})
    new = write(repository, {"context/a.md": b"new"})
    objects = Objects(repository, FORMAT.author)
    assert Join(objects, FORMAT, lambda: base).trees(base, new) == new
    assert Join(objects, FORMAT, lambda: base).trees(new, base) == new


def test_foreign_paths_are_carried(repository: pygit2.Repository) -> None:
    one = write(repository, {"strange/deep/file": b"1"})
    other = write(repository, {"events.jsonl": b'{"event_id":"x"}\n'})
    assert set(contents(repository, join(repository, one, other))) == {
        "strange/deep/file",
        "events.jsonl",
    }


def nested(repository: pygit2.Repository, leaf: pygit2.Oid, count: int) -> pygit2.Oid:
    """A tree with so many folders within each other."""
    for _ in range(count):
        builder = repository.TreeBuilder()
        builder.insert("d", leaf, pygit2.enums.FileMode.TREE)
        leaf = builder.write()
    return leaf


def test_folders_without_end_are_carried_and_not_looked_into(
    repository: pygit2.Repository,
) -> None:
    """Anybody can push some thousand of them, and that must not end all exchange."""
    trees = [
        nested(repository, write(repository, {"events.jsonl": text}), 1500)
        for text in (b'{"event_id":"x"}\n', b'{"event_id":"y"}\n')
    ]
    united = join(repository, *trees)
    assert united == join(repository, *reversed(trees))
    assert united in trees
    assert list(changed_files(repository, None, united)) == []
    assert list(flat(repository, united)) == []
    one, other = (nested(repository, write(repository, {"a.txt": b"%d" % n}), 3) for n in range(2))
    assert len(list(changed_files(repository, one, other))) == 1


def test_a_long_line_is_no_trouble(tmp_path: Path, repository: pygit2.Repository) -> None:
    long = canonical({"event_id": "long", "timestamp": "1", "text": "x" * 9_000_000}) + b"\n"
    short = canonical({"event_id": "short", "timestamp": "2"}) + b"\n"
    united = join(
        repository,
        write(repository, {"events.jsonl": long}),
        write(repository, {"events.jsonl": short}),
    )
    assert contents(repository, united)["events.jsonl"] == long + short
