"""A folder with the branch's files beside a real daemon, made by hand or by an older Thrum."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.conftest import World, eventually

EVENT = {
    "agent_id": "dave",
    "event_id": "evt_01M7XCD4J2E11C0PPJ1MJQC4F1",
    "kind": "agent",
    "module": "web",
    "name": "dave",
    "role": "implementer",
    "timestamp": "2026-11-20T21:04:40.002647053Z",
    "type": "agent.register",
    "v": 1,
}
MESSAGE = {
    "agent_id": "dave",
    "body": {"content": "never committed", "format": "markdown"},
    "event_id": "evt_01M7XCD4J2E11C0PPJ1MJQC4F2",
    "message_id": "msg_01M7XCD4J2E11C0PPJ1GWJ93N8",
    "recipients": ["furiosa"],
    "refs": [{"type": "mention", "value": "furiosa"}],
    "timestamp": "2026-11-20T21:04:41.002647053Z",
    "type": "message.create",
    "v": 1,
}


def line(event: dict[str, object]) -> str:
    return json.dumps(event, sort_keys=True, separators=(",", ":")) + "\n"


def folder_of(clone: Path) -> Path:
    return clone / ".git" / "thrum-sync" / "a-sync"


def is_clean(world: World, clone: Path) -> bool:
    return world.git("status", "--porcelain", cwd=folder_of(clone)) == ""


@pytest.fixture
def one(world: World) -> Path:
    world.remote()
    return world.node("one", "furiosa")


def test_what_an_older_daemon_left_is_known_at_the_first_question(world: World, one: Path) -> None:
    world.thrum(one, "sync", "force")
    world.thrum(one, "daemon", "stop")
    folder = folder_of(one)
    folder.parent.mkdir()
    world.git("worktree", "add", "-q", "--force", str(folder), "a-sync", cwd=one)
    with (folder / "events.jsonl").open("a") as events:
        events.write(line(EVENT))
    (folder / "messages").mkdir(exist_ok=True)
    (folder / "messages" / "dave.jsonl").write_text(line(MESSAGE))
    world.thrum(one, "daemon", "start")
    assert "never committed" in world.thrum(one, "inbox").out
    assert "dave" in world.thrum(one, "agent", "list").out
    world.thrum(one, "send", "an answer", "--to", "@dave")
    world.thrum(one, "sync", "force")
    assert is_clean(world, one)
    assert "an answer" in (folder / "messages" / "furiosa.jsonl").read_text()
    assert "never committed" in world.git("show", "origin/a-sync:messages/dave.jsonl", cwd=one)


def test_people_get_files_to_search_and_give_them_back(world: World, one: Path) -> None:
    assert world.thrum(one, "sync", "worktree", "--json").json["state"] == "none"
    made = world.thrum(one, "sync", "worktree", "on", "--json").json
    assert made["state"] == "sound"
    assert Path(made["path"]) == folder_of(one)
    world.thrum(one, "send", "search for me")
    file = folder_of(one) / "messages" / "furiosa.jsonl"
    eventually(lambda: file.exists() and "search for me" in file.read_text())
    eventually(lambda: is_clean(world, one))
    (folder_of(one) / "mine.txt").write_text("x")
    refused = world.thrum(one, "sync", "worktree", "off", check=False)
    assert refused.code == 1
    assert "mine.txt" in refused.err
    assert "--keep" in refused.err
    done = world.thrum(one, "sync", "worktree", "off", "--keep", "--json").json
    assert done["state"] == "none"
    (kept,) = done["kept"]
    assert Path(kept).read_text() == "x"
    assert "set aside" in world.thrum(one, "doctor").out
    assert not folder_of(one).exists()
    assert world.git("worktree", "list", cwd=one).count("\n") == 1
    assert world.thrum(one, "sync", "worktree", "sideways", check=False).code == 2


@pytest.mark.parametrize("state", ["missing", "unregistered", "elsewhere", "other branch", "lock"])
def test_what_people_do_to_it_has_a_name_and_a_way_out(world: World, one: Path, state: str) -> None:
    world.thrum(one, "sync", "worktree", "on")
    folder = folder_of(one)
    if state == "missing":
        shutil.rmtree(folder)
    elif state == "unregistered":
        shutil.rmtree(one / ".git" / "worktrees")
    elif state == "elsewhere":
        (folder / ".git").write_text("gitdir: /nowhere/.git/worktrees/a-sync\n")
    elif state == "other branch":
        # The daemon may be at its index this moment, as any other git may.
        away = ("git", "checkout", "-q", "--detach")
        eventually(lambda: world.run(*away, cwd=folder, check=False).code == 0)
    else:
        world.git("worktree", "lock", str(folder), cwd=one)
        refused = world.thrum(one, "sync", "worktree", "off", check=False)
        assert "git worktree unlock" in refused.err
        return
    told = world.thrum(one, "sync", "worktree", "--json").json
    assert told["state"] == state
    found = world.thrum(one, "doctor", "--json", check=False).json["findings"]
    about = [each for each in found if each["check"] == "worktree"]
    assert told["text"] in about[0]["text"]
    assert about[0]["todo"]
    world.thrum(one, "send", "all the same")
    world.thrum(one, "sync", "force")
    if state == "other branch":
        assert world.thrum(one, "sync", "worktree", "on", check=False).code == 1
        back = ("git", "switch", "-q", "a-sync")
        eventually(lambda: world.run(*back, cwd=folder, check=False).code == 0)
    assert world.thrum(one, "sync", "worktree", "on", "--json").json["state"] == "sound"
    eventually(lambda: is_clean(world, one))


def test_a_prune_by_the_user_is_the_end_of_it(world: World, one: Path) -> None:
    world.thrum(one, "sync", "worktree", "on")
    world.git("worktree", "remove", "--force", str(folder_of(one)), cwd=one)
    world.thrum(one, "send", "goes on")
    world.thrum(one, "sync", "force")
    assert world.thrum(one, "sync", "worktree", "--json").json["state"] == "none"
    assert not folder_of(one).exists()
