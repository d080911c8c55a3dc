"""Clones that sign what they write, and what the others make of it."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import World, eventually
from thrum.identity import process


@dataclass
class Pair:
    """Two clones of one remote, each with a coordinator."""

    world: World
    one: Path
    two: Path

    def thrum(self, where: Path, *words: str) -> str:
        return self.world.thrum(where, *words).out

    def exchange(self) -> None:
        """Until both clones and the remote have one branch."""

        def is_one() -> bool:
            for where in (self.one, self.two):
                self.thrum(where, "sync", "force")
            places = (self.one, self.two, self.one.parent / "remote.git")
            return len({self.world.git("rev-parse", "a-sync", cwd=each) for each in places}) == 1

        eventually(is_one, pause=0.3)

    def inbox(self, where: Path) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.thrum(where, "inbox", "--json", "--limit", "50")
        )["messages"]
        return found

    def keys(self, where: Path) -> dict[str, dict[str, Any]]:
        rows = json.loads(self.thrum(where, "keys", "list", "--json"))["keys"]
        return {row["key"]: row for row in rows}

    def own(self, where: Path) -> str:
        return str(json.loads(self.thrum(where, "keys", "export", "--json"))["key"])

    def noted(self, where: Path) -> set[str]:
        """The keys of others that the clone has noted as their first, or decided upon."""
        with closing(sqlite3.connect(where / ".thrum/var/state.db")) as db:
            return {key for (key,) in db.execute("SELECT key_id FROM signing_keys")}

    def state(self, where: Path, text: str) -> tuple[str, str]:
        """What the signature of the message with that text is worth there."""
        eventually(lambda: any(each["body"]["content"] == text for each in self.inbox(where)))
        (row,) = (each for each in self.inbox(where) if each["body"]["content"] == text)
        return row["signature"], row.get("signature_why", "")


def paired(world: World, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Two that have exchanged once; who types is below no agent's program."""
    monkeypatch.setattr(process, "runtime", lambda _pid: None)
    world.remote()
    one = world.node("one", "ann", "--role", "coordinator")
    two = world.node("two", "bob", "--role", "coordinator")
    found = Pair(world, one, two)
    found.exchange()
    return found


@pytest.fixture
def pair(world: World, monkeypatch: pytest.MonkeyPatch) -> Pair:
    return paired(world, monkeypatch)


def forge_line(pair: Pair, where: Path, shard: str, line: dict[str, Any]) -> None:
    """Puts a line into the remote's branch, as somebody who can push does."""
    work = where.parent / f"forger-{line['event_id']}"
    pair.world.git("clone", "-q", "-b", "a-sync", "remote.git", str(work), cwd=where.parent)

    def is_pushed() -> bool:
        pair.world.git("fetch", "-q", cwd=work)
        pair.world.git("reset", "-q", "--hard", "origin/a-sync", cwd=work)
        with (work / shard).open("a") as file:
            file.write(json.dumps(line, separators=(",", ":"), sort_keys=True) + "\n")
        pair.world.git("commit", "-q", "-a", "-m", "sync", cwd=work)
        # The daemons push as well.
        return pair.world.run("git", "push", "-q", cwd=work, check=False).code == 0

    eventually(is_pushed)


def line_of(pair: Pair, where: Path, text: str) -> dict[str, Any]:
    told = pair.world.git("grep", "-h", text, "a-sync", "--", "messages", cwd=where)
    return dict(json.loads(told.splitlines()[0]))


