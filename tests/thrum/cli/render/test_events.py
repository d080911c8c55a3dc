"""Events of the log as text."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import events as known
from thrum.cli.render import events, text

MESSAGE = "msg_01M7XCNHBQTZPY0FK2ZTKHWB87"


def entry(kind: str, **event: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "timestamp": "2026-01-02T03:04:05.000000000Z",
        "event_id": "evt_01M7XCNHBQTZPY0FK2ZTAAAAAA",
        "actor": "nux",
        "committed": True,
        "file": "messages/nux.jsonl",
        "line": 3,
        "event": event,
    }


@pytest.mark.parametrize(
    ("kind", "event", "told"),
    [
        ("message.create", {"body": {"content": "hi"}}, "sent: hi"),
        (
            "message.create",
            {"body": {"content": "hi"}, "scopes": [{"type": "group", "value": "crew"}]},
            "→ @crew: hi",
        ),
        ("message.create", {"recipients": list("abcd"), "body": {}}, "→ 4 agents: "),
        ("message.create", {"recipients": ["a", "a"], "body": "x"}, "→ @a: x"),
        (
            "message.create",
            {"refs": [{"type": "reply_to", "value": MESSAGE}], "body": {"content": "y"}},
            "sent re KHWB87: y",
        ),
        ("message.edit", {"message_id": MESSAGE, "body": {"content": "z"}}, "edited KHWB87: z"),
        ("message.delete", {"message_id": MESSAGE, "reason": "typo"}, "deleted KHWB87: typo"),
        ("message.receipt", {"message_id": MESSAGE}, "read KHWB87"),
        ("agent.register", {"role": "r", "module": "m", "hostname": "h"}, "registered as r/m on h"),
        ("agent.session.start", {"session_id": "ses_1"}, "began session ses_1"),
        ("agent.session.end", {"session_id": "ses_1"}, "ended session ses_1"),
        ("agent.update", {"work_contexts": [{"branch": "b", "intent": "i"}]}, "worked on b: i"),
        ("agent.update", {}, "said what it works on"),
        ("agent.cleanup", {"reason": "gone"}, "was cleaned up: gone"),
        ("group.create", {"name": "crew"}, "made group crew"),
        (
            "group.member.add",
            {"member_type": "role", "member_value": "x", "group_id": "g"},
            "added role x to g",
        ),
        ("group.delete", {"group_id": "g"}, "deleted group g"),
        ("purge.executed", {"cutoff": "t"}, "everything from before t was purged"),
        (
            "purge.executed",
            {"cutoff": "t", "marks": {}},
            "what was known there from before t was purged",
        ),
        ("of.tomorrow", {}, "of.tomorrow"),
    ],
)
def test_a_line_tells_what_happened(kind: str, event: dict[str, Any], told: str) -> None:
    line = events.line(entry(kind, **event), lambda full: full[-6:])
    assert line.removesuffix("\n").endswith(f"@nux {told}".strip())
    assert " 2026-01-02T03:04:05Z @nux " in f"{line} "


def test_every_type_of_event_is_told_in_words() -> None:
    assert set(known.TYPES) <= set(events._TELL)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("message.create", "sent: (purged)"),
        ("message.edit", "edited : (purged)"),
        ("messages-v2", "sent (a snapshot): (purged)"),
    ],
)
def test_what_is_purged_says_so(kind: str, told: str) -> None:
    gone = entry(kind) | {"purged": True, "deleted": True}
    assert events.line(gone, str).endswith(told)
    assert "State: purged; the history" in events.in_full(gone)


def test_what_is_not_committed_says_so() -> None:
    line = events.line(entry("group.delete") | {"committed": False}, str)
    assert "Z (journal) @nux" in line


@pytest.mark.parametrize("columns", [10, 40, 72, 200])
def test_lines_fit_and_move_no_cursor(columns: int) -> None:
    long = entry("message.create", message_id=MESSAGE, body={"content": "漢字\n\x1b[2J " * 99})
    (line,) = events.lines([long], columns).splitlines()
    assert text.width(line) <= max(columns, events.NARROWEST)
    assert line.startswith(f"{MESSAGE} 2026-")
    assert "\x1b" not in line
    assert text.width(events.lines([long], 0)) > 400


def test_a_program_gets_every_id_in_full_and_a_person_the_ends() -> None:
    session = "ses_01M7XCMNVS4RYV6N772VPNAVN5"
    answer = {"refs": [{"type": "reply_to", "value": MESSAGE}], "body": {"content": "y"}}
    found = [
        entry("message.create", message_id=MESSAGE, body="x"),
        entry("message.edit", message_id=MESSAGE, body="y"),
        entry("message.create", message_id=f"{MESSAGE[:-1]}8", **answer),
        entry("agent.session.start", session_id=session),
        entry("agent.session.end", session_id=session),
    ]
    full = events.lines(found, 0)
    assert [full.count(each) for each in (f"{MESSAGE} ", f"re {MESSAGE}:", session)] == [1, 1, 2]
    assert f"edited {MESSAGE}: y" in full
    brief = events.lines(found, 0, is_plain=False)
    assert [brief.count(each) for each in ("_", "KHWB87", "KHWB88", "PNAVN5")] == [0, 3, 1, 2]


def test_all_of_one() -> None:
    commit = {"id": "c1", "author": "A", "email": "e", "timestamp": "t", "history_is_whole": False}
    full = events.in_full(entry("message.create", message_id=MESSAGE) | {"commit": commit})
    assert f"Message: {MESSAGE}\n" in full
    assert "File: messages/nux.jsonl, line 3\n" in full
    assert "Commit: c1 by A <e>, t (history is cut off before it)\n" in full
    assert f'"message_id": "{MESSAGE}"' in full
    broken = {"file": "f", "unreadable": "no JSON", "text": "{\x1b[2J"}
    assert events.in_full(broken).endswith("\n\n{\\x1b[2J\n")
    assert "File: not on the branch yet\n" in events.in_full(broken)
