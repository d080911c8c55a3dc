"""The log as people ask for it, straight from the branch."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import Log, canonical
from thrum import clock, history
from thrum.errors import ThrumError
from thrum.history import Filter, History, Page

Git = Callable[..., str]
ALL = Filter()
DAY = 86_400 * 10**9
START = clock.parse("2026-01-01T00:00:00Z")


def event(number: int, **fields: Any) -> dict[str, Any]:
    """The n-th event, one second after the one before it."""
    base = {
        "type": "message.create",
        "event_id": f"evt_{number:026}",
        "message_id": f"msg_{number:026}",
        "agent_id": "alice",
        "body": {"content": f"text {number}"},
        "timestamp": clock.format_ns(START + number * 10**9),
        "v": 1,
    }
    return base | fields


class Node:
    """A log in a repository, with a clock that stands where the test says."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.now = START
        self.journal = where / ".thrum" / "var" / "journal.jsonl"
        self.log = Log.open(where, journal=self.journal, now_ns=lambda: self.now)

    def write(self, *events: dict[str, Any], shard: str = "messages/alice.jsonl") -> None:
        self.log.append([[(shard, canonical(each)) for each in events]])

    def commit(self, *events: dict[str, Any], shard: str = "messages/alice.jsonl") -> str:
        self.write(*events, shard=shard)
        made = self.log.commit()
        assert made
        return made.id

    def history(self) -> History:
        return History.open(self.where, self.journal)


@pytest.fixture
def node(tmp_path: Path, git: Git) -> Iterator[Node]:
    git("init", "-q", "-b", "main", "one", cwd=tmp_path)
    found = Node(tmp_path / "one")
    yield found
    found.log.close()


def ids(page: history.Page) -> list[int]:
    return [int(each.event_id[4:]) for each in page.entries]


def put(node: Node, git: Git, path: str, data: bytes) -> None:
    """A file as somebody else commits it."""
    editor = node.where.with_name("editor")
    shutil.rmtree(editor, ignore_errors=True)
    git("worktree", "add", "-q", "--force", str(editor), "a-sync", cwd=node.where)
    (editor / path).parent.mkdir(exist_ok=True)
    (editor / path).write_bytes(data)
    git("add", "-A", cwd=editor)
    git("commit", "-qm", "by hand", cwd=editor)
    git("worktree", "remove", "--force", str(editor), cwd=node.where)


def test_branch_and_journal_are_one_history(node: Node) -> None:
    node.commit(event(1), event(2))
    node.write(event(3), shard="messages/bob.jsonl")
    found = node.history().newest(ALL, 0)
    assert ids(found) == [1, 2, 3]
    assert [(e.path, e.number) for e in found.entries] == [
        ("messages/alice.jsonl", 1),
        ("messages/alice.jsonl", 2),
        ("messages/bob.jsonl", 0),
    ]


def test_a_line_of_the_journal_that_was_committed_is_shown_once(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.write(event(1))
    monkeypatch.setattr(node.log.journal, "trim", lambda _upto: None)
    node.log.commit()
    (only,) = node.history().newest(ALL, 0).entries
    assert only.number == 1


def test_the_newest_are_found_without_reading_what_is_older(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in range(0, 400, 40):
        node.commit(*[event(n, body={"content": "x" * 1000}) for n in range(start, start + 40)])
    read: list[str] = []
    real = history.entries_of

    def counted(path: str, *more: Any) -> Any:
        read.append(path)
        return real(path, *more)

    monkeypatch.setattr(history, "entries_of", counted)
    assert ids(node.history().newest(ALL, 5)) == [395, 396, 397, 398, 399]
    assert len(read) <= 2
    assert len(list(node.history().snapshot.files())) > 8


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from(["a", "b", "c"]), st.sampled_from("Z ")),
        max_size=40,
    ),
    st.integers(1, 8),
)
def test_the_newest_are_the_newest_wherever_they_stand(
    rows: list[tuple[int, str, str]], limit: int
) -> None:
    """Whatever order lines have in files, the bound of a file is never below one of its lines."""
    files: dict[str, bytes] = {}
    for number, (second, name, zone) in enumerate(rows):
        line = canonical(event(number, timestamp=clock.format_ns(START + second * 10**9)))
        if zone == " ":
            line = line.replace(b"0000Z", b"0000+00:00")
        files[name] = files.get(name, b"") + line + b"\n"
    for name, data in files.items():
        for each in history.entries_of(f"messages/{name}.jsonl", data):
            assert each.moment <= history.newest_moment(data)


