"""Mail of mcp-agent-mail: its archive of Markdown files in a git repository.

A file is a message: ``---json``, an object, ``---``, and the text. They lie in
``projects/SLUG/messages/YEAR/MONTH``; copies for readers lie elsewhere, and are not read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from thrum import small_file
from thrum.errors import ThrumError
from thrum.neighbours import mail_database
from thrum.neighbours.haul import Haul
from thrum.neighbours.post import Post, a_key, a_moment, a_text, an_object, bounded

SOURCE: Final = "mail"
LARGEST: Final = 4 * 1024 * 1024
_OPENING: Final = b"---json\n"
_CLOSING: Final = re.compile(rb"^---[ \t]*$", re.MULTILINE)
_FOLDER: Final = re.compile(r"[0-9]{4}/[0-9]{2}")


def read(path: Path, now_ns: int) -> Haul:
    """What the archive says.

    Args:
        path: the archive, the folder of one project in it, or the program's database.
        now_ns: the present; nothing was written later.

    Raises:
        ThrumError: ``not_found``, there is no such archive; ``database``, it cannot be read.
    """
    haul = Haul()
    if path.is_file():
        for what, slug, fields in mail_database.messages(path):
            with haul.judging(what):
                haul.add(_post(fields, a_text(fields, "body_md"), slug, now_ns))
        _tie(haul)
        return haul
    projects = list(_projects(path))
    if not projects:
        todo = "name the folder that has projects/, one with messages/ in it, or storage.sqlite3"
        raise ThrumError("not_found", f"there is no archive of mcp-agent-mail in {path}", todo)
    for project in projects:
        for file in _files(project / "messages"):
            with haul.judging(str(file.relative_to(path))):
                head, text = _parts(small_file.data(file, follows=False, most=LARGEST))
                haul.add(_post(head, text, project.name, now_ns))
    _tie(haul)
    return haul


def _projects(path: Path) -> Iterator[Path]:
    if (path / "messages").is_dir():
        yield path
        return
    folder = path / "projects" if (path / "projects").is_dir() else path
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (each / "messages").is_dir() and not each.is_symlink():
            yield each


def _files(messages: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(messages):
        folders.sort()
        if _FOLDER.fullmatch(str(Path(where).relative_to(messages))):
            yield from (Path(where, name) for name in sorted(names) if name.endswith(".md"))


def _post(head: Mapping[str, object], text: str, project: str, now_ns: int) -> Post:
    key, subject = a_key(head, "id"), a_text(head, "subject")
    thread = a_key(head, "thread_id") if head.get("thread_id") else key
    more = {"project": project, "subject": subject, "thread": thread, **_more(head)}
    return Post(
        source=SOURCE,
        place=project,
        key=key,
        thread=thread,
        author=a_text(head, "from", None),
        at_ns=a_moment(head, "created", now_ns),
        text=bounded(_headed(subject, text)),
        more=more,
    )


def _headed(subject: str, text: str) -> str:
    """The text below its subject, which may have had several lines and is a heading of one."""
    heading = " ".join(subject.split())
    return f"# {heading}\n\n{text}".strip() if heading else text.strip()


def _more(head: Mapping[str, object]) -> dict[str, object]:
    """To whom it went, but for those whom the others were not to see."""
    found: dict[str, object] = {}
    for name in ("to", "cc"):
        people = head.get(name) or []
        if not isinstance(people, list) or not all(isinstance(each, str) for each in people):
            raise ValueError(f"{name} is no list of names")
        if people:
            found[name] = people
    importance = a_text(head, "importance")
    return found | {"importance": importance} if importance not in ("", "normal") else found


def _parts(data: bytes) -> tuple[dict[str, object], str]:
    """What stands above the text, and the text."""
    data = data.replace(b"\r\n", b"\n")
    if not data.startswith(_OPENING):
        raise ValueError("it does not begin with ---json")
    end = _CLOSING.search(data, len(_OPENING))
    if end is None:
        raise ValueError("its head has no end")
    head = an_object(data[len(_OPENING) : end.start()])
    return head, data[end.end() :].decode(errors="replace").strip()


def _tie(haul: Haul) -> None:
    """Has every message but the first of a thread answer that one."""
    first: dict[tuple[str, str], Post] = {}
    for post in haul.posts.values():
        about = (post.place, post.thread)
        known = first.setdefault(about, post)
        if (post.at_ns, post.key) < (known.at_ns, known.key):
            first[about] = post
    for name, post in haul.posts.items():
        root = first[(post.place, post.thread)]
        if root is not post:
            haul.posts[name] = replace(post, answers=(root.key, root.at_ns))
