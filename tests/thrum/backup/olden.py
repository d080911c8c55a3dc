"""A backup as older programs leave it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

READER = "ann"


def line(number: int, **fields: object) -> str:
    said = {
        "event_id": f"evt_01JZZZZZZZZZZZZZZZZZZZ{number:04d}",
        "timestamp": f"2026-01-02T03:04:{number % 60:02d}.000000000Z",
        "v": 1,
        **fields,
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")) + "\n"


def agent(number: int, name: str) -> str:
    said = {"agent_id": name, "kind": "agent", "module": "x", "role": "tester"}
    return line(number, type="agent.register", name=name, **said)


def message(number: int, author: str, to: str) -> str:
    return line(
        number,
        type="message.create",
        message_id=f"msg_01JZZZZZZZZZZZZZZZZZZZ{number:04d}",
        agent_id=author,
        session_id="ses_old",
        body={"format": "markdown", "content": f"old {number}"},
        recipients=[to],
        refs=[{"type": "mention", "value": to}],
    )


def backup(folder: Path, count: int = 3) -> Path:
    """Messages of bob to ann, of which she has read the first."""
    files = {
        "events.jsonl": agent(0, "bob") + agent(1, READER),
        "messages/bob.jsonl": "".join(message(2 + n, "bob", READER) for n in range(count)),
        "local/message_reads.jsonl": json.dumps(
            {
                "message_id": "msg_01JZZZZZZZZZZZZZZZZZZZ0002",
                "agent_id": READER,
                "session_id": "ses_old",
                "read_at": "2026-02-02T03:04:05Z",
            }
        )
        + "\n",
        "local/subscriptions.jsonl": "",
        "local/sync_checkpoints.jsonl": "",
        "config/config.json": json.dumps({"daemon": {"local_only": True}, "older": {"key": 1}}),
        "config/identities/carl.json": json.dumps({"version": 1, "agent": {"name": "carl"}}),
        "config/context/carl.md": "what carl did\n",
        "plugins/beads/.beads/backup/a.jsonl": "{}\n",
    }
    about = {
        "version": 1,
        "timestamp": "2026-03-01T22:15:03Z",
        "thrum_version": "0.10.4",
        "repo_name": "desk",
        "counts": {
            "events": 2 + count,
            "message_files": 1,
            "local_tables": 3,
            "config_files": 3,
            "plugins": ["beads"],
        },
    }
    files["manifest.json"] = json.dumps(about, indent=2)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def packed(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zip:
        for path in files_of(folder):
            zip.write(path, path.relative_to(folder))
    return archive


def files_of(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
