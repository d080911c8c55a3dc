"""Runs the benches, all or those that are named, prints the table and writes bench.json."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final

from tests.bench import (
    ages,
    backups,
    claims,
    clones,
    commits,
    crowd,
    delivery,
    growth,
    hooks,
    lists,
    mcp,
    page,
    pages,
    panes,
    peers,
    prime,
    processes,
    queue,
    searches,
    sends,
    shards,
    signatures,
    sockets,
    steps,
    syncs,
    texts,
    views,
    work,
)
from tests.bench.ages import boot, resident_mb, stop
from tests.bench.figure import Figure, Sections, as_table, median
from tests.bench.place import Place, daemon_pid, temporary
from tests.bench.yardstick import Yardstick

BOOTS = 5
SETTLED_S = 6.0
"""Seconds after its start when a daemon has done what it leaves for after the first answer."""


TOGETHER: Final[dict[str, Callable[[Place, Path, Path], Iterator[Figure]]]] = {
    "boots": lambda place, clone, beside: boots(place, clone),
    "sockets": lambda place, clone, beside: sockets.figures(place, clone),
    "processes": processes.figures,
    "sends": lambda place, clone, beside: sends.figures(place, clone),
    "steps": lambda place, clone, beside: steps.figures(place, clone),
    "signatures": lambda place, clone, beside: signatures.figures(place, clone),
    "claims": lambda place, clone, beside: claims.figures(place, clone),
    "searches": lambda place, clone, beside: searches.costs(place, clone),
    "views": lambda place, clone, beside: views.figures(place, clone),
    "mcp": mcp.figures,
    "prime": lambda place, clone, beside: prime.figures(place, clone),
    "hooks": hooks.figures,
    "delivery": delivery.figures,
}
"""Those that are taken in one clone with a daemon: alice lives in it, bob in a worktree beside."""


def one_clone(names: Container[str]) -> Iterator[tuple[str, Figure]]:
    """Those of `TOGETHER` that are wanted, in one clone."""
    wanted = {name: part for name, part in TOGETHER.items() if name in names}
    if not wanted:
        return
    with temporary() as place:
        clone = place.clone(place.remote(), "one")
        place.thrum("init", "--non-interactive", cwd=clone)
        place.thrum("quickstart", "alice", "--role", "tester", "--module", "bench", cwd=clone)
        home = place.worktree(clone, "one-bob")
        place.thrum("quickstart", "bob", "--role", "reviewer", "--module", "x", cwd=home)
        for name, part in wanted.items():
            yield from beside(name, part(place, clone, home))


def boots(place: Place, clone: Path) -> Iterator[Figure]:
    """How soon a daemon answers, and what it has in memory before anything happened."""
    stop(place, clone)
    samples = []
    for _ in range(BOOTS):
        samples.append(boot(place, clone))
        stop(place, clone)
    boot(place, clone)
    time.sleep(SETTLED_S)
    rss = resident_mb(daemon_pid(clone))
    p50 = median(samples)
    yield Figure("daemon start to first answer", p50, "ms", aim="≤ 200 ms", met=p50 <= 200)
    yield Figure("memory, idle", rss, "MB", aim="≤ 48 MB", met=rss <= 48)


def two_clones() -> Iterator[Figure]:
    """Forced syncs between two clones."""
    with temporary() as place:
        yield from syncs.figures(place)


def old_clones(counts: tuple[int, int]) -> Iterator[Figure]:
    """What a long history costs."""
    with temporary() as place:
        yield from ages.figures(place, place.remote(), counts)


def branches(count: int) -> Iterator[Figure]:
    """What the branch costs."""
    with temporary() as place:
        yield from commits.figures(place, place.remote(), count)


def kept(count: int) -> Iterator[Figure]:
    """What it costs to put everything aside, and to have it back."""
    with temporary() as place:
        yield from backups.figures(place, count)


def watched(count: int) -> Iterator[Figure]:
    """What lists of everything cost."""
    yield from lists.figures(count)


def paired(count: int) -> Iterator[Figure]:
    """What it costs to keep up with a peer."""
    with temporary() as place:
        yield from peers.figures(place, count)


def at_work() -> Iterator[Figure]:
    """What it costs to know who works on what."""
    with temporary() as place:
        yield from work.figures(place)


def growing(sizes: Sequence[int]) -> Iterator[Figure]:
    """What ten times the history costs."""
    with temporary() as place:
        yield from growth.figures(place, sizes)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many messages are a short and a long history, and those of one that grows."""

    short: int
    long: int
    growing: tuple[int, ...]


