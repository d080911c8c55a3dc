"""Branches shared with recorded nodes: what they could read stays readable for them, both ways.

The rules of those nodes are written down here as checks of a branch: which files they look at, what
each line must have, how they unite two versions of a file, and what would make them write for
nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pygit2
import pytest
from pygit2.enums import FileMode

from gitstore import Format, Log, canonical
from gitstore.line import split
from gitstore.tree import flat
from thrum import clock
from thrum.daemon.store import Store
from thrum.daemon.sync.carry import carry_over
from thrum.ids import Ids, ulid_text

BRANCHES = Path(__file__).parents[2] / "fixtures" / "branch"
G1 = sorted(path.parent for path in BRANCHES.glob("0.10.4-*/*/commits.jsonl"))
G2 = BRANCHES / "0.10.6-main" / "A"
LONGEST_LINE = 4 * 1024 * 1024
REQUIRED = {
    "message.create": {"message_id", "agent_id", "session_id", "body"},
    "message.edit": {"message_id", "body"},
    "message.delete": {"message_id"},
    "message.receipt": {"message_id", "agent_id", "receipt_type"},
    "agent.register": {"agent_id", "kind", "role", "module"},
    "agent.session.start": {"session_id", "agent_id"},
    "agent.session.end": {"session_id"},
    "agent.update": {"agent_id", "work_contexts"},
    "agent.cleanup": {"agent_id"},
    "group.create": {"group_id", "name", "created_by"},
    "group.member.add": {"group_id", "member_type", "member_value", "added_by"},
    "group.member.remove": {"group_id", "member_type", "member_value", "removed_by"},
    "group.delete": {"group_id", "deleted_by"},
    "purge.executed": {"cutoff"},
}
Files = dict[str, bytes]


# -- the partner --


def written(event: dict[str, Any]) -> bytes:
    """A line as the partner writes it back: Go's encoding of a map."""
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode()


def looked_at(files: Files) -> Files:
    """The files whose events the partner reads."""
    return {
        path: data
        for path, data in files.items()
        if path == "events.jsonl"
        or (path.startswith("messages/") and path.endswith(".jsonl") and path.count("/") == 1)
    }


def read_by_partner(files: Files) -> dict[str, dict[str, Any]]:
    """Every event by id; fails where the partner would lose something or abort."""
    found: dict[str, dict[str, Any]] = {}
    for path, data in looked_at(files).items():
        assert not data or data.endswith(b"\n"), path
        for raw in data.splitlines():
            assert len(raw) < LONGEST_LINE
            event = json.loads(raw)
            assert isinstance(event["event_id"], str)
            assert event["event_id"] not in found, "one event stands in one file"
            assert REQUIRED[event["type"]] <= event.keys(), raw
            assert clock.parse(event["timestamp"]) > 0
            for name in ("scopes", "refs"):
                pairs = [(pair["type"], pair["value"]) for pair in event.get(name, ())]
                assert len(pairs) == len(set(pairs)), "it would abort its whole batch"
            found[event["event_id"]] = event
    return found


def united_by_partner(local: Files, remote: Files) -> Files:
    """The partner's merge: the union by id, the local line wins, sorted by the time's text."""
    result = dict(remote)
    for path, mine in looked_at(local).items():
        if path not in remote:
            result[path] = mine
            continue
        lines = {json.loads(raw)["event_id"]: raw for raw in remote[path].splitlines()}
        lines |= {json.loads(raw)["event_id"]: raw for raw in mine.splitlines()}
        events = sorted((json.loads(raw) for raw in lines.values()), key=lambda e: e["timestamp"])
        result[path] = b"".join(written(event) + b"\n" for event in events)
    for path, data in local.items():
        result.setdefault(path, data)
    return result


# -- repositories --


def committed(repository: pygit2.Repository, files: Files, parents: list[str]) -> str:
    """A commit of these files on the branch, as the partner makes one."""
    index = pygit2.Index()
    for path, data in files.items():
        index.add(pygit2.IndexEntry(path, repository.create_blob(data), FileMode.BLOB))
    who = pygit2.Signature("Thrum", "thrum@local", 1_800_000_000, 0)
    tree = index.write_tree(repository)
    made = repository.create_commit(
        None, who, who, "sync", tree, [pygit2.Oid(hex=p) for p in parents]
    )
    repository.references.create("refs/heads/a-sync", made, force=True)
    return str(made)


