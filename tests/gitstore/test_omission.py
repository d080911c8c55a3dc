"""What is to leave the files of the branch leaves them, everywhere, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Format, Log, Omission, canonical
from gitstore.line import split
from gitstore.merge import Join, changed_files, entry_at
from gitstore.objects import Objects
from gitstore.omission import MOST_TIMES, Omitter
from tests.gitstore.test_merge import write
from tests.laws import examples

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]

SIGN = b'"drops"'


def rule(lines: Iterable[bytes]) -> Callable[[str, bytes], bool]:
    """Lines with a word that some line drops go, but never one that drops something."""
    words = {msgspec.json.decode(raw).get("drops") for raw in lines}

    def goes(_path: str, raw: bytes) -> bool:
        try:
            line = msgspec.json.decode(raw, type=dict)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        return "drops" not in line and line.get("text") in words

    return goes


FORMAT = Format(omission=Omission("events.jsonl", SIGN, rule))


# -- laws --


def line(number: int, **fields: str) -> bytes:
    """A line of which there is one with its number."""
    return canonical({"event_id": f"evt_{number}", "timestamp": str(number % 3), **fields})


said = [line(number, text=word) for number, word in enumerate("abcabcabc")]
drops = [line(90 + number, drops=word) for number, word in enumerate("ab")]
odd = [b"{broken", b'{"drops', b'{"text":"a"}', b"\xff"]
lines = st.lists(st.sampled_from([*said, *drops, *odd]), max_size=8)
blobs = lines.map(lambda found: b"".join(raw + b"\n" for raw in dict.fromkeys(found)))
PATHS = ["events.jsonl", "messages/a.jsonl", "messages/a~2.jsonl", "receipts/a.jsonl"]
trees = st.dictionaries(st.sampled_from([*PATHS, "notes.md"]), blobs, max_size=4)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> pygit2.Repository:
    return pygit2.init_repository(str(tmp_path_factory.mktemp("omission")), bare=True)


def join(repository: pygit2.Repository, *several: pygit2.Oid) -> pygit2.Oid:
    """Unites trees one by one, as a replica does that gets to know one after the other."""
    objects = Objects(repository, FORMAT.author)
    omitter = Omitter(objects, FORMAT)
    tree = omitter.cleaned(several[0])
    for other in several[1:]:
        tree = omitter.cleaned(Join(objects, FORMAT).trees(tree, other))
    return tree


def held(repository: pygit2.Repository, tree: pygit2.Oid) -> dict[str, set[bytes]]:
    return {
        path: {raw for _, raw in split(Objects(repository, FORMAT.author).data(blob))}
        for path, _, blob in changed_files(repository, None, tree)
    }


@settings(max_examples=examples(80))
@given(one=trees, two=trees, three=trees)
def test_the_join_that_leaves_out_keeps_its_laws(
    repository: pygit2.Repository,
    one: dict[str, bytes],
    two: dict[str, bytes],
    three: dict[str, bytes],
) -> None:
    a, b, c = (write(repository, files) for files in (one, two, three))
    whole = join(repository, a, b, c)
    for order in ((c, b, a), (b, a, c), (a, join(repository, b, c)), (join(repository, c, a), b)):
        assert held(repository, join(repository, *order)) == held(repository, whole)
    for again in (whole, a, b, c):
        assert join(repository, whole, again) == whole


@settings(max_examples=examples(80))
@given(one=trees, two=trees)
def test_nothing_goes_but_what_is_said_to(
    repository: pygit2.Repository, one: dict[str, bytes], two: dict[str, bytes]
) -> None:
    a, b = write(repository, one), write(repository, two)
    united = Join(Objects(repository, FORMAT.author), FORMAT).trees(a, b)
    all_lines = held(repository, united)
    signed = [raw for raw in all_lines.get("events.jsonl", ()) if raw in drops]
    goes = rule(signed)
    expected = {
        path: {raw for raw in found if path == "notes.md" or not goes(path, raw)}
        for path, found in all_lines.items()
    }
    assert held(repository, join(repository, a, b)) == expected


def test_a_file_that_lost_every_line_stays_and_the_next_segments_are_found(
    clone: Clone, open_log: Open, event: Event
) -> None:
    log = open_log(clone("one"), Format(segment_bytes=200, omission=FORMAT.omission))
    for _ in range(6):
        log.append([[("messages/a.jsonl", event("gone"))]])
        log.commit()
    log.append([[("messages/a.jsonl", event("stays"))]])
    log.append([[("events.jsonl", event(drops="gone"))]])
    log.commit()
    log.append([[("messages/a.jsonl", event("after"))]])
    log.commit()
    assert [b"gone" in raw for raw in texts(log)] == [False] * 2 + [True]
    tree = log.mover.tree(log.tip)
    assert entry_at(log.repository, tree, "messages/a.jsonl")
    assert len(list(log.read(shard="messages/a.jsonl"))) == 2


# -- logs --


def texts(log: Log) -> list[bytes]:
    """Lines, those that say what goes last."""
    return sorted((each.raw for each in log.read()), key=lambda raw: (SIGN in raw, raw))


def two_that_know_each_other(clone: Clone, open_log: Open, event: Event) -> tuple[Log, Log]:
    one, two = (open_log(clone(name), FORMAT) for name in ("one", "two"))
    one.append([[("messages/a.jsonl", event("secret")), ("messages/a.jsonl", event("open"))]])
    two.append([[("messages/b.jsonl", event("secret"))]])
    for log in (one, two, one):
        assert log.exchange().ok
    return one, two


def test_what_one_says_leaves_the_files_of_all_and_stays_in_the_history(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    one, two = two_that_know_each_other(clone, open_log, event)
    two.append([[("messages/b.jsonl", event("later, open"))]])
    two.commit()
    one.append([[("events.jsonl", event(drops="secret"))]])
    for log in (one, two, one):
        assert log.exchange().ok
    assert one.tip == two.tip
    assert not any(b"secret" in raw and SIGN not in raw for raw in texts(one))
    assert sum(b"open" in raw for raw in texts(one)) == 2
    history = git("log", "-p", "a-sync", cwd=one.journal.path.parents[2])
    assert '"text":"secret"' in history
    for log in (one, two):
        assert log.exchange().merged is False
        assert log.kept_lines == 0


def test_what_waits_in_the_journal_never_comes_to_the_files(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    log = open_log(clone("one"), FORMAT)
    log.append([[("messages/a.jsonl", event("secret"))]])
    log.append([[("events.jsonl", event(drops="secret")), ("messages/a.jsonl", event("open"))]])
    log.commit()
    assert len(texts(log)) == 2
    assert '"text":"secret"' not in git("log", "-p", "a-sync", cwd=log.journal.path.parents[2])
    log.append([[("messages/a.jsonl", event("secret"))]])
    assert log.commit() is None
    assert not log.has_waiting


@pytest.mark.parametrize("back", ["by moving back", "by another branch"])
def test_a_branch_that_is_moved_back_brings_nothing_back(
    clone: Clone, open_log: Open, event: Event, git: Git, back: str
) -> None:
    one, two = two_that_know_each_other(clone, open_log, event)
    before = one.tip
    one.append([[("events.jsonl", event(drops="secret"))]])
    assert one.exchange().ok
    where = one.journal.path.parents[2]
    if back == "by moving back":
        git("update-ref", "refs/heads/a-sync", before, cwd=where)
    else:
        git("push", "-qf", "origin", f"{before}:refs/heads/a-sync", cwd=where)
    for log in (one, two, one):
        log.joining.regain()
        assert log.exchange().ok
    assert one.tip == two.tip
    assert len(texts(one)) == 2


def older_program(git: Git, where: Path, lines: Iterable[bytes]) -> None:
    """Commits on top of the remote's branch a file with these lines besides its own."""
    git("fetch", "-q", "origin", cwd=where)
    git("checkout", "-q", "-B", "a-sync", "origin/a-sync", cwd=where)
    file = where / "messages" / "a.jsonl"
    file.write_bytes(file.read_bytes() + b"".join(raw + b"\n" for raw in lines))
    git("commit", "-qam", "older", cwd=where)
    git("push", "-q", "origin", "a-sync", cwd=where)


