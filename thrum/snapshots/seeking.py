"""Which transcript is the one of an agent's session.

What its hooks told of the session counts first, then what the runtime notes of the agent's process,
then the conversation of its worktree that was written last, which may be somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec.structs import replace

from thrum.plurals import listed
from thrum.runtimes import handlers, registry
from thrum.runtimes.contract import Adapter, Where

Way = Literal["hook", "process", "place", "path"]


class Transcript(NamedTuple):
    """A transcript.

    Attributes:
        path: the file.
        adapter: the runtime that writes it.
        session: the runtime's own id of the session.
        way: what says that it is the one.
    """

    path: Path
    adapter: Adapter
    session: str
    way: Way


def find(
    where: Where,
    told: Mapping[str, str],
    pid: int,
    runtime: str,
    *,
    is_alone: bool,
) -> Transcript | None:
    """The transcript of an agent's session; None if nothing says where it is.

    Args:
        where: the person's home, and the agent's worktree.
        told: what hooks told of the session: ``runtime``, ``session``, ``transcript``.
        pid: the agent's process; 0 if it has none.
        runtime: the name of its runtime; empty if nobody knows it.
        is_alone: whether a conversation in that worktree can only be this agent's.
    """
    hooked = of_session(where, told)
    if hooked:
        return hooked
    ours = [each for each in known() if runtime in {"", each.name}]
    for adapter in ours if pid else ():
        path = adapter.of_process(where, pid)
        if path is not None and path.is_file():
            return Transcript(path, adapter, _session(path), "process")
    return _newest(where, ours) if is_alone else None


def of_session(where: Where, told: Mapping[str, str]) -> Transcript | None:
    """The transcript of a session that hooks told of; None where there is none yet.

    Args:
        where: the person's home, and the worktree.
        told: ``runtime``, ``session``, ``transcript``, ``cwd``, as far as they were said.
    """
    adapter = next((each for each in known() if each.name == told.get("runtime")), None)
    if adapter is None:
        return None
    session, named = told.get("session", ""), told.get("transcript", "")
    if named and Path(named).is_absolute() and Path(named).is_file():
        return Transcript(Path(named), adapter, session or _session(Path(named)), "hook")
    if not session:
        return None
    root = told.get("cwd", "") or str(where.root)
    files = adapter.transcripts(replace(where, root=Path(root)))
    path = next((each for each in files if _is_of(each, session)), None)
    return Transcript(path, adapter, session, "hook") if path else None


def of_path(path: Path, *first: str) -> list[Transcript]:
    """A file that somebody names, as each runtime would read it.

    Args:
        path: the file.
        first: the names of runtimes that are asked before the others.
    """
    every = sorted(known(), key=lambda each: each.name not in first)
    return [Transcript(path, each, _session(path), "path") for each in every]


def known() -> list[Adapter]:
    """The runtimes whose conversations can be read."""
    return [each for each in registry.every() if each.has_transcripts]


def titles() -> str:
    """What people call them."""
    return listed([each.title for each in known()])


def _newest(where: Where, adapters: Sequence[Adapter]) -> Transcript | None:
    by_path = {path: each for each in adapters for path in _first(each.transcripts(where))}
    path = next(handlers.newest(by_path), None)
    return Transcript(path, by_path[path], _session(path), "place") if path else None


def _first(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield path
        return


def _is_of(path: Path, session: str) -> bool:
    """Whether a file, or its folder, is named after a session; Gemini takes its first letters."""
    names = (path.stem, path.parent.name)
    return any(session == each for each in names) or (
        len(session) >= 8 and path.stem.endswith((f"-{session}", f"-{session[:8]}"))
    )


def _session(path: Path) -> str:
    """The id that a file is named after."""
    return path.parent.name if path.stem == "events" else path.stem