@pytest.mark.parametrize(
    "text",
    ["2026-01-01T00:00:07Z", "2026-01-01T00:00:07.5Z", "2026-01-01T02:00:07.000000001+02:00"],
)
def test_times_of_other_programs_are_in_their_place(node: Node, git: Git, text: str) -> None:
    node.commit(*[event(n) for n in range(20)])
    put(node, git, "messages/bob.jsonl", canonical(event(100, timestamp=text)) + b"\n")
    found = ids(node.history().newest(ALL, 0))
    assert found.index(100) in {7, 8}
    assert ids(node.history().newest(Filter(until=START + 8 * 10**9 - 1), 2)) in (
        [7, 100],
        [100, 7],
    )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(agent="bob"), [2, 3, 4]),
        (Filter(agent="alice"), [1, 5]),
        (Filter(types=("message.edit",)), [4, 5]),
        (Filter(types=("message",)), [1, 2, 4, 5]),
        (Filter(types=("agent.session", "message.create")), [1, 2, 3]),
        (Filter(since=START + 4 * 10**9), [4, 5]),
        (Filter(until=START + 2 * 10**9), [1, 2]),
        (Filter(before=(START + 4 * 10**9, event(4)["event_id"])), [1, 2, 3]),
        (Filter(before=(START, ""), types=("message",)), []),
        (Filter(agent="nobody"), []),
    ],
)
def test_filters(node: Node, wanted: Filter, expected: list[int]) -> None:
    body = {"content": "new"}
    two = event(2)["message_id"]
    node.commit(
        event(1), event(5, type="message.edit", message_id=event(1)["message_id"], body=body)
    )
    node.commit(
        event(2, agent_id="bob"),
        {**event(4, type="message.edit", message_id=two, body=body), "agent_id": ""},
        shard="messages/bob.jsonl",
    )
    node.commit(
        event(3, type="agent.session.start", agent_id="bob", session_id="s"), shard="events.jsonl"
    )
    assert ids(node.history().newest(wanted, 0)) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_hold_each_event_once_however_many_are_of_one_moment(
    node: Node, git: Git, size: int
) -> None:
    moments = [1, 2, 2, 2, 2, 2, 3, 3, 9]
    made = [
        event(number, timestamp=clock.format_ns(START + moment * 10**9))
        for number, moment in enumerate(moments)
    ]
    node.commit(*made[::2])
    node.commit(*made[1:6:2], shard="messages/bob.jsonl")
    node.write(*made[7::2], shard="messages/bob.jsonl")
    history = node.history()
    found: list[int] = []
    before = None
    while page := history.newest(Filter(before=before), size).entries:
        found = [int(each.event_id[4:]) for each in page] + found
        before = page[0].key
    assert found == list(range(len(moments)))


def test_who_did_it_is_known_also_where_the_event_does_not_say(node: Node) -> None:
    node.commit(
        event(1, type="agent.session.start", agent_id="bob", session_id="ses_1"),
        event(2, type="agent.session.end", agent_id="", session_id="ses_1"),
        shard="events.jsonl",
    )
    node.commit(
        {**event(3, type="message.edit", message_id="msg_gone"), "agent_id": ""},
        shard="messages/carol.jsonl",
    )
    page = node.history().newest(ALL, 0)
    assert [page.actor(each) for each in page.entries] == ["bob", "bob", "carol"]


def test_lines_that_nobody_can_read_are_reported(node: Node, git: Git) -> None:
    node.commit(*[event(n) for n in range(3)])
    put(node, git, "messages/odd.jsonl", b'\n{oops\n{"event_id":"evt_x","type":"message.create"}\n')
    page = node.history().newest(ALL, 1)
    assert [(each.path, each.number) for each in page.unreadable] == [
        ("messages/odd.jsonl", 2),
        ("messages/odd.jsonl", 3),
    ]
    assert all(each.problem for each in page.unreadable)
    assert ids(page) == [2]
    found, _ = node.history().find("messages/odd.jsonl:2")
    assert found.raw == b"{oops"


