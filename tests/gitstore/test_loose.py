from __future__ import annotations

import os
import random
import shutil
import stat
import threading
from pathlib import Path

import pygit2
import pytest

from gitstore import loose


def test_a_loose_object_is_read_as_libgit2_reads_it(where: Path) -> None:
    repository = pygit2.Repository(str(where))
    store = where / ".git/objects"
    for id in repository:
        found = loose.read(store, str(id))
        assert found is not None
        assert found.data == repository.read(id)[1]
    assert loose.read(store, "0" * 40) is None


def test_links_are_those_that_libgit2_sees(where: Path) -> None:
    repository = pygit2.Repository(str(where))
    commit = repository.revparse_single("a-sync").peel(pygit2.Commit)
    tree, parents = loose.commit_links(repository.read(commit.id)[1])
    assert (tree, parents) == (str(commit.tree_id), [str(id) for id in commit.parent_ids])
    seen = [(str(e.id), e.type_str == "tree") for e in commit.tree]
    assert list(loose.tree_entries(repository.read(commit.tree_id)[1])) == seen


@pytest.mark.parametrize("kind", ["blob", "tree", "commit"])
def test_what_is_written_is_what_libgit2_would_write(
    where: Path, tmp_path: Path, kind: str
) -> None:
    name = {"blob": "a-sync:messages/agent0.jsonl", "tree": "a-sync^{tree}", "commit": "a-sync"}
    repository = pygit2.Repository(str(where))
    wanted = repository.revparse_single(name[kind])
    pygit2.init_repository(str(tmp_path / "other"), bare=True)
    store = tmp_path / "other" / "objects"
    assert loose.write(store, kind, wanted.read_raw()) == (str(wanted.id), True)
    other = pygit2.Repository(str(tmp_path / "other"))
    assert other[wanted.id].read_raw() == wanted.read_raw()
    assert stat.S_IMODE(loose.path_of(store, str(wanted.id)).stat().st_mode) == 0o444


def test_what_is_there_is_left_alone_and_counts_as_new_for_a_prune(tmp_path: Path) -> None:
    id, _ = loose.write(tmp_path, "blob", b"one")
    path = loose.path_of(tmp_path, id)
    os.utime(path, (1, 1))
    inode = path.stat().st_ino
    assert loose.write(tmp_path, "blob", b"one") == (id, False)
    assert path.stat().st_ino == inode
    assert path.stat().st_mtime > 1


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    id, _ = loose.write(tmp_path, "blob", b"one")
    folder = loose.path_of(tmp_path, id).parent
    shutil.rmtree(folder)
    folder.write_text("in the way")
    with pytest.raises(OSError):
        loose.write(tmp_path, "blob", b"one")
    assert list(tmp_path.glob("tmp_*")) == []


def test_others_go_on_while_an_object_is_written(tmp_path: Path) -> None:
    """libgit2 would keep the interpreter for itself until it is on the disk."""
    done, turns = threading.Event(), 0

    def turn() -> None:
        nonlocal turns
        while not done.wait(0.0005):
            turns += 1

    other = threading.Thread(target=turn)
    other.start()
    try:
        before = turns
        loose.write(tmp_path, "blob", random.Random(1).randbytes(16_000_000))
        meanwhile = turns - before
    finally:
        done.set()
        other.join()
    assert meanwhile > 10
