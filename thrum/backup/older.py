"""Backups of older programs: files of the log, tables as lines, and no bundle.

Their lines are united with the log like those of a journal. What was read is told by them only in a
table; it becomes events whose ids are made of what they tell, so twice is once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from gitstore import Cursor, Format, Line, Reader, Since, canonical
from thrum import clock, events, ids
from thrum.backup.manifest import Manifest
from thrum.daemon import routing
from thrum.daemon.projection.facts import interpret
from thrum.errors import ThrumError
from thrum.plurals import counted

LOG_FILE: Final = re.compile(r"events\.jsonl|messages/[^/\x00-\x1f\x7f]+\.jsonl")
"""What is a file of the log in a backup, whoever took it."""
READS: Final = "local/message_reads.jsonl"


class _Read(msgspec.Struct):
    message_id: str
    agent_id: str
    read_at: str


@dataclass(frozen=True, slots=True)
class Older:
    """A backup of an older program.

    Args:
        folder: where it is.
        about: its manifest, with the files that are there.
    """

    folder: Path
    about: Manifest

    def since(self, cursor: Cursor | None) -> Since:
        """All its lines, as a log gives them to a new reader."""
        return Since(self.lines(), Cursor("", "", 0))

    def lines(self) -> Iterator[Line]:
        """The lines that are of a log; those that nobody can read are left out."""
        reader = Reader(Format())
        for line in self._all():
            if reader.keys(line.raw).id:
                yield line

    def _all(self) -> Iterator[Line]:
        for name in self.about.files:
            if LOG_FILE.fullmatch(name):
                for raw in (self.folder / name).read_bytes().split(b"\n"):
                    if raw.strip():
                        yield Line(name, -1, raw)

    def faults(self) -> Iterator[str]:
        """What its files lack of what its manifest says."""
        counts = self.about.counts
        names = [name for name in self.about.files if LOG_FILE.fullmatch(name)]
        messages = sum(name.startswith("messages/") for name in names)
        if messages != counts.message_files:
            yield (
                f"it has {counted(messages, 'message file')},"
                f" and its manifest names {counts.message_files:,}"
            )
        lines = sum(1 for _ in self._all())
        if lines != counts.events:
            said = f"{counts.events:,}"
            yield f"its log has {counted(lines, 'line')}, and its manifest names {said}"

    def receipts(self, log: Iterable[Line]) -> Iterator[tuple[str, bytes]]:
        """Events of what was read, as far as the log does not tell: each with its shard.

        Args:
            log: the lines that are there.
        """
        authors, told = _known(log)
        for read in self._reads():
            if read.message_id not in authors or (read.message_id, read.agent_id) in told:
                continue
            told.add((read.message_id, read.agent_id))
            yield _receipt(read)

    def _reads(self) -> Iterator[_Read]:
        if READS not in self.about.files:
            return
        for number, raw in enumerate((self.folder / READS).read_bytes().splitlines(), 1):
            try:
                read = msgspec.json.decode(raw, type=_Read)
                clock.parse(read.read_at)
                routing.messages_of(read.agent_id)
            except (msgspec.DecodeError, ValueError, ThrumError):
                text = f"line {number:,} of {READS} tells nothing of a message that was read"
                raise ThrumError("storage", text, "take the line out of a copy of it") from None
            yield read


def _known(log: Iterable[Line]) -> tuple[set[str], set[tuple[str, str]]]:
    """The messages of a log, and by whom each was read."""
    messages: set[str] = set()
    told: set[tuple[str, str]] = set()
    for line in log:
        if b'"message.' not in line.raw:
            continue
        try:
            body = interpret(line.path, line.raw).body
        except ValueError:
            continue  # which is no event: it tells of no message
        if isinstance(body, events.MessageCreate):
            messages.add(body.message_id)
        elif isinstance(body, events.MessageReceipt) and body.receipt_type == "read":
            told.add((body.message_id, body.agent_id))
    return messages, told


def _receipt(read: _Read) -> tuple[str, bytes]:
    moment = clock.parse(read.read_at)
    event = events.MessageReceipt(
        message_id=read.message_id, agent_id=read.agent_id, receipt_type="read"
    )
    event.event_id = ids.derived(
        "evt", moment, "message.receipt", read.message_id, read.agent_id, "read"
    )
    event.timestamp, event.v = clock.format_ns(moment), 1
    return routing.messages_of(read.agent_id), canonical(event)
