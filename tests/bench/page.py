"""Writes docs/performance.md from bench.json; sections that were not measured stay as they are."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.bench.factors import Row, rows
from tests.bench.figure import Figure, number
from thrum.plurals import counted

TITLES: Final = {
    "boots": "Start and memory",
    "processes": "Commands",
    "sends": "Sends",
    "steps": "What a send takes of the daemon",
    "sockets": "Requests and open connections",
    "views": "Who is there, and at what",
    "lists": "Lists of everything",
    "searches": "Search",
    "signatures": "Signatures",
    "claims": "Claims",
    "mcp": "The MCP server",
    "prime": "How a session begins",
    "hooks": "Hooks",
    "delivery": "Delivery",
    "texts": "Texts that agents read",
    "work": "Looking at worktrees",
    "panes": "Panes",
    "queue": "The queue",
    "pages": "The web page",
    "peers": "Peers",
    "syncs": "Two clones",
    "commits": "The branch",
    "backup": "Backups",
    "ages": "A long history",
    "growth": "With ten times the messages",
    "crowd": "With ten times the agents",
    "shards": "With twenty times the shards",
    "clones": "With more clones",
}
"""What each bench is called on the page, in this order."""

INTRO: Final = """\
# Figures

The bench takes these figures and writes this page; nobody else does. `python -m tests.bench
--page docs/performance.md` takes all of them, with names only some, and the other sections stay;
`python -m tests.bench.page bench.json docs/performance.md` writes down what was taken before.

How to read it:

- What depends on the machine stands beside the cheapest thing that could do the same, measured in
  the same run (the floor): an append with its `fdatasync` beside a send, an interpreter that does
  nothing beside a command, git's own programs beside an exchange. The ratio is what counts.
- Where nothing does the same, the floor is `python -c pass`: how quick the machine was, no more.
- What is counted (bytes, objects, programs, statements, characters) is the same everywhere.
- *p50* is the middle one of all samples; one in a hundred exceeds *p99*. *Processor* is the time
  for which processors worked, git's included; it does not run while others are served.
- Each section says how busy the machine was. With a load above its cores times say little.

The last sections have the same figure at several sizes. What grows faster than the logarithm of
the size is named below each table; a quarter more is taken for chance. What follows for a large
team is [reckoned on a page of its own](scale.md).
"""

_SECTION: Final = re.compile(r"^(?=## )", re.M)


class Taken(msgspec.Struct):
    """When a bench ran, and how busy the machine was."""

    at: str
    load: float
    quick: bool = False


class Written(msgspec.Struct):
    """What is read of bench.json."""

    machine: dict[str, Any]
    taken: dict[str, Taken]
    figures: dict[str, list[Figure]]


def updated(page: str, written: Written) -> str:
    """The page with the sections that were measured, and with its others."""
    blocks = {
        block.partition("\n")[0].removeprefix("## "): block.rstrip() + "\n"
        for block in _SECTION.split(page)[1:]
    }
    for name, figures in written.figures.items():
        blocks[TITLES[name]] = section(name, figures, written)
    order = [title for title in TITLES.values() if title in blocks]
    return "\n".join([INTRO, *(blocks[title] for title in order)])


def section(name: str, figures: Sequence[Figure], written: Written) -> str:
    """What one bench has measured."""
    taken, machine = written.taken[name], written.machine
    short = ", with a tenth of the history" if taken.quick else ""
    about = (
        f"{taken.at}, {machine['cores']} cores, load {taken.load:.1f},"
        f" {machine['system']}, Python {machine['python']}{short}."
    )
    parts = [f"## {TITLES[name]}\n", f"{about}\n"]
    flat = [each for each in figures if not each.axis]
    if flat:
        parts += [*_table(_flat(flat)), "", *_missed(flat)]
    grown = rows(figures)
    if grown:
        parts += [*_table(_grown(grown)), "", *_fast(grown)]
    return "\n".join(parts).rstrip() + "\n"


def _flat(figures: Iterable[Figure]) -> Iterator[tuple[str, ...]]:
    yield "Figure", "Value", "Floor", "Ratio", "Floor is", "Wanted", ""
    for each in figures:
        floor = f"{number(each.floor)} {each.unit}".strip() if each.floor else ""
        ratio = f"{number(each.ratio)}×" if each.floor else ""
        verdict = "" if each.met is None else "met" if each.met else "**missed**"
        value = f"{number(each.value)} {each.unit}".strip()
        yield each.name, value, floor, ratio, each.floor_name, each.aim, verdict


def _grown(grown: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    sizes = sorted({size for row in grown for size in row.sizes})
    axis = grown[0].figures[0].axis.removesuffix("s")
    yield "Figure", *(counted(size, axis) for size in sizes), "Floor is", "For ten times as much"
    for row in grown:
        at = {each.size: each for each in row.figures}
        first = row.figures[0]
        cells = [_cell(at[size]) if size in at else "" for size in sizes]
        factor = f"{number(row.factor)}×" if row.factor is not None else ""
        yield first.name, *cells, first.floor_name, factor


def _cell(figure: Figure) -> str:
    ratio = f" ({number(figure.ratio)}×)" if figure.floor else ""
    return f"{number(figure.value)} {figure.unit}".strip() + ratio


def _table(lines: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for count, cells in enumerate(lines):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        if count == 0:
            yield "|" + "---|" * len(cells)


def _missed(figures: Iterable[Figure]) -> Iterator[str]:
    missed = [each.name for each in figures if each.met is False]
    if missed:
        yield f"Missed: {'; '.join(missed)}.\n"


def _fast(grown: Iterable[Row]) -> Iterator[str]:
    fast = [row for row in grown if row.is_too_fast]
    wrong = [row.figures[0].name for row in fast if not row.may]
    if wrong:
        yield f"**Grows faster than the logarithm, and should not**: {'; '.join(wrong)}.\n"
    else:
        yield "Nothing grows faster than the logarithm that should not.\n"
    why = [f"{row.figures[0].name} ({row.may})" for row in fast if row.may]
    if why:
        yield f"Grows faster and may: {'; '.join(why)}.\n"


def write(source: Path, page: Path) -> None:
    """Brings a page up to what a bench has written."""
    written = msgspec.json.decode(source.read_bytes(), type=Written)
    page.write_text(updated(page.read_text() if page.exists() else "", written))


def main() -> None:
    """Parses the arguments and writes."""
    parser = argparse.ArgumentParser(prog="tests.bench.page")
    parser.add_argument("source", type=Path, help="bench.json as tests.bench wrote it")
    parser.add_argument("page", type=Path, help="docs/performance.md")
    arguments = parser.parse_args()
    try:
        write(arguments.source, arguments.page)
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    except msgspec.MsgspecError as error:
        parser.error(f"{arguments.source} is not as `python -m tests.bench` writes it: {error}")


if __name__ == "__main__":
    main()
