"""What programs are given of the daemon's environment, and what a session has of its own.

The daemon was started by whoever needed it first, mostly an agent's program: its marks, tokens and
sockets are nothing for the sessions of others. So what is handed on is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

from thrum.errors import ThrumError
from thrum.runtimes import registry

HANDED_ON: Final = (
    *("HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TERMINFO"),
    *("TMPDIR", "TMUX_TMPDIR", "XDG_*", "EDITOR", "VISUAL", "PAGER", "BROWSER", "COLORTERM"),
    *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK"),
    *("GPG_TTY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy"),
    *("all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"),
)
"""Variables that every program may need, whoever started the daemon."""

_NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_OURS: Final = "THRUM_"
_WILD: Final = frozenset("*?[")


def handed_on(environment: Mapping[str, str], also: Iterable[str] = ()) -> dict[str, str]:
    """What of an environment a session may inherit.

    Args:
        environment: the daemon's.
        also: further names, or patterns of names; a variable of ours is never handed on.
    """
    wanted = {*HANDED_ON, *also}
    # To understand a pattern takes a tenth of a millisecond, and whoever starts a daemon waits.
    patterns = [each for each in wanted if _WILD & {*each}]
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(_OURS)
        and (name in wanted or any(fnmatchcase(name, each) for each in patterns))
    }


def marks() -> frozenset[str]:
    """By which variables runtimes know that they run in a session of one."""
    return frozenset(name for each in registry.every() for name in each.detection.variables)


def blanked(inherited: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """What a session must not inherit from the tmux server, empty.

    A server that somebody started from an agent's shell has that agent's variables, and a reader of
    ours takes an empty one for none.

    Args:
        inherited: the names that the server has.
        given: what the session is given.
    """
    unwanted = marks()
    return {
        name: ""
        for name in sorted(inherited)
        if name not in given and (name.startswith(_OURS) or name in unwanted)
    }


def checked(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables, if tmux and programs can have them.

    Raises:
        ThrumError: ``invalid_params``.
    """
    for name, value in variables.items():
        if _NAME.fullmatch(name) is None:
            text = f"{name[:40]!r} is no name of a variable"
            raise ThrumError("invalid_params", text, "use A-Z, 0-9 and _")
        if "\0" in value:
            raise ThrumError("invalid_params", f"the value of {name} holds a NUL")
    return dict(variables)