def test_a_number_that_is_too_large_stands_as_text(node: Node, git: Git) -> None:
    large = b"9" * 5_000
    raw = canonical(event(1)).replace(b'"v":1', b'"v":1,"x":[1e999,0.5,7,%s]' % large)
    put(node, git, "messages/alice.jsonl", raw + b"\n")
    page = node.history().newest(ALL, 0)
    (document,) = [history.as_document(page, each) for each in page.entries]
    assert document["event"]["x"] == ["1e999", 0.5, 7, large.decode()]


def test_deleted_messages_are_known_as_of_the_moment(node: Node) -> None:
    node.commit(event(1))
    before = node.log.tip
    node.commit(event(2, type="message.delete", message_id=event(1)["message_id"]))
    assert node.history().newest(ALL, 0).deleted == {event(1)["message_id"]}
    assert node.history().at_commit(before).newest(ALL, 0).deleted == set()
    until = Filter(until=START + 10**9)
    assert node.history().newest(until, 0).deleted == set()


def purge(number: int) -> dict[str, Any]:
    """A purge of everything before it, as older programs write it."""
    when = clock.format_ns(START + number * 10**9)
    return {"type": "purge.executed", "event_id": f"evt_p{number}", "timestamp": when} | {
        "cutoff": when
    }


@pytest.mark.parametrize("committed", [True, False])
def test_what_is_purged_is_told_nowhere(node: Node, committed: bool) -> None:
    node.commit(event(1), event(5))
    before = node.log.tip
    (node.commit if committed else node.write)(purge(3), shard="events.jsonl")
    found = node.history()

    def told(page: history.Page, *entries: history.Entry) -> list[bool]:
        documents = [history.as_document(page, each) for each in entries or page.entries]
        assert all(each.get("purged", False) is ("body" not in each["event"]) for each in documents)
        return [each.get("purged", False) for each in documents]

    page = found.newest(Filter(types=("message",)), 0)
    assert told(page) == [True, False]
    assert told(found.at_commit(before).newest(ALL, 0)) == [True, False]
    entry, page = found.find(event(1)["message_id"])
    assert told(page, entry) == [True]
    entry, page = found.find("messages/alice.jsonl:1")
    assert told(page, entry) == [True]


def told_of(node: Node, steps: list[Callable[[], object]]) -> Iterator[Page]:
    """The pages that somebody is told who follows, while in each pause the next step happens."""

    def pause() -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    with pytest.raises(KeyboardInterrupt):
        yield from node.history().follow(pause, {})


def test_what_comes_and_is_purged_is_not_told(node: Node) -> None:
    node.commit(event(1))
    steps: list[Callable[[], object]] = [
        lambda: node.commit(purge(9), shard="events.jsonl"),
        lambda: node.commit(event(2), event(10)),
    ]

    pages = [
        [history.as_document(page, each) for each in page.entries] for page in told_of(node, steps)
    ]
    assert [each.get("purged", False) for each in pages[-1]] == [True, False]


def test_any_moment_can_be_looked_at(node: Node) -> None:
    commits = []
    for day in range(1, 4):
        node.now = START + day * DAY
        commits.append(node.commit(event(day * 86_400)))
    node.write(event(300_000))
    found = node.history()
    assert found.commit_named(commits[1][:7]) == commits[1]
    assert found.commit_named("0" * 40) is None
    assert found.commit_named("nothing") is None
    assert ids(found.at_commit(commits[1]).newest(ALL, 0)) == [86_400, 172_800]
    assert found.commit_before(START + 2 * DAY + 5) == commits[1]
    with pytest.raises(ThrumError) as caught:
        found.commit_before(0)
    assert caught.value.kind == "not_found"


def test_a_commit_of_another_branch_is_none_of_this_one(node: Node, git: Git) -> None:
    node.commit(event(1))
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=node.where)
    assert node.history().commit_named(git("rev-parse", "HEAD", cwd=node.where).strip()) is None