def as_recorded(path: str, text: str) -> bytes:
    """A file's bytes, with the placeholders that were put in later written as the node would."""
    if not looked_at({path: b""}):
        return text.encode()
    return b"".join(written(json.loads(line)) + b"\n" for line in text.splitlines())


def replay(repository: pygit2.Repository, place: Path) -> str:
    """The recorded commits, one after the other; the last one."""
    files: Files = {}
    tip: list[str] = []
    for line in (place / "commits.jsonl").read_text().splitlines():
        commit = json.loads(line)
        files |= {path: as_recorded(path, text) for path, text in commit["changed"].items()}
        for path in commit["removed"]:
            del files[path]
        tip = [committed(repository, files, tip)]
    return tip[0]


def files_of(repository: pygit2.Repository, commit: str) -> Files:
    tree = repository[commit].peel(pygit2.Commit).tree_id
    found = {}
    for path, (blob, mode) in flat(repository, tree):
        assert mode == 0o100644
        found[path] = repository[blob].peel(pygit2.Blob).data
    return found


def tip_of(repository: pygit2.Repository) -> str:
    return str(repository.references["refs/heads/a-sync"].target)


@pytest.fixture
def shared(tmp_path: Path) -> pygit2.Repository:
    """The bare remote, where the partner's branch lies."""
    return pygit2.init_repository(str(tmp_path / "shared.git"), bare=True)


@pytest.fixture
def node(tmp_path: Path, shared: pygit2.Repository) -> Iterator[Callable[[str], Log]]:
    """Makes nodes of ours that have the remote."""
    opened = []

    def make(name: str) -> Log:
        mine = pygit2.init_repository(str(tmp_path / name))
        mine.remotes.create("origin", shared.path)
        opened.append(Log.open(tmp_path / name, journal=tmp_path / f"{name}.journal" / "j.jsonl"))
        return opened[-1]

    yield make
    for log in opened:
        log.close()


NOW = clock.parse("2026-12-01T00:00:00Z")


def ours(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "agent_id": "furiosa",
        "body": {"content": f"ours <{number}> & \u2028 世界", "format": "markdown"},
        "event_id": f"evt_{number:026}",
        "message_id": f"msg_{number:026}",
        "session_id": "ses_1",
        "timestamp": clock.format_ns(NOW + number),
        "type": "message.create",
        "v": 1,
    } | fields


def say(log: Log, numbers: range, agent: str = "furiosa") -> list[bytes]:
    lines = [canonical(ours(number, agent_id=agent)) for number in numbers]
    log.append([[(f"messages/{agent}.jsonl", line) for line in lines]])
    return lines


def lifecycle(log: Log, numbers: range) -> list[bytes]:
    lines = [
        canonical(ours(number, type="agent.session.end", session_id=f"ses_{number}", body=None))
        for number in numbers
    ]
    log.append([[("events.jsonl", line) for line in lines]])
    return lines


def assert_nothing_of_theirs_changed(before: Files, after: Files) -> None:
    """Every line of the partner's is still there, byte for byte, in its file."""
    for path, data in before.items():
        if Format().shard_of(path) is None and not path.startswith(("messages-v2/", "receipts/")):
            assert after[path] == data
        else:
            assert set(data.splitlines()) <= set(after[path].splitlines()), path


# -- the recorded layout --


@pytest.mark.parametrize("place", G1, ids=lambda place: f"{place.parent.name}-{place.name}")
def test_ours_and_theirs_are_one_branch_that_they_can_read(
    shared: pygit2.Repository, node: Callable[[str], Log], place: Path
) -> None:
    theirs = replay(shared, place)
    before = files_of(shared, theirs)
    log = node("one")
    # The author that they know goes on, another one begins, and files fill up on the way.
    mine = (
        say(log, range(300), "alice") + say(log, range(300, 310)) + lifecycle(log, range(400, 800))
    )
    assert log.exchange().pushed
    after = files_of(shared, tip_of(shared))
    assert shared.descendant_of(pygit2.Oid(hex=tip_of(shared)), pygit2.Oid(hex=theirs))
    assert_nothing_of_theirs_changed(before, after)
    assert len(after) > len(before) + 2, "segments were begun"
    read = read_by_partner(after)
    assert {json.loads(raw)["event_id"] for raw in mine} <= read.keys()
    assert read_by_partner(before).keys() <= read.keys()
    assert set(after) == set(looked_at(after)) | set(before)


