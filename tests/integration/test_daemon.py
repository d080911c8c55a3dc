"""Starting, stopping, breaking and killing the daemon."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from tests.integration.conftest import World, configure, eventually
from tests.integration.load import in_database, on_branch, senders
from thrum import paths
from thrum.daemon import control
from thrum.identity import process


def test_two_starts_at_once_are_one_daemon(world: World) -> None:
    world.remote()
    one = world.clone("one")
    world.thrum(one, "init", "--non-interactive", "--no-daemon")
    argv = [sys.executable, "-m", "thrum", "daemon", "start"]
    starts = [
        subprocess.Popen(argv, cwd=one, env=world.environment, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [start.wait(60) for start in starts] == [0, 0, 0, 0]
    for start in starts:
        start.communicate()
    pid = world.pid(one)
    world.thrum(one, "daemon", "stop")
    eventually(lambda: not process.alive(pid))
    assert world.thrum(one, "daemon", "status", check=False).code == 1


def test_it_stops_with_open_connections_and_cleans_up(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    lines = []
    for _ in range(20):
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(one / ".thrum/var/thrum.sock"))
        lines.append(line)
    request = {"jsonrpc": "2.0", "id": 1, "method": "message.wait", "params": {}}
    waiting = subprocess.Popen(
        [sys.executable, "-m", "thrum", "wait", "--timeout", "60s"],
        cwd=one,
        env=world.environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    lines[0].sendall(json.dumps(request).encode() + b"\n")
    assert world.thrum(one, "daemon", "stop").code == 0
    assert all(line.recv(4096) is not None for line in lines)
    for line in lines:
        line.close()
    waiting.terminate()
    waiting.wait()
    assert not (one / ".thrum/var/thrum.sock").exists()
    assert not (one / ".thrum/var/thrum.pid").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_and_hup_does_not(world: World, number: signal.Signals) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    os.kill(world.pid(one), signal.SIGHUP)
    eventually(lambda: "configuration read again" in (one / ".thrum/var/daemon.log").read_text())
    assert world.thrum(one, "daemon", "status").code == 0
    os.kill(world.pid(one), number)
    eventually(lambda: not (one / ".thrum/var/thrum.pid").exists())


def test_an_edited_configuration_counts_at_once(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa", shares=False)
    world.thrum(one, "send", "for everybody")
    assert world.thrum(one, "sync", "status", "--json").json["local_only"] is True
    configure(one, local_only=False)
    done = world.thrum(one, "sync", "force", "--json").json
    assert (done["local_only"], done["sync_state"]) == (False, "synced")
    assert "a-sync" in world.git("ls-remote", "origin", cwd=one)


def test_a_broken_edit_changes_nothing_and_is_told_once(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa", shares=False)
    file, log = one / ".thrum/config.json", one / ".thrum/var/daemon.log"
    whole = file.read_text()
    file.write_text('{"daemon": ')
    for _ in range(2):
        world.thrum(one, "sync", "force")
    assert log.read_text().count("the configuration stays as it was") == 1
    assert world.thrum(one, "doctor", check=False).code == 1
    file.write_text(whole)
    configure(one, local_only=False, sync_interval="often")
    assert world.thrum(one, "sync", "force", "--json").json["local_only"] is True
    assert "sync_interval" in log.read_text()


def test_a_stale_socket_and_pid_file_do_not_stop_a_start(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    world.kill(one)
    assert (one / ".thrum/var/thrum.sock").exists()
    assert world.thrum(one, "send", "nobody home", check=False).code == 1
    world.thrum(one, "daemon", "start")
    world.thrum(one, "send", "back again")


@pytest.mark.parametrize("state", ["deleted", "empty", "corrupt", "foreign"])
def test_any_database_at_boot_ends_in_a_right_one(world: World, state: str) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    world.thrum(one, "send", "remember me")
    world.kill(one)
    database = one / ".thrum/var/messages.db"
    for part in database.parent.glob("messages.db*"):
        part.unlink()
    if state == "empty":
        database.touch()
    elif state == "corrupt":
        database.write_bytes(b"SQLite format 3\0" + random.Random(1).randbytes(20_000))
    elif state == "foreign":
        db = sqlite3.connect(database)
        db.execute("create table messages (message_id text)")
        db.commit()
        db.close()
    world.thrum(one, "daemon", "start")
    assert "remember me" in world.thrum(one, "sent", "--json").out
    assert world.thrum(one, "whoami", "--field", "agent_id").out.strip() == "furiosa"
    assert world.thrum(one, "doctor").code == 0
    if state in {"corrupt", "foreign"}:
        assert list(database.parent.glob("messages.db.*"))


def test_a_newer_database_is_refused_in_one_sentence(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    world.thrum(one, "daemon", "stop")
    db = sqlite3.connect(one / ".thrum/var/messages.db")
    db.execute("update schema_version set version = 9999")
    db.commit()
    db.close()
    done = world.thrum(one, "daemon", "start", check=False)
    assert done.code == 1
    assert "9999" in done.err
    assert "Traceback" not in (one / ".thrum/var/daemon.log").read_text()


def kills(world: World, rounds: int) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    chance = random.Random(20)
    expected: list[str] = []
    for number in range(rounds):
        load = senders(world, one, "furiosa", f"round-{number}")
        time.sleep(chance.uniform(0.05, 0.4))
        world.kill(one)
        load.wait()
        expected += load.acknowledged()
        world.thrum(one, "daemon", "start")
    assert len(expected) == len(set(expected)) > rounds
    world.thrum(one, "sync", "force")
    branch = on_branch(world, one)
    assert set(branch.values()) == {1}
    assert set(expected) <= set(branch)
    assert in_database(one) == branch
    assert world.thrum(one, "doctor").code == 0


@pytest.mark.long
@pytest.mark.timeout(300)
def test_killed_twenty_times_under_load_nothing_acknowledged_is_lost(world: World) -> None:
    kills(world, 20)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_killed_two_hundred_times(world: World) -> None:
    kills(world, 200)


def test_commands_at_once_from_many_shells(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    failed: list[str] = []

    def send(number: int) -> None:
        done = world.thrum(one, "send", f"shell {number}", check=False)
        if done.code:
            failed.append(done.err)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert world.thrum(one, "sent", "--json").json["total"] == 10


def test_what_a_library_dies_of_stands_in_the_log(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    os.kill(world.pid(one), signal.SIGSEGV)
    log = one / ".thrum/var/daemon.log"
    eventually(lambda: "most recent call first" in log.read_text())
    assert "Fatal Python error: Segmentation fault" in log.read_text()
    eventually(lambda: not control.is_held(paths.at(one)))
    assert world.thrum(one, "daemon", "start").code == 0
