"""What is done to a repository while no daemon works in it, and its log opened for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gitstore import Format, Log
from thrum import pid_file, relocation
from thrum.daemon import control
from thrum.daemon.projection.omission import OMISSION
from thrum.errors import ThrumError
from thrum.paths import Place


def other_at_work(place: Place) -> int:
    """The process of an older program's daemon that works here; 0 if none does.

    Raises:
        ThrumError: as `control.is_up`.
    """
    about = pid_file.read(place.pid_file)
    is_ours = "pid_started" in about
    pid = about.get("pid")
    return pid if not is_ours and isinstance(pid, int) and control.is_up(place) else 0


@contextmanager
def quiet(
    place: Place,
    environment: Mapping[str, str],
    *,
    stops_other: bool = False,
    starts_again: bool = True,
) -> Iterator[None]:
    """No daemon works while it is open; one that did is stopped, and ours started at the end.

    Args:
        place: whose daemon.
        environment: that of a daemon that is started.
        stops_other: whether an older program's is stopped, too.
        starts_again: whether ours is started.

    Raises:
        ThrumError: ``conflict``, an older program's is at work; ``busy``, a daemon was started
            meanwhile; or as stopping and starting one.
    """
    other = other_at_work(place)
    if other and not stops_other:
        raise ThrumError(
            "conflict",
            f"the daemon of an older program (PID {other}) is at work here",
            "end it with that program, or let `thrum migrate --stop` end it",
        )
    ran = control.is_up(place)
    if ran:
        control.stop(place)
    try:
        with relocation.kept_free(place.shared) as is_free:
            if not is_free:
                text = "a daemon was started meanwhile, or another command is at work"
                raise ThrumError("busy", text, "run it again")
            yield
    finally:
        if ran and starts_again:
            control.start(place, environment)


@contextmanager
def opened(place: Place, environment: Mapping[str, str]) -> Iterator[Log]:
    """The log, as a daemon has it; call it while it is quiet.

    Args:
        place: whose log.
        environment: git's.

    Raises:
        LogError: it cannot be opened, or written to.
    """
    log = Log.open(
        place.repository,
        journal=place.journal,
        format=Format(omission=OMISSION),
        environment=environment,
    )
    try:
        log.commit()
        yield log
    finally:
        log.close()
