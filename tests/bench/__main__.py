"""Runs the benches, all or those that are named, prints the table and writes bench.json."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from tests.bench import (
    ages,
    backups,
    claims,
    commits,
    delivery,
    hooks,
    lists,
    mcp,
    pages,
    panes,
    peers,
    prime,
    processes,
    queue,
    searches,
    sends,
    signatures,
    sockets,
    steps,
    syncs,
    texts,
    views,
    work,
)
from tests.bench.ages import boot, resident_mb, stop
from tests.bench.figure import Figure, as_table, median, write_json
from tests.bench.place import Place, daemon_pid, temporary

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


def one_clone(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Those of `TOGETHER` that are wanted, in one clone."""
    parts = [part for name, part in TOGETHER.items() if wanted(name)]
    if not parts:
        return
    with temporary() as place:
        clone = place.clone(place.remote(), "one")
        place.thrum("init", "--non-interactive", cwd=clone)
        place.thrum("quickstart", "alice", "--role", "tester", "--module", "bench", cwd=clone)
        beside = place.worktree(clone, "one-bob")
        place.thrum("quickstart", "bob", "--role", "reviewer", "--module", "x", cwd=beside)
        for part in parts:
            yield from part(place, clone, beside)


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


APART: Final[dict[str, Callable[[tuple[int, int]], Iterator[Figure]]]] = {
    "texts": lambda counts: texts.figures(),
    "syncs": lambda counts: two_clones(),
    "lists": lambda counts: watched(counts[0]),
    "searches": lambda counts: searches.figures(counts[1]),
    "pages": lambda counts: pages.figures(counts[0]),
    "work": lambda counts: at_work(),
    "panes": lambda counts: panes.figures(),
    "queue": lambda counts: queue.figures(),
    "peers": lambda counts: paired(counts[1]),
    "commits": lambda counts: branches(counts[1]),
    "backup": lambda counts: chain(kept(counts[0]), kept(counts[1])),
    "ages": old_clones,
}
"""Those that need a place of their own, or none; given how many messages are a short and a long
history."""


def main() -> None:
    """Parses the arguments and runs."""
    parser = argparse.ArgumentParser(prog="tests.bench")
    parser.add_argument("--quick", action="store_true", help="a tenth of the history")
    parser.add_argument("--json", type=Path, default=Path("bench.json").resolve())
    known = [*TOGETHER, *APART]
    parser.add_argument("names", nargs="*", choices=known, metavar="NAME", help=", ".join(known))
    arguments = parser.parse_args()
    counts = (1_000, 10_000) if arguments.quick else (10_000, 100_000)
    names = arguments.names or known
    figures: list[Figure] = []
    apart = (part(counts) for name, part in APART.items() if name in names)
    for figure in chain(one_clone(names.__contains__), *apart):
        figures.append(figure)
        print(as_table([figure]).splitlines()[1], flush=True)
    print()
    print(as_table(figures))
    write_json(figures, arguments.json)


if __name__ == "__main__":
    main()
