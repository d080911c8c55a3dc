"""Backups of real repositories: taken beside a daemon, looked through, brought back."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.integration.conftest import World, eventually
from tests.thrum.backup import olden
from thrum import config, paths
from thrum.backup import databases, rules, taking
from thrum.backup import vault as archives

TABLES = (
    "SELECT message_id, agent_id, body_content, created_at FROM messages ORDER BY message_id",
    "SELECT message_id, recipient_agent_id, read_at FROM message_deliveries"
    " ORDER BY message_id, recipient_agent_id",
    "SELECT agent_id, role, module, origin_daemon FROM agents ORDER BY agent_id",
    "SELECT event_id, event_json FROM events ORDER BY event_id",
)


@pytest.fixture
def desk(world: World) -> Path:
    where = world.repository("desk")
    world.settle(where, "ann", "--role", "coordinator", shares=False)
    return where


def said(world: World, where: Path, count: int, text: str) -> None:
    lines = [json.dumps({"to": ["@coordinator"], "body": f"{text} {n}"}) for n in range(count)]
    for line in lines:
        world.thrum(where, "send", json.loads(line)["body"], "--to", "@ann")


def tables(where: Path) -> list[list[object]]:
    uri = f"file:{where / '.thrum/var/messages.db'}?mode=ro"
    db = sqlite3.connect(uri, uri=True)
    try:
        return [db.execute(sql).fetchall() for sql in TABLES]
    finally:
        db.close()


def vault(world: World) -> Path:
    return world.root / "home/.thrum-backups/desk"


def test_a_backup_is_whole_and_read_back(world: World, desk: Path) -> None:
    said(world, desk, 5, "before")
    first = world.thrum(desk, "backup", "--json").json
    assert first["version"] == 1
    assert first["counts"]["messages"] == 5
    current = vault(world) / "current"
    for name in ("events.jsonl", "manifest.json", "branch.bundle", "config/config.json"):
        assert (current / name).stat().st_mode & 0o777 == 0o600
    assert json.loads((current / "config/identities/ann.json").read_text())
    private = json.loads((desk / ".thrum/var/signing.key").read_text())["private"].encode()
    for path in (each for each in current.rglob("*") if each.is_file()):
        assert private not in path.read_bytes(), path
    assert world.thrum(desk, "backup", "verify", "--json").json["messages"] == 5
    around = world.thrum(desk, "backup", "verify", str(vault(world)), "--json").json
    assert around["messages"] == 5
    said(world, desk, 2, "after")
    world.thrum(desk, "backup")
    status = world.thrum(desk, "backup", "status", "--json").json
    assert (status["archives"], status["counts"]["messages"]) == (1, 7)
    to_the_second = f"({status['timestamp'][:19]}Z)\n"
    assert to_the_second in world.thrum(desk, "backup", "status").out
    kept = world.thrum(desk, "backup", "config").out
    assert "Retention: 5 newest, 4 weeks, every month\n" in kept
    # The archive before is whole, too; only its database is left out, which the log makes.
    (archive,) = (vault(world) / "archives").glob("*.zip")
    verdict = world.thrum(desk, "backup", "verify", archive.name, "--json").json
    assert (verdict["ok"], verdict["messages"]) == (True, 5)
    with zipfile.ZipFile(archive) as zip:
        assert "databases/messages.db" not in zip.namelist()


def test_a_changed_byte_anywhere_is_found(world: World, desk: Path) -> None:
    said(world, desk, 1, "hello")
    world.thrum(desk, "backup")
    current = vault(world) / "current"
    names = [each for each in current.rglob("*") if each.is_file() and each.stat().st_size]
    for path in names:
        if path.name == "manifest.json":
            continue
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        done = world.thrum(desk, "backup", "verify", check=False)
        assert (done.code, path.name in done.out) == (1, True), path
        if path.name == "branch.bundle":
            done = world.thrum(desk, "backup", "restore", "--yes", check=False)
            assert (done.code, "damaged" in done.err) == (1, True)
        path.write_bytes(before)
    about = json.loads((current / "manifest.json").read_text())
    (current / "manifest.json").write_text(json.dumps(about | {"version": 2}))
    assert "is of form 2" in world.thrum(desk, "backup", "verify", check=False).err
    (current / "manifest.json").write_text(json.dumps(about))
    # A bundle is one of its files: git would fetch from any other place as well.
    elsewhere = str(desk / ".git")
    (current / "manifest.json").write_text(json.dumps(about | {"bundles": [elsewhere]}))
    done = world.thrum(desk, "backup", "restore", "--yes", check=False)
    assert (done.code, "no file of the backup" in done.err) == (1, True)
    (current / "manifest.json").write_text(json.dumps(about))
    os.mkfifo(current / "pipe")
    assert "pipe is no part" in world.thrum(desk, "backup", "verify", check=False).out
    (current / "pipe").unlink()
    (current / "more").write_text("x")
    assert "no part" in world.thrum(desk, "backup", "verify", check=False).out


def test_what_the_log_had_lost_does_not_keep_the_rest_back(world: World, desk: Path) -> None:
    said(world, desk, 1, "kept")
    world.thrum(desk, "daemon", "stop")
    db = sqlite3.connect(desk / ".thrum/var/messages.db")
    db.execute(
        "INSERT INTO events (event_id, type, timestamp, origin_daemon, event_json)"
        " VALUES ('evt_only_here', 'x', '', '', '{}')"
    )
    db.commit()
    db.close()
    world.thrum(desk, "backup")
    done = world.thrum(desk, "backup", "verify", check=False)
    assert (done.code, "lacks 1 of the events" in done.out) == (1, True)
    done = world.thrum(desk, "backup", "restore", "--yes")
    assert "what the log has comes back" in done.err


def test_databases_that_are_damaged_keep_nothing_else_back(world: World, desk: Path) -> None:
    said(world, desk, 1, "kept")
    var = desk / ".thrum/var"
    for name, there in (("messages.db", None), ("state.db", "state.db.damaged")):
        world.thrum(desk, "daemon", "stop")
        (var / name).write_bytes(bytes(range(1, 256)) * 400)
        done = world.thrum(desk, "backup", check=False)
        assert (done.code, f"{name} is damaged" in done.err) == (1, True)
        copies = {each.name for each in (vault(world) / "current/databases").iterdir()}
        assert copies == {"messages.db", "state.db", there} - {name, None}
        assert world.thrum(desk, "backup", "verify", "--json").json["messages"] == 1
        done = world.thrum(desk, "backup", "restore", "--yes")
        assert f"not in it: {var / name} is damaged" in done.err
        world.thrum(desk, "daemon", "start")
        assert "kept 0" in world.thrum(desk, "sent").out


def test_what_belongs_to_a_worktree_that_is_gone_waits_for_it(world: World, desk: Path) -> None:
    whose = ("--name", "nux", "--role", "tester", "--module", "m")
    world.thrum(desk, "worktree", "create", "bench", *whose)
    place = world.root / "home/.thrum/worktrees/desk/bench"
    world.thrum(desk, "backup")
    world.git("worktree", "remove", "--force", str(place), cwd=desk)
    done = world.thrum(desk, "backup", "restore", "--only", "identities", "--dry-run")
    assert f"what belongs to the worktree {place}" in done.out
    world.thrum(desk, "worktree", "create", "bench")
    restored = world.thrum(desk, "backup", "restore", "--yes", "--json").json
    assert restored["homeless"] == []
    assert (place / ".thrum/identities/nux.json").exists()


def test_what_git_lost_of_the_branch_is_put_back(world: World, desk: Path) -> None:
    said(world, desk, 2, "kept")
    world.thrum(desk, "daemon", "stop")
    world.thrum(desk, "daemon", "start")
    world.thrum(desk, "backup")
    world.thrum(desk, "daemon", "stop")
    before = tables(desk)

    def object_of(name: str) -> Path:
        id = world.git("rev-parse", name, cwd=desk).strip()
        return desk / ".git/objects" / id[:2] / id[2:]

    lost, damaged = object_of("a-sync:messages/ann.jsonl"), object_of("a-sync:events.jsonl")
    lost.unlink()
    damaged.chmod(0o600)
    damaged.write_bytes(b"nothing that git wrote")
    done = world.thrum(desk, "backup", "restore", "--dry-run")
    assert "what cannot be read of the branch" in done.out
    assert not lost.exists()
    done = world.thrum(desk, "backup", "restore", "--yes", "--json").json
    assert (done["mended"], done["events"]) == (2, 0)
    aside = desk / ".thrum/var/objects-damaged" / f"{damaged.parent.name}{damaged.name}"
    assert aside.read_bytes() == b"nothing that git wrote"
    assert tables(desk) == before
    world.git("fsck", "--no-dangling", cwd=desk)
    # What the backup does not have either, it says.
    for step in ("start", "later", "stop", "start", "stop"):
        if step == "later":
            said(world, desk, 1, step)
        else:
            world.thrum(desk, "daemon", step)
    object_of("a-sync:messages/ann.jsonl").unlink()
    done = world.thrum(desk, "backup", "restore", "--yes", check=False)
    assert (done.code, "thrum doctor --fix" in done.err) == (1, True), done.err


def test_everything_is_deleted_and_comes_back(world: World, desk: Path) -> None:
    said(world, desk, 20, "kept")
    world.thrum(desk, "message", "read", "--all")
    before = tables(desk)
    known = json.loads((desk / ".thrum/config.json").read_text())
    world.thrum(desk, "backup")
    world.thrum(desk, "daemon", "stop")
    shutil.rmtree(desk / ".thrum")
    world.git("update-ref", "-d", "refs/heads/a-sync", cwd=desk)
    world.git("gc", "-q", "--prune=now", cwd=desk)
    shutil.rmtree(desk / ".git/thrum")
    world.thrum(desk, "init", "--non-interactive")
    world.thrum(desk, "daemon", "stop", check=False)
    plan = world.thrum(desk, "backup", "restore", "--dry-run", "--json").json
    assert plan["events"] == len(before[3])
    assert not tables_of_none(desk)
    done = world.thrum(desk, "backup", "restore", "--yes")
    assert "thrum keys accept" in done.err
    assert "joined again" not in done.err
    world.thrum(desk, "daemon", "start")
    assert tables(desk) == before
    back = json.loads((desk / ".thrum/config.json").read_text())
    assert back["identity"]["daemon_id"] == known["identity"]["daemon_id"]
    assert "agent_id: ann" in world.thrum(desk, "whoami").out
    assert world.thrum(desk, "backup", "restore", "--dry-run", "--json").json["events"] == 0


def tables_of_none(where: Path) -> list[object]:
    """The events of a database that has none, or is none."""
    if not (where / ".thrum/var/messages.db").exists():
        return []
    return tables(where)[3]


def test_a_restore_takes_nothing_away(world: World, desk: Path) -> None:
    said(world, desk, 3, "old")
    world.thrum(desk, "backup")
    said(world, desk, 3, "new")
    (desk / ".thrum/context").mkdir(exist_ok=True)
    world.thrum(desk, "purge", "--before", "1d", "--yes", check=False)
    identity = (desk / ".thrum/identities/ann.json").read_text()
    (desk / ".thrum/identities/ann.json").write_text(identity + " ")
    done = world.thrum(desk, "backup", "restore", "--yes", "--json").json
    assert done["kept"] == ["config/identities/ann.json"]
    assert Path(done["SafetyBackup"]).exists()
    assert (desk / ".thrum/identities/ann.json").read_text() == identity + " "
    bodies = [row[2] for row in tables(desk)[0]]  # type: ignore[index]
    assert sorted(bodies) == [f"{kind} {n}" for kind in ("new", "old") for n in range(3)]
    world.thrum(desk, "backup", "restore", "--yes", "--replace", "--only", "identities")
    assert (desk / ".thrum/identities/ann.json").read_text() == identity
    # What was taken back or purged since does not come again, from the journal or a bundle.
    sent = world.thrum(desk, "send", "taken back", "--to", "@ann", "--json").json
    world.thrum(desk, "backup")
    world.thrum(desk, "message", "withdraw", sent["message_id"], "--yes")
    assert world.thrum(desk, "backup", "restore", "--yes", "--json").json["events"] == 0
    assert "taken back" not in [row[2] for row in tables(desk)[0]]  # type: ignore[index]
    world.thrum(desk, "purge", "--all", "--yes")
    assert world.thrum(desk, "backup", "restore", "--yes", "--json").json["events"] == 0
    assert not tables(desk)[0]
    # What was here before the first one is in the archive of it.
    found = world.thrum(desk, "backup", "verify", done["SafetyBackup"], "--json").json
    assert found["messages"] == 6


def test_killed_at_any_moment_the_last_backup_stands(world: World, desk: Path) -> None:
    said(world, desk, 4, "hello")
    world.thrum(desk, "backup")
    chance = random.Random(7)
    for _ in range(6):
        running = subprocess.Popen(
            [sys.executable, "-m", "thrum", "backup"],
            cwd=desk,
            env=world.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.05, 0.6))
        running.send_signal(signal.SIGKILL)
        running.wait()
        found = [each for each in ("current", "current.old") if (vault(world) / each).exists()]
        assert found
    world.thrum(desk, "backup")
    assert world.thrum(desk, "backup", "verify", "--json").json["ok"]
    left = {each.name for each in vault(world).iterdir()}
    assert left == {"current", "archives"}
    for archive in (vault(world) / "archives").iterdir():
        assert world.thrum(desk, "backup", "verify", str(archive), "--json").json["ok"]


def test_two_at_once_and_another_repository_are_refused(world: World, desk: Path) -> None:
    world.thrum(desk, "backup")
    import fcntl

    handle = os.open(vault(world), os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    done = world.thrum(desk, "backup", check=False)
    assert (done.code, "locked" in done.err) == (1, True)
    os.close(handle)
    handle = os.open(desk / ".thrum/var/restore.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    done = world.thrum(desk, "backup", "restore", "--yes", check=False)
    assert (done.code, "another restore is at work" in done.err) == (1, True)
    os.close(handle)
    other = world.root / "other/desk"
    other.parent.mkdir()
    world.repository(other)
    world.settle(other, "eve", shares=False)
    done = world.thrum(other, "backup", check=False)
    assert (done.code, "another folder" in done.err) == (1, True)
    assert world.thrum(other, "backup", "--dir", str(world.root / "else")).code == 0


def test_plugins_go_along_without_a_shell_and_a_failure_is_told(world: World, desk: Path) -> None:
    (desk / "notes").mkdir()
    (desk / "notes/a.md").write_text("remember")
    (desk / "notes/link.md").symlink_to("/etc/passwd")
    add = ("backup", "plugin", "add")
    world.thrum(desk, *add, "--name", "notes", "--include", "notes/*.md")
    world.thrum(desk, *add, "bad", "--command", "false", "--include", "x/*")
    told = "echo $THRUM_BACKUP_REPO $THRUM_BACKUP_DIR > out.txt"
    world.thrum(desk, *add, "--name", "sh", "--shell", "--command", told, "--include", "out.txt")
    done = world.thrum(desk, "backup", check=False)
    assert (done.code, "plugin bad: false ended with 1" in done.err) == (1, True), done
    plugins = vault(world) / "current/plugins"
    found = sorted(str(each.relative_to(plugins)) for each in plugins.rglob("*") if each.is_file())
    assert found == ["notes/notes/a.md", "sh/out.txt"]
    assert str(desk) in (plugins / "sh/out.txt").read_text()
    assert world.thrum(desk, "backup", "verify").code == 0
    # What nobody could have added stands in the file all the same.
    file = desk / ".thrum/config.json"
    tree = json.loads(file.read_text())
    tree["backup"]["plugins"].append({"name": "evil", "include": ["../*"]})
    file.write_text(json.dumps(tree))
    done = world.thrum(desk, "backup", check=False)
    assert "leads out" in done.err
    names = [each["name"] for each in world.thrum(desk, "backup", "plugin", "list", "--json").json]
    assert names == ["notes", "bad", "sh", "evil"]
    world.thrum(desk, "backup", "plugin", "remove", "--name", "evil")
    # Their files come back, and what is to run then does.
    after = ("--restore", "touch $THRUM_BACKUP_REPO/again.txt")
    world.thrum(desk, *add, "--name", "sh", "--shell", "--include", "out.txt", *after)
    world.thrum(desk, *add, "--name", "notes", "--include", "notes/*.md", "--restore", "false")
    world.thrum(desk, "backup", "plugin", "remove", "bad")
    world.thrum(desk, "backup")
    (desk / "notes/a.md").unlink()
    (desk / "out.txt").write_text("mine")
    back = ("backup", "restore", "--yes", "--only", "plugins", "--json")
    done = world.thrum(desk, *back, check=False)
    assert (done.code, done.json["failed"]) == (1, ["plugin notes: false ended with 1"])
    assert done.json["added"] == ["plugins/notes/notes/a.md"]
    assert done.json["kept"] == ["plugins/sh/out.txt"]
    assert (desk / "notes/a.md").read_text() == "remember"
    assert (desk / "again.txt").exists()
    done = world.thrum(desk, "backup", "plugin", "remove", "evil", check=False)
    assert "not found" in done.err


def test_bad_lines_are_refused_in_words(world: World, desk: Path) -> None:
    for words, text in (
        (("status",), "no backup found"),
        (("verify", "nowhere.zip"), "not found"),
        (("restore", "--yes"), "no backup found"),
        (("restore", "--only", "all"), "not 'all'"),
        (("schedule", "1s"), "once a minute"),
        (("schedule", "soon"), "duration"),
        (("plugin", "add"), "a name or --preset"),
        (("plugin", "add", "x", "--name", "y", "--include", "a"), "are two"),
        (("plugin", "remove"), "there are: none"),
        (("verify", "/dev/zero"), "no regular file"),
        (("plugin", "add", "--preset", "x"), "beads-rust"),
        (("plugin", "add", "--name", "../x", "--include", "a"), "no name"),
        (("plugin", "add", "--name", "x", "--include", "../*"), "leads out"),
        (("plugin", "add", "--name", "x", "--include", ""), "no pattern"),
        (("plugin", "add", "--name", "x", "--include", "a**b"), "no pattern"),
        (("plugin", "add", "--name", "x", "--include", "a", "--command", "'"), "no command"),
        (("schedule", ""), "no interval"),
        (("verify", "--dir", ""), "--dir is empty"),
        (("--dir", "."), "git would commit"),
        (("--dir", ".."), "git would commit"),
    ):
        done = world.thrum(desk, "backup", *words, check=False)
        assert done.code in {1, 2}, words
        assert text in done.err, (words, done.err)


@pytest.mark.long
def test_the_daemon_takes_one_that_is_due_and_says_when_it_cannot(world: World, desk: Path) -> None:
    taken = world.root / "kept/desk"
    (world.root / "file").write_text("in the way")
    world.thrum(desk, "backup", "schedule", "24h", "--dir", str(world.root / "file"))
    assert "none was taken" in doctor(world, desk)
    eventually(lambda: "not taken whole" in world.thrum(desk, "inbox").out, 100, pause=1)
    assert "not taken whole" in doctor(world, desk)
    world.thrum(desk, "backup", "schedule", "24h", "--dir", str(taken.parent))
    eventually((taken / "current/manifest.json").exists, 100, pause=0.5)
    assert world.thrum(desk, "backup", "verify").code == 0
    eventually(lambda: "not taken" not in doctor(world, desk), pause=1)
    # What was missed, as by a machine that slept, is made up.
    manifest = taken / "current/manifest.json"
    about = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(about | {"timestamp": "2026-01-02T03:04:05Z"}))
    assert "older than twice" in doctor(world, desk)
    world.thrum(desk, "backup", "schedule", "12h")  # which is looked at before the pause is over
    eventually((taken / "archives/2026-01-02T030405.zip").exists, 100, pause=0.5)
    assert "12h" in world.thrum(desk, "backup", "schedule").out
    world.thrum(desk, "backup", "schedule", "off")
    assert "No schedule" in world.thrum(desk, "backup", "schedule").out


def doctor(world: World, desk: Path) -> str:
    return world.thrum(desk, "doctor", check=False).out


def test_one_more_backup_writes_what_is_new(
    world: World, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of large databases and archives, that is; here, everything is called large."""
    monkeypatch.setattr(databases, "SMALL", 0)
    monkeypatch.setattr(archives, "SMALL", 0)
    place = paths.at(desk)
    found = rules.read(config.load(place.config, world.environment), world.environment)

    def taken() -> dict[str, int]:
        """The files by their names: which each of them is."""
        done = taking.take(place, found, world.environment, time.time_ns)
        assert not done.manifest.failed
        return {name: (done.folder / name).stat().st_ino for name in done.manifest.files}

    said(world, desk, 3, "old")
    first = taken()
    said(world, desk, 2, "new")
    second = taken()
    changed = {name for name, number in second.items() if first.get(name) != number}
    assert "branch.bundle" not in changed
    assert "databases/messages.db" not in changed
    assert "config/config.json" not in changed
    verdict = world.thrum(desk, "backup", "verify", "--json").json
    assert (verdict["ok"], verdict["messages"]) == (True, 5)
    archive = world.thrum(desk, "backup", "status", "--json").json["newest"]
    assert world.thrum(desk, "backup", "verify", archive, "--json").json["messages"] == 3
    # What was purged is in no new copy.
    world.thrum(desk, "purge", "--all", "--yes")
    third = taken()
    assert third["databases/messages.db"] != second["databases/messages.db"]
    assert b"old 0" not in (vault(world) / "current/databases/messages.db").read_bytes()


