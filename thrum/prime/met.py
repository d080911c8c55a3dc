"""Agents that are at the same files, as sentences that a runtime puts in front of its model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from thrum.cli.render.text import one_line
from thrum.plurals import counted

MOST: Final = 900
"""Characters of all of them."""

_NAME: Final = 64
_PATH: Final = 100
_SAID: Final = {
    "changes": "@{other} has changed {files} too, in a worktree of its own, and neither of you"
    " has committed that.",
    "held": "You have changed {files}, which @{other} holds.",
    "holds": "@{other} has changed {files}, which you hold.",
}


class Meeting(NamedTuple):
    """Another agent at the same files.

    Attributes:
        id: by which the daemon knows that this was told.
        form: what is the matter, see the keys of `_SAID`.
        files: some of them.
        number: how many there are.
    """

    id: str
    other: str
    form: str
    files: tuple[str, ...]
    number: int


class Told(NamedTuple):
    """The sentences, and the ids of what they tell."""

    text: str
    ids: list[str]


def compose(meetings: Iterable[Meeting], most: int = MOST) -> Told:
    """A sentence for each other agent, and how it is reached; as many as there is room for."""
    text = ""
    ids: list[str] = []
    for each in meetings:
        said = _SAID.get(each.form)
        if said is None:
            continue  # a newer daemon knows of more
        other = one_line(each.other)[:_NAME]
        line = said.format(other=other, files=_files(each))
        line += f' To agree on it: thrum send "…" --to @{other}\n'
        if ids and len(text) + len(line) > most:
            break
        text += line
        ids.append(each.id)
    return Told(text, ids)


def _files(meeting: Meeting) -> str:
    shown = ", ".join(_cut(one_line(each)) for each in meeting.files)
    more = meeting.number - len(meeting.files)
    return f"{shown} and {counted(more, 'other file')}" if more > 0 else shown


def _cut(path: str) -> str:
    """A path, or its end where it is long: there is what tells it from others."""
    return path if len(path) <= _PATH else f"…{path[-_PATH:]}"