def test_they_find_nothing_to_write_in_what_we_united(
    shared: pygit2.Repository, node: Callable[[str], Log]
) -> None:
    """What they would write back after reading it is what stands there already."""
    replay(shared, G1[0])
    log = node("one")
    say(log, range(200), "alice")
    lifecycle(log, range(300, 400))
    log.exchange()
    files = files_of(shared, tip_of(shared))
    assert united_by_partner(files, files) == files


def test_many_turns_of_both_end_in_one_branch(
    shared: pygit2.Repository, node: Callable[[str], Log]
) -> None:
    replay(shared, G1[0])
    log, second = node("one"), node("two")
    local = files_of(shared, tip_of(shared))
    everything = set(read_by_partner(local))
    for turn in range(6):
        for each in (log, second):
            number = 1000 * turn + (500 if each is second else 0)
            say(each, range(number, number + 40), "alice")
            everything |= {f"evt_{n:026}" for n in range(number, number + 40)}
            assert each.exchange().ok
        # The partner appends to the first file of a shard, whatever other files there are.
        number = 1000 * turn + 900
        event = ours(number, agent_id="alice", timestamp=f"2026-12-02T00:00:0{turn}.5Z")
        local["messages/alice.jsonl"] += written(event) + b"\n"
        everything.add(event["event_id"])
        tip = tip_of(shared)
        local = united_by_partner(local, files_of(shared, tip))
        committed(shared, local, [tip])
    for each in (log, second, log):
        assert each.exchange().ok
    assert log.tip == second.tip or second.exchange().ok
    assert log.tip == second.tip == tip_of(shared)
    final = files_of(shared, tip_of(shared))
    assert read_by_partner(final).keys() == everything
    assert united_by_partner(local, final) == final


def test_unrelated_roots_unite_as_they_do(
    shared: pygit2.Repository, node: Callable[[str], Log], tmp_path: Path
) -> None:
    """What two of their nodes made of each other is what one of ours makes of both."""
    place = BRANCHES / "0.10.4-unrelated"
    replay(shared, place / "1-A-alone")
    log = node("one")
    log.exchange()
    replay(shared, place / "2-B-alone")
    log.exchange()
    ours_united = files_of(shared, tip_of(shared))
    for name in ("3-A-merged", "4-B-merged"):
        merged = pygit2.init_repository(str(tmp_path / name), bare=True)
        theirs = files_of(merged, replay(merged, place / name))
        for path, data in ours_united.items():
            known = {json.loads(raw)["event_id"] for raw in data.splitlines()}
            kept = [r for r in theirs[path].splitlines() if json.loads(r)["event_id"] in known]
            assert data.splitlines() == kept, path
    assert log.tip == tip_of(shared)


# -- snapshots without events --


def test_snapshots_are_carried_along_untouched(
    shared: pygit2.Repository, node: Callable[[str], Log]
) -> None:
    theirs = replay(shared, G2)
    before = files_of(shared, theirs)
    log = node("one")
    say(log, range(10))
    lifecycle(log, range(20, 25))
    assert log.exchange().pushed
    after = files_of(shared, tip_of(shared))
    assert {path: after[path] for path in before if path != "events.jsonl"} == {
        path: data for path, data in before.items() if path != "events.jsonl"
    }
    assert set(after) - set(before) == {"messages/furiosa.jsonl"}
    read_by_partner(after)


def test_rows_of_two_snapshots_are_united_and_the_newer_state_stands(
    shared: pygit2.Repository, node: Callable[[str], Log]
) -> None:
    replay(shared, G2)
    log = node("one")
    log.exchange()
    local = files_of(shared, tip_of(shared))
    row = {"author_id": "x", "body": "b", "created_at": "2026-12-01T00:00:00Z", "deleted": False}
    rows, state = "messages-v2/alice.jsonl", "state/agents/alice.json"
    local[rows] += written({**row, "message_id": "msg_new", "v": 1}) + b"\n"
    local[state] = local[state].replace(b'"last_seen_at":"2026', b'"last_seen_at":"2027')
    committed(shared, local, [tip_of(shared)])
    say(log, range(3))
    log.exchange()
    after = files_of(shared, tip_of(shared))
    assert sorted(after[rows].splitlines()) == sorted(local[rows].splitlines())
    assert after[state] == local[state]


