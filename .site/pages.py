"""Pages that lie beside docs/, as README does: mkdocs looks for pages in one folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parents[1]
BESIDE: Final = {
    "README.md": "start.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
}
"""Where a page beside docs/ stands in the site."""

_TO_BESIDE: Final = re.compile(r"\]\((?:\.\./)?(" + "|".join(map(re.escape, BESIDE)) + r")([#)])")
_TO_DOCS: Final = re.compile(r"\]\(docs/")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages beside docs/, with their links as they lead from the site."""
    for name, place in BESIDE.items():
        text = _TO_DOCS.sub("](", (ROOT / name).read_text())
        files.append(File.generated(config, place, content=_placed(text)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Has links that leave docs/ lead to where those pages stand in the site."""
    return _placed(markdown) if "](../" in markdown else markdown


def _placed(text: str) -> str:
    return _TO_BESIDE.sub(lambda link: f"]({BESIDE[link[1]]}{link[2]}", text)
