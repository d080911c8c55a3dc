"""An older program's worktree: what is in it comes in, and it follows each commit."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pygit2.enums import FileMode

from gitstore import Log, LogError, index_file, linkage, worktree
from gitstore.linkage import Health
from gitstore.merge import tree_bytes

Git = Callable[..., str]
Clone = Callable[[str], Path]
Event = Callable[..., bytes]
Open = Callable[..., Log]

PATTERNS = "/events.jsonl\n/messages/\n/messages.jsonl\n/state/\n/messages-v2/\n/receipts/\n"


def older_worktree(where: Path, git: Git) -> Path:
    """A worktree as an older Thrum makes one: forced, sparse, without a checkout at first."""
    folder = where / ".git" / "thrum-sync" / "a-sync"
    folder.parent.mkdir()
    git("worktree", "add", "-q", "--force", "--no-checkout", str(folder), "a-sync", cwd=where)
    git("config", "extensions.worktreeConfig", "true", cwd=where)
    git("config", "--worktree", "core.sparseCheckout", "true", cwd=folder)
    sparse = where / ".git" / "worktrees" / "a-sync" / "info" / "sparse-checkout"
    sparse.parent.mkdir(exist_ok=True)
    sparse.write_text(PATTERNS)
    git("checkout", "-q", "a-sync", cwd=folder)
    git("config", "core.sparseCheckout", "false", cwd=where)
    return folder


def clean(folder: Path, git: Git) -> bool:
    return git("status", "--porcelain", "--untracked-files=all", cwd=folder) == ""


def append(file: Path, *lines: bytes) -> None:
    """As an older program does it."""
    file.parent.mkdir(exist_ok=True)
    with file.open("ab") as end:
        fcntl.flock(end, fcntl.LOCK_EX)
        end.write(b"".join(line + b"\n" for line in lines))


@pytest.fixture
def log(clone: Clone, open_log: Open, event: Event) -> Log:
    where = clone("one")
    found = open_log(where)
    found.append([[("events.jsonl", event())], [("messages/alice.jsonl", event("first"))]])
    found.commit()
    return found


@pytest.fixture
def where(log: Log) -> Path:
    return Path(log.repository.workdir)


@pytest.fixture
def folder(log: Log, where: Path, git: Git) -> Path:
    return older_worktree(where, git)


def raws(log: Log) -> list[bytes]:
    return [line.raw for line in log.read()]


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


def test_without_a_worktree_nothing_is_looked_at(
    log: Log, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linkage, "find", lambda *_a: pytest.fail("looked"))
    log.append([[("events.jsonl", event())]])
    assert log.commit()


def test_what_did_not_change_is_not_read_again(
    log: Log, folder: Path, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.commit()
    monkeypatch.setattr(worktree, "read_all", lambda _h: pytest.fail("read"))
    monkeypatch.setattr(index_file, "write", lambda *_a: pytest.fail("written"))
    assert log.commit() is None
    assert log.commit() is None


def test_doing_it_twice_adds_nothing(log: Log, folder: Path, event: Event, open_log: Open) -> None:
    append(folder / "messages" / "bob.jsonl", event())
    assert log.take_in()
    tip = log.tip
    log.close()
    again = open_log(Path(log.repository.workdir))
    assert again.take_in() is None
    assert again.tip == tip


@pytest.mark.parametrize("moment", ["install", "swap", "follow", "index", "file"])
def test_killed_at_any_moment_nothing_is_lost(
    log: Log,
    folder: Path,
    event: Event,
    git: Git,
    open_log: Open,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_a: object, **_k: object) -> None:
        raise Killed

    theirs, ours, later = event("theirs"), event("ours"), event("later")
    append(folder / "messages" / "alice.jsonl", theirs)
    log.append([[("messages/alice.jsonl", ours)]])
    target = {
        "install": (log.mover, "_install"),
        "swap": (log.mover.ref, "swap"),
        "follow": (log.worktree, "_follow"),
        "index": (index_file, "write"),
        "file": (log.worktree, "_renew"),
    }[moment]
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(*target, killed)
        log.commit()
    append(folder / "messages" / "alice.jsonl", later)
    log.close()
    again = open_log(Path(log.repository.workdir))
    again.commit()
    again.commit()
    assert {theirs, ours, later} <= set(raws(again))
    assert raws(again).count(theirs) == 1
    assert clean(folder, git)


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
    (kept,) = log.worktree.aside.iterdir()
    assert kept.read_bytes() == b'{"event_id":"evt_torn","timest'
    assert kept.stat().st_mode & 0o077 == 0
    assert clean(folder, git)


def test_a_line_written_while_the_file_is_replaced_is_heard(
    log: Log, folder: Path, event: Event, git: Git
) -> None:
    file = folder / "messages" / "alice.jsonl"
    early = event("early")
    append(file, event("theirs, later than ours"))
    with file.open("ab") as opened:
        log.append([[("messages/alice.jsonl", early)]])
        log.commit()
        late = event("late")
        opened.write(late + b"\n")
    assert late not in file.read_bytes()
    log.commit()
    assert late in raws(log)
    assert late in file.read_bytes()
    log.worktree.now = lambda: os.stat(folder).st_ctime + 3600  # noqa: PTH116
    log.commit()
    assert not log.worktree._replaced.exists()
    assert clean(folder, git)


def test_a_locked_file_waits_and_the_branch_does_not(
    log: Log, folder: Path, event: Event, git: Git
) -> None:
    file = folder / "messages" / "alice.jsonl"
    theirs, ours = event("theirs"), event("ours")
    log.worktree.sleep = lambda _s: None
    with file.open("ab") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        log.append([[("messages/alice.jsonl", ours)]])
        assert log.commit()
        assert ours not in file.read_bytes()
        assert log.worktree.trouble
        opened.write(theirs + b"\n")
        opened.flush()
    log.commit()
    assert {ours, theirs} <= set(raws(log))
    assert {ours, theirs} <= set(file.read_bytes().split(b"\n"))
    assert log.worktree.trouble == {}
    assert clean(folder, git)


def test_a_git_that_holds_the_index_is_waited_for(
    log: Log, folder: Path, event: Event, git: Git, where: Path
) -> None:
    lock = where / ".git" / "worktrees" / "a-sync" / "index.lock"
    lock.touch()
    log.append([[("events.jsonl", event())]])
    assert log.commit()
    assert "index" in log.worktree.trouble
    lock.unlink()
    log.commit()
    assert clean(folder, git)


def test_it_follows_what_comes_from_the_remote(
    log: Log, folder: Path, clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    log.exchange()
    other = open_log(clone("two"))
    raw = event("from two")
    other.append([[("messages/carol.jsonl", raw)], [("messages/alice.jsonl", event("more"))]])
    assert other.exchange().ok
    assert log.exchange().merged
    assert (folder / "messages" / "carol.jsonl").read_bytes() == raw + b"\n"
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
        log.worktree.sleep = lambda _s: None
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


def test_files_that_were_taken_away_come_back(
    log: Log, folder: Path, git: Git, event: Event
) -> None:
    log.commit()
    shutil.rmtree(folder / "messages")
    log.commit()
    assert clean(folder, git)
    assert raws(log)


def test_a_branch_that_was_moved_back_gets_the_lines_of_the_files(
    log: Log, folder: Path, event: Event, git: Git, where: Path
) -> None:
    before, raw = log.tip, event()
    log.append([[("messages/alice.jsonl", raw)]])
    log.commit()
    git("update-ref", "refs/heads/a-sync", before, cwd=where)
    log.commit()
    assert raw in raws(log)


def test_paths_that_somebody_pushed_lead_nowhere_else(
    log: Log, folder: Path, git: Git, where: Path, tmp_path: Path, event: Event
) -> None:
    blob = git("rev-parse", "a-sync:events.jsonl", cwd=where).strip()
    entries = {
        "events.jsonl": (blob, FileMode.BLOB),
        "messages": (blob, FileMode.LINK),
        "run": (blob, FileMode.BLOB_EXECUTABLE),
        "link": (blob, FileMode.LINK),
        ".gitmodules": (blob, FileMode.BLOB),
    }
    tree = str(log.objects.raw_tree(tree_bytes(entries)))
    commit = git("commit-tree", "-p", "a-sync", "-m", "x", tree, cwd=where).strip()
    git("update-ref", "refs/heads/a-sync", commit, cwd=where)
    log.commit()
    assert (folder / "messages" / "alice.jsonl").is_file()
    assert not os.path.lexists(folder / "link")
    assert not (folder / ".gitmodules").exists()
    assert os.access(folder / "run", os.X_OK)
    assert clean(folder, git)
    shutil.rmtree(folder / "messages")
    (folder / "messages").symlink_to(tmp_path)
    log.append([[("messages/alice.jsonl", event())]])
    log.commit()
    assert not (tmp_path / "alice.jsonl").exists()
    assert log.worktree.trouble


@pytest.mark.parametrize("kind", ["plain", "bare", "linked"])
def test_one_is_made_and_removed(
    log: Log, where: Path, tmp_path: Path, open_log: Open, git: Git, event: Event, kind: str
) -> None:
    if kind == "bare":
        git("clone", "-q", "--bare", str(where), "bare.git", cwd=tmp_path)
        log = open_log(tmp_path / "bare.git")
    elif kind == "linked":
        git("commit", "-q", "--allow-empty", "-m", "x", cwd=where)
        git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"), cwd=where)
        log = open_log(tmp_path / "side")
    found = log.make_worktree()
    assert found.health is Health.SOUND
    assert (found.folder / "messages" / "alice.jsonl").stat().st_mode & 0o777 == 0o600
    assert clean(found.folder, git)
    assert str(found.folder) in git("worktree", "list", cwd=found.folder)
    log.append([[("messages/alice.jsonl", event("more"))]])
    log.commit()
    assert b"more" in (found.folder / "messages" / "alice.jsonl").read_bytes()
    assert clean(found.folder, git)
    assert git("fsck", cwd=found.folder) == ""
    raw = event("written there")
    append(found.folder / "events.jsonl", raw)
    assert log.remove_worktree() == []
    assert raw in raws(log)
    assert not found.folder.parent.exists()
    assert log.worktree.linkage().health is Health.NONE
    assert "a-sync" not in git("worktree", "list", cwd=Path(log.repository.path))


def test_foreign_files_are_not_deleted(log: Log, folder: Path, tmp_path: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "x").symlink_to(tmp_path)
    with pytest.raises(LogError, match=r"deep/er/x, notes\.txt"):
        log.remove_worktree()
    assert (folder / "events.jsonl").exists()
    kept = log.remove_worktree(keep=True)
    assert sorted(path.name for path in kept) == ["deep~er~x", "notes.txt"]
    assert not folder.exists()
    assert next(path for path in kept if path.name == "notes.txt").read_text() == "mine"


def damage_prune(folder: Path, where: Path, git: Git) -> None:
    shutil.rmtree(folder)


def damage_unlisted(folder: Path, where: Path, git: Git) -> None:
    shutil.rmtree(where / ".git" / "worktrees" / "a-sync")


def damage_no_marker(folder: Path, where: Path, git: Git) -> None:
    (folder / ".git").unlink()


def damage_elsewhere(folder: Path, where: Path, git: Git) -> None:
    (folder / ".git").write_text("gitdir: /somewhere/else/.git/worktrees/a-sync\n")


def damage_branch(folder: Path, where: Path, git: Git) -> None:
    git("checkout", "-q", "--detach", cwd=folder)


def damage_file(folder: Path, where: Path, git: Git) -> None:
    shutil.rmtree(folder)
    folder.write_text("x")


@pytest.mark.parametrize(
    ("damage", "health", "can_make"),
    [
        (damage_prune, Health.MISSING, True),
        (damage_unlisted, Health.UNREGISTERED, True),
        (damage_no_marker, Health.UNREGISTERED, True),
        (damage_elsewhere, Health.ELSEWHERE, True),
        (damage_branch, Health.OTHER_BRANCH, False),
        (damage_file, Health.OCCUPIED, False),
    ],
)
def test_every_state_has_a_name_and_loses_nothing(
    log: Log,
    folder: Path,
    where: Path,
    git: Git,
    event: Event,
    damage: Callable[[Path, Path, Git], None],
    health: Health,
    can_make: bool,
) -> None:
    theirs = event("theirs")
    if health in {Health.UNREGISTERED, Health.ELSEWHERE}:
        append(folder / "events.jsonl", theirs)
    damage(folder, where, git)
    found = log.worktree.linkage()
    assert found.health is health
    ours = event()
    log.append([[("events.jsonl", ours)]])
    assert log.commit()
    if health in {Health.UNREGISTERED, Health.ELSEWHERE}:
        assert theirs in raws(log)
    if not can_make:
        with pytest.raises(LogError):
            log.make_worktree()
        with pytest.raises(LogError):
            log.remove_worktree()
        return
    assert log.make_worktree().health is Health.SOUND
    assert clean(folder, git)
    damage(folder, where, git)
    log.remove_worktree()
    assert log.worktree.linkage().health is Health.NONE
    assert not folder.exists()


def test_a_locked_one_is_used_and_stays(log: Log, folder: Path, git: Git, where: Path) -> None:
    git("worktree", "lock", "--reason", "on a stick", str(folder), cwd=where)
    found = log.worktree.linkage()
    assert found.health is Health.SOUND
    assert "on a stick" in found.text
    with pytest.raises(LogError, match="unlock"):
        log.remove_worktree()


def test_a_repository_that_was_copied_leaves_the_first_alone(
    log: Log, folder: Path, where: Path, tmp_path: Path, git: Git, open_log: Open, event: Event
) -> None:
    log.commit()
    shutil.copytree(where, tmp_path / "copy", symlinks=True)
    index = where / ".git" / "worktrees" / "a-sync" / "index"
    before = index.read_bytes()
    copy = open_log(tmp_path / "copy")
    assert copy.worktree.linkage().health is Health.ELSEWHERE
    copy.append([[("events.jsonl", event())]])
    copy.commit()
    assert copy.make_worktree().health is Health.SOUND
    assert clean(tmp_path / "copy" / ".git" / "thrum-sync" / "a-sync", git)
    assert index.read_bytes() == before
    assert log.worktree.linkage().health is Health.SOUND


def test_a_checkout_of_the_users_own_is_named(
    log: Log, where: Path, git: Git, tmp_path: Path
) -> None:
    git("worktree", "add", "-q", str(tmp_path / "mine"), "a-sync", cwd=where)
    with pytest.raises(LogError, match="mine"):
        log.make_worktree()
