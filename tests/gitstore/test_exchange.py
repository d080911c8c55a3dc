"""Exchanges with real remotes through the real git program."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pygit2
import pytest
from pygit2.enums import FileMode

from gitstore import Log, Outcome
from gitstore.program import Answer, GitProgram

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def lines(log: Log) -> set[bytes]:
    return {line.raw for line in log.read()}


def put(log: Log, raw: bytes, shard: str = "events.jsonl") -> bytes:
    log.append([[(shard, raw)]])
    return raw


def test_two_clones_exchange_both_ways(clone: Clone, open_log: Open, event: Event) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    first, second = put(one, event()), put(two, event())
    assert one.exchange().outcome is Outcome.OK
    assert two.exchange().merged
    assert one.exchange().merged
    assert lines(one) == lines(two) == {first, second}
    assert one.tip == two.tip == one.upstream.tip


def test_an_exchange_takes_the_fewest_processes(clone: Clone, open_log: Open, event: Event) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    put(one, event())
    gave = one.exchange()
    assert (gave.pushed, gave.processes) == (True, 1)
    took = two.exchange()
    assert (took.fetched, took.processes) == (True, 2)
    objects = sum(len(files) for _, _, files in os.walk(two.upstream.git.repository / "objects"))
    idle = two.exchange()
    assert (idle.outcome, idle.processes) == (Outcome.NOTHING_TO_DO, 1)
    assert objects == sum(
        len(files) for _, _, files in os.walk(two.upstream.git.repository / "objects")
    )


def test_a_rejected_push_is_joined_and_tried_again(
    clone: Clone, open_log: Open, event: Event
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    first, second = put(one, event()), put(two, event())
    one.exchange()
    result = two.exchange()
    assert result.outcome is Outcome.OK
    assert result.attempts == 2
    assert lines(two) == {first, second}


def test_many_clones_in_any_order_end_the_same(clone: Clone, open_log: Open, event: Event) -> None:
    chance = random.Random(7)
    logs = [open_log(clone(f"c{n}")) for n in range(4)]
    wrote = set()
    for _ in range(25):
        log = chance.choice(logs)
        if chance.random() < 0.6:
            wrote.add(put(log, event(), chance.choice(["events.jsonl", "messages/a.jsonl"])))
        else:
            assert log.exchange().ok
    for _ in range(2):
        for log in logs:
            assert log.exchange().ok
    assert {log.tip for log in logs} == {logs[0].tip}
    assert lines(logs[0]) == wrote


def test_unrelated_roots_with_content_are_united(
    clone: Clone, open_log: Open, event: Event, git: Git, remote: Path
) -> None:
    foreign = clone("foreign")
    git("checkout", "-q", "--orphan", "a-sync", cwd=foreign)
    raw = event()
    (foreign / "events.jsonl").write_bytes(raw + b"\n")
    git("add", ".", cwd=foreign)
    git("commit", "-qm", "Initialize Thrum sync", cwd=foreign)
    git("push", "-q", "origin", "a-sync", cwd=foreign)
    where = clone("one")
    git("update-ref", "-d", "refs/remotes/origin/a-sync", cwd=where)
    log = open_log(where)
    mine = put(log, event())
    assert log.exchange().ok
    assert lines(log) == {raw, mine}
    parents = git("rev-list", "--max-parents=0", "a-sync", cwd=log.upstream.git.repository).split()
    assert len(parents) == 2


def test_a_remote_forced_back_gets_everything_again(
    clone: Clone, open_log: Open, event: Event, git: Git, remote: Path
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    put(one, event())
    one.exchange()
    old = one.tip
    put(one, event())
    one.exchange()
    two.exchange()
    git("update-ref", "refs/heads/a-sync", old, cwd=remote)
    assert two.exchange().ok
    assert git("rev-parse", "a-sync", cwd=remote).strip() == two.tip
    assert len(lines(two)) == 2


def test_a_remote_branch_that_was_rewritten_loses_nothing_for_us(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    one = open_log(clone("one"))
    kept = put(one, event())
    one.exchange()
    editor = clone("editor")
    git("switch", "-q", "a-sync", cwd=editor)
    other = event()
    (editor / "events.jsonl").write_bytes(other + b"\n")
    git("commit", "-qam", "replaced", cwd=editor)
    git("push", "-q", cwd=editor)
    assert one.exchange().ok
    assert lines(one) == {kept, other}
    assert one.tip == one.upstream.tip


def test_strange_things_on_the_remote_end_nothing(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    """Names that are no UTF-8, links, folders named like logs: whoever can push can push them."""
    one = open_log(clone("one"))
    kept = put(one, event())
    one.exchange()
    hostile = clone("hostile")
    git("switch", "-q", "a-sync", cwd=hostile)
    (hostile / "messages" / "folder.jsonl").mkdir(parents=True)
    (hostile / "messages" / "folder.jsonl" / "x").write_text("x")
    (hostile / "messages" / "link.jsonl").symlink_to("/etc/passwd")
    for name in (b"strange\xff\xfe", b"messages/\xff.jsonl", b"messages/..jsonl", b"\n"):
        Path(os.fsdecode(os.fsencode(hostile) + b"/" + name)).write_text("not json\n")
    git("add", ".", cwd=hostile)
    git("commit", "-qm", "strange", cwd=hostile)
    git("push", "-q", cwd=hostile)
    mine = put(one, event())
    assert one.exchange().ok
    assert {kept, mine} <= lines(one)
    assert {line.path for line in one.read()} >= {"messages/\\xff.jsonl", "messages/..jsonl"}
    assert all("root:" not in line.raw.decode(errors="replace") for line in one.read())
    assert one.tip == one.upstream.tip
    assert open_log(clone("late")).exchange().ok
    assert one.packing.pack(one.tip)
    git("fsck", "--full", cwd=one.upstream.git.repository)


def test_a_deleted_remote_branch_is_made_again(
    clone: Clone, open_log: Open, event: Event, git: Git, remote: Path
) -> None:
    one = open_log(clone("one"))
    put(one, event())
    one.exchange()
    git("update-ref", "-d", "refs/heads/a-sync", cwd=remote)
    assert one.exchange().pushed
    assert git("rev-parse", "a-sync", cwd=remote).strip() == one.tip


def test_a_users_own_fetch_disturbs_nothing(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    first = put(one, event())
    one.exchange()
    git("fetch", "-q", cwd=two.upstream.git.repository)
    second = put(two, event())
    assert two.exchange().ok
    assert lines(two) == {first, second}


def test_a_single_branch_clone_keeps_its_tracking_ref(
    tmp_path: Path, remote: Path, clone: Clone, git: Git, open_log: Open, event: Event
) -> None:
    base = clone("base")
    git("commit", "--allow-empty", "-qm", "x", cwd=base)
    git("push", "-q", "origin", "HEAD:main", cwd=base)
    git("clone", "-q", "--single-branch", str(remote), "single", cwd=tmp_path)
    log = open_log(tmp_path / "single")
    put(log, event())
    assert log.exchange().pushed
    assert log.upstream.tip == log.tip
    assert log.exchange().outcome is Outcome.NOTHING_TO_DO


def test_a_remote_that_is_away_is_said_so_and_loses_nothing(
    clone: Clone, open_log: Open, event: Event, remote: Path
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    away = remote.rename(remote.with_name("away.git"))
    raw = put(one, event())
    result = one.exchange()
    assert result.outcome is Outcome.UNREACHABLE
    assert "remote.git" in result.words
    assert lines(one) == {raw}
    away.rename(remote)
    assert one.exchange().ok
    assert two.exchange().ok
    assert lines(two) == {raw}


def test_a_remote_that_refuses_is_said_so(
    clone: Clone, open_log: Open, event: Event, remote: Path
) -> None:
    one = open_log(clone("one"))
    one.exchange()
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'policy: no messages here' >&2\nexit 1\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    raw = put(one, event())
    result = one.exchange()
    assert result.outcome is Outcome.REFUSED
    assert "policy" in result.words
    assert not result.ok
    hook.unlink()
    assert one.exchange(insist=True).pushed
    assert lines(one) == {raw}


def refusing_hook(git: Git, where: Path, remote: Path) -> None:
    hook = remote / "hooks" / "update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)


def nowhere(git: Git, where: Path, remote: Path) -> None:
    git("remote", "set-url", "--push", "origin", "no_push", cwd=where)


def refusing_program(git: Git, where: Path, remote: Path) -> None:
    git("config", "remote.origin.receivepack", "echo 'error: 403' >&2; false", cwd=where)


def hanging_program(git: Git, where: Path, remote: Path) -> None:
    git("config", "remote.origin.receivepack", "sleep 60; true", cwd=where)


Close = Callable[[Git, Path, Path], None]
CLOSED: dict[Close, Outcome] = {
    refusing_hook: Outcome.REFUSED,
    nowhere: Outcome.UNREACHABLE,
    refusing_program: Outcome.AUTH_FAILED,
    hanging_program: Outcome.TIMED_OUT,
}


@pytest.mark.parametrize("close", CLOSED, ids=lambda close: close.__name__)
def test_who_cannot_push_reads_all_the_same(
    clone: Clone,
    open_log: Open,
    event: Event,
    git: Git,
    remote: Path,
    close: Close,
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    theirs = put(one, event("theirs"))
    one.exchange()
    close(git, Path(two.repository.workdir), remote)
    mine = put(two, event("mine"))
    two.upstream.git.limit_s = 60 if close is not hanging_program else 3
    result = two.exchange()
    assert (result.outcome, result.reads, result.pushed) == (CLOSED[close], True, False)
    assert result.words.startswith("cannot push: ")
    assert lines(two) == {theirs, mine}
    again = two.exchange()
    assert (again.outcome, again.reads, again.processes) == (CLOSED[close], True, 1)
    assert again.words.startswith("cannot push: ")


def test_what_was_not_taken_is_offered_again_in_time(
    clone: Clone, open_log: Open, event: Event, git: Git, remote: Path
) -> None:
    one = open_log(clone("one"))
    one.exchange()
    refusing_hook(git, remote, remote)
    put(one, event())
    now = one.mover.elapsed_ns()
    one.mover.elapsed_ns = lambda: now
    assert one.exchange().attempts == 1
    assert one.exchange().attempts == 0
    assert one.exchange(insist=True).attempts == 1
    now += 61 * 10**9
    assert one.exchange().attempts == 0, "longer each time"
    put(one, event())
    assert one.exchange().attempts == 1, "what is new is offered at once"
    now += 3600 * 10**9
    assert one.exchange().attempts == 1
    (remote / "hooks" / "update").unlink()
    assert one.exchange(insist=True).pushed


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_is_set_meanwhile_neither_ends_an_exchange_nor_holds_one_up(
    clone: Clone, open_log: Open, event: Event, git: Git, remote: Path, days: int
) -> None:
    one = open_log(clone("one"))
    one.exchange()
    wall = one.mover.now_ns()
    # Each git program finds it set by days more.
    one.mover.now_ns = lambda: wall + one.upstream.git.started * days * 86_400 * 10**9
    put(one, event())
    assert one.exchange(deadline_s=30).pushed
    refusing_hook(git, remote, remote)
    put(one, event())
    now = one.mover.elapsed_ns()
    one.mover.elapsed_ns = lambda: now
    assert one.exchange().attempts == 1
    assert one.exchange().attempts == 0
    (remote / "hooks" / "update").unlink()
    now += 61 * 10**9
    assert one.exchange().pushed


def test_without_a_remote_the_branch_is_kept(
    tmp_path: Path, git: Git, open_log: Open, event: Event
) -> None:
    git("init", "-q", "alone", cwd=tmp_path)
    log = open_log(tmp_path / "alone")
    raw = put(log, event())
    assert log.exchange().outcome is Outcome.NO_REMOTE
    assert lines(log) == {raw}


def test_git_that_hangs_is_killed_with_its_children(
    clone: Clone, open_log: Open, event: Event, tmp_path: Path
) -> None:
    log = open_log(clone("one"))
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nsleep 987654 &\nwait\n")
    fake.chmod(0o755)
    log.upstream.git.environment = {**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"}
    log.upstream.git.limit_s = 0.3
    put(log, event())
    assert log.exchange().outcome is Outcome.TIMED_OUT
    running = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
    assert ["sleep", "987654"] not in running


def test_git_is_asked_before_it_is_killed_and_pipes_elsewhere_are_not_waited_for(
    clone: Clone, open_log: Open, event: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(clone("one"))
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    # A daemon in a session of its own keeps the pipes open, as an ssh master may.
    fake.write_text(
        "#!/bin/sh\ntrap 'touch asked; exit 1' TERM\nsetsid sleep 30 & echo $! > daemon\nwait\n"
    )
    fake.chmod(0o755)
    log.upstream.git.environment = {**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"}
    log.upstream.git.limit_s = 1
    put(log, event())
    assert log.exchange().outcome is Outcome.TIMED_OUT
    root = Path(log.repository.workdir)
    assert (root / "asked").exists()
    daemon = psutil.Process(int((root / "daemon").read_text()))
    assert daemon.is_running(), "it was not waited for"
    daemon.kill()


def test_an_exchange_ends_by_its_deadline(clone: Clone, open_log: Open, event: Event) -> None:
    log, other = open_log(clone("one")), open_log(clone("two"))
    log.exchange()
    put(other, event())
    assert other.exchange().ok
    put(log, event())
    # Each git takes nine seconds, so the time is up after the rejected push.
    log.mover.elapsed_ns = lambda: log.upstream.git.started * 9_000_000_000
    result = log.exchange(deadline_s=8)
    assert result.outcome is Outcome.TIMED_OUT
    assert result.processes == 1
    assert log.exchange().ok
    assert log.tip == log.upstream.tip


def test_the_lock_of_a_git_that_was_killed_does_not_end_all_fetching(
    clone: Clone, open_log: Open, event: Event
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    raw = put(one, event())
    one.exchange()
    lock = two.upstream.ref.path.with_name("a-sync.lock")
    lock.touch()
    os.utime(lock, (0, 0))
    assert two.exchange().ok
    assert lines(two) == {raw}


def test_a_lock_that_a_crash_left_at_the_remote_is_named(
    clone: Clone, open_log: Open, event: Event, remote: Path
) -> None:
    log = open_log(clone("one"))
    log.exchange()
    lock = remote / "refs/heads/a-sync.lock"
    lock.touch()
    put(log, event())
    result = log.exchange()
    assert (result.outcome, result.pushed) == (Outcome.REJECTED, False)
    assert "a-sync.lock" in result.words
    assert lock.exists()
    lock.unlink()
    assert log.exchange().pushed


@pytest.mark.parametrize(
    "kind", ["normal", "linked", "sparse", "hooks and signing", "odd ä ☃ name"]
)
def test_nothing_else_in_the_repository_changes(
    tmp_path: Path, clone: Clone, git: Git, open_log: Open, event: Event, kind: str
) -> None:
    base = clone("base")
    for name in ("a.txt", "inner/b.txt"):
        (base / name).parent.mkdir(exist_ok=True)
        (base / name).write_text(name)
    git("add", ".", cwd=base)
    git("commit", "-qm", "x", cwd=base)
    git("push", "-q", "origin", "HEAD:main", cwd=base)
    where = base
    if kind == "linked":
        where = tmp_path / "linked"
        git("worktree", "add", "-q", "-b", "side", str(where), cwd=base)
    elif kind == "sparse":
        git("sparse-checkout", "set", "inner", cwd=base)
    elif kind == "hooks and signing":
        git("config", "commit.gpgsign", "true", cwd=base)
        git("config", "push.gpgsign", "true", cwd=base)
        for name in ("pre-push", "post-commit", "reference-transaction", "post-checkout"):
            hook = base / ".git/hooks" / name
            hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/hook-ran'\nexit 1\n")
            hook.chmod(0o755)
    elif kind.startswith("odd"):
        where = base.rename(tmp_path / kind)
    (where / "dirty.txt").write_text("uncommitted")
    root = tmp_path if kind == "linked" else where
    before = picture(root)
    log = open_log(where)
    for _ in range(2):
        put(log, event())
        assert log.exchange().ok
    assert not (tmp_path / "hook-ran").exists()
    assert picture(root) == before
    config = git("config", "--get-regexp", "^branch.a-sync", cwd=where).split()
    assert config == ["branch.a-sync.remote", "origin", "branch.a-sync.merge", "refs/heads/a-sync"]


def picture(root: Path) -> dict[str, bytes]:
    """Every file below but those that may change: objects, the branch, its tracking ref, config."""
    ours = ("refs/heads/a-sync", "refs/remotes/origin/a-sync")
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        outside = "/objects/" in name or name.endswith(ours) or ".thrum/" in name
        if path.is_file() and not outside and "remote.git" not in name and "home/" not in name:
            data = path.read_bytes()
            if name.endswith(".git/config"):
                data = data.split(b'[branch "a-sync"]')[0]
            found[name] = data
    return found


def test_objects_and_the_ref_are_synced_before_the_journal_is_trimmed(
    clone: Clone, event: Event, tmp_path: Path
) -> None:
    """Shown by the system calls, not by a setting."""
    if subprocess.run(["which", "strace"], capture_output=True, check=False).returncode:
        pytest.skip("strace is not installed")
    where = clone("one")
    script = f"""
