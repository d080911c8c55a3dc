"""What requesters are told."""

from __future__ import annotations

from msgspec.structs import replace

from thrum.daemon.queue import notice
from thrum.daemon.queue.command import Command, State

SENT = Command(
    id="cmd_1",
    session="api",
    requester="alice",
    text="make",
    timeout_ms=1000,
    silence_ms=1000,
    notifies=True,
    submitted_at="2026-01-01T00:00:00.000000000Z",
    state=State.SENT,
    sent_at="2026-01-01T00:00:10.000000000Z",
)
NOW = "2026-01-01T00:01:15.900000000Z"


def test_an_end_is_told_with_what_was_said() -> None:
    done = replace(SENT, state=State.COMPLETED, completed_at=NOW, output="one\ntwo", exit_status=2)
    told = notice.of(done, "completed.", NOW)
    assert told == (
        "cmd_1 completed",
        "alice",
        "Command cmd_1 completed.\nSession: api\nElapsed: 65s\nExit status: 2\n"
        "\n---\none\ntwo\n---",
    )


def test_every_kind_begins_as_programs_expect() -> None:
    words = {
        "canceled.": "Command cmd_1 canceled.\n",
        notice.RESTARTED: "Command cmd_1 interrupted by daemon restart.\n",
        notice.killed("api"): "Command cmd_1 interrupted — session api was killed.\n",
        notice.left("api"): "Command cmd_1 interrupted — what ran in session api has ended.\n",
        notice.gone("api"): "Command cmd_1 interrupted — session api no longer exists.\n",
    }
    for said, begin in words.items():
        assert notice.of(SENT, said, NOW).body.startswith(begin)
    late = notice.late(replace(SENT, state=State.LATE), NOW)
    assert late.body == "Command cmd_1 still processing after 65s.\nSession: api\nElapsed: 65s"
    assert late.key != notice.of(SENT, "completed.", NOW).key


def test_much_output_is_told_from_its_end() -> None:
    done = replace(SENT, state=State.COMPLETED, output="a" * 10 + "b" * notice.LONGEST)
    body = notice.of(done, "completed.", NOW).body
    assert "[the last 8,000 of 8,010 characters]" in body
    assert "ab" not in body


def test_time_counts_from_when_it_was_typed_else_from_when_it_came() -> None:
    assert notice.elapsed_ms(SENT, NOW) == 65_900
    assert notice.elapsed_ms(replace(SENT, sent_at=""), NOW) == 75_900
    assert notice.elapsed_ms(replace(SENT, completed_at=SENT.sent_at), NOW) == 0
