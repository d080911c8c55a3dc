"""What only this clone has: kept back where the remote refuses it, taken back, signed anew."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Format, Log, Outcome, Snapshot, attach
from gitstore import log as log_module

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]

SECRET = "sek_abcdefghijklmnopqrstuvwxyz0123456789"


def lines(log: Log) -> set[bytes]:
    return {line.raw for line in log.read()}


def readable(log: Log) -> set[bytes]:
    """What a reader gets, committed or not."""
    return {line.raw for line in log.since(None).lines}


def put(log: Log, raw: bytes, shard: str = "messages/a.jsonl") -> bytes:
    log.append([[(shard, raw)]])
    log.commit()
    return raw


def guarded(remote: Path, test: str) -> Path:
    """Has the remote refuse a push for which a line of shell fails, with a long explanation."""
    hook = remote / "hooks" / "pre-receive"
    hook.write_text(
        f"#!/bin/sh\nread o n ref\n{test} && exit 0\n"
        'for i in 1 2 3 4 5 6 7 8 9; do echo "- line $i of what such servers explain" >&2; done\n'
        "echo 'To allow it: https://example.org/unblock/2gak' >&2\nexit 1\n"
    )
    hook.chmod(0o755)
    return hook


NO_SECRET = "! git log -p $n --not --all | grep -q 'sek_[a-z0-9]*'"
NO_LONG_LINE = "! git log -p $n --not --all | grep -qE '^.{2000}'"
NO_SUCH_PATH = "! git log --name-only $n --not --all | grep -q 'messages/evil'"
NO_OTHER_ID = "! git log -p $n --not --all | grep -q '\"forbidden\"'"


@pytest.mark.parametrize(
    ("rule", "shard", "fields"),
    [
        (NO_SECRET, "messages/a.jsonl", {"text": SECRET}),
        (NO_LONG_LINE, "messages/a.jsonl", {"text": "x" * 3000}),
        (NO_SUCH_PATH, "messages/evil.jsonl", {}),
        (NO_OTHER_ID, "events.jsonl", {"kind": "forbidden"}),
    ],
    ids=["secret", "size", "path", "content"],
)
def test_what_the_remote_refuses_waits_and_all_else_goes_out(
    clone: Clone,
    open_log: Open,
    event: Event,
    git: Git,
    remote: Path,
    rule: str,
    shard: str,
    fields: dict[str, str],
) -> None:
    hook = guarded(remote, rule)
    where = clone("one")
    log = open_log(where)
    good = {put(log, event("before"))}
    bad = {put(log, event(**fields), shard), put(log, event(**fields), shard)}
    good |= {put(log, event(f"after {number}"), f"messages/{number}.jsonl") for number in range(3)}
    result = log.exchange()
    assert (result.outcome, result.reads, result.pushed) == (Outcome.REFUSED, True, True)
    assert result.words.startswith("cannot push: 2 events (all else is there): ")
    assert "https://example.org/unblock/2gak" in result.words
    assert {each.raw for each in log.held_back} == bad
    assert all(each.shard == shard and "line 9" in each.words for each in log.held_back)
    assert lines(log) == good
    assert readable(log) == good | bad
    taken = Snapshot.take(where, log.journal.path)
    assert {line.raw for line in taken.since(None).lines} == good | bad
    late = open_log(clone("late"))
    assert lines(late) == good
    # It lasts over a restart, goes on beside new lines, and ends when the server allows it.
    log.close()
    log = open_log(where)
    good.add(put(log, event("later")))
    assert log.exchange().pushed
    assert lines(log) == good
    assert {each.raw for each in log.held_back} == bad
    hook.unlink()
    assert log.exchange(insist=True).ok
    assert log.held_back == ()
    assert late.exchange().ok
    assert lines(late) == lines(log) == good | bad
    git("fsck", "--strict", cwd=where)


def test_a_remote_that_takes_no_commit_at_all_keeps_no_line_back(
    clone: Clone, open_log: Open, event: Event, remote: Path
) -> None:
    guarded(remote, "false")
    log = open_log(clone("one"))
    wrote = {put(log, event(f"{number}")) for number in range(5)}
    result = log.exchange()
    assert (result.outcome, result.reads, result.pushed) == (Outcome.REFUSED, True, False)
    assert log.held_back == ()
    assert lines(log) == wrote


def test_a_file_beside_the_log_that_is_refused_is_named_and_kept(
    clone: Clone, open_log: Open, event: Event, remote: Path
) -> None:
    guarded(remote, NO_SECRET)
    log = open_log(clone("one"))
    good = put(log, event())
    log.put("context/nux.md", SECRET.encode(), "notes")
    result = log.exchange()
    assert (result.outcome, result.reads) == (Outcome.REFUSED, True)
    assert "context/nux.md" in result.words
    assert lines(open_log(clone("late"))) == {good}
    assert log.repository.references[log.format.ref].peel().tree["context/nux.md"]


class Killed(BaseException):
    """What ends a process in the middle."""


def bytes_left(where: Path, git: Git) -> list[str]:
    """Everything below a clone, and every object of it, that holds the secret."""
    files = [
        str(path)
        for path in where.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    ids = git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", cwd=where)
    return files + [id for id in ids.split() if SECRET in git("cat-file", "-p", id, cwd=where)]


STEPS = ["journal.drop", "held.drop", "rewriting.replace", "erasing.erase", "withdrawals.erased"]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_withdrawal_that_is_cut_short_goes_on_and_nothing_else_is_lost(
    clone: Clone,
    open_log: Open,
    event: Event,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    done: bool,
) -> None:
    where = clone("one")
    log = open_log(where)
    good = {put(log, event("shared"))}
    assert log.exchange().ok
    secret = put(log, event(SECRET))
    good.add(put(log, event("not shared")))
    log.append([[("messages/a.jsonl", event("waits"))]])
    good |= readable(log) - {secret}
    cursor = log.since(None).cursor
    log.begin_withdrawal("note", [secret])
    assert readable(log) == good, "nobody reads it from now on"
    part, name = step.split(".")
    target = getattr(log.unsent, part)
    real = getattr(target, name)

    def killed(*given: object, **named: object) -> None:
        if done:
            real(*given, **named)
        raise Killed

    monkeypatch.setattr(target, name, killed)
    with pytest.raises(Killed):
        log.withdraw()
    log.close()
    log = open_log(where)
    assert log.withdrawals == ("note",)
    assert readable(log) == good
    log.withdraw()
    log.rejoin(cursor)
    log.commit()
    assert log.remaining("note") == []
    log.end_withdrawal("note")
    assert readable(log) == lines(log) == good
    assert bytes_left(where, git) == []
    git("fsck", "--strict", cwd=where)
    assert log.exchange().ok
    assert lines(open_log(clone("late"))) == good


DYING = """
import os, signal, sys
from pathlib import Path
from gitstore import Log