from pathlib import Path
from gitstore import Log
where = Path({str(where)!r})
log = Log.open(where, journal=where / ".thrum/var/journal.jsonl")
log.append([[("events.jsonl", {event()!r})]])
log.commit()
"""
    trace = tmp_path / "trace"
    calls = "openat,link,rename,fsync,fdatasync,close"

    subprocess.run(
        [
            "strace",
            "-f",
            "-qq",
            "-y",
            "-e",
            f"trace={calls}",
            "-o",
            str(trace),
            sys.executable,
            "-c",
            script,
        ],
        check=True,
    )
    steps = trace.read_text().splitlines()

    def at(*needles: str) -> list[int]:
        return [n for n, text in enumerate(steps) if all(needle in text for needle in needles)]

    trimmed = at("rename", "journal.new", "journal.jsonl")[-1]
    moved = at("rename", ".a-sync.new.lock", "refs/heads/a-sync")[-1]
    made = at("rename(", "tmp_object_", "/objects/")
    assert len(made) >= 3
    assert moved < trimmed
    for step in made:
        before = [n for n in at("fsync(", "tmp_object") if n < step]
        after = [n for n in at("fsync(", "/objects/") if step < n < moved]
        assert before
        assert after, "their directory is synced"
    assert [n for n in at("fsync(", ".a-sync.new.lock") if n < moved]
    assert [n for n in at("fsync(", "refs/heads>") if moved < n < trimmed]


def test_git_syncs_what_it_fetches_before_the_branch_points_at_it(
    clone: Clone, open_log: Open, event: Event, tmp_path: Path
) -> None:
    if subprocess.run(["which", "strace"], capture_output=True, check=False).returncode:
        pytest.skip("strace is not installed")
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    put(one, event("theirs"))
    one.exchange()
    trace = tmp_path / "trace"
    bin = tmp_path / "bin"
    bin.mkdir()
    strace = f"strace -f -qq -y -e trace=fsync,fdatasync -A -o {trace}"
    (bin / "git").write_text(f'#!/bin/sh\nexec {strace} {shutil.which("git")} "$@"\n')
    (bin / "git").chmod(0o755)
    program = two.upstream.git
    program.environment = {**os.environ, "PATH": f"{bin}:{os.environ['PATH']}"}
    assert two.exchange().fetched
    synced = [line for line in trace.read_text().splitlines() if "/one/" not in line]
    # Commit, two trees at most and the file of the one line.
    assert len([line for line in synced if "/objects/" in line and "tmp_obj" in line]) >= 3
    assert [line for line in synced if "refs/remotes/origin/a-sync.lock" in line]


def test_folders_without_end_are_in_nobodys_way(
    clone: Clone, open_log: Open, event: Event, remote: Path
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    raws = {put(one, event("before"))}
    one.exchange()
    bare = pygit2.Repository(str(remote))
    for folder in ("messages-v2", "other"):
        tip = bare.references["refs/heads/a-sync"].peel(pygit2.Commit)
        tree = bare.create_blob(folder.encode())
        mode = FileMode.BLOB
        for _ in range(1500):
            builder = bare.TreeBuilder()
            builder.insert("d", tree, mode)
            tree, mode = builder.write(), FileMode.TREE
        builder = bare.TreeBuilder(tip.tree_id)
        builder.insert(folder, tree, mode)
        deep = bare.create_commit(None, tip.author, tip.author, "deep", builder.write(), [tip.id])
        bare.references.create("refs/heads/a-sync", deep, force=True)
        raws.add(put(two, event("after")))
        assert two.exchange().ok
        assert lines(two) == raws
        two.packing.pack(two.tip)
    assert one.exchange().ok
    assert one.tip == two.tip


@pytest.mark.parametrize("what", ["commit", "blob"])
def test_what_a_prune_takes_of_a_fetch_is_fetched_again(
    clone: Clone, open_log: Open, event: Event, git: Git, what: str
) -> None:
    """Git lets a ref point at objects that a prune takes at the same moment."""
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    raws = {put(one, event("theirs"))}
    one.exchange()
    where = Path(two.repository.workdir)
    if what == "blob":
        raws.add(put(two, event("ours")))
        two.commit()
    git("fetch", "-q", "origin", "+refs/heads/a-sync:refs/remotes/origin/a-sync", cwd=where)
    theirs = two.upstream.tip
    lost = git("rev-parse", theirs if what == "commit" else f"{theirs}:events.jsonl", cwd=where)
    (where / ".git/objects" / lost[:2] / lost[2:].strip()).unlink()
    assert two.exchange().ok
    assert lines(two) == raws
    git("fsck", "--strict", cwd=where)
    assert one.exchange().ok
    assert one.tip == two.tip


def test_what_a_prune_takes_after_a_fetch_is_put_back(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    raw = put(one, event("theirs"))
    one.exchange()
    assert two.exchange().merged
    where = Path(two.repository.workdir)
    names = (two.tip, f"{two.tip}^{{tree}}", f"{two.tip}:events.jsonl")
    for lost in git("rev-parse", *names, cwd=where).split():
        (where / ".git/objects" / lost[:2] / lost[2:]).unlink()
    two.repository.free()
    assert {line.raw for line in two.since(None).lines} == {raw}
    git("fsck", "--strict", cwd=where)


def test_what_a_prune_takes_of_ours_during_a_fetch_is_put_back(
    clone: Clone, open_log: Open, event: Event, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came stands on what went, and nothing can be said of it before that is there."""
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    where = Path(two.repository.workdir)
    ours: list[str] = []
    fetched: list[Answer] = []
    raws = {put(one, event("theirs"))}
    one.exchange()
    for name in ("first", "second"):
        raws.add(put(two, event(name)))
        two.commit()
        ours.append(two.tip)
    fetch = GitProgram.fetch

    def fetch_beside_a_prune(program: GitProgram, *arguments: Any) -> Answer:
        answer = fetch(program, *arguments)
        if not fetched:
            (where / ".git/objects" / ours[0][:2] / ours[0][2:]).unlink()
            two.repository.free()
        fetched.append(answer)
        return answer

    monkeypatch.setattr(GitProgram, "fetch", fetch_beside_a_prune)
    assert two.exchange().ok
    assert lines(two) == raws
    git("fsck", "--strict", cwd=where)
    assert one.exchange().ok
    assert one.tip == two.tip


