"""Mail of mcp-agent-mail: files with a head, threads, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum import clock
from thrum.errors import ThrumError
from thrum.neighbours import agent_mail
from thrum.neighbours.haul import Haul

NOW_NS = clock.parse("2026-06-01T00:00:00Z")


def head(number: int, **more: object) -> dict[str, Any]:
    at = f"2025-10-02T10:{number:02}:00.000001+00:00"
    fields = {"id": number, "from": "GreenCastle", "to": ["BlueLake"], "created": at}
    return {**fields, "subject": f"Subject {number}", "thread_id": None, **more}


def put(archive: Path, name: str, fields: dict[str, Any], text: str = "Hello") -> Path:
    folder = archive / "projects/shop/messages/2025/10"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"---json\n{json.dumps(fields, indent=2)}\n---\n\n{text}\n")
    return file


def by_key(haul: Haul) -> dict[str, dict[str, Any]]:
    return {post.key: json.loads(post.line()[1]) for post in haul.posts.values()}


def test_messages_come_with_names_and_times_and_threads_hang_together(tmp_path: Path) -> None:
    put(
        tmp_path, "b.md", head(2, thread_id="1", cc=["RedFox"], bcc=["Hidden"]), "An answer\n---\nx"
    )
    put(tmp_path, "a.md", head(1))
    put(tmp_path, "c.md", head(3, thread_id="TKT-9", subject="One\n---  two\t"))
    (tmp_path / "projects/shop/messages/threads").mkdir()
    (tmp_path / "projects/shop/messages/threads/1.md").write_text("a digest")
    haul = agent_mail.read(tmp_path, NOW_NS)
    found = by_key(haul)
    assert sorted(found) == ["1", "2", "3"]
    assert haul.refused == 0
    assert found["2"]["thread_id"] == found["1"]["thread_id"] != found["3"]["thread_id"]
    assert {"type": "reply_to", "value": found["1"]["message_id"]} in found["2"]["refs"]
    assert found["1"]["agent_id"] == "mail:greencastle"
    assert found["1"]["timestamp"] == "2025-10-02T10:01:00.000001000Z"
    assert found["2"]["body"]["content"] == "# Subject 2\n\nAn answer\n---\nx"
    assert found["3"]["body"]["content"] == "# One --- two\n\nHello"
    about = json.loads(found["2"]["body"]["structured"])["imported"]
    assert (about["author"], about["to"], about["cc"]) == ("GreenCastle", ["BlueLake"], ["RedFox"])
    assert "Hidden" not in json.dumps(found["2"])
    assert by_key(agent_mail.read(tmp_path / "projects/shop", NOW_NS)) == found


def test_what_cannot_be_right_is_refused_by_itself(tmp_path: Path) -> None:
    put(tmp_path, "good.md", head(1))
    put(tmp_path, "twice.md", head(1))
    put(tmp_path, "time.md", head(2, created="yesterday"))
    put(tmp_path, "to.md", head(3, to="BlueLake"))
    put(tmp_path, "from.md", head(4, **{"from": None}))
    bad = put(tmp_path, "headless.md", head(5))
    bad.write_text("Just a text")
    put(tmp_path, "endless.md", head(6)).write_text('---json\n{"id": 6}\n')
    bad.with_name("link.md").symlink_to("/etc/passwd")
    bad.with_name("big.md").write_bytes(b"---json\n" + b"x" * 4_300_000)
    bad.with_name("folder.md").mkdir()
    haul = agent_mail.read(tmp_path, NOW_NS)
    assert sorted(by_key(haul)) == ["1"]
    assert haul.refused == 8, haul.reasons


def test_authors_lead_nowhere(tmp_path: Path) -> None:
    put(tmp_path, "a.md", head(1, **{"from": "../../../etc/cron.d/x"}))
    [post] = agent_mail.read(tmp_path, NOW_NS).posts.values()
    assert post.line()[0] == "messages/mail_etc_cron_d_x.jsonl"


def test_where_there_is_no_archive_somebody_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ThrumError, match="no archive"):
            agent_mail.read(path, NOW_NS)
