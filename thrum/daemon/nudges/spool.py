"""A file for each message, which hooks of older programs read: ``spool/AGENT/MESSAGE.json``."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = "spool"
MOST: Final = 500
"""Files of one agent; of more messages there is none."""

_BACKSTOP: Final = "backstop-"
_BACKSTOP_S: Final = 3600.0
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}")


class Spooled(NamedTuple):
    """A message for an agent."""

    agent_id: str
    message_id: str
    sender: str


def put(shared: Path, messages: Iterable[Spooled], received_at: str) -> int:
    """Writes their files; how many.

    Args:
        shared: the folder of Thrum.
        messages: whose names are no names of files are left out.
        received_at: RFC 3339.

    Raises:
        OSError: the disk refuses.
    """
    written, room = 0, dict[str, int]()
    for each in messages:
        folder = shared / FOLDER / each.agent_id
        if not (_NAME.fullmatch(each.agent_id) and _NAME.fullmatch(each.message_id)):
            continue
        if each.agent_id not in room:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            room[each.agent_id] = MOST - len(os.listdir(folder))  # noqa: PTH208 -- names alone
        if room[each.agent_id] <= 0:
            continue
        room[each.agent_id] -= 1
        said = {
            "msg_id": each.message_id,
            "from": f"@{each.sender}",
            "received_at": received_at,
        }
        made = folder / f".tmp-{secrets.token_hex(8)}.json"
        made.write_text(json.dumps(said))
        made.replace(folder / f"{each.message_id}.json")
        written += 1
    return written


def sweep(
    shared: Path, unread: Callable[[str, Collection[str]], Collection[str]], now_s: float
) -> int:
    """Takes away the files of messages that were read or that nobody knows; how many.

    Args:
        shared: the folder of Thrum.
        unread: those of the messages that lie unread with an agent.
        now_s: seconds since 1970.

    Raises:
        OSError: the disk refuses.
    """
    gone = 0
    for folder in _folders(shared):
        files = {each.stem: each for each in folder.iterdir() if each.is_file()}
        ours = [stem for stem, each in files.items() if not _is_other(each)]
        kept = set(unread(folder.name, ours)) if ours else set()
        for stem, each in files.items():
            if stem not in kept and (not _is_other(each) or _is_old(each, now_s)):
                each.unlink(missing_ok=True)
                gone += 1
    return gone


def _folders(shared: Path) -> list[Path]:
    base = shared / FOLDER
    if base.is_symlink() or not base.is_dir():
        return []
    return [each for each in base.iterdir() if each.is_dir() and not each.is_symlink()]


def _is_other(path: Path) -> bool:
    """Whether it stands for no message: a reminder of an older program, or half a file."""
    return path.name.startswith((_BACKSTOP, ".tmp-"))


def _is_old(path: Path, now_s: float) -> bool:
    try:
        return path.stat().st_mtime + _BACKSTOP_S < now_s
    except FileNotFoundError:
        return False
