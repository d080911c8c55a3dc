"""Sentences with counts: ``1 message``, never ``1 messages``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import thrum
from thrum.plurals import counted, listed

NOUNS: Final = (
    "agent byte character clone commit copy day event file group hour key line listener machine"
    " member message method minute object page process purge recipient second session thread time"
    " version worktree"
)
MANY: Final = re.compile(rf" (?:[a-z]+ )?(?:{'|'.join(NOUNS.split())})e?s\b")
"""What follows a number that was not counted; nothing, a word, and more than one of something."""

NEVER_ONE: Final = {
    # Said only where there are more.
    ("thrum/daemon/loops/notice.py", "found.answers"),
    ("thrum/prime/block.py", "letter.characters"),
    ("thrum/daemon/nudges/words.py", "count"),
    ("thrum/cli/commands/inbox.py", "total"),
    ("thrum/cli/commands/message.py", "edits"),
    ("thrum/cli/render/events.py", "len(event['recipients'])"),
    ("thrum/daemon/rpc/receipt.py", "len(ids)"),
    ("thrum/daemon/projection/queries/clocks.py", "len(found)"),
    ("thrum/daemon/queue/notice.py", "len(output)"),
    # Bounds, and what is over them.
    ("thrum/cli/steps/source.py", "most"),
    ("thrum/contexts.py", "len(content)"),
    ("thrum/daemon/rpc/message.py", "size"),
    ("thrum/daemon/transports/unix.py", "largest"),
    ("thrum/daemon/transports/websocket.py", "largest"),
    ("thrum/mcp/mail.py", "len(text)"),
    ("thrum/skills/rules.py", "len(description)"),
    ("thrum/skills/rules.py", "len(body)"),
    ("thrum/skills/rules.py", "listed"),
    ("thrum/daemon/monitors/pattern.py", "longest"),
    # No number at all.
    ("thrum/skills/plugins/folder.py", "folder"),
}
"""Counts that cannot be one."""


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 lines"), (1, "1 line"), (2, "2 lines"), (1001, "1,001 lines"), (-1, "-1 lines")],
)
def test_one_is_one(count: int, said: str) -> None:
    assert counted(count, "line") == said


@pytest.mark.parametrize(
    ("names", "said"),
    [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c"), (["a, b"], "a, b")],
)
def test_names_in_a_sentence(names: list[str], said: str) -> None:
    assert listed(names) == said


def loose(source: str) -> Iterator[str]:
    """Values of a text that stand before a plural, but for bounds, which are constants."""
    for text in ast.walk(ast.parse(source)):
        if not isinstance(text, ast.JoinedStr):
            continue
        for value, after in zip(text.values, text.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                name = ast.unparse(value.value)
                is_bound = name.rpartition(".")[2].isupper()
                if MANY.match(str(after.value)) and not (is_bound or ".join(" in name):
                    yield name


ROOT: Final = Path(thrum.__file__).parents[1]


def test_no_sentence_counts_by_itself() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / "thrum").rglob("*.py")
        for name in loose(path.read_text())
    }
    assert found == NEVER_ONE


@pytest.mark.parametrize(
    ("source", "is_loose"),
    [
        ('f"{count} messages"', True),
        ('f"{len(rows)} open files"', True),
        ("f\"{counted(n, 'file')} there\"", False),
        ('f"at most {MOST:,} bytes"', False),
        ('f"{name} says"', False),
    ],
)
def test_what_is_found(source: str, is_loose: bool) -> None:
    assert bool(list(loose(source))) is is_loose
