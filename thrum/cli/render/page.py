"""A page of documentation on a terminal: Markdown in columns.

What is printed elsewhere is the page as it is written, which programs and models read well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from thrum.cli.render.filling import filled
from thrum.cli.render.paint import Paint

_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ITEM: Final = re.compile(r"(?:[-*]|\d+\.) ")
_RULE: Final = re.compile(r"\|[\s:|-]+\|$")
_CELL: Final = re.compile(r"(?<!\\)\|")
_FENCE: Final = "```"


def laid_out(markdown: str, columns: int, paint: Paint) -> str:
    """The page in so many columns; commands and what they show are left as they are."""
    return "".join(f"{text}\n" for text in _parts(markdown, columns, paint))


def _parts(markdown: str, columns: int, paint: Paint) -> Iterator[str]:
    is_code = False
    for is_text, lines in groupby(markdown.splitlines(), key=bool):
        if not is_text:
            yield ""
            continue
        kept: list[str] = []
        for line in lines:
            if line.startswith(_FENCE):
                yield from _block(kept, columns, paint)
                kept, is_code = [], not is_code
            elif is_code:
                yield f"  {line}"
            else:
                kept.append(line)
        yield from _block(kept, columns, paint)


def _block(lines: list[str], columns: int, paint: Paint) -> Iterator[str]:
    """Lines without an empty one between them: a heading, a table, items or a paragraph."""
    if not lines or lines[0].startswith("<!--"):
        return
    if lines[0].startswith("#"):
        yield paint.unread(plain(lines[0].lstrip("# ")))
        yield from _block(lines[1:], columns, paint)
    elif lines[0].startswith("|"):
        yield from _rows([_cells(line) for line in lines if not _RULE.match(line)], columns)
    else:
        for text in _paragraphs(lines):
            yield _indented(plain(text), columns)


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """Each item of a list by itself, with the lines that go on with it."""
    text = ""
    for line in lines:
        begins = _ITEM.match(line.lstrip())
        if begins and text:
            yield text
            text = ""
        text = f"{text} {line.strip()}" if text else line.rstrip()
    yield text


def _indented(text: str, columns: int) -> str:
    """Filled, below an item's beginning."""
    begin = re.match(r" *(?:(?:[-*]|\d+\.) )?", text)
    hang = begin.end() if begin else 0
    first, *rest = filled(text[hang:], max(columns - hang, 20)).splitlines() or [""]
    return "\n".join([text[:hang] + first, *(" " * hang + line for line in rest)])


def _rows(rows: list[list[str]], columns: int) -> Iterator[str]:
    """A table: each row as its first cell, with the others below it."""
    header, *body = rows
    for first, *others in body:
        yield first
        for title, cell in zip(header[1:], others, strict=False):
            if cell:
                said = f"{title}: {cell}" if title and len(header) > 2 else cell
                yield "\n".join(f"    {line}" for line in filled(said, columns - 4).splitlines())


def _cells(line: str) -> list[str]:
    cells = _CELL.split(line.strip().strip("|"))
    return [plain(cell.replace(r"\|", "|").strip()) for cell in cells]


def plain(text: str) -> str:
    """Words without where they lead, and without stars."""
    return _LINK.sub(r"\1", text).replace("**", "")
