"""What backups cost: the first one, one more with little that is new, reading back, restoring.

Beside `git bundle create` and `VACUUM INTO` of the same data, in the same run.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.bench.ages import boot, history, stop
from tests.bench.commits import Writer
from tests.bench.figure import Figure, median
from tests.bench.place import THRUM, Place
from tests.bench.processes import once

NEW = 10
TIMES = 3


def figures(place: Place, count: int) -> Iterator[Figure]:
    """A history of that many messages; another clone gets it back."""
    bare = place.remote()
    clone = place.clone(bare, f"kept-{count}")
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=clone)
    history(clone, count)
    boot(place, clone)
    stop(place, clone)
    vault = place.root / "home/.thrum-backups" / clone.name
    bundled, vacuumed = floor(place, clone)
    seconds = command(place, clone, "backup")
    name = f"backup, {count:,} messages"
    by = "git bundle create and VACUUM INTO"
    yield Figure(f"{name}: the first", seconds, "s", bundled + vacuumed, by)
    yield Figure(f"{name}: its size", size(vault) / 1e6, "MB")
    again, written, made = [], [], []
    writer = Writer(clone)
    for _ in range(TIMES):
        writer.commit("agent1", NEW)
        before = inodes(vault)
        again.append(command(place, clone, "backup"))
        new = {key: found for key, found in inodes(vault).items() if key not in before}
        written.append(sum(new.values()))
        made.append(len(new))
    writer.log.close()
    p50 = median(again)
    what = f"{name}: {NEW} more"
    yield Figure(what, p50, "s", seconds, "the first", "≤ 0.5×", p50 <= seconds / 2)
    share = median(written) / 1e6
    yield Figure(f"{what}, written", share, "MB", size(vault) / 1e6, "all of it")
    yield Figure(f"{what}, files", median(made), "", len(inodes(vault)), "all of it")
    verified = command(place, clone, "backup", "verify")
    yield Figure(f"{name}: verify", verified, "s", bundled + vacuumed, by)
    other = place.clone(bare, f"restored-{count}")
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=other)
    back = command(place, other, "backup", "restore", str(vault / "current"), "--yes")
    yield Figure(f"{name}: restore", back, "s", unbundled(place, bare, vault), "git fetch of it")


def command(place: Place, clone: Path, *words: str) -> float:
    """Seconds of one whole command."""
    return once([THRUM, *words], clone, place.environment) / 1000


def floor(place: Place, clone: Path) -> tuple[float, float]:
    """Seconds of putting the branch into a bundle, and both databases into files."""
    bundle = place.root / "floor.bundle"
    argv = ["git", "bundle", "create", "--quiet", str(bundle), "refs/heads/a-sync"]
    seconds = once(argv, clone, place.environment) / 1000
    bundle.unlink()
    start = time.perf_counter()
    for name in ("messages", "state"):
        copy = place.root / f"{name}.floor"
        with closing(sqlite3.connect(clone / f".thrum/var/{name}.db")) as db:
            db.execute("VACUUM INTO ?", (str(copy),))
        handle = os.open(copy, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        copy.unlink()
    return seconds, time.perf_counter() - start


def unbundled(place: Place, bare: Path, vault: Path) -> float:
    """Seconds of fetching the bundles into a clone by git alone."""
    clone = place.clone(bare, f"fetched-{vault.name}")
    about = json.loads((vault / "current/manifest.json").read_text())
    seconds = 0.0
    for name in about["bundles"]:
        path = str(vault / "current" / name)
        span = "+refs/heads/a-sync:refs/heads/got"
        seconds += once(["git", "fetch", "-q", path, span], clone, place.environment) / 1000
    return seconds


def inodes(folder: Path) -> dict[tuple[int, int], int]:
    """The sizes of the files below a folder; one that has several names counts once."""
    found = (path.lstat() for path in folder.rglob("*") if path.is_file())
    return {(each.st_ino, each.st_mtime_ns): each.st_size for each in found}


def size(folder: Path) -> int:
    """Bytes of the files below a folder."""
    return sum(inodes(folder).values())