def test_a_backup_of_an_older_program_comes_back(world: World, desk: Path) -> None:
    folder = olden.backup(world.root / "older")
    archive = olden.packed(folder, world.root / "older.zip")
    restore = ("backup", "restore", str(archive))
    assert world.thrum(desk, "backup", "verify", str(folder), "--json").json["messages"] == 3
    plan = world.thrum(desk, *restore, "--dry-run", "--json").json
    assert (plan["events"], plan["kept"]) == (6, ["config/config.json"])
    only = world.thrum(desk, *restore, "--only", "contexts", "--yes", "--json").json
    assert (only["events"], only["added"]) == (0, ["config/context/carl.md"])
    assert (desk / ".thrum/context/carl.md").read_text() == "what carl did\n"
    assert world.thrum(desk, *restore, "--yes", "--json").json["events"] == 6
    rows = tables(desk)
    assert len(rows[0]) == 3
    read = [row for row in rows[1] if row[1] == "ann" and row[2]]  # type: ignore[index]
    assert [row[2] for row in read] == ["2026-02-02T03:04:05.000000000Z"]  # type: ignore[index]
    again = world.thrum(desk, "backup", "restore", str(folder), "--yes", "--json").json
    assert (again["events"], again["added"]) == (0, [])
    assert tables(desk) == rows
    # Cut off, it is refused; what is in the way of a backup of ours becomes an archive, whole.
    (folder / "messages/bob.jsonl").write_text("")
    done = world.thrum(desk, "backup", "restore", str(folder), "--yes", check=False)
    assert "damaged" in done.err
    shutil.rmtree(vault(world) / "current", ignore_errors=True)
    olden.backup(vault(world) / "current")
    world.thrum(desk, "backup")
    with zipfile.ZipFile(vault(world) / "archives/2026-03-01T221503.zip") as zip:
        assert "messages/bob.jsonl" in zip.namelist()
