"""Why the system keeps this process from a file or a socket, and the one thing that helps.

A sandbox, another account and files that ``sudo`` left all look alike to a program, and like a
daemon that is down. Who is told the wrong one of them ends a healthy daemon. Standard library only.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from thrum.errors import ThrumError

FORBIDDEN: Final = frozenset(
    {errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT}
)
"""How a sandbox answers to a socket that it does not let through."""


def to_socket(error: OSError, path: Path) -> ThrumError | None:
    """The refusal of a socket that is out of reach though a daemon may be well behind it.

    None for an error that says something of the daemon itself.
    """
    if error.errno == errno.EACCES:
        return of_another(path) or sandboxed(error, path)
    return sandboxed(error, path) if error.errno in FORBIDDEN else None


def sandboxed(error: OSError, path: Path) -> ThrumError:
    """The refusal where a sandbox forbids what a command needs."""
    return ThrumError(
        "sandbox",
        f"a sandbox around this shell forbids {path} ({error.strerror or error})",
        "allow it that socket, or run the command outside of the sandbox",
    )


def elsewhere(pid: object) -> ThrumError:
    """The refusal where the daemon is alive in another container or PID namespace."""
    return ThrumError(
        "sandbox",
        f"the daemon (PID {pid} where it was started) is alive and not to be seen from here",
        "stop it outside of this sandbox or container",
    )


def to_file(error: OSError) -> ThrumError | None:
    """The refusal of a file that belongs to somebody else; None for any other error."""
    if error.errno not in {errno.EACCES, errno.EPERM} or not isinstance(error.filename, str):
        return None
    return of_another(Path(error.filename))


def what_helps(error: Exception, path: Path, otherwise: str | None = None) -> str | None:
    """What helps whoever could not read or write a file.

    Args:
        error: why not.
        path: the file, or its folder.
        otherwise: what helps where it is no matter of rights, as against what a file says.
    """
    if not isinstance(error, PermissionError):
        return otherwise
    foreign = of_another(path)
    if foreign:
        return f"{foreign.message}; {foreign.hint}"
    mode = "u+rwx" if os.path.isdir(path) else "u+rw"  # noqa: PTH112 -- which may be refused too
    return f"give yourself access: chmod {mode} {_typed(path)}"


def of_another(path: Path) -> ThrumError | None:
    """The refusal of what belongs to another account; None if it is our own, or everybody's.

    What cannot be looked at is judged by the nearest folder above that can.
    """
    seen = next((each for each in (path, *path.parents) if _owner(each) is not None), None)
    owner = _owner(seen) if seen else None
    if seen is None or owner is None or owner == os.geteuid():
        return None
    if owner == 0:
        todo = f"take it back with `sudo chown -R {name_of(os.geteuid())} {_typed(_folder(seen))}`"
        return ThrumError("system", f"{seen} belongs to root, as after a command with sudo", todo)
    return ThrumError(
        "system",
        f"{seen} belongs to {name_of(owner)}, and so does the daemon of this clone",
        "work in a clone of your own: `git clone`",
    )


def _owner(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def _folder(path: Path) -> Path:
    """All of Thrum's folder if the path lies in one, else the path itself."""
    named = (each for each in (path, *path.parents) if each.name in {".thrum", "thrum"})
    return next(named, path)


def _typed(path: Path) -> str:
    """A path as it is typed: a shell would take some for more than one word, or run them."""
    # Imported here: hooks need all of this but seldom.
    import shlex

    return shlex.quote(str(path))


def name_of(uid: int) -> str:
    """What an account is called; its number where it has no name."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