def test_who_is_always_slower_gets_there_when_the_others_have_done(
    clone: Clone, open_log: Open, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.exchange()
    two.exchange()
    push = GitProgram.push
    raws = [put(one, event("slow"))]

    def faster(program: GitProgram, commit: str) -> Answer:
        if program is one.upstream.git and len(raws) < 20:
            raws.append(put(two, event("fast")))
            assert two.exchange().ok
        return push(program, commit)

    monkeypatch.setattr(GitProgram, "push", faster)
    result = one.exchange()
    assert result.pushed
    assert result.attempts == 20
    assert lines(one) == set(raws)


def test_a_shallow_branch_is_exchanged_both_ways(
    remote: Path, tmp_path: Path, clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    one = open_log(clone("one"))
    for number in range(4):
        put(one, event(f"{number}"))
        one.commit()
    one.exchange()
    flags = ("--depth", "1", "--no-single-branch")
    git("clone", "-q", *flags, f"file://{remote}", "low", cwd=tmp_path)
    low = open_log(tmp_path / "low")
    assert low.repository.is_shallow
    put(low, event("from below"))
    put(one, event("meanwhile"))
    assert one.exchange().pushed
    assert low.exchange().pushed
    assert one.exchange().merged
    assert one.tip == low.tip
    assert len(list(low.read())) == 6
    assert git("fsck", cwd=tmp_path / "low") == ""