# -- the oldest layout --


def oldest() -> Files:
    """The recorded events as the oldest nodes kept them: one file, no ids."""
    lines = []
    for path in ("events.jsonl", "messages/alice.jsonl", "messages/dave.jsonl"):
        for raw in (G1[0] / "tree" / path).read_bytes().splitlines():
            event = json.loads(raw)
            del event["event_id"], event["v"]
            lines.append(written(event))
    lines.append(b"{not json")
    return {"messages.jsonl": b"\n".join(lines) + b"\n"}


def id_by_the_rule(event: dict[str, Any]) -> str:
    """The id of an event without one, from the written rule alone."""
    kind, time = event["type"], event["timestamp"]
    if kind.startswith("message."):
        entity = event["message_id"]
    elif kind in {"agent.register", "agent.update"}:
        entity = event["agent_id"]
    elif kind.startswith("agent."):
        entity = event.get("session_id") or time
    else:
        entity = time
    digest = hashlib.sha256(f"{kind}:{time}:{entity}".encode()).hexdigest()
    return f"evt_{ulid_text(clock.parse(time) // 10**6, int.from_bytes(digest[:10].encode()))}"


def test_the_oldest_layout_is_carried_over_alike_in_every_clone(
    shared: pygit2.Repository, node: Callable[[str], Log]
) -> None:
    old = oldest()
    committed(shared, old, [])
    logs = [node("one"), node("two")]
    for log in logs:
        log.exchange()
        assert carry_over(log) > 20
        log.commit()
        assert carry_over(log) == 0
    one, two = (files_of(log.repository, log.tip) for log in logs)
    assert one == two
    say(logs[0], range(5))
    for log in (*logs, logs[0]):
        assert log.exchange().ok
    after = files_of(shared, tip_of(shared))
    assert after["messages.jsonl"] == old["messages.jsonl"]
    expected = {id_by_the_rule(json.loads(raw)) for raw in old["messages.jsonl"].splitlines()[:-1]}
    assert read_by_partner(after).keys() == expected | {f"evt_{n:026}" for n in range(5)}
    assert united_by_partner(after, after) == after


def test_what_is_carried_over_is_known_once(
    shared: pygit2.Repository, node: Callable[[str], Log], tmp_path: Path
) -> None:
    committed(shared, oldest(), [])
    log = node("one")
    log.exchange()
    stores = []
    for name in ("before", "after"):
        store = Store.open(
            log=log,
            database=tmp_path / name / "messages.db",
            origin_daemon="d_here",
            now_ns=lambda: NOW,
            ids=Ids(lambda: NOW),
        )
        carry_over(log)
        log.commit()
        store.catch_up()
        rows = (
            store.reader().execute("SELECT event_id, event_json FROM events ORDER BY 1").fetchall()
        )
        stores.append([tuple(row) for row in rows])
        store.close()
    assert stores[0] == stores[1]
    assert len(stores[0]) == len(set(oldest()["messages.jsonl"].splitlines())) - 1


def test_an_event_that_names_something_twice_is_carried_over_with_each_once(
    shared: pygit2.Repository, node: Callable[[str], Log]
) -> None:
    pair = {"type": "mention", "value": "nux"}
    event = ours(1, refs=[pair, pair], scopes=[pair, pair], recipients=["nux", "nux"])
    raw = canonical(event)
    committed(shared, {"messages.jsonl": raw + b"\n"}, [])
    log = node("one")
    log.exchange()
    carry_over(log)
    log.commit()
    after = files_of(log.repository, log.tip)
    (read,) = read_by_partner(after).values()
    assert read["refs"] == read["scopes"] == [pair]
    assert read["recipients"] == ["nux"]
    assert [line for _, line in split(after["messages.jsonl"])] == [raw]
