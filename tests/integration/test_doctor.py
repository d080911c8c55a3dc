"""``thrum doctor`` sees what is wrong, says what to do, and mends what can be mended."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitstore.journal import encode
from tests.integration.again import Again
from tests.integration.conftest import World, configure


def one_alone(world: World) -> None:
    """A clone whose only message is at the remote."""
    world.remote()
    one = world.node("one", "furiosa")
    world.thrum(one, "send", "remember me")
    world.thrum(one, "sync", "force")


def one_behind(world: World) -> None:
    """Besides, another clone sent a message, which the first has fetched and not joined."""
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    world.thrum(one, "sync", "force")
    world.thrum(one, "daemon", "stop")
    world.thrum(two, "send", "fetched and not joined")
    world.thrum(two, "sync", "force")
    world.git("fetch", "-q", "origin", "+a-sync:refs/remotes/origin/a-sync", cwd=one)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Again:
    return Again.made(tmp_path_factory.mktemp("alone"), one_alone)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Again:
    return Again.made(tmp_path_factory.mktemp("behind"), one_behind)


@pytest.fixture
def world(alone: Again) -> Iterator[World]:
    with alone.begun() as found:
        yield found


@pytest.fixture
def stopped(world: World) -> Path:
    return world.root / "one"


def wrong(world: World, clone: Path) -> list[str]:
    done = world.thrum(clone, "doctor", "--json", check=False)
    assert done.code == (0 if done.json["clean"] else 1)
    return [f["text"] for f in done.json["findings"] if f["level"] == "wrong"]


def test_a_sound_repository_is_clean(world: World, stopped: Path) -> None:
    assert wrong(world, stopped) == []
    lines = world.thrum(stopped, "doctor").out.splitlines()
    assert len(lines) >= 6


def test_open_files_are_closed_by_fix(world: World, stopped: Path) -> None:
    (stopped / ".thrum/config.json").chmod(0o644)
    assert "mode 644" in wrong(world, stopped)[0]
    world.thrum(stopped, "doctor", "--fix", check=False)
    assert wrong(world, stopped) == []


def test_a_database_that_says_something_else_than_the_log(world: World, stopped: Path) -> None:
    database = stopped / ".thrum/var/messages.db"
    db = sqlite3.connect(database)
    db.execute("update messages set body_content = 'forged'")
    db.commit()
    db.close()
    assert any("messages" in text for text in wrong(world, stopped))
    world.thrum(stopped, "doctor", "--fix", check=False)
    assert wrong(world, stopped) == []
    assert list(database.parent.glob("messages.db.doctor-*"))
    world.thrum(stopped, "daemon", "start")
    assert "remember me" in world.thrum(stopped, "sent").out


def test_a_database_that_has_the_only_copy_is_let_be(world: World, stopped: Path) -> None:
    configure(stopped, local_only=True)
    for ref in ("refs/heads/a-sync", "refs/remotes/origin/a-sync"):
        world.git("update-ref", "-d", ref, cwd=stopped)
    assert any("there is no branch a-sync" in text for text in wrong(world, stopped))
    kept = (stopped / ".thrum/var/messages.db").read_bytes()
    unfixed = world.thrum(stopped, "doctor", "--fix", check=False)
    assert "not fixed ✗ database: there is no branch" in unfixed.out
    world.git("gc", "-q", "--prune=now", cwd=stopped)
    world.git("reflog", "expire", "--expire=now", "--all", cwd=stopped)
    world.git("update-ref", "refs/heads/a-sync", empty_commit(world, stopped), cwd=stopped)
    (text,) = wrong(world, stopped)
    assert "it has the only copy" in text
    # Nothing is left here that could be found.
    assert world.git("fsck", "--lost-found", "--no-reflogs", cwd=stopped).count("commit") <= 1
    assert "no commit here holds more" in world.thrum(stopped, "doctor", check=False).out
    world.thrum(stopped, "doctor", "--fix", check=False)
    assert (stopped / ".thrum/var/messages.db").read_bytes() == kept
    world.thrum(stopped, "daemon", "start")
    assert "remember me" in world.thrum(stopped, "sent").out
    assert wrong(world, stopped) == [text]


@pytest.mark.parametrize(("to", "running"), [("older", False), ("empty", False), ("older", True)])
def test_the_advice_where_the_branch_was_put_back_brings_all_of_it(
    world: World, stopped: Path, to: str, running: bool
) -> None:
    configure(stopped, local_only=True)
    tip = world.git("rev-parse", "a-sync", cwd=stopped).strip()
    if running:
        world.thrum(stopped, "daemon", "start")
    older = world.git("rev-list", "--max-parents=0", "a-sync", cwd=stopped).split()[0]
    commit = empty_commit(world, stopped) if to == "empty" else older
    world.git("update-ref", "refs/heads/a-sync", commit, cwd=stopped)
    told = world.thrum(stopped, "doctor", check=False).out
    if not running:
        assert f"start the daemon (`thrum daemon start`): it takes up the commit {tip[:10]}" in told
        world.thrum(stopped, "daemon", "start")
    world.thrum(stopped, "sync", "force")
    assert wrong(world, stopped) == []
    assert "remember me" in world.git("show", "a-sync:messages/furiosa.jsonl", cwd=stopped)


def empty_commit(world: World, clone: Path) -> str:
    tree = world.git("mktree", cwd=clone).strip()
    return world.git("commit-tree", "-m", "x", tree, cwd=clone).strip()


@pytest.mark.parametrize("running", [False, True])
def test_a_branch_that_somebody_deletes_is_back_soon(
    world: World, stopped: Path, running: bool
) -> None:
    configure(stopped, local_only=True)
    if running:
        world.thrum(stopped, "daemon", "start")
    for ref in ("refs/heads/a-sync", "refs/remotes/origin/a-sync"):
        world.git("update-ref", "-d", ref, cwd=stopped)
    if not running:
        world.thrum(stopped, "daemon", "start")
    world.thrum(stopped, "send", "after that")
    world.thrum(stopped, "sync", "force")
    held = world.git("show", "a-sync:messages/furiosa.jsonl", cwd=stopped)
    assert "remember me" in held
    assert "after that" in held
    assert wrong(world, stopped) == []


@pytest.mark.parametrize("content", [b"", b"no database", "another"], ids=str)
def test_a_database_of_no_use_is_named_and_replaced(
    world: World, stopped: Path, content: bytes | str
) -> None:
    database = stopped / ".thrum/var/messages.db"
    for part in database.parent.glob("messages.db*"):
        part.unlink()
    if isinstance(content, bytes):
        database.write_bytes(content)
    else:
        db = sqlite3.connect(database)
        db.execute("create table messages (id)")
        db.commit()
        db.close()
    database.chmod(0o600)
    found = world.thrum(stopped, "doctor", check=False)
    assert found.code == 1
    assert "thrum doctor --fix" in found.out
    assert world.thrum(stopped, "doctor", "--fix").code == 0
    world.thrum(stopped, "daemon", "start")
    assert "remember me" in world.thrum(stopped, "sent").out


def test_a_repair_that_cannot_be_made_keeps_no_other_one_up(world: World, stopped: Path) -> None:
    (stopped / ".thrum/config.json").write_text("{bad")
    (stopped / ".thrum/var/messages.db").chmod(0o644)
    done = world.thrum(stopped, "doctor", "--fix", check=False)
    assert done.code == 1
    assert "messages.db now has mode 600" in done.out
    assert "not fixed ✗" in done.out
    assert "config.json cannot be read: it is no JSON" in done.out


def test_a_linked_worktree_where_nobody_worked_is_in_order(world: World, stopped: Path) -> None:
    world.git("worktree", "add", "-q", str(world.root / "linked"), "a-sync~0", cwd=stopped)
    done = world.thrum(world.root / "linked", "doctor")
    assert "no agent has worked in" in done.out


def test_missing_events_are_counted(world: World, stopped: Path) -> None:
    db = sqlite3.connect(stopped / ".thrum/var/messages.db")
    db.execute("delete from events where type = 'message.create'")
    db.commit()
    db.close()
    assert any("lacks 1 event of the log" in t for t in wrong(world, stopped))


def test_bad_lines_of_the_branch_are_named_by_file_and_line(world: World, stopped: Path) -> None:
    world.git("switch", "-q", "a-sync", cwd=stopped)
    shard = stopped / "messages" / "furiosa.jsonl"
    shard.write_bytes(shard.read_bytes() + b"{oops\n")
    world.git("commit", "-qam", "damage", cwd=stopped)
    world.git("switch", "-q", "--detach", cwd=stopped)
    found = wrong(world, stopped)
    assert any("messages/furiosa.jsonl:2" in text for text in found)
    world.thrum(stopped, "daemon", "start")
    assert "remember me" in world.thrum(stopped, "sent").out
    assert b"{oops" in world.git("show", "a-sync:messages/furiosa.jsonl", cwd=stopped).encode()


def test_a_line_that_took_an_events_place_is_named_with_it(world: World, stopped: Path) -> None:
    """Whoever can push can do that; every node shows the same afterwards, and doctor says why."""
    world.git("clone", "-q", "-b", "a-sync", "remote.git", "partner", cwd=world.root)
    shard = world.root / "partner/messages/furiosa.jsonl"
    (event,) = [
        event
        for event in map(json.loads, shard.read_text().splitlines())
        if event["type"] == "message.create"
    ]
    broken = {"event_id": event["event_id"], "timestamp": "2020", "type": "message.create"}
    shard.write_text(json.dumps(broken) + "\n")
    world.git("commit", "-qam", "broken", cwd=shard.parent)
    world.git("push", "-q", cwd=shard.parent)
    world.thrum(stopped, "daemon", "start")
    world.thrum(stopped, "sync", "force")
    assert "remember me" not in world.thrum(stopped, "sent").out
    for _ in range(2):
        (text,) = wrong(world, stopped)
        assert text.startswith("messages/furiosa.jsonl at byte 0 was set aside: ")
        assert text.endswith(f"it keeps every other '{event['event_id']}' out")
        world.thrum(stopped, "daemon", "stop", check=False)
    report = world.thrum(stopped, "doctor", "--json", check=False).json
    (id,) = (each["id"] for each in report["findings"] if each.get("id"))
    assert "accepted" in world.thrum(stopped, "doctor", "--accept", id[:8]).out
    assert world.thrum(stopped, "doctor").code == 0
    assert world.thrum(stopped, "doctor", "--unaccept", id, check=False).code == 1


def test_a_flipped_bit_anywhere_in_the_journal_is_seen(world: World, stopped: Path) -> None:
    configure(stopped, local_only=True)
    journal = stopped / ".thrum/var/journal.jsonl"
    header = journal.read_bytes()
    records = [
        encode([("events.jsonl", b'{"event_id":"evt_%d","type":"x"}' % n)]) for n in range(3)
    ]
    chance = random.Random(3)
    for _ in range(6):
        middle = bytearray(records[1])
        place = chance.randrange(len(middle) - 12)
        middle[place] ^= 0x01
        journal.write_bytes(header + records[0] + bytes(middle) + records[2])
        assert any("journal.jsonl:3" in text for text in wrong(world, stopped)), bytes(middle)
    journal.write_bytes(header)


def test_a_lock_that_a_crash_left(world: World, stopped: Path) -> None:
    lock = stopped / ".git/refs/heads/a-sync.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    assert any("a-sync.lock" in text for text in wrong(world, stopped))
    world.thrum(stopped, "doctor", "--fix", check=False)
    assert not lock.exists()


def test_a_broken_configuration_and_identity(world: World, stopped: Path) -> None:
    config = stopped / ".thrum/config.json"
    tree = json.loads(config.read_text())
    tree["daemon"]["sync_interval"] = "often"
    config.write_text(json.dumps(tree))
    (stopped / ".thrum/identities/broken.json").write_text("{")
    (stopped / ".thrum/identities/broken.json").chmod(0o600)
    found = " ".join(wrong(world, stopped))
    assert "daemon.sync_interval" in found
    assert "broken.json" in found


def test_a_daemon_that_does_not_answer(world: World, stopped: Path) -> None:
    world.thrum(stopped, "daemon", "start")
    os.kill(world.pid(stopped), signal.SIGSTOP)
    assert any("does not answer" in text for text in wrong(world, stopped))
    os.kill(world.pid(stopped), signal.SIGCONT)
    assert wrong(world, stopped) == []


def damage(path: Path, how: str) -> None:
    """Flips a bit in the middle of a file, cuts it there, or leaves nothing of it."""
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 8]) + whole[middle + 1 :]
    path.chmod(0o600)
    path.write_bytes({"flipped": flipped, "cut": whole[:middle], "emptied": b""}[how])


def object_at(world: World, clone: Path, name: str) -> Path:
    """The file of a loose object."""
    id = world.git("rev-parse", name, cwd=clone).strip()
    return clone / ".git" / "objects" / id[:2] / id[2:]


@pytest.mark.parametrize("how", ["flipped", "cut", "emptied"])
def test_a_damaged_object_is_fetched_again_and_kept_aside(
    world: World, stopped: Path, how: str
) -> None:
    one = stopped
    path = object_at(world, one, "a-sync:messages/furiosa.jsonl")
    damage(path, how)
    id = path.parent.name + path.name
    for part in (one / ".thrum/var").glob("messages.db*"):
        part.unlink()
    found = world.thrum(one, "doctor", check=False)
    assert found.code == 1
    assert "doctor --fix" in found.out
    refused = world.thrum(one, "daemon", "start", check=False)
    assert refused.code == 1
    assert id in refused.err
    assert "thrum doctor --fix" in refused.err
    mended = world.thrum(one, "doctor", "--fix")
    assert (one / ".thrum/var/objects-damaged" / id).exists()
    assert "objects-damaged" in mended.out
    world.thrum(one, "daemon", "start")
    assert "remember me" in world.thrum(one, "sent").out
    assert world.thrum(one, "doctor").code == 0


@pytest.mark.parametrize(
    ("name", "how"),
    [("a-sync", "cut"), ("a-sync^{tree}", "flipped"), ("a-sync:events.jsonl", "cut")],
)
def test_a_daemon_serves_what_it_has_beside_a_damaged_object(
    world: World, stopped: Path, name: str, how: str
) -> None:
    one = stopped
    path = object_at(world, one, name)
    damage(path, how)
    world.thrum(one, "daemon", "start")
    assert "remember me" in world.thrum(one, "sent").out
    world.thrum(one, "send", "said meanwhile")
    world.thrum(one, "sync", "force", check=False)
    status = world.thrum(one, "sync", "status", "--json").json
    health = json.loads(world.thrum(one, "rpc", "call", "health").out)
    for said in (status, health):
        assert said["sync_state"] == "error"
        assert path.parent.name + path.name in said["last_error"]
        assert "thrum doctor --fix" in said["last_error"]
    world.thrum(one, "doctor", "--fix")
    world.thrum(one, "sync", "force")
    assert world.thrum(one, "sync", "status", "--json").json.get("last_error") is None
    assert "said meanwhile" in world.git("show", "a-sync:messages/furiosa.jsonl", cwd=one)


@pytest.mark.parametrize("how", ["flipped pack", "cut pack", "flipped idx", "no pack"])
def test_a_damaged_pack_is_set_aside_and_what_it_held_is_back(
    world: World, stopped: Path, how: str
) -> None:
    one = stopped
    world.git("repack", "-adq", cwd=one)
    (pack,) = (one / ".git/objects/pack").glob("*.pack")
    what, _, part = how.rpartition(" ")
    path = pack.with_suffix(f".{part}")
    if what == "no":
        path.unlink()
    else:
        damage(path, what)
    assert any(path.stem in text for text in wrong(world, one))
    if part == "idx":
        refused = world.thrum(one, "daemon", "start", check=False)
        assert refused.code == 1
        assert path.name in refused.err
        assert "thrum doctor --fix" in refused.err
    mended = world.thrum(one, "doctor", "--fix")
    assert mended.code == 0, mended.out
    kept = list((one / ".thrum/var/objects-damaged").iterdir())
    assert kept
    assert all(str(each) in mended.out for each in kept)
    world.git("fsck", "--full", "--strict", cwd=one)
    world.thrum(one, "daemon", "start")
    assert "remember me" in world.thrum(one, "sent").out
    world.thrum(one, "sync", "force")


@pytest.mark.parametrize("holds", ["", "\0" * 41, "1" * 40 + "\n"], ids=["empty", "zeros", "gone"])
def test_a_damaged_branch_is_put_back_where_it_was_last_seen(
    world: World, stopped: Path, holds: str
) -> None:
    one, remote = stopped, world.root / "remote.git"
    world.thrum(one, "daemon", "start")
    world.git("config", "remote.origin.url", str(remote.with_name("nowhere.git")), cwd=one)
    world.thrum(one, "send", "committed here alone")
    world.thrum(one, "sync", "force", check=False)
    tip = world.git("rev-parse", "a-sync", cwd=one).strip()
    world.git("config", "remote.origin.url", str(remote), cwd=one)
    world.thrum(one, "daemon", "stop")
    ref = one / ".git/refs/heads/a-sync"
    ref.write_text(holds)
    assert world.thrum(one, "doctor", check=False).code == 1
    said = world.thrum(one, "doctor", "--fix", check=False).out
    assert f"a-sync is at {tip} again" in said
    assert (one / ".thrum/var/objects-damaged/a-sync").read_text() == holds
    assert ref.read_text().strip() == tip
    world.thrum(one, "daemon", "start")
    world.thrum(one, "sync", "force")
    assert "committed here alone" in world.git("show", "a-sync:messages/furiosa.jsonl", cwd=remote)
    assert world.thrum(one, "doctor").code == 0


def test_what_was_seen_of_the_remote_is_seen_again_when_its_ref_is_damaged(
    world: World, stopped: Path
) -> None:
    """Git syncs no such ref, so a power cut leaves an empty file."""
    one = stopped
    ref = one / ".git/refs/remotes/origin/a-sync"
    for _ in range(2):
        world.thrum(one, "daemon", "start")
        ref.write_bytes(b"")
        world.thrum(one, "send", "after a power cut")
        world.thrum(one, "sync", "force")
        assert ref.read_text() == (one / ".git/refs/heads/a-sync").read_text()
        world.thrum(one, "daemon", "stop")
        ref.write_bytes(b"")
        assert str(ref) in world.thrum(one, "doctor", check=False).out
        world.thrum(one, "doctor", "--fix")
        assert not ref.exists()


@pytest.mark.parametrize("how", ["cut", "flipped"])
@pytest.mark.parametrize("name", ["", "^{tree}", ":messages/nux.jsonl"])
def test_a_damaged_object_of_what_was_fetched(behind: Again, name: str, how: str) -> None:
    """It is not in the branch yet, and no sync gets past it."""
    with behind.begun() as world:
        one = world.root / "one"
        path = object_at(world, one, f"refs/remotes/origin/a-sync{name}")
        damage(path, how)
        world.thrum(one, "daemon", "start")
        world.thrum(one, "send", "meanwhile")
        world.thrum(one, "sync", "force", check=False)
        status = world.thrum(one, "sync", "status", "--json").json
        assert path.parent.name + path.name in status["last_error"]
        assert "remotes/origin/a-sync" in world.thrum(one, "doctor", check=False).out
        world.thrum(one, "doctor", "--fix")
        world.thrum(one, "sync", "force")
        assert "fetched and not joined" in world.git("show", "a-sync:messages/nux.jsonl", cwd=one)
        assert world.thrum(one, "doctor").code == 0
