"""Which pages may talk to us: those that we serve, and those that the configuration names.

A browser says which page opens a connection (``Origin``) and by which name it found us (``Host``).
A name that is not this machine's own leads here because somebody made it, to have a page of theirs
pass for one of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")


def hosts(port: int) -> frozenset[str]:
    """What a request may call us."""
    return frozenset(f"{name}:{port}" for name in LOOPBACK)


def origins(port: int) -> frozenset[str]:
    """The pages that we serve, as programs name them, too."""
    return frozenset(f"{scheme}://{host}" for scheme in ("http", "ws") for host in hosts(port))


def named(text: str) -> frozenset[str]:
    """The origins in a list with commas or spaces between them."""
    return frozenset(text.replace(",", " ").split())


def refusal(headers: Mapping[str, str], port: int, more: Collection[str]) -> str:
    """Why a request is not let in; empty if it is.

    Args:
        headers: of the request, by names in lower case.
        port: where we serve.
        more: origins that are let in besides ours.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    if host.lower() not in hosts(port):
        return "this address is served to this machine alone, by the names of this machine"
    if origin is not None and origin not in origins(port) and origin not in more:
        return "a page of another origin may not talk to the daemon"
    return ""
