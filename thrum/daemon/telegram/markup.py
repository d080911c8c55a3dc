"""Markdown as agents write it, in the HTML that Telegram takes. Pure.

Fences, code, bold, italic, struck text, links and headings become what they are there; everything
else stays as it was written. What is made is balanced whatever comes in, and shows no more
characters than its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

SPAN: Final = re.compile(
    r"(?P<ticks>`+)(?P<code>[^\n]+?)(?P=ticks)(?!`)"
    r"|\[(?P<label>[^\]\[\n]+)\]\((?P<url>(?:https?://|mailto:)[^\s()<>\"]+)\)"
    r"|\*\*(?=\S)(?P<bold>[^\n]+?)(?<=\S)\*\*"
    r"|~~(?=\S)(?P<struck>[^\n]+?)(?<=\S)~~"
    r"|(?<![\w*])\*(?=[^\s*])(?P<star>[^\n*]+?)(?<=\S)\*(?![\w*])"
    r"|(?<!\w)_(?=[^\s_])(?P<line>[^\n_]+?)(?<=\S)_(?!\w)"
)
"""What belongs together within a line."""

_TAGS: Final = {"bold": "b", "struck": "s", "star": "i", "line": "i"}
_HEADING: Final = re.compile(r"#{1,6}[ \t]+(?=\S)")
_FENCE: Final = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<info>[^\n`]*)")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9+#._-]{1,32}")


class Fence(NamedTuple):
    """A fence that is open: by which marks it was opened, and for which language."""

    marks: str
    language: str

    @property
    def opening(self) -> str:
        """The line that opens it again."""
        return f"{self.marks}{self.language}"


def fence_after(line: str, fence: Fence | None) -> Fence | None:
    """The fence that is open after a line, before which another one was or none."""
    found = _FENCE.fullmatch(line)
    if found is None:
        return fence
    marks = found["marks"]
    if fence is None:
        named = _LANGUAGE.match(found["info"].strip())
        return Fence(marks[:8], named[0] if named else "")
    closes = marks[0] == fence.marks[0] and len(marks) >= len(fence.marks)
    return None if closes and not found["info"].strip() else fence


def html(source: str) -> str:
    """A text as Telegram's HTML."""
    return "\n".join(_blocks(source))


def _blocks(source: str) -> Iterator[str]:
    """Lines, and fences with all that is in them."""
    fence: Fence | None = None
    inside: list[str] = []
    for line in source.split("\n"):
        before, fence = fence, fence_after(line, fence)
        if before is None and fence is None:
            yield _line(line)
        elif before is not None and fence is not None:
            inside.append(line)
        elif before is not None:
            yield _block(before, inside)
            inside = []
    if fence is not None:
        yield _block(fence, inside)


def _block(fence: Fence, lines: list[str]) -> str:
    text = escape("\n".join(lines))
    if fence.language:
        return f'<pre><code class="language-{escape(fence.language)}">{text}</code></pre>'
    return f"<pre>{text}</pre>"


def _line(line: str) -> str:
    heading = _HEADING.match(line)
    if heading is None:
        return _inline(line)
    return f"<b>{_inline(line[heading.end() :], within=frozenset({'b'}))}</b>"


def _inline(text: str, within: frozenset[str] = frozenset()) -> str:
    """What stands in a line; a tag never stands in itself, so this ends after a few steps."""
    made, done = [], 0
    for found in SPAN.finditer(text):
        made.append(escape(text[done : found.start()]))
        made.append(_span(found, within))
        done = found.end()
    return "".join(made) + escape(text[done:])


def _span(found: re.Match[str], within: frozenset[str]) -> str:
    if found["code"] is not None:
        return f"<code>{escape(found['code'])}</code>"
    if found["label"] is not None:
        if "a" in within:
            return escape(found[0])
        label = _inline(found["label"], within | {"a"})
        return f'<a href="{escape(found["url"])}">{label}</a>'
    kind = next(each for each in _TAGS if found[each] is not None)
    tag = _TAGS[kind]
    if tag in within:
        return escape(found[0])
    return f"<{tag}>{_inline(found[kind], within | {tag})}</{tag}>"
