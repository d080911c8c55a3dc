"""Lines of others' making, appended to the log while no daemon works in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from gitstore import Format, Line, Log, LogError, Snapshot
from thrum import relocation
from thrum.daemon import control
from thrum.daemon.projection.omission import OMISSION
from thrum.errors import ThrumError
from thrum.paths import Place


@contextmanager
def quiet(
    place: Place, environment: Mapping[str, str], *, starts_again: bool = True
) -> Iterator[None]:
    """No daemon works while it is open; one that did is stopped, and started again at the end.

    Args:
        place: whose daemon.
        environment: that of a daemon that is started.
        starts_again: whether it is.

    Raises:
        ThrumError: ``busy``, a daemon was started meanwhile; or as stopping and starting one.
    """
    ran = control.is_up(place)
    if ran:
        control.stop(place)
    try:
        with relocation.kept_free(place.shared) as is_free:
            if not is_free:
                raise ThrumError("busy", "a daemon was started meanwhile", "run it again")
            yield
    finally:
        if ran and starts_again:
            control.start(place, environment)


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
        log = Log.open(
            place.repository,
            journal=place.journal,
            format=Format(omission=OMISSION),
            environment=environment,
        )
        try:
            log.commit()
            if lines:
                log.append([list(lines)])
                log.commit(message)
        finally:
            log.close()
    except LogError as error:
        raise _refusal(error) from None


def _refusal(error: LogError) -> ThrumError:
    return ThrumError("repository", str(error), "`thrum doctor` looks at the branch")
