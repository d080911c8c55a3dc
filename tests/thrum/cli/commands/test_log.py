"""``thrum log``: without daemon and database, safe on any terminal, ends cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from gitstore import Log, canonical
from thrum import clock
from thrum.cli.render import events
from thrum.cli.render.text import width

START = clock.parse("2026-01-01T00:00:00Z")


def event(number: int, **fields: Any) -> dict[str, Any]:
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


@pytest.fixture
def log(clone: Any) -> Iterator[Log]:
    """A log with three events; no daemon runs."""
    (clone.root / ".thrum" / "var").mkdir(parents=True)
    (clone.root / ".thrum" / "config.json").write_text("{}")
    found = Log.open(clone.root, journal=clone.root / ".thrum" / "var" / "journal.jsonl")
    write(found, event(1), event(2, refs=[{"type": "mention", "value": "bob"}]))
    write(found, event(3, type="message.delete", message_id=event(1)["message_id"]))
    found.commit()
    yield found
    found.close()


def write(log: Log, *found: dict[str, Any]) -> None:
    log.append([[("messages/alice.jsonl", canonical(each)) for each in found]])


def test_it_needs_no_daemon_and_no_database(clone: Any, log: Log) -> None:
    lines = clone("log").out.splitlines()
    assert lines == [
        f"{event(1)['message_id']} 2026-01-01T00:00:01Z @alice sent: (deleted)",
        f"{event(2)['message_id']} 2026-01-01T00:00:02Z @alice → @bob: text 2",
        f"{event(3)['event_id']} 2026-01-01T00:00:03Z @alice deleted {event(1)['message_id']}",
    ]
    assert not (clone.root / ".thrum" / "var" / "messages.db").exists()


def test_it_needs_no_init_either(clone: Any, log: Log) -> None:
    (clone.root / ".thrum" / "config.json").unlink()
    assert len(clone("log").out.splitlines()) == 3


def test_json_is_one_line_per_event(clone: Any, log: Log) -> None:
    write(log, event(4))
    found = [json.loads(line) for line in clone("log", "--json").out.splitlines()]
    assert [each["event"]["event_id"] for each in found] == [
        event(n)["event_id"] for n in (1, 2, 3, 4)
    ]
    assert found[0]["deleted"] is True
    assert found[1]["line"] == 2
    assert found[1]["file"] == "messages/alice.jsonl"
    assert [each["committed"] for each in found] == [True, True, True, False]


def test_the_newest_and_some_of_them(clone: Any, log: Log) -> None:
    assert clone("log", "-n", "1").out.startswith(event(3)["event_id"])
    assert clone("log", "--type", "message.delete").out.startswith(event(3)["event_id"])
    assert clone("log", "--type", "group").out == "No events.\n"
    assert clone("log", "--type", "agent.register").out == "No events.\n"
    assert clone("log", "--since", "2026-01-01T00:00:02Z").out.count("\n") == 2


@pytest.mark.parametrize(
    ("flags", "code", "hint"),
    [
        (["--type", "mesage"], 2, "did you mean message?"),
        (["--type", "message.crate"], 2, "did you mean message.create?"),
        (["--type", "weather"], 2, "see docs/events.md"),
        (["--agent", "nobody"], 1, "`thrum log` shows who did something"),
    ],
)
def test_what_the_log_knows_nothing_of_is_an_error(
    clone: Any, log: Log, flags: list[str], code: int, hint: str
) -> None:
    ran = clone("log", *flags, "--json", check=False)
    assert ran.code == code
    assert hint in ran.err


def test_somebody_registered_who_did_nothing_else_is_known(clone: Any, log: Log) -> None:
    register = {"type": "agent.register", "agent_id": "nux", "role": "r", "module": "m"}
    write(log, event(7) | register)
    late = ["--since", "2026-05-01"]
    assert clone("log", "--agent", "nux", *late).out == "No events.\n"
    ran = clone("log", "--agent", "nxu", "--json", check=False)
    assert (ran.code, "did you mean @nux?" in ran.err) == (1, True)


def test_an_earlier_state(clone: Any, log: Log) -> None:
    before = log.tip
    write(log, event(4))
    log.commit()
    assert clone("log", "--at", before[:8]).out.count("\n") == 3
    assert clone("log", "--at", "2026-01-01T00:00:02Z", check=False).out.count("\n") in {0, 1, 2}
    wrong = clone("log", "--at", "yesterday", check=False)
    assert wrong.code == 2
    assert "2026-05-01" in wrong.err
    assert clone("log", "--at", "1h", "--follow", check=False).code == 2


def test_what_is_older_than_an_event(clone: Any, log: Log) -> None:
    ids = [event(number)["event_id"] for number in (1, 2, 3)]
    shown = [
        [json.loads(line)["event_id"] for line in clone("log", "--json", *flags).out.splitlines()]
        for flags in (
            ("--before", ids[2]),
            ("--before", ids[2], "-n", "1"),
            ("--before", event(2)["message_id"]),
            ("--before", "messages/alice.jsonl:2"),
            ("--before", ids[0]),
        )
    ]
    assert shown == [ids[:2], ids[1:2], ids[:1], ids[:1], []]
    assert "--before" in clone("log", "--before", ids[2], "--follow", check=False).err
    assert clone("log", "--before", "evt_of_nobody", check=False).code == 1


@pytest.mark.parametrize("flag", ["--at", "--agent", "--since", "--before"])
@pytest.mark.parametrize("value", ["", " ", "@"])
def test_an_empty_value_is_not_taken_for_none(clone: Any, log: Log, flag: str, value: str) -> None:
    done = clone("log", flag, value, check=False)
    assert done.code == 2
    assert flag in done.err


def test_before_the_first_commit_there_was_nothing(clone: Any, log: Log) -> None:
    done = clone("log", "--at", "2001-01-01", check=False)
    assert done.code == 1
    assert "its first commit here is of 2025-01-01T00:00:00Z" in done.err


def test_what_went_to_many_leaves_room_for_what_was_said() -> None:
    document: dict[str, Any] = {
        "type": "message.create",
        "actor": "nux",
        "timestamp": "2026-01-02T03:04:05.000000000Z",
        "committed": True,
        "event": {"message_id": "msg_1", "body": {"content": "short"}},
    }
    told = document | {"event": document["event"] | {"recipients": [f"a{n}" for n in range(4)]}}
    assert "@nux → 4 agents: short" in events.lines([told], 80)
    told = document | {"event": document["event"] | {"recipients": ["a", "b"]}}
    assert "@nux → @a, @b: short" in events.lines([told], 80)


def test_work_without_a_branch_is_told_without_one() -> None:
    document = {"type": "agent.update", "event_id": "evt_1", "committed": True}
    for context, told in (
        ({"intent": "x"}, "worked on x"),
        ({"branch": "b", "intent": "x"}, "worked on b: x"),
        ({"branch": "b"}, "worked on b"),
    ):
        assert events.line(document | {"event": {"work_contexts": [context]}}, str).endswith(told)


def test_one_event_in_full(clone: Any, log: Log) -> None:
    shown = clone("log", "show", event(1)["message_id"]).out
    assert "File: messages/alice.jsonl, line 1\n" in shown
    assert f"Commit: {log.tip} by Thrum <thrum@local>, " in shown
    assert "State: the message was deleted\n" in shown
    assert '"content": "text 1"' in shown
    document = clone("log", "show", event(2)["event_id"], "--json").document
    assert document["commit"]["id"] == log.tip
    assert document["commit"]["timestamp"].endswith("Z")
    write(log, event(5))
    assert "not on the branch yet" in clone("log", "show", event(5)["event_id"]).out
    assert clone("log", "show", "zzzz", check=False).code == 1
    assert clone("log", "show", "zzz", check=False).code == 2
    assert clone("log", "shwo", check=False).code == 2


def test_what_is_no_line_of_json_is_reported(clone: Any, log: Log) -> None:
    editor = clone.root.with_name("editor")
    clone.git("worktree", "add", "-q", str(editor), "a-sync")
    with (editor / "messages" / "alice.jsonl").open("a") as file:
        file.write("{oops \x1b[31m\n")
    subprocess.run(["git", "commit", "-qam", "x"], cwd=editor, env=clone.env, check=True)
    done = clone("log", "-n", "1")
    assert done.out.splitlines()[-1].startswith("? messages/alice.jsonl:4 cannot be read: ")
    last = json.loads(clone("log", "-n", "1", "--json").out.splitlines()[-1])
    assert last["text"] == "{oops \x1b[31m"
    assert last["unreadable"]
    assert "\x1b" not in clone("log", "show", "messages/alice.jsonl:4").out


def test_nothing_in_an_event_moves_the_terminal(world: Any) -> None:
    evil = "a\x1b[2J\r\n\u202eb\u2028 世界" * 30
    document = {
        "type": "message.create",
        "event_id": "evt_1\x1b",
        "actor": evil,
        "timestamp": "2026-01-01T00:00:01.000000000Z",
        "committed": True,
        "file": f"messages/{evil}.jsonl",
        "line": 1,
        "event": {
            "message_id": "msg_\x07",
            "body": {"content": evil},
            "refs": [{"type": "mention", "value": evil}, {"type": "reply_to", "value": evil}],
        },
    }
    for kind in ("message.create", "message.edit", "agent.register", "no.such"):
        (line,) = events.lines([{**document, "type": kind}], 50).splitlines()
        assert width(line) <= 50
        assert line.isprintable()
    shown = events.in_full(document)
    assert not set(shown) & set("\x1b\r\u202e\u2028\x07")


@pytest.mark.parametrize("kind", sorted(events._TELL))
def test_every_type_is_told_also_when_fields_are_missing(kind: str) -> None:
    document = {"type": kind, "event_id": "evt_1", "committed": True, "event": {}}
    assert events.line(document, str)


def following(clone: Any, **how: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [clone.program, "log", "--follow"], cwd=clone.root, env=clone.env, text=True, **how
    )


def test_following_ends_with_ctrl_c(clone: Any, log: Log) -> None:
    with following(clone, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        for _ in range(3):
            process.stdout.readline()
        write(log, event(4))
        assert "(journal) @alice sent: text 4" in process.stdout.readline()
        log.commit()
        write(log, event(5))
        assert "text 5" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (130, "", "")


def test_following_ends_when_nobody_reads_any_more(clone: Any, log: Log) -> None:
    ours, theirs = os.pipe()
    with following(clone, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        assert os.read(ours, 10)
        os.close(ours)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 141
    assert errors == ""
