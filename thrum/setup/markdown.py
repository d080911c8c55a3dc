"""A block of ours in a Markdown file, between two marks that older programs know as well."""

from __future__ import annotations

from typing import Final

BEGIN: Final = "<!-- BEGIN THRUM -->"
END: Final = "<!-- END THRUM -->"


def span(text: str) -> tuple[int, int] | None:
    """Where the first whole block stands, its marks included; None if there is none."""
    start = text.find(BEGIN)
    end = text.find(END, start + len(BEGIN)) if start >= 0 else -1
    return (start, end + len(END)) if end >= 0 else None


def wrapped(inner: str) -> str:
    """The block around a text, without a newline at its end."""
    return f"{BEGIN}\n{inner.strip()}\n{END}"


def put(text: str, inner: str) -> str:
    """The text with the block: in its place if it has one, else at the end behind an empty line."""
    newline = "\r\n" if "\r\n" in text else "\n"
    block = wrapped(inner).replace("\n", newline)
    found = span(text)
    if found:
        return text[: found[0]] + block + text[found[1] :]
    if text and not text.endswith(("\n", "\r\n")):
        text += newline
    return text + (newline if text else "") + block + newline


def drop(text: str) -> str:
    """The text without the block, its newline and the empty line before it."""
    found = span(text)
    if not found:
        return text
    before, after = text[: found[0]], text[found[1] :]
    newline = "\r\n" if "\r\n" in text[slice(*found)] else "\n"
    after = after.removeprefix(newline)
    if before.endswith("\n" + newline) or before == newline:
        before = before.removesuffix(newline)
    return before + after
