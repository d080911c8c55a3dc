"""Files beside the log: put on the branch, exchanged, tolerated by who knows nothing of them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitstore import Log, Outcome
from tests.laws import examples

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]
NOTES = "context/alice.md"


def shown(where: Path, git: Git, path: str = NOTES) -> str:
    return git("show", f"a-sync:{path}", cwd=where)


def test_a_file_is_put_replaced_and_kept_in_the_history(
    clone: Clone, open_log: Open, git: Git, event: Event
) -> None:
    where = clone("one")
    log = open_log(where)
    first = log.put(NOTES, b"one\n", "context: sync alice")
    assert first is not None
    assert log.tip == first.id
    assert shown(where, git) == "one\n"
    assert git("log", "-1", "--format=%s", "a-sync", cwd=where) == "context: sync alice\n"
    assert log.put(NOTES, b"one\n", "again") is None
    log.append([[("events.jsonl", event())]])
    log.commit()
    log.put(NOTES, b"two\xff\0", "context: sync alice")
    log.put("root.md", b"", "root")
    assert git("show", f"{first.id}:{NOTES}", cwd=where) == "one\n"
    listing = git("ls-tree", "-r", "--name-only", "a-sync", cwd=where).split()
    assert listing == [NOTES, "events.jsonl", "root.md"]
    assert len(list(log.read())) == 1


@pytest.mark.parametrize(
    "path",
    [
        "events.jsonl",
        "messages/a.jsonl",
        "state/a.json",
        "context/../a.md",
        "../a.md",
        "/a.md",
        "context/",
        "",
        "a/b/c.md",
        ".git/config",
        "context/.git",
    ],
)
def test_paths_that_are_refused(clone: Clone, open_log: Open, path: str) -> None:
    log = open_log(clone("one"))
    tip = log.tip
    with pytest.raises(ValueError, match="no place"):
        log.put(path, b"x", "x")
    assert log.tip == tip


def test_other_clones_get_it_and_later_exchanges_go_on(
    clone: Clone, open_log: Open, git: Git, event: Event
) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    one.put(NOTES, b"one\n", "context: sync alice")
    two.append([[("events.jsonl", event())]])
    assert one.exchange().outcome is Outcome.OK
    assert two.exchange().outcome is Outcome.OK
    assert shown(Path(two.repository.workdir), git) == "one\n"
    two.put(NOTES, b"two\n", "context: sync alice")
    one.append([[("events.jsonl", event())]])
    for log in (one, two, one):
        assert log.exchange().outcome in {Outcome.OK, Outcome.NOTHING_TO_DO}
    assert one.tip == two.tip
    assert shown(Path(one.repository.workdir), git) == "two\n"


def test_an_older_program_commits_beside_it(
    clone: Clone, open_log: Open, git: Git, event: Event
) -> None:
    """Its sparse worktree covers no such path: it must go on staging all and keep ours."""
    where = clone("one")
    log = open_log(where)
    log.append([[("events.jsonl", event())]])
    log.commit()
    folder = where / ".git" / "thrum-sync" / "a-sync"
    folder.parent.mkdir()
    git("worktree", "add", "-q", "--force", "--no-checkout", str(folder), "a-sync", cwd=where)
    git("config", "extensions.worktreeConfig", "true", cwd=where)
    git("config", "--worktree", "core.sparseCheckout", "true", cwd=folder)
    sparse = where / ".git" / "worktrees" / "a-sync" / "info" / "sparse-checkout"
    sparse.parent.mkdir(exist_ok=True)
    sparse.write_text("/events.jsonl\n/messages/\n/messages.jsonl\n/state/\n")
    git("checkout", "-q", "a-sync", cwd=folder)
    log.put(NOTES, b"one\n", "context: sync alice")
    for text in (b"two\n", b"three\n"):
        theirs = event("theirs")
        with (folder / "events.jsonl").open("ab") as file:
            file.write(theirs + b"\n")
        git("add", ".", cwd=folder)
        git("commit", "-qm", "sync: theirs", cwd=folder)
        assert NOTES in git("ls-tree", "-r", "--name-only", "a-sync", cwd=where)
        assert theirs in [line.raw for line in log.read()]
        log.put(NOTES, text, "context: sync alice")
        log.commit()
        assert shown(where, git).encode() == text
        assert git("status", "--porcelain", cwd=folder) == ""


@contextmanager
def replicas(count: int) -> Iterator[list[Log]]:
    """Logs of clones of one bare repository."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run(["git", "init", "-q", "--bare", str(root / "r.git")], check=True)
        logs = []
        for number in range(count):
            where = root / str(number)
            subprocess.run(
                ["git", "clone", "-q", str(root / "r.git"), str(where)],
                check=True,
                stderr=subprocess.DEVNULL,
            )
            journal = where / ".thrum" / "var" / "journal.jsonl"
            logs.append(Log.open(where, journal=journal, sleep=lambda _s: None))
        try:
            yield logs
        finally:
            for log in logs:
                log.close()


STEP = st.one_of(
    st.tuples(st.integers(0, 2), st.sampled_from(["context/a.md", "context/b.md"])),
    st.tuples(st.integers(0, 2), st.none()),
)


@settings(max_examples=examples(4), suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, max_size=14))
def test_clones_agree_on_files_that_several_put(steps: list[tuple[int, str | None]]) -> None:
    """Whoever puts after having seen all others' versions wins; nothing else is promised."""
    with replicas(3) as logs:
        put: dict[str, set[bytes]] = {}
        for number, (which, path) in enumerate(steps):
            if path is None:
                assert logs[which].exchange().ok
            else:
                data = b"%d" % number
                logs[which].put(path, data, "x")
                put.setdefault(path, set()).add(data)
        for _ in range(2):
            for log in logs:
                assert log.exchange().ok
        assert len({log.tip for log in logs}) == 1
        for log in logs:
            for path, versions in put.items():
                assert text_at(log, path) in versions
        logs[0].put("context/a.md", b"last", "x")
        for log in logs:
            assert log.exchange().ok
        last = [text_at(log, "context/a.md") for log in logs]
        assert last == [b"last"] * 3


def text_at(log: Log, path: str) -> bytes:
    """The file on the branch."""
    return log.repository.revparse_single(f"a-sync:{path}").peel(pygit2.Blob).data
