"""Issues of beads: ``issues.jsonl``, an issue on each line, its comments inside.

An issue is a thread: what it says first, then its comments in their order.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from thrum.errors import ThrumError
from thrum.neighbours.haul import Haul
from thrum.neighbours.post import Post, a_key, a_moment, a_text, an_object, bounded

SOURCE: Final = "beads"
LONGEST_LINE: Final = 4 * 1024 * 1024
_NAMES: Final = ("issues.jsonl", "beads.jsonl")
_GONE: Final = "tombstone"


def read(path: Path, now_ns: int) -> Haul:
    """What the issues say.

    Args:
        path: the file, a folder `.beads`, or one that has it.
        now_ns: the present; nothing was written later.

    Raises:
        ThrumError: ``not_found``, there is no such file; ``invalid_params``, it cannot be read.
    """
    file, haul = _file(path), Haul()
    try:
        with open(file, "rb", opener=_plain) as lines:
            for number, line in enumerate(_lines(lines), 1):
                what = f"line {number}"
                if line is None:
                    haul.refuse(what, f"over {LONGEST_LINE:,} bytes")
                elif line.strip():
                    with haul.judging(what):
                        _issue(haul, what, an_object(line), now_ns)
    except OSError as error:
        text = f"{file} cannot be read: {error.strerror or error}"
        raise ThrumError("invalid_params", text, "name the file issues.jsonl of beads") from None
    return haul


def _file(path: Path) -> Path:
    for folder in (path, path / ".beads") if path.is_dir() else ():
        for name in _NAMES:
            if (folder / name).is_file():
                return folder / name
    if not path.is_file():
        todo = "name issues.jsonl, or the folder .beads; `bd export -o issues.jsonl` makes one"
        raise ThrumError("not_found", f"there are no issues of beads in {path}", todo)
    return path


def _plain(path: str, flags: int) -> int:
    handle = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("it is no plain file")
    return handle


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Each line; None for one that is too long, which is never in memory as a whole."""
    while line := file.readline(LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < LONGEST_LINE:
            yield line
            continue
        while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        yield None


def _issue(haul: Haul, what: str, fields: Mapping[str, object], now_ns: int) -> None:
    issue = a_key(fields, "id")
    if fields.get("status") == _GONE:
        raise ValueError(f"{issue} was deleted there")
    title = a_text(fields, "title", None)
    at_ns = a_moment(fields, "created_at", now_ns)
    author = a_text(fields, "created_by") or a_text(fields, "owner") or "unknown"
    text = bounded(f"# {issue}: {title}\n\n{_body(fields)}".rstrip())
    haul.add(Post(SOURCE, "", issue, issue, author, at_ns, text))
    comments = fields.get("comments") or []
    if not isinstance(comments, list):
        haul.refuse(f"{what}, {issue}", "comments is no list")
        return
    for number, comment in enumerate(comments, 1):
        with haul.judging(f"{what}, {issue}, comment {number}"):
            haul.add(_comment(issue, at_ns, comment, now_ns))


def _comment(issue: str, since_ns: int, fields: object, now_ns: int) -> Post:
    if not isinstance(fields, dict):
        raise ValueError("no JSON object")
    return Post(
        source=SOURCE,
        place="",
        key=f"{issue}#{a_key(fields, 'id')}",
        thread=issue,
        author=a_text(fields, "author") or "unknown",
        at_ns=a_moment(fields, "created_at", now_ns),
        text=bounded(a_text(fields, "text", None)),
        answers=(issue, since_ns),
    )


_PARTS: Final = {"design": "Design", "acceptance_criteria": "Done when", "notes": "Notes"}


def _body(fields: Mapping[str, object]) -> str:
    """What an issue says, and how it stands with it, for people."""
    parts = [a_text(fields, "description")]
    for name, heading in _PARTS.items():
        said = a_text(fields, name)
        parts.append(f"## {heading}\n\n{said}" if said.strip() else "")
    parts.append("\n".join(f"- {name}: {value}" for name, value in _facts(fields).items()))
    return "\n\n".join(filter(str.strip, parts))


def _facts(fields: Mapping[str, object]) -> dict[str, str]:
    """How it stands with an issue; a value of another type is left out, for it says nothing."""
    found = {}
    for name in ("status", "issue_type", "assignee", "close_reason", "external_ref"):
        said = fields.get(name)
        if isinstance(said, str) and said:
            found[name] = " ".join(said.split())
    priority, labels = fields.get("priority"), fields.get("labels")
    if isinstance(priority, int) and not isinstance(priority, bool):
        found["priority"] = str(priority)
    if isinstance(labels, list):
        found["labels"] = ", ".join(each for each in labels if isinstance(each, str))
    found["depends_on"] = ", ".join(_dependencies(fields.get("dependencies")))
    return {name: value for name, value in found.items() if value}


def _dependencies(found: object) -> Iterator[str]:
    for each in found if isinstance(found, list) else ():
        other = each.get("depends_on_id") if isinstance(each, dict) else None
        kind = each.get("type") if isinstance(each, dict) else None
        if isinstance(other, str) and other:
            yield f"{other} ({kind})" if isinstance(kind, str) and kind else other
