"""Partial clones: what was left at the remote is fetched, or named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from gitstore import Format, Log, LogError
from gitstore.partial import is_partial, missing

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def lines(log: Log) -> set[bytes]:
    return {line.raw for line in log.read()}


def put(log: Log, raw: bytes, shard: str = "events.jsonl") -> bytes:
    log.append([[(shard, raw)]])
    return raw


@pytest.mark.parametrize("left_out", ["blob:none", "tree:0"])
def test_a_partial_clone_gets_the_files_it_lacks(
    tmp_path: Path,
    remote: Path,
    clone: Clone,
    git: Git,
    open_log: Open,
    event: Event,
    left_out: str,
) -> None:
    git("config", "uploadpack.allowFilter", "true", cwd=remote)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=remote)
    one = open_log(clone("one"))
    first = put(one, event(), "messages/a.jsonl")
    one.exchange()
    where = tmp_path / "partial"
    git("clone", "-q", f"--filter={left_out}", f"file://{remote}", str(where), cwd=tmp_path)
    two = open_log(where)
    assert lines(two) == {first}
    # Our own fetch brings everything, a user's own brings commits without files again.
    second = put(one, event(), "messages/b.jsonl")
    one.exchange()
    assert two.exchange().processes == 2
    assert lines(two) == {first, second}
    third = put(one, event(), "messages/a.jsonl")
    one.exchange()
    git("fetch", "-q", "origin", cwd=where)
    fourth = put(two, event(), "messages/b.jsonl")
    assert two.exchange().ok
    assert lines(two) == {first, second, third, fourth}


def test_a_partial_clone_without_its_remote_says_what_is_missing(
    tmp_path: Path, remote: Path, clone: Clone, git: Git, open_log: Open, event: Event
) -> None:
    git("config", "uploadpack.allowFilter", "true", cwd=remote)
    one = open_log(clone("one"))
    put(one, event())
    one.exchange()
    where = tmp_path / "partial"
    git("clone", "-q", "--filter=blob:none", f"file://{remote}", str(where), cwd=tmp_path)
    remote.rename(tmp_path / "away.git")
    with pytest.raises(LogError, match=r"partial clone without 1 files"):
        open_log(where)


def test_what_is_absent_below_a_tree_is_named(clone: Clone, open_log: Open, event: Event) -> None:
    where = clone("one")
    log = open_log(where)
    put(log, event())
    put(log, event(), "messages/alice.jsonl")
    log.commit()
    tree = str(log.mover.tree(log.tip))
    assert not is_partial(log.repository, Format())
    assert list(missing(log.repository, tree)) == []
    root = log.repository[tree]
    assert isinstance(root, pygit2.Tree)
    folder, file = str(root["messages"].id), str(root["events.jsonl"].id)
    for id in (folder, file):
        (where / ".git/objects" / id[:2] / id[2:]).unlink()
    fresh = pygit2.Repository(str(where))
    assert sorted(missing(fresh, tree)) == sorted([folder, file])
    assert list(missing(fresh, "0" * 40)) == ["0" * 40]


@pytest.mark.parametrize(
    "setting", [("extensions.partialClone", "origin"), ("remote.origin.promisor", "true")]
)
def test_a_partial_clone_is_known_by_its_configuration(
    clone: Clone, git: Git, setting: tuple[str, str]
) -> None:
    where = clone("one")
    git("config", *setting, cwd=where)
    assert is_partial(pygit2.Repository(str(where)), Format())
