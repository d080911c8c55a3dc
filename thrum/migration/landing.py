"""Lines of others' making, appended to the log while no daemon works in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gitstore import Line, LogError, Snapshot
from thrum.daemon.quiet import opened
from thrum.errors import ThrumError
from thrum.paths import Place


def held(place: Place) -> Iterator[Line]:
    """Every line that the branch and the journal hold.

    Raises:
        ThrumError: ``repository``, the branch cannot be read.
    """
    try:
        yield from Snapshot.take(place.repository, place.journal).since(None).lines
    except LogError as error:
        raise _refusal(error) from None


def land(
    place: Place,
    environment: Mapping[str, str],
    lines: Sequence[tuple[str, bytes]],
    message: str = "",
) -> None:
    """Appends the lines, each to its file, and commits them; call it while it is quiet.

    Args:
        place: where to.
        environment: git's.
        lines: those that the log lacks.
        message: that of the commit.

    Raises:
        ThrumError: ``repository``, ``storage``. What is on disk by then is there once.
    """
    try:
        with opened(place, environment) as log:
            if lines:
                log.append([list(lines)])
                log.commit(message)
    except LogError as error:
        raise _refusal(error) from None


def _refusal(error: LogError) -> ThrumError:
    return ThrumError("repository", str(error), "`thrum doctor` looks at the branch")