APART: Final[dict[str, Callable[[Sizes], Iterator[Figure]]]] = {
    "texts": lambda sizes: texts.figures(),
    "syncs": lambda sizes: two_clones(),
    "lists": lambda sizes: watched(sizes.short),
    "searches": lambda sizes: searches.figures(sizes.long),
    "pages": lambda sizes: pages.figures(sizes.short),
    "work": lambda sizes: at_work(),
    "panes": lambda sizes: panes.figures(),
    "queue": lambda sizes: queue.figures(),
    "peers": lambda sizes: paired(sizes.long),
    "commits": lambda sizes: branches(sizes.long),
    "backup": lambda sizes: chain(kept(sizes.short), kept(sizes.long)),
    "ages": lambda sizes: old_clones((sizes.short, sizes.long)),
    "growth": lambda sizes: growing(sizes.growing),
    "crowd": lambda sizes: crowd.figures(),
    "shards": lambda sizes: shards.figures(),
    "clones": lambda sizes: clones.figures(),
}
"""Those that need a place of their own, or none."""


QUICK: Final = Sizes(1_000, 10_000, (1_000, 10_000))
ORDINARY: Final = Sizes(10_000, 100_000, (1_000, 10_000, 100_000))
FULL: Final = replace(ORDINARY, growing=(1_000, 10_000, 100_000, 1_000_000))


def taken(names: Container[str], sizes: Sizes) -> Iterator[tuple[str, Figure]]:
    """The figures of these benches, each with the name of its bench."""
    yield from one_clone(names)
    for name, part in APART.items():
        if name in names:
            yield from beside(name, part(sizes))


def beside(name: str, figures: Iterable[Figure]) -> Iterator[tuple[str, Figure]]:
    """Each with the bench's name, and with a floor where it depends on the machine."""
    yardstick = Yardstick.taken()
    for figure in figures:
        yield name, yardstick.beside(figure)


def main() -> None:
    """Parses the arguments and runs."""
    parser = argparse.ArgumentParser(prog="tests.bench")
    much = parser.add_mutually_exclusive_group()
    much.add_argument("--quick", action="store_true", help="a tenth of the history")
    much.add_argument("--full", action="store_true", help="growth goes on to 1,000,000 messages")
    parser.add_argument("--json", type=Path, default=Path("bench.json").resolve())
    parser.add_argument("--page", type=Path, help="a page whose sections get these figures")
    known = [*TOGETHER, *APART]
    # Not `choices`: Python before 3.12 takes no name at all for one that is none of them.
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    arguments = parser.parse_args()
    wrong = [name for name in arguments.names if name not in known]
    if wrong:
        parser.error(f"{wrong[0]} is none of {', '.join(known)}")
    whereto = arguments.page and arguments.page.resolve()  # some benches go elsewhere
    sizes = QUICK if arguments.quick else FULL if arguments.full else ORDINARY
    sections = Sections(arguments.quick)
    for name, figure in taken(arguments.names or known, sizes):
        sections.add(name, figure)
        sections.write(arguments.json)  # at once: a long run may be broken off
        print(as_table([figure]).splitlines()[1], flush=True)
    print()
    print(as_table(sections.all()))
    if whereto:
        page.write(arguments.json, whereto)


if __name__ == "__main__":
    main()
