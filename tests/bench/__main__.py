"""Runs every bench, prints the table and writes bench.json."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tests.bench import (
    ages,
    commits,
    lists,
    mcp,
    prime,
    processes,
    sends,
    syncs,
    texts,
    views,
    work,
)
from tests.bench.ages import boot, resident_mb, stop
from tests.bench.figure import Figure, as_table, median, write_json
from tests.bench.place import temporary

BOOTS = 5


def one_clone() -> Iterator[Figure]:
    """Start, idle memory, sends and whole processes in one clone with two agents."""
    with temporary() as place:
        clone = place.clone(place.remote(), "one")
        place.thrum("init", "--non-interactive", "--no-daemon", cwd=clone)
        boots = []
        for _ in range(BOOTS):
            boots.append(boot(place, clone))
            stop(place, clone)
        p50 = median(boots)
        yield Figure("daemon start to first answer", p50, "ms", aim="≤ 400 ms", met=p50 <= 400)
        boot(place, clone)
        pid = int(
            (clone / ".thrum" / "var" / "thrum.pid").read_text().split('"pid":')[1].split(",")[0]
        )
        place.thrum("quickstart", "alice", "--role", "tester", "--module", "bench", cwd=clone)
        beside = place.worktree(clone, "one-bob")
        place.thrum("quickstart", "bob", "--role", "reviewer", "--module", "x", cwd=beside)
        rss = resident_mb(pid)
        yield Figure("memory, idle", rss, "MB", aim="≤ 64 MB", met=rss <= 64)
        yield from processes.figures(place, clone)
        yield from sends.figures(place, clone)
        yield from views.figures(place, clone)
        yield from mcp.figures(place, clone, beside)
        yield from prime.figures(place, clone)


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


def watched(count: int) -> Iterator[Figure]:
    """What lists of everything cost."""
    yield from lists.figures(count)


def at_work() -> Iterator[Figure]:
    """What it costs to know who works on what."""
    with temporary() as place:
        yield from work.figures(place)


def main() -> None:
    """Parses the arguments and runs."""
    parser = argparse.ArgumentParser(prog="tests.bench")
    parser.add_argument("--quick", action="store_true", help="a tenth of the history")
    parser.add_argument("--json", type=Path, default=Path("bench.json").resolve())
    arguments = parser.parse_args()
    counts = (1_000, 10_000) if arguments.quick else (10_000, 100_000)
    figures: list[Figure] = []
    parts = (
        texts.figures(),
        one_clone(),
        two_clones(),
        watched(counts[0]),
        at_work(),
        branches(counts[1]),
        old_clones(counts),
    )
    for part in parts:
        for figure in part:
            figures.append(figure)
            print(as_table([figure]).splitlines()[1], flush=True)
    print()
    print(as_table(figures))
    write_json(figures, arguments.json)


if __name__ == "__main__":
    main()
