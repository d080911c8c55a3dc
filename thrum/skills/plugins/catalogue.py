"""The packages there are, and how each is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from thrum.skills.plugins import claude, codex, neutral
from thrum.skills.plugins.about import SUMMARY, TITLE
from thrum.skills.skill import MARK, File

README: Final = "README.md"


class Package(NamedTuple):
    """One of them.

    Attributes:
        files: everything in it but the page that says how it is installed.
        install: lines for a shell; ``DIR`` stands for where it lies.
        note: what else there is to know, in a sentence or two.
    """

    files: Callable[[], Iterator[File]]
    install: tuple[str, ...]
    note: str


_STANDS_BACK: Final = (
    "Where `thrum setup` has written the same hooks, those answer and the plugin's say nothing."
)

PACKAGES: Final = {
    "claude": Package(
        claude.files,
        ("claude plugin marketplace add DIR", "claude plugin install thrum@thrum"),
        _STANDS_BACK,
    ),
    "codex": Package(
        codex.files,
        ("codex plugin marketplace add DIR", "codex plugin add thrum@thrum"),
        f"In Codex type /hooks once and trust those of thrum. {_STANDS_BACK}",
    ),
    "any": Package(
        neutral.files,
        ("gemini extensions install DIR", "qwen extensions install DIR"),
        "Other programs that read `plugin.json` have their own way to install it. It holds no "
        "hooks; `thrum setup` writes those.",
    ),
}
"""By runtime; ``any`` is the package that several read."""


def files(name: str, place: str = ".") -> Iterator[File]:
    """All files of a package, with the page that says how it is installed.

    Args:
        name: one of `PACKAGES`.
        place: where it lies, as one names it in a shell.
    """
    package = PACKAGES[name]
    lines = "".join(f"{line.replace('DIR', place)}\n" for line in package.install)
    yield File(
        README,
        f"{MARK}\n\n# {TITLE}\n\n{SUMMARY}. Hooks and server start the `thrum` of whoever uses "
        f"them.\n\n```sh\n{lines}```\n\n{package.note}\n",
    )
    yield from package.files()