def test_what_another_clone_wrote_is_verified_there_and_what_was_forged_is_not(pair: Pair) -> None:
    pair.thrum(pair.one, "send", "from ann", "--to", "@bob")
    pair.thrum(pair.two, "send", "from bob", "--to", "@ann")
    pair.exchange()
    assert pair.state(pair.two, "from ann") == ("verified", "")
    assert pair.state(pair.one, "from bob") == ("verified", "")
    real = line_of(pair, pair.one, "from ann")
    forged = {
        **real,
        "event_id": "evt_01KDVDNA00C9GKCRSGC5HP6D1G",
        "message_id": "msg_01KDVDNA00C9GKCRSGC5HP6D1G",
        "body": {**real["body"], "content": "not from ann"},
    }
    unsigned = {
        **{name: value for name, value in forged.items() if name != "sig"},
        "event_id": "evt_01KDVDNA00C9GKCRSGC5HP6D2G",
        "message_id": "msg_01KDVDNA00C9GKCRSGC5HP6D2G",
        "body": {**real["body"], "content": "from nobody"},
    }
    forge_line(pair, pair.two, "messages/ann.jsonl", forged)
    forge_line(pair, pair.two, "messages/ann.jsonl", unsigned)
    pair.exchange()
    assert pair.state(pair.two, "not from ann") == ("wrong", "not what was signed")
    assert pair.state(pair.two, "from nobody") == ("unsigned", "")
    shown = pair.thrum(pair.two, "message", "get", str(forged["message_id"]))
    assert "(WRONG SIGNATURE)" in shown
    for command, wrong in (("inbox", "(WRONG SIGNATURE)"), ("log", "(wrong signature)")):
        shown = pair.thrum(pair.two, command)
        assert shown.count(wrong) == shown.count("(unsigned)") == 1


def test_the_log_says_it_where_a_daemon_can_be_asked(pair: Pair) -> None:
    pair.thrum(pair.one, "send", "in the log", "--to", "@bob")
    pair.exchange()
    rows = [json.loads(row) for row in pair.thrum(pair.two, "log", "--json").splitlines()]
    assert {row["signature"] for row in rows} == {"verified"}
    real = line_of(pair, pair.one, "in the log")
    forged = {**real, "event_id": f"{real['event_id'][:-2]}ZZ", "message_id": "msg_forged"}
    forge_line(pair, pair.two, "messages/ann.jsonl", forged)
    pair.exchange()
    assert "not what was signed" in pair.thrum(pair.two, "log", "show", str(forged["event_id"]))
    assert "wrong signature" in pair.thrum(pair.two, "log")
    pair.thrum(pair.two, "daemon", "stop")
    rows = [json.loads(row) for row in pair.thrum(pair.two, "log", "--json").splitlines()]
    assert not any("signature" in row for row in rows)


def test_an_edit_by_somebody_else_spoils_what_it_says(pair: Pair) -> None:
    pair.thrum(pair.one, "send", "first words", "--to", "@bob")
    sent = json.loads(pair.thrum(pair.one, "sent", "--json"))["messages"][0]["message_id"]
    pair.thrum(pair.one, "message", "edit", sent, "second words")
    pair.exchange()
    assert pair.state(pair.two, "second words") == ("verified", "")
    edit = line_of(pair, pair.one, "second words")
    edit |= {
        "event_id": "evt_7ZZZZZZZ00C9GKCRSGC5HP6D1G"[:30],
        "timestamp": "2026-12-31T00:00:00.000000000Z",
        "body": {"content": "third words", "format": "markdown"},
    }
    forge_line(pair, pair.two, "messages/ann.jsonl", edit)
    pair.exchange()
    assert pair.state(pair.two, "third words") == ("wrong", "not what was signed")


def test_a_new_key_is_vouched_for_and_a_revoked_one_counts_no_more(pair: Pair) -> None:
    pair.thrum(pair.one, "send", "by the first", "--to", "@bob")
    before = pair.own(pair.one)
    pair.thrum(pair.one, "keys", "rotate")
    pair.thrum(pair.one, "send", "by the second", "--to", "@bob")
    after = pair.own(pair.one)
    pair.exchange()
    for text in ("by the first", "by the second"):
        assert pair.state(pair.two, text) == ("verified", "")
    rows = pair.keys(pair.two)
    assert (rows[before]["state"], rows[after]["state"]) == ("revoked", "trusted")
    told = pair.thrum(pair.one, "keys", "revoke", after[:10], "--since", "2020-01-01", "--yes")
    assert f"Revoked {after} everywhere" in told
    third = pair.own(pair.one)
    assert third not in (before, after)
    pair.thrum(pair.one, "send", "by the third", "--to", "@bob")
    pair.exchange()
    assert pair.state(pair.two, "by the second") == ("wrong", "a key that was revoked")
    # What a stolen key vouched for is worth nothing: a person has to look.
    assert pair.state(pair.two, "by the third") == ("wrong", "a key that nobody accepted here")
    assert f"{third} counts here" in pair.thrum(pair.two, "keys", "accept", third, "--yes")
    assert pair.state(pair.two, "by the third") == ("verified", "")
    for where in (pair.one, pair.two):
        pair.thrum(where, "daemon", "restart")
    assert pair.state(pair.two, "by the third") == ("verified", "")
    # Nothing was written since the start, so no key was loaded yet.
    pair.thrum(pair.one, "keys", "revoke", third[:10], "--yes")
    fourth = pair.own(pair.one)
    assert fourth not in (before, after, third)
    pair.exchange()
    eventually(lambda: pair.keys(pair.two)[fourth]["state"] == "trusted")
    assert pair.keys(pair.two)[third]["state"] == "revoked"


