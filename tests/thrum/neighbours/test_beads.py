"""Issues of beads: each is a thread; what cannot be right is refused, and nothing else with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_partners import read_by_partner
from thrum import clock
from thrum.daemon.projection.facts import interpret
from thrum.errors import ThrumError
from thrum.neighbours import beads
from thrum.neighbours.haul import Haul

NOW_NS = clock.parse("2026-06-01T00:00:00Z")
AT = "2025-10-16T20:46:04.123-07:00"


def issue(number: int, **more: object) -> dict[str, Any]:
    fields = {"id": f"bd-{number}", "title": f"Title {number}", "created_at": AT, "status": "open"}
    return {**fields, **more}


def read(tmp_path: Path, *lines: dict[str, Any] | bytes) -> Haul:
    file = tmp_path / "issues.jsonl"
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    file.write_bytes(b"\n".join(raw) + b"\n")
    return beads.read(file, NOW_NS)


def events(haul: Haul) -> list[dict[str, Any]]:
    found = []
    for post in haul.posts.values():
        path, raw = post.line()
        interpret(path, raw)
        found.append({"path": path, **json.loads(raw)})
    return found


def test_an_issue_is_a_thread_with_its_comments(tmp_path: Path) -> None:
    comments = [
        {"id": n, "author": "Bob B.", "text": f"said {n}", "created_at": f"2025-11-0{n}T00:00:00Z"}
        for n in (1, 2)
    ]
    more = {
        "description": "What it is",
        "priority": 1,
        "issue_type": "bug",
        "created_by": "ann",
        "comments": comments,
        "dependencies": [{"issue_id": "bd-7", "depends_on_id": "bd-2", "type": "blocks"}],
        "labels": ["ui", "soon"],
    }
    first, *answers = events(read(tmp_path, issue(7, **more)))
    content = first["body"]["content"]
    assert content.startswith("# bd-7: Title 7\n\nWhat it is\n\n- status: open\n")
    for fact in ("status: open", "priority: 1", "labels: ui, soon", "depends_on: bd-2 (blocks)"):
        assert f"- {fact}" in content
    assert first["timestamp"] == "2025-10-17T03:46:04.123000000Z"
    assert (first["agent_id"], first["path"]) == ("beads:ann", "messages/beads_ann.jsonl")
    assert [each["body"]["content"] for each in answers] == ["said 1", "said 2"]
    assert {each["thread_id"] for each in answers} == {first["thread_id"]}
    for each in answers:
        assert {"type": "reply_to", "value": first["message_id"]} in each["refs"]
        assert each["agent_id"] == "beads:bob_b"
        assert json.loads(each["body"]["structured"])["imported"]["author"] == "Bob B."


def test_older_programs_read_what_comes_in(tmp_path: Path) -> None:
    haul = read(tmp_path, issue(1, description="<&> \u2028"), issue(2))
    lines = [post.line() for post in haul.posts.values()]
    assert len({path for path, _ in lines}) == 1
    assert len(read_by_partner({lines[0][0]: b"".join(raw + b"\n" for _, raw in lines)})) == 2


def test_ids_are_of_what_is_there_and_so_always_the_same(tmp_path: Path) -> None:
    haul = read(tmp_path, issue(1), issue(2))
    again = read(tmp_path, issue(2), issue(1, title="another"))
    assert {p.event_id for p in haul.posts.values()} == {p.event_id for p in again.posts.values()}
    assert len({p.event_id for p in haul.posts.values()}) == 2


HOSTILE: dict[str, dict[str, Any] | bytes] = {
    "no JSON": b"{",
    "no JSON object": b"[1]",
    "nested too deeply": b'{"a":' * 4000,
    "id is missing": {"title": "x", "created_at": AT},
    "id is too long": issue(1, id="x" * 300),
    "no id": issue(1, id=True),
    "nobody can print": issue(1, id="a\nb"),
    "title is empty": issue(1, title=" "),
    "title is no text": issue(1, title=["x"]),
    "description is no text": issue(1, description={"a": 1}),
    "created_by is no text": issue(1, created_by=5),
    "created_at is no text": issue(1, created_at=1_700_000_000),
    "before the year 2000": issue(1, created_at="0001-01-01T00:00:00Z"),
    "still to come": issue(1, created_at="2999-01-01T00:00:00Z"),
    "deleted there": issue(1, status="tombstone"),
    "are the most": issue(1, description="x" * 1_100_000),
    "all that is said of it": issue(1, description="x", created_by='"' * 1_200_000),
    "over 4,194,304 bytes": issue(1, description="y" * 4_300_000),
}


@pytest.mark.parametrize("why", HOSTILE)
def test_what_cannot_be_right_is_refused_by_itself(tmp_path: Path, why: str) -> None:
    haul = read(tmp_path, issue(8), HOSTILE[why], issue(9))
    assert [post.key for post in haul.posts.values()] == ["bd-8", "bd-9"]
    assert haul.refused == 1
    assert why in haul.reasons[0]


def test_an_id_counts_once_and_a_bad_comment_leaves_the_others(tmp_path: Path) -> None:
    comments: list[object] = [
        {"id": 1, "author": "bob", "text": "fine", "created_at": AT},
        {"id": 1, "author": "bob", "text": "twice", "created_at": AT},
        {"id": 2, "author": "bob", "text": "", "created_at": AT},
        "none",
    ]
    haul = read(tmp_path, issue(1, comments=comments), issue(1), issue(2, comments="none"))
    assert [post.key for post in haul.posts.values()] == ["bd-1", "bd-1#1", "bd-2"]
    assert haul.refused == 5


def test_names_lead_nowhere(tmp_path: Path) -> None:
    haul = read(tmp_path, issue(1, created_by="../../etc/passwd"), issue(2, created_by="~x/\0y"))
    paths = [post.line()[0] for post in haul.posts.values()]
    assert paths == ["messages/beads_etc_passwd.jsonl", "messages/beads_x_y.jsonl"]


def test_reasons_are_bounded_and_counted(tmp_path: Path) -> None:
    haul = read(tmp_path, *[b"{"] * 50)
    assert (haul.refused, len(haul.reasons)) == (50, 20)


def test_folders_are_looked_into_and_pipes_are_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / ".beads"
    folder.mkdir()
    read(folder, issue(1))
    assert len(beads.read(tmp_path, NOW_NS).posts) == len(beads.read(folder, NOW_NS).posts) == 1
    for bad in (tmp_path / "missing.jsonl", tmp_path / "home"):
        with pytest.raises(ThrumError, match="no issues of beads"):
            beads.read(bad, NOW_NS)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ThrumError, match="no issues of beads"):
        beads.read(tmp_path / "pipe", NOW_NS)
