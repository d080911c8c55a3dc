"""Which runtimes are used here: by what lies in the work tree, what is set, what is installed.

For each runtime the first of these that says so counts. A program is asked for its version only
where that is wanted, because a dozen of them take many seconds.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from thrum.runtimes.contract import Adapter

if TYPE_CHECKING:
    import subprocess

PATIENCE_S: Final = 3.0
"""Seconds that a program has to tell its version."""

_MOST: Final = 65_536
_REST_S: Final = 1.0

Tier = Literal["marker", "environment", "program"]


class Found(NamedTuple):
    """A runtime that is used here.

    Attributes:
        runtime: its name.
        tier: which kind of sign says so.
        sign: the file, the variable or the program.
    """

    runtime: str
    tier: Tier
    sign: str


def detect(
    adapters: Iterable[Adapter],
    root: Path,
    env: Mapping[str, str],
    *,
    patience: float = PATIENCE_S,
) -> list[Found]:
    """The runtimes that are used here, in the order of the adapters.

    Args:
        adapters: those that are looked for.
        root: the work tree.
        env: the environment.
        patience: seconds that each program has; 0 asks none, so that programs are no sign.
    """
    found = (_first(adapter, root, env, patience) for adapter in adapters)
    return [each for each in found if each]


def _first(adapter: Adapter, root: Path, env: Mapping[str, str], patience: float) -> Found | None:
    name, signs = adapter.name, adapter.detection
    for marker in signs.markers:
        if (root / marker).exists():
            return Found(name, "marker", marker)
    for variable in signs.variables:
        if env.get(variable):
            return Found(name, "environment", variable)
    for program in programs(adapter, env) if patience else ():
        if is_it(adapter, program, env, patience):
            return Found(name, "program", str(program))
    return None


def programs(adapter: Adapter, env: Mapping[str, str]) -> Iterator[Path]:
    """Programs that have its name, in the order of the path."""
    for binary in adapter.detection.binaries:
        place = shutil.which(binary, path=env.get("PATH", ""))
        if place:
            yield Path(place)


def is_installed(adapter: Adapter, home: Path, env: Mapping[str, str]) -> bool:
    """Whether a program whose place says that it is this one, or its folder in the home, is there.

    No program is started.
    """
    if any(_mentions(adapter, os.path.realpath(each)) for each in programs(adapter, env)):
        return True
    return any((home / folder).is_dir() for folder in adapter.detection.folders)


def is_it(
    adapter: Adapter, program: Path, env: Mapping[str, str], patience: float = PATIENCE_S
) -> bool:
    """Whether the folder that a program really lies in names the runtime, or its version does.

    Several runtimes tell a bare number, and take longer for it than one wants to wait.
    """
    real = Path(os.path.realpath(program))
    if _mentions(adapter, str(real.parent)):
        return True
    version = ask(program, env, patience)
    return version is not None and _mentions(adapter, f"{real.name} {version}")


def _mentions(adapter: Adapter, text: str) -> bool:
    says = adapter.detection.says
    return not says or any(word in text.lower() for word in says)


def ask(program: Path, env: Mapping[str, str], patience: float = PATIENCE_S) -> str | None:
    """What a program says of its version; None where it fails, or takes longer than that.

    Args:
        program: its path.
        env: its environment.
        patience: seconds; then it is ended with all that it has started.
    """
    import subprocess  # takes longer than a look at all the signs that need no program

    try:
        child = subprocess.Popen(
            [program, "--version"],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError:
        return None
    with child:
        try:
            said, _ = child.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            _end(child)
            return None
    return said[:_MOST].decode(errors="replace") if child.returncode == 0 else None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends a program and its group; one that has left the group keeps its end of the pipe."""
    import signal
    import subprocess

    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        child.communicate(timeout=_REST_S)
    except subprocess.TimeoutExpired:
        assert child.stdout is not None
        child.stdout.close()