def test_a_clone_that_was_cleaned_goes_on_with_its_key_and_a_lost_one_is_accepted(
    pair: Pair,
) -> None:
    first = pair.own(pair.one)
    pair.exchange()
    pair.thrum(pair.one, "daemon", "stop")
    (pair.one / ".thrum/var/signing.key").unlink()
    pair.thrum(pair.one, "daemon", "start")
    pair.thrum(pair.one, "send", "with its copy", "--to", "@bob")
    assert pair.own(pair.one) == first
    pair.thrum(pair.one, "daemon", "stop")
    (pair.one / ".thrum/var/signing.key").unlink()
    (pair.one / ".git/thrum/signing.key").unlink()
    eventually(lambda: pair.keys(pair.two).get(first, {}).get("state") == "trusted")
    # Of two that are new when it looks, once a second, neither would be the first.
    eventually(lambda: first in pair.noted(pair.two))
    pair.thrum(pair.one, "daemon", "start")
    pair.thrum(pair.one, "send", "with a new key", "--to", "@bob")
    pair.exchange()
    assert pair.state(pair.two, "with its copy") == ("verified", "")
    assert pair.state(pair.two, "with a new key")[0] == "wrong"
    second = pair.own(pair.one)
    pair.thrum(pair.two, "keys", "accept", second, "--yes")
    assert pair.state(pair.two, "with a new key") == ("verified", "")
    assert pair.state(pair.two, "with its copy") == ("verified", "")


def test_off_signs_and_says_nothing(pair: Pair) -> None:
    file = pair.one / ".thrum/config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "signatures": "off"}))
    pair.thrum(pair.one, "daemon", "restart")
    pair.thrum(pair.one, "send", "in the clear", "--to", "@bob")
    pair.exchange()
    assert pair.state(pair.two, "in the clear") == ("unsigned", "")
    assert "sig" not in line_of(pair, pair.one, "in the clear")
    eventually(lambda: pair.inbox(pair.one) == [])
    done = pair.world.thrum(pair.one, "keys", "rotate", check=False)
    assert (done.code, "signatures is off" in done.err) == (1, True)


def test_keys_that_nobody_has_and_ones_that_are_not_named(pair: Pair) -> None:
    for words in (["accept", "ffff"], ["revoke", "ffff"], ["export", "ffff"]):
        yes = [] if words[0] == "export" else ["--yes"]
        done = pair.world.thrum(pair.one, "keys", *words, *yes, check=False)
        assert (done.code, "there is no key 'ffff'" in done.err) == (1, True)
    line = pair.thrum(pair.one, "keys", "export").split()
    assert len(base64.b64decode(line[2])) == 32
    assert line[1][:12] in pair.thrum(pair.one, "keys", "list")


def test_the_private_key_stands_in_no_log_and_on_no_branch(pair: Pair) -> None:
    pair.thrum(pair.one, "keys", "rotate")
    pair.exchange()
    held = json.loads((pair.one / ".thrum/var/signing.key").read_text())
    assert (pair.one / ".thrum/var/signing.key").stat().st_mode & 0o777 == 0o600
    assert "next" not in held
    found = subprocess.run(
        ["git", "grep", "-F", held["private"], "a-sync"], cwd=pair.one, capture_output=True
    )
    assert found.returncode == 1
    assert held["private"] not in (pair.one / ".thrum/var/daemon.log").read_text()