def test_who_brings_lines_back_for_ever_is_let_be(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    one, two = two_that_know_each_other(clone, open_log, event)
    gone = [raw for raw in texts(one) if b"secret" in raw]
    one.append([[("events.jsonl", event(drops="secret"))]])
    assert one.exchange().ok
    partner = clone("partner")
    for number in range(1, MOST_TIMES + 3):
        older_program(git, partner, gone)
        assert one.exchange().ok
        is_tired = number >= MOST_TIMES
        assert (one.kept_lines > 0) == is_tired
        assert any(raw in gone for raw in texts(one)) == is_tired
    # Another one has more patience, but that ends, too.
    for _ in range(2 * MOST_TIMES):
        for log in (two, one):
            assert log.exchange().ok
    assert one.tip == two.tip
    # What more is to go is tried anew.
    one.append([[("events.jsonl", event(drops="other"))]])
    assert one.exchange().ok
    assert one.kept_lines == 0
    assert not any(raw in gone for raw in texts(one))


def test_who_does_not_know_yet_brings_nothing_back(
    clone: Clone, open_log: Open, event: Event
) -> None:
    one, two = two_that_know_each_other(clone, open_log, event)
    one.append([[("events.jsonl", event(drops="secret"))]])
    one.commit()
    for _ in range(2 * MOST_TIMES):  # each time from before one's word
        two.append([[("messages/b.jsonl", event("secret"))]])
        two.commit()
        one.joining.rejoin(two.tip) if two.tip in one.repository else None
    for log in (two, one, two):
        assert log.exchange().ok
    assert one.kept_lines == two.kept_lines == 0
    assert one.tip == two.tip
    assert len(texts(one)) == 2


def test_only_what_changed_is_judged(
    clone: Clone, open_log: Open, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[bytes] = []

    def counting(lines: Iterable[bytes]) -> Callable[[str, bytes], bool]:
        goes = rule(lines)

        def judge(path: str, raw: bytes) -> bool:
            judged.append(raw)
            return goes(path, raw)

        return judge

    omission = Omission("events.jsonl", SIGN, counting)
    log = open_log(clone("one"), Format(omission=omission))
    for number in range(20):
        log.append([[(f"messages/a{number}.jsonl", event("many")) for _ in range(20)]])
    log.commit()
    assert judged == [], "nothing says that anything goes"
    log.append([[("events.jsonl", event(drops="few"))]])
    log.commit()
    assert len(judged) == 401
    judged.clear()
    log.append([[("messages/a3.jsonl", event("one more"))]])
    log.commit()
    assert len(judged) == 1
