"""Showing what is longer than the terminal page by page, as git does.

What a command prints is held back until it has ended. If it fits it is printed; else a pager gets
it, which people leave with q. Only for people: nothing is held back in a pipe, in JSON, or where a
command goes on and on.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from thrum.cli.context import Context

DEFAULT: Final = "less"
SETTINGS: Final = {"LESS": "FRX", "LV": "-c"}
"""What pagers are told unless people tell them otherwise: leave if all fits, keep colours."""


def chosen(env: Mapping[str, str]) -> list[str]:
    """The pager with its arguments; empty where nobody wants one."""
    wanted = env.get("THRUM_PAGER", env.get("PAGER", DEFAULT)).strip()
    try:
        words = shlex.split(wanted)
    except ValueError:
        return []
    return [] if words[:1] == ["cat"] or env.get("TERM") == "dumb" else words


@contextmanager
def held(context: Context) -> Iterator[None]:
    """Holds back what is printed on stdout until the end, then shows it."""
    pager = chosen(context.env)
    if not pager or context.is_plain or context.options.json:
        yield
        return
    stream, held_back, notes = context.stdout, io.StringIO(), list[str]()
    context.stdout, context.kept_notes = held_back, notes
    try:
        yield
    finally:
        context.stdout, context.kept_notes = stream, None
        text = held_back.getvalue()
        if text.count("\n") < context.rows or not context.page(pager, text, _environment(context)):
            stream.write(text)
        for note in notes:
            context.note(note)


def _environment(context: Context) -> dict[str, str]:
    return {**SETTINGS, **context.env}


def run(argv: Sequence[str], text: str, env: Mapping[str, str]) -> bool:
    """Has the pager show the text and waits for its end; False if there is no such program.

    Ctrl-C is the pager's: it stops a search there, and must not end us before it has left the
    terminal as it was.
    """
    import signal
    import subprocess

    try:
        child = subprocess.Popen(
            argv, stdin=subprocess.PIPE, env=dict(env), text=True, errors="backslashreplace"
        )
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child.communicate(text)
    finally:
        signal.signal(signal.SIGINT, before)
    return True