def test_one_event_is_found_by_any_unambiguous_ending(node: Node) -> None:
    node.commit(
        event(1, event_id="evt_AAAA1111", message_id="msg_BBBB2222"),
        event(2, event_id="evt_CCCC1111", message_id="msg_DDDD3333"),
    )
    node.write(event(3, event_id="evt_EEEE4444", message_id="msg_BBBB2222", type="message.edit"))
    find = node.history().find
    assert find("A1111")[0].event_id == "evt_AAAA1111"
    assert find("2222")[0].event_id == "evt_AAAA1111"
    assert find("dddd3333")[0].event_id == "evt_CCCC1111"
    assert find("evt_EEEE4444")[0].number == 0
    for text, kind in (("1111", "ambiguous_id"), ("9999", "not_found"), ("111", "usage")):
        with pytest.raises(ThrumError) as caught:
            find(text)
        assert caught.value.kind == kind


def test_an_event_without_an_id_is_found_by_the_one_that_all_compute(node: Node, git: Git) -> None:
    old = event(1)
    del old["event_id"]
    put(node, git, "messages.jsonl", canonical(old) + b"\n")
    (only,) = node.history().newest(ALL, 0).entries
    assert only.event_id.startswith("evt_")
    assert node.history().find(only.event_id[-8:])[0] == only


def test_the_commit_that_brought_a_line_is_found_through_joins(
    node: Node, git: Git, tmp_path: Path
) -> None:
    git("init", "-q", "--bare", "r.git", cwd=tmp_path)
    git("remote", "add", "origin", str(tmp_path / "r.git"), cwd=node.where)
    node.commit(event(1))
    node.log.exchange()
    git("clone", "-q", str(tmp_path / "r.git"), "two", cwd=tmp_path)
    other = Node(tmp_path / "two")
    theirs = other.commit(event(2), shard="messages/bob.jsonl")
    shared = other.commit(event(3))
    other.log.exchange()
    ours = node.commit(event(4))
    node.log.exchange()
    node.commit(event(5))
    expected = {2: theirs, 3: shared, 4: ours}
    found = node.history()
    for each in found.newest(ALL, 0).entries:
        commit, whole = found.brought_by(each)
        assert whole
        number = int(each.event_id[4:])
        assert str(commit.id) == expected.get(number, str(commit.id))
    other.log.close()


def test_a_history_that_is_cut_off_is_said_so(node: Node, git: Git, tmp_path: Path) -> None:
    for number in range(5):
        node.commit(event(number))
    git("clone", "-q", "--depth", "2", "-b", "a-sync", f"file://{node.where}", "low", cwd=tmp_path)
    low = History.open(tmp_path / "low", tmp_path / "none")
    first, *_, last = low.newest(ALL, 0).entries
    assert low.brought_by(first)[1] is False
    assert low.brought_by(last)[1] is True


def test_what_comes_is_told_once(node: Node, git: Git) -> None:
    node.commit(event(1))
    node.write(event(2))
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: node.commit(event(3)),
        lambda: node.write(event(4), event(5)),
        lambda: node.log.commit(),
        lambda: put(node, git, "messages/bob.jsonl", canonical(event(6)) + b"\n{oops\n"),
    ]

    pages = list(told_of(node, steps))
    assert [ids(page) for page in pages] == [[3], [4, 5], [], [6]]
    assert [each.raw for each in pages[-1].unreadable] == [b"{oops"]


def test_without_a_branch_it_is_said_so(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "empty", cwd=tmp_path)
    with pytest.raises(ThrumError) as caught:
        History.open(tmp_path / "empty", tmp_path / "none")
    assert caught.value.kind == "repository"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["a-sync", "a-sync~1", "a-sync~1^{tree}", "a-sync:events.jsonl"])
def test_an_object_that_was_cut_off_is_named_and_never_read(
    node: Node, git: Git, name: str
) -> None:
    """Libgit2 would read it for ever, be it of an old commit that is only walked over."""
    for number in range(3):
        node.commit(event(number), shard="events.jsonl")
    sound = node.history()
    id = git("rev-parse", name, cwd=node.where).strip()
    path = node.where / ".git/objects" / id[:2] / id[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ThrumError, match=id) as caught:
        node.history()
    assert "doctor" in (caught.value.hint or "")
    looked_at = sound.snapshot.inspection.looked_at
    later = sound.snapshot.later()
    assert later.tip == sound.tip
    assert later.inspection.looked_at == looked_at
