"""Files for hooks of older programs, and how they go."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path

from thrum.daemon.nudges import spool
from thrum.daemon.nudges.spool import Spooled

NOW = "2026-01-01T00:00:00.000000000Z"


def files(shared: Path) -> list[str]:
    return sorted(str(each.relative_to(shared / "spool")) for each in shared.glob("spool/*/*"))


def test_each_message_has_a_file_of_the_known_shape(tmp_path: Path) -> None:
    mail = [Spooled("erin", "msg_1", "nux"), Spooled("dag", "msg_1", "user:dana")]
    assert spool.put(tmp_path, mail, NOW) == 2
    assert files(tmp_path) == ["dag/msg_1.json", "erin/msg_1.json"]
    said = json.loads((tmp_path / "spool/dag/msg_1.json").read_text())
    assert said == {"msg_id": "msg_1", "from": "@user:dana", "received_at": NOW}
    assert (tmp_path / "spool/erin").stat().st_mode & 0o777 == 0o750
    assert spool.put(tmp_path, mail, NOW) == 2  # and again does no harm
    assert len(files(tmp_path)) == 2


def test_names_that_lead_elsewhere_have_none(tmp_path: Path) -> None:
    mail = [
        Spooled("../erin", "msg_1", "nux"),
        Spooled("erin", "../../msg_1", "nux"),
        Spooled("", "msg_1", "nux"),
        Spooled(".erin", "msg_1", "nux"),
        Spooled("erin", "a/b", "nux"),
        Spooled("e" * 300, "msg_1", "nux"),
    ]
    assert spool.put(tmp_path, mail, NOW) == 0
    assert not (tmp_path / "spool").exists()


def test_there_are_never_more_than_so_many(tmp_path: Path) -> None:
    mail = [Spooled("erin", f"msg_{number}", "nux") for number in range(spool.MOST + 5)]
    assert spool.put(tmp_path, mail, NOW) == spool.MOST


def test_what_was_read_or_nobody_knows_goes(tmp_path: Path) -> None:
    mail = [Spooled("erin", f"msg_{number}", "nux") for number in range(3)]
    spool.put(tmp_path, mail, NOW)
    for name in ("backstop-20260101T0000.json", "backstop-20260101T0100.json", ".tmp-x.json"):
        (tmp_path / "spool/erin" / name).write_text("{}")
    os.utime(tmp_path / "spool/erin/backstop-20260101T0000.json", (1.0, 1.0))
    os.utime(tmp_path / "spool/erin/.tmp-x.json", (1.0, 1.0))
    later = (tmp_path / "spool/erin/backstop-20260101T0100.json").stat().st_mtime + 60
    asked: list[tuple[str, set[str]]] = []

    def unread(agent_id: str, message_ids: Collection[str]) -> Collection[str]:
        asked.append((agent_id, set(message_ids)))
        return {"msg_1"}

    assert spool.sweep(tmp_path, unread, later) == 4
    assert asked == [("erin", {"msg_0", "msg_1", "msg_2"})]
    assert files(tmp_path) == ["erin/backstop-20260101T0100.json", "erin/msg_1.json"]


def test_where_nothing_was_written_nothing_goes(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "msg_1.json").write_text("{}")
    assert spool.sweep(tmp_path, lambda *_: (), 0.0) == 0
    (tmp_path / "spool").symlink_to(tmp_path / "elsewhere")
    assert spool.sweep(tmp_path, lambda *_: (), 0.0) == 0
    assert (tmp_path / "elsewhere" / "msg_1.json").exists()
