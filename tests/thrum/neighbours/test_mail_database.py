"""The database of mcp-agent-mail tells the same messages as its archive."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.thrum.neighbours.test_agent_mail import NOW_NS, head, put
from thrum.errors import ThrumError
from thrum.neighbours import agent_mail

TABLES = """
CREATE TABLE projects (id INTEGER PRIMARY KEY, slug TEXT, human_key TEXT);
CREATE TABLE agents (id INTEGER PRIMARY KEY, project_id INTEGER, name TEXT);
CREATE TABLE messages (id INTEGER PRIMARY KEY, project_id INTEGER, sender_id INTEGER,
  thread_id TEXT, subject TEXT, body_md TEXT, importance TEXT, ack_required BOOLEAN,
  created_ts DATETIME, attachments TEXT);
CREATE TABLE message_recipients (message_id INTEGER, agent_id INTEGER, kind TEXT);
INSERT INTO projects VALUES (1, 'shop', '/shop');
INSERT INTO agents VALUES (1, 1, 'GreenCastle'), (2, 1, 'BlueLake'), (3, 1, 'Hidden');
INSERT INTO message_recipients VALUES (1, 2, 'to'), (1, 3, 'bcc'), (2, 2, 'to');
"""
ROW = "INSERT INTO messages VALUES (?, 1, 1, ?, ?, ?, 'normal', 0, ?, '[]')"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "storage.sqlite3"
    db = sqlite3.connect(path)
    db.executescript(TABLES)
    db.execute(ROW, (1, None, "Subject 1", "Hello", "2025-10-02 10:01:00.000001"))
    db.execute(ROW, (2, "1", "Subject 2", "Hello", "2025-10-02 10:02:00.000001"))
    db.execute(ROW, (3, None, "Subject 3", "Hello", 5))
    db.commit()
    db.close()
    return path


def test_it_tells_what_the_archive_tells(tmp_path: Path, database: Path) -> None:
    put(tmp_path, "a.md", head(1))
    put(tmp_path, "b.md", head(2, thread_id="1"))
    archive, haul = agent_mail.read(tmp_path, NOW_NS), agent_mail.read(database, NOW_NS)
    assert [post.line() for post in haul.posts.values()] == [
        post.line() for post in archive.posts.values()
    ]
    assert haul.refused == 1
    assert "message 3" in haul.reasons[0]


def test_another_database_and_no_database_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, whatever its name" * 100)
    with pytest.raises(ThrumError, match="cannot be read"):
        agent_mail.read(tmp_path / "text", NOW_NS)
    db = sqlite3.connect(tmp_path / "other.db")
    db.execute("CREATE TABLE messages (id)")
    db.close()
    with pytest.raises(ThrumError, match="no mail"):
        agent_mail.read(tmp_path / "other.db", NOW_NS)