def dies(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

where, secret, step = Path(sys.argv[1]), sys.argv[2].encode(), sys.argv[3]
log = Log.open(where, journal=where / ".thrum/var/journal.jsonl")
log.begin_withdrawal("note", [secret])
if step == "branch":
    log.unsent.moved = dies
elif step == "loose":
    log.unsent.erasing.packing.without = dies
elif step == "pack":
    log.unsent.erasing.packing._note = dies
elif step == "index":
    remove = Path.unlink
    def unlink(path, missing_ok=False):
        remove(path, missing_ok=missing_ok)
        path.suffix == ".idx" and dies()
    Path.unlink = unlink
elif step == "noting":
    log.unsent.withdrawals.erased = dies
log.withdraw()
"""


@pytest.mark.parametrize("step", ["branch", "loose", "pack", "index", "noting"])
def test_who_is_killed_when_the_branch_was_moved_erases_packs_at_the_next_start(
    clone: Clone,
    open_log: Open,
    event: Event,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    monkeypatch.setattr(log_module, "PACK_AT", 4)
    where = clone("one")
    log = open_log(where)
    good = {put(log, event(f"{number}")) for number in range(3)}
    assert log.exchange().ok
    secret = put(log, event(SECRET))
    good |= {put(log, event(f"more {number}")) for number in range(3)}
    assert log.tidy()
    log.close()
    argv = [sys.executable, "-c", DYING, str(where), secret.decode(), step]
    assert subprocess.run(argv, check=False).returncode == -signal.SIGKILL
    log = open_log(where)
    assert log.withdraw() == []
    assert bytes_left(where, git) == []
    packs = (where / ".git/objects/pack").glob("*.pack")
    assert all(path.with_suffix(".idx").exists() for path in packs)
    assert log.remaining("note") == []
    log.end_withdrawal("note")
    assert log.unsent.withdrawals.objects == frozenset()
    assert lines(log) == good
    git("fsck", "--strict", cwd=where)
    assert log.exchange().ok
    assert lines(open_log(clone("late"))) == good


def test_our_packs_and_reflogs_lose_it_and_other_packs_are_named(
    clone: Clone, open_log: Open, event: Event, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "PACK_AT", 4)
    where = clone("one")
    log = open_log(where)
    good = {put(log, event(f"{number}")) for number in range(3)}
    secret = put(log, event(SECRET))
    old = log.tip
    assert log.tidy()
    reflog = where / ".git/logs/refs/heads/a-sync"
    reflog.parent.mkdir(parents=True, exist_ok=True)
    reflog.write_text(f"{'0' * 40} {old} T <t@example.org> 1 +0000\tby hand\n")
    log.begin_withdrawal("note", [secret])
    assert log.withdraw() == []
    assert old not in reflog.read_text()
    assert bytes_left(where, git) == []
    assert lines(log) == good
    git("fsck", "--strict", cwd=where)
    second = put(log, event(f"{SECRET}again"))
    git("gc", "-q", cwd=where)
    log.begin_withdrawal("other", [second])
    (words,) = log.withdraw()
    assert ".pack" in words
    git("gc", "-q", "--prune=now", cwd=where)
    assert bytes_left(where, git) == []
    assert lines(log) == good


@pytest.mark.parametrize("holder", ["branch", "tag", "staged copy"])
def test_what_something_else_leads_to_stays_and_is_told(
    clone: Clone, open_log: Open, event: Event, git: Git, holder: str
) -> None:
    where = clone("one")
    log = open_log(where)
    secret = put(log, event(SECRET))
    if holder == "staged copy":
        (where / "copy").write_bytes(secret + b"\n")
        git("add", "copy", cwd=where)
    else:
        git(holder, "kept", "a-sync", cwd=where)
    log.begin_withdrawal("note", [secret])
    (words,) = log.withdraw()
    assert "git gc --prune=now" in words
    assert ("stashed" if holder == "staged copy" else "kept") in words
    assert lines(log) == set()
    git("fsck", "--strict", cwd=where)


def test_what_has_left_is_known_and_stays(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    log = open_log(clone("one"))
    sent, unsent = put(log, event("sent")), event("unsent")
    assert log.exchange().ok
    put(log, unsent)
    assert log.look().outcome is Outcome.OK
    assert log.has_left([sent, unsent]) == {sent}
    log.begin_withdrawal("note", [sent, unsent])
    log.withdraw()
    assert [line.raw for line in log.remaining("note")] == [sent]
    log.end_withdrawal("note")
    assert readable(log) == {sent}
    git("remote", "set-url", "origin", "/nowhere", cwd=Path(log.repository.workdir))
    assert log.look().outcome is Outcome.UNREACHABLE
    git("remote", "remove", "origin", cwd=Path(log.repository.workdir))
    assert log.look().outcome is Outcome.NO_REMOTE


NAMED = Format(author=("Team", "team@example.org"))
NO_STRANGERS = "! git log --format=%ce $n --not --all | grep -qv '^team@example.org$'"


@pytest.mark.parametrize("journey", ["from the start", "later", "after somebody else's root"])
def test_every_commit_that_is_pushed_bears_the_configured_author(
    clone: Clone, open_log: Open, event: Event, git: Git, remote: Path, journey: str
) -> None:
    wrote: set[bytes] = set()
    if journey == "after somebody else's root":
        other = open_log(clone("other"))
        wrote.add(put(other, event("theirs")))
    where = clone("one")
    if journey != "from the start":
        attach(where)
        log = open_log(where)
        wrote.add(put(log, event("unsigned")))
        log.put("context/nux.md", b"notes", "context: sync nux")
        log.close()
    if journey == "after somebody else's root":
        assert other.exchange().ok
    guarded(remote, NO_STRANGERS)
    log = open_log(where, NAMED)
    wrote.add(put(log, event("signed")))
    assert log.exchange().ok
    assert log.held_back == ()
    assert lines(log) == wrote
    found = git("log", "--format=%ce", "a-sync", cwd=where).split()
    foreign = found.count("thrum@local")
    assert foreign == (2 if journey == "after somebody else's root" else 0)
    two = open_log(clone("two"), NAMED)
    assert lines(two) == wrote
    assert len(git("rev-list", "--max-parents=0", "a-sync", cwd=where).split()) == 1


def test_clones_of_one_author_share_the_first_commit(clone: Clone, open_log: Open) -> None:
    one, two = open_log(clone("one"), NAMED), open_log(clone("two"), NAMED)
    assert one.tip == two.tip
    assert open_log(clone("three")).tip != one.tip
    assert one.exchange().ok
    assert two.exchange().ok
    assert one.tip == two.tip
