"""Repositories of every kind: mail goes out and comes in, or one sentence says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import World


def seeded(world: World) -> Path:
    """A remote with a commit on its main branch."""
    remote = world.remote()
    seed = world.clone("seed")
    (seed / "a.txt").write_text("a")
    world.git("add", ".", cwd=seed)
    world.git("commit", "-qm", "x", cwd=seed)
    world.git("push", "-q", "origin", "HEAD:main", cwd=seed)
    return remote


def special(world: World, kind: str, remote: Path) -> Path:
    """A work tree of that kind, related to the remote."""
    root = world.root
    if kind == "bare with a worktree":
        world.git("clone", "-q", "--bare", str(remote), "bare.git", cwd=root)
        world.git("worktree", "add", "-q", "-b", "side", str(root / "two"), cwd=root / "bare.git")
    elif kind == "submodule":
        world.git("clone", "-q", str(remote), "outer", cwd=root)
        allowed = ("-c", "protocol.file.allow=always")
        world.git(*allowed, "submodule", "add", "-q", str(remote), "two", cwd=root / "outer")
        return root / "outer" / "two"
    else:
        flags = {"shallow": ("--depth", "1"), "partial": ("--filter=blob:none",)}[kind]
        world.git("config", "uploadpack.allowFilter", "true", cwd=remote)
        world.git("clone", "-q", *flags, f"file://{remote}", "two", cwd=root)
    return root / "two"


@pytest.mark.parametrize("kind", ["bare with a worktree", "submodule", "shallow", "partial"])
def test_mail_goes_both_ways(world: World, kind: str) -> None:
    remote = seeded(world)
    one = world.node("one", "furiosa")
    world.thrum(one, "send", "before you came")
    world.thrum(one, "sync", "force")
    two = special(world, kind, remote)
    world.settle(two, "nux")
    world.thrum(two, "send", "from a special place", "--to", "@furiosa")
    world.thrum(two, "sync", "force")
    world.thrum(one, "sync", "force")
    assert "from a special place" in world.thrum(one, "inbox").out
    world.thrum(one, "send", "and back", "--to", "@nux")
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    assert "and back" in world.thrum(two, "inbox").out
    assert "before you came" in world.thrum(two, "log").out


@pytest.mark.parametrize(
    ("extension", "words"),
    [
        (("objectFormat", "sha256"), ("SHA-256", "use a SHA-1 clone")),
        (("refStorage", "reftable"), ("reftable", "git refs migrate")),
        (("novelty", "true"), ("novelty", "use a clone that was made without it")),
    ],
)
def test_a_refusal_is_one_sentence_that_helps_and_leaves_nothing(
    world: World, extension: tuple[str, str], words: tuple[str, str]
) -> None:
    world.git("init", "-q", "odd", cwd=world.root)
    odd = world.root / "odd"
    world.git("config", "core.repositoryFormatVersion", "1", cwd=odd)
    world.git("config", f"extensions.{extension[0]}", extension[1], cwd=odd)
    refused = world.thrum(odd, "init", "--non-interactive", check=False)
    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert all(word in refused.err for word in words)
    assert not (odd / ".thrum").exists()


def test_what_becomes_unreadable_later_is_refused_by_every_command(world: World) -> None:
    seeded(world)
    one = world.node("one", "furiosa")
    world.thrum(one, "send", "kept")
    world.git("worktree", "add", "-q", str(world.root / "linked"), "origin/main", cwd=one)
    world.thrum(one, "daemon", "stop")
    world.git("config", "core.repositoryFormatVersion", "1", cwd=one)
    world.git("config", "extensions.refStorage", "reftable", cwd=one)
    for where in (one, one / ".git" / "..", world.root / "linked"):
        for command in ("init", "daemon start", "log", "doctor", "doctor --fix"):
            done = world.thrum(where, *command.split(), check=False)
            assert done.code == 1, command
            told = done.out + done.err
            assert "git refs migrate" in told, command
            assert "defect" not in told, command
    world.git("config", "-f", ".git/config", "--unset", "extensions.refStorage", cwd=one)
    world.thrum(one, "daemon", "start")
    assert "kept" in world.thrum(one, "sent").out


def test_in_a_bare_repository_the_way_out_is_named_and_the_log_can_be_read(world: World) -> None:
    remote = seeded(world)
    one = world.node("one", "furiosa")
    world.thrum(one, "send", "to be read there")
    world.thrum(one, "sync", "force")
    assert "git worktree add" in world.thrum(remote, "init", check=False).err
    assert "to be read there" in world.thrum(remote, "log").out


OLD = """\
{"agent_id":"dave","kind":"agent","module":"web","name":"dave","role":"implementer",\
"timestamp":"2025-03-01T10:00:00.5Z","type":"agent.register"}
{"agent_id":"dave","body":{"content":"from long ago","format":"markdown"},"message_id":"msg_1",\
"session_id":"ses_1","timestamp":"2025-03-01T10:00:01Z","type":"message.create"}
"""


def test_a_branch_of_the_oldest_layout_goes_on(world: World) -> None:
    remote = seeded(world)
    seed = world.root / "seed"
    world.git("switch", "-q", "--orphan", "a-sync", cwd=seed)
    (seed / "messages.jsonl").write_text(OLD)
    world.git("add", "messages.jsonl", cwd=seed)
    world.git("commit", "-qm", "old", cwd=seed)
    world.git("push", "-q", "origin", "a-sync", cwd=seed)
    one = world.node("one", "furiosa")
    world.thrum(one, "sync", "force")
    assert world.git("show", "a-sync:messages.jsonl", cwd=remote) == OLD
    carried = world.git("show", "a-sync:messages/dave.jsonl", cwd=remote)
    assert carried.count("\n") == 1
    assert '"event_id":"evt_' in carried
    assert "dave" in world.git("show", "a-sync:events.jsonl", cwd=remote)
    world.thrum(one, "daemon", "restart")
    world.thrum(one, "sync", "force")
    assert world.git("show", "a-sync:messages/dave.jsonl", cwd=remote) == carried
    assert world.thrum(one, "log", "--agent", "dave").out.count("from long ago") == 1
    assert world.thrum(one, "doctor", check=False).code == 0
