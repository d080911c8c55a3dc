from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from gitstore import DamagedObject, Log, inspection, loose
from gitstore.inspection import Inspection

Open = Callable[..., Log]
Event = Callable[..., bytes]


def object_of(where: Path, name: str) -> tuple[str, Path]:
    repository = pygit2.Repository(str(where))
    id = str(repository.revparse_single(name).id)
    return id, loose.path_of(where / ".git/objects", id)


def tip(where: Path) -> str:
    return (where / ".git/refs/heads/a-sync").read_text().strip()


@pytest.mark.parametrize("name", ["a-sync", "a-sync^{tree}", "a-sync~3:messages/agent0.jsonl"])
def test_each_cut_and_each_flipped_byte_of_an_object_is_seen(where: Path, name: str) -> None:
    """But a bit that means nothing to zlib, of which a stream has a few."""
    id, path = object_of(where, name)
    store = where / ".git/objects"
    repository, at_tip = pygit2.Repository(str(where)), tip(where)
    whole, right = path.read_bytes(), loose.read(store, id)
    path.chmod(0o600)
    unseen = 0
    for at in range(len(whole)):
        flipped = whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        for damaged in (whole[:at], flipped):
            path.write_bytes(damaged)
            try:
                Inspection(repository).inspect(at_tip)
                assert loose.read(store, id) == right
                unseen += 1
            except DamagedObject as error:
                assert error.id == id
    assert unseen <= 3


def test_a_log_reads_nothing_that_was_cut_off(where: Path, open_log: Open, event: Event) -> None:
    id, path = object_of(where, "a-sync:messages/agent1.jsonl")
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:-5])
    log = open_log(where)
    log.append([[("messages/agent1.jsonl", event("later"))]])
    for _ in range(2):
        with pytest.raises(DamagedObject, match=id):
            log.commit()
    path.write_bytes(whole)
    assert log.commit()
    assert len(list(log.read())) == 6


def test_of_many_objects_only_those_are_opened_that_are_loose(
    where: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "MANY", 0)
    repository = pygit2.Repository(str(where))
    commit = str(repository.revparse_single("a-sync").id)
    looking = Inspection(repository)
    looking.inspect(commit)
    every = looking.looked_at
    _, path = object_of(where, "a-sync:messages/agent0.jsonl")
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:-1])
    with pytest.raises(DamagedObject):
        Inspection(repository).inspect(commit)
    path.write_bytes(whole)
    git("gc", "-q", cwd=where)
    assert loose.listed(where / ".git/objects") == set()
    packed = Inspection(pygit2.Repository(str(where)))
    packed.inspect(commit)
    assert packed.looked_at < every


def test_what_was_looked_at_and_what_we_wrote_is_not_looked_at_again(
    where: Path, open_log: Open, event: Event
) -> None:
    log = open_log(where)
    log.commit()
    at_start = log.mover.inspection.looked_at
    assert 0 < at_start <= 5 * 5
    for number in range(10):
        log.append([[("events.jsonl", event(f"{number}"))]])
        log.commit()
        list(log.since(None).lines)
    assert log.mover.inspection.looked_at == at_start
