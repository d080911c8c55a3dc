"""Answers as JSON."""

from __future__ import annotations

import json

from thrum.cli.render.text import UNSAFE


def document_text(document: object, *, indent: bool, is_ascii: bool = False) -> str:
    """One JSON document and a newline; sorted keys, and no character that acts on a terminal.

    Args:
        document: what `json.dumps` takes.
        indent: for eyes; without it the document is one line.
        is_ascii: write every other character as an escape, for streams that lack some.
    """
    separators = None if indent else (",", ":")
    text = json.dumps(
        document,
        ensure_ascii=is_ascii,
        sort_keys=True,
        indent=2 if indent else None,
        separators=separators,
    )
    # Inside strings only: JSON has escaped all below U+0020, and nothing else here is left outside.
    return UNSAFE.sub(lambda found: _escape(found[0]), text) + "\n"


def _escape(character: str) -> str:
    # Outside strings the only control character is the newline of the indentation.
    if character == "\n":
        return character
    # json.dumps with ensure_ascii writes surrogate pairs where one escape is not enough.
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"
