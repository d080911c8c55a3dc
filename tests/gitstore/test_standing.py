"""What a log says of itself to whoever watches over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gitstore import Log, Origin, Outcome, Standing

Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def put(log: Log, raw: bytes) -> None:
    log.append([[("events.jsonl", raw)]])


def test_it_tells_how_far_both_sides_are(clone: Clone, open_log: Open, event: Event) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    put(one, event())
    one.commit()
    assert one.standing() == Standing(one.tip, 2, 0, "origin")  # nothing is known of the remote
    one.exchange()
    put(one, event())
    one.commit()
    assert one.standing() == Standing(one.tip, 1, 0, "origin")
    two.exchange()
    put(two, event())
    assert two.exchange().ok
    assert one.upstream.git.fetch().outcome is Outcome.OK
    found = one.standing()
    assert (found.ahead, found.behind > 0) == (1, True)


def test_lines_wait_until_a_commit_holds_them(clone: Clone, open_log: Open, event: Event) -> None:
    log = open_log(clone("one"))
    assert not log.has_waiting
    put(log, event())
    assert log.has_waiting
    log.commit()
    assert not log.has_waiting


def test_trouble_with_the_worktree_is_told_by_file(
    clone: Clone, open_log: Open, event: Event
) -> None:
    log = open_log(clone("one"))
    assert list(log.worktree_trouble) == []
    found = log.make_worktree()
    assert found.admin
    (found.admin / "index.lock").touch()
    put(log, event())
    log.commit()
    (words,) = log.worktree_trouble
    assert words.startswith("index: ")
    assert "index.lock is held" in words


def test_after_an_abort_no_git_is_started(clone: Clone, open_log: Open, event: Event) -> None:
    log = open_log(clone("one"))
    put(log, event())
    log.abort()
    done = log.exchange()
    assert done.outcome is Outcome.FAILED
    assert "its owner stops" in done.words
    assert done.committed


def test_an_opening_tells_what_was_cut_off(clone: Clone, open_log: Open, event: Event) -> None:
    log = open_log(clone("one"))
    assert (log.opened.branch.origin, log.opened.torn) == (Origin.CREATED, None)
    put(log, event())
    log.close()
    with log.journal.path.open("ab") as file:
        file.write(b'{"batch":[{"half')
    again = open_log(Path(log.repository.workdir))
    assert again.opened.torn
    assert again.opened.torn.read_bytes() == b'{"batch":[{"half'
    assert again.opened.damaged_records == 0


def test_a_line_is_known_by_its_id(clone: Clone, open_log: Open) -> None:
    log = open_log(clone("one"))
    assert log.id_of(b'{"event_id":"evt_1"}') == "evt_1"
    assert log.id_of(b"?") == log.id_of(b"{}") == ""


def test_what_a_remote_without_the_branch_lacks_is_all_of_it(
    clone: Clone, open_log: Open, event: Event, git: Callable[..., str]
) -> None:
    where = clone("one")
    log = open_log(where)
    for count in (1, 2, 3):
        assert log.standing().ahead == count
        put(log, event())
        log.commit()
    git("update-ref", "refs/heads/a-sync", "a-sync~2", cwd=where)
    assert log.standing().ahead == 2
    git("remote", "remove", "origin", cwd=where)
    assert log.standing().ahead == 0, "nobody lacks anything"
