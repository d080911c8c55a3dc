"""The branch as git bundles: one with everything, and others with what came since.

A bundle is what `git bundle` makes: any git reads it, without Thrum. One more is cheap where little
is new; after a number of them everything is put into one again.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from gitstore import Format, scrub
from thrum.errors import ThrumError

MOST: Final = 20
"""Bundles after which there is one again."""
LIMIT_S: Final = 600.0


def git(
    repository: Path, environment: Mapping[str, str], *arguments: str, check: bool = True
) -> str:
    """What git prints.

    Args:
        repository: in which it runs.
        environment: the caller's.
        arguments: of git.
        check: whether it is an error if git fails; else nothing is printed then.

    Raises:
        ThrumError: ``repository``, it cannot be started, does not end, or fails.
    """
    argv = ["git", "-C", str(repository), *arguments]
    try:
        running = subprocess.Popen(
            argv,
            env=scrub(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ThrumError("repository", f"git cannot be started: {error.strerror}") from None
    try:
        out, err = running.communicate(timeout=LIMIT_S)
    except BaseException:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        raise
    if running.returncode == 0:
        return out.decode(errors="replace")
    if check:
        said = err.decode(errors="replace").strip().splitlines()
        text = f"git {arguments[0]} failed: {said[-1] if said else running.returncode}"
        raise ThrumError("repository", text)
    return ""


def make(
    repository: Path,
    environment: Mapping[str, str],
    folder: Path,
    before: tuple[Path, Sequence[str], str] | None,
) -> tuple[list[str], str]:
    """Puts the branch into a folder: the names of the bundles in order, and its commit.

    Args:
        repository: whose.
        environment: git's.
        folder: where the bundles go.
        before: the folder of the backup before, its bundles, and the commit to which they lead.

    Raises:
        ThrumError: ``repository``.
    """
    branch = Format().branch
    tip = git(repository, environment, "rev-parse", "--verify", f"refs/heads/{branch}").strip()
    names: list[str] = []
    since = ""
    if before is not None and _leads_to(repository, environment, before[2], tip):
        if before[2] == tip or len(before[1]) < MOST:
            names = [name for name in before[1] if _linked(before[0] / name, folder / name)]
            if len(names) != len(before[1]):
                names = []
        since = before[2] if names else ""
    if since == tip:
        return names, tip
    if not since:
        names = []
    name = f"branch-{len(names) + 1:03d}.bundle" if names else "branch.bundle"
    path = folder / name
    path.unlink(missing_ok=True)
    spans = [f"refs/heads/{branch}"] + ([f"^{since}"] if since else [])
    git(repository, environment, "bundle", "create", "--quiet", str(path), *spans)
    path.chmod(0o600)
    heads = git(repository, environment, "bundle", "list-heads", str(path)).split()
    return [*names, name], heads[0] if heads else tip


def _leads_to(repository: Path, environment: Mapping[str, str], old: str, new: str) -> bool:
    if not old:
        return False
    count = git(repository, environment, "rev-list", "--count", f"{new}..{old}", check=False)
    return count.strip() == "0"


def _linked(path: Path, target: Path) -> bool:
    try:
        os.link(path, target)
    except OSError:
        return False
    return True


def unpack(
    folder: Path, names: Sequence[str], repository: Path, environment: Mapping[str, str], ref: str
) -> str:
    """Brings what the bundles hold into a repository, under a ref; the commit.

    Raises:
        ThrumError: ``repository``, one cannot be read, or lacks what comes before it.
    """
    branch = Format().branch
    for name in names:
        path = folder / name
        span = f"+refs/heads/{branch}:{ref}"
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
        git(repository, environment, "fetch", *options, str(path), span)
    return git(repository, environment, "rev-parse", "--verify", ref).strip()
