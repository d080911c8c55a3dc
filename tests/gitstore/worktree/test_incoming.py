"""Lines that somebody else wrote into the worktree's files come in."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Log
from tests.gitstore.worktree.conftest import append, clean, raws

Git = Callable[..., str]
Clone = Callable[[str], Path]
Event = Callable[..., bytes]
Open = Callable[..., Log]


def test_uncommitted_lines_come_in_before_ours(
    log: Log, folder: Path, event: Event, git: Git, where: Path
) -> None:
    theirs = [event("changed file"), event("new file"), event("state")]
    append(folder / "messages" / "alice.jsonl", theirs[0])
    append(folder / "messages" / "bob.jsonl", theirs[1])
    append(folder / "events.jsonl", theirs[2])
    (folder / "state" / "agents").mkdir(parents=True)
    (folder / "state" / "agents" / "bob.json").write_bytes(b'{"last_seen_at":"2026"}')
    before = log.tip
    ours = event("ours")
    log.append([[("messages/alice.jsonl", ours)]])
    log.commit()
    assert {*theirs, ours} <= set(raws(log))
    first = git("rev-list", "--reverse", f"{before}..a-sync", cwd=where).split()[0]
    came = git("diff", "--name-only", before, first, cwd=where).split()
    assert came == [
        "events.jsonl",
        "messages/alice.jsonl",
        "messages/bob.jsonl",
        "state/agents/bob.json",
    ]
    assert ours not in git("show", f"{first}:messages/alice.jsonl", cwd=where).encode()
    assert clean(folder, git)
    assert ours in (folder / "messages" / "alice.jsonl").read_bytes()


def test_doing_it_twice_adds_nothing(log: Log, folder: Path, event: Event, open_log: Open) -> None:
    append(folder / "messages" / "bob.jsonl", event())
    assert log.take_in()
    tip = log.tip
    log.close()
    again = open_log(Path(log.repository.workdir))
    assert again.take_in() is None
    assert again.tip == tip


def test_a_commit_that_fails_leaves_the_lines_to_the_next(
    log: Log, folder: Path, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = event("theirs")
    append(folder / "messages" / "alice.jsonl", theirs)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr(
            log.mover.ref, "swap", lambda *_a: (_ for _ in ()).throw(OSError("disk full"))
        )
        log.commit()
    assert theirs in (folder / "messages" / "alice.jsonl").read_bytes()
    log.commit()
    assert theirs in raws(log)


def test_bad_lines_are_kept_and_an_unfinished_one_is_set_aside(
    log: Log, folder: Path, event: Event, git: Git, caplog: pytest.LogCaptureFixture
) -> None:
    unended = event("no newline, but whole")
    append(folder / "messages" / "bob.jsonl", b"{not json", b'{"no":"id"}')
    with (folder / "messages" / "bob.jsonl").open("ab") as file:
        file.write(unended)
    with (folder / "messages" / "alice.jsonl").open("ab") as file:
        file.write(b'{"event_id":"evt_torn","timest')
    log.commit()
    assert {b"{not json", b'{"no":"id"}', unended} <= set(raws(log))
    assert "2 new lines that nobody can read" in caplog.text
    assert not any(b"evt_torn" in raw for raw in raws(log))
    (kept,) = log.worktree.aside.path.iterdir()
    assert kept.read_bytes() == b'{"event_id":"evt_torn","timest'
    assert kept.stat().st_mode & 0o077 == 0
    assert clean(folder, git)


def test_an_older_program_goes_on_with_it(
    log: Log, folder: Path, event: Event, git: Git, open_log: Open, where: Path
) -> None:
    """It commits its worktree, twice, with ours in between; nothing of either is lost."""
    everything = list(raws(log))
    for number in range(3):
        theirs = event(f"theirs {number}")
        append(folder / "messages" / "alice.jsonl", theirs)
        git("add", "-A", cwd=folder)
        git("commit", "-qm", "sync", "--no-verify", cwd=folder)
        ours = event(f"ours {number}")
        log.append([[("messages/alice.jsonl", ours)]])
        log.commit()
        everything += [theirs, ours]
        assert sorted(raws(log)) == sorted(everything)
        assert clean(folder, git)
    assert git("diff", "HEAD", "--stat", cwd=folder) == ""


@pytest.mark.parametrize("moment", ["killed", "locked"])
def test_a_commit_of_files_that_were_behind_takes_nothing_away(
    log: Log,
    folder: Path,
    event: Event,
    git: Git,
    open_log: Open,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    """Our commit is done, its files are not, and an older program commits those that it finds."""

    def killed(*_a: object) -> None:
        raise KeyboardInterrupt

    log.commit()
    raw = event("ours")
    log.append([[("messages/alice.jsonl", raw)]])
    if moment == "killed":
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(log.worktree, "follow", killed)
            log.commit()
        log.close()
        log = open_log(Path(log.repository.workdir))
    else:
        log.worktree.folder.patience.sleep = lambda _s: None
        with (folder / "messages" / "alice.jsonl").open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            log.commit()
    theirs = event("theirs")
    append(folder / "messages" / "bob.jsonl", theirs)
    git("add", "-A", cwd=folder)
    git("commit", "-qm", "sync", "--no-verify", cwd=folder)
    assert raw not in raws(log)
    log.commit()
    assert {raw, theirs} <= set(raws(log))
    assert clean(folder, git)


def test_a_branch_that_was_moved_back_gets_the_lines_of_the_files(
    log: Log, folder: Path, event: Event, git: Git, where: Path
) -> None:
    before, raw = log.tip, event()
    log.append([[("messages/alice.jsonl", raw)]])
    log.commit()
    git("update-ref", "refs/heads/a-sync", before, cwd=where)
    log.commit()
    assert raw in raws(log)
