"""Daemons whose pages are where nobody else's are, for tests that end such a daemon and go on."""

from __future__ import annotations

import socket

from tests.integration.conftest import World


def with_own_port(world: World) -> World:
    """The same world; a daemon that begins in it has a port that nobody takes by default.

    It keeps that port when it begins anew. The usual one, another test's daemon may have by then.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return World(world.root, world.environment | {"THRUM_WS_PORT": port})
