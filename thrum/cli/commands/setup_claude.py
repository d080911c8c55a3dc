"""``thrum setup claude-md``: a few lines of ours in CLAUDE.md, between two marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.setup import foreign, instructions, markdown

if TYPE_CHECKING:
    import typer

_FILE = "CLAUDE.md"
_NEW_MODE = 0o600
_SAID = {
    "created": "Created {} with Thrum block.",
    "appended": "Appended Thrum block to {}.",
    "replaced": "Replaced Thrum block in {}.",
}


def claude_md(
    context: Context,
    apply: Annotated[bool, typer.Option("--apply", help="write it into ./CLAUDE.md")] = False,
    force: Annotated[bool, typer.Option("--force", help="replace the block that is there")] = False,
) -> None:
    """Print a few lines on Thrum for CLAUDE.md, or put them there.

    They stand between two marks; nothing else in the file is changed.
    """
    if not apply:
        block = markdown.wrapped(instructions.text()) + "\n"
        context.document({"block": block})
        context.say(block)
        return
    path = context.cwd / _FILE
    before = foreign.read(path, _NEW_MODE)
    if markdown.span(before.text) and not force:
        raise ThrumError(
            "conflict",
            f"thrum block already present in {_FILE} — use --force to replace",
            "thrum setup claude-md --apply --force",
        )
    foreign.replace(before, before.encoded(_written(before.text)))
    done = "created" if before.raw is None else "appended"
    done = "replaced" if markdown.span(before.text) else done
    context.document({"path": str(path), "action": done})
    context.note(_SAID[done].format(one_line(str(path))))


def _written(text: str) -> str:
    """The text with the block, which ends in a newline wherever it stands."""
    after = markdown.put(text, instructions.text())
    return f"{after}\n" if after.endswith(markdown.END) else after
