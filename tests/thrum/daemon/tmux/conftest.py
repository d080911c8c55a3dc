"""A tmux of one's own, and the daemon's side of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests import forge
from tests import tmux as real
from tests.thrum.daemon.conftest import Node
from tests.tmux import Tmux
from thrum.daemon.children.children import Children, Finished
from thrum.daemon.tmux import making
from thrum.daemon.tmux.making import Wanted
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server

LONG_S = 60.0
"""Ends a test that would hang, and nothing else."""


@pytest.fixture
def anyio_backend() -> str:
    """The daemon's."""
    return "asyncio"


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """By hand."""
    home = tmp_path / "home"
    home.mkdir()
    with real.own(home) as made:
        yield made


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    """The owner of the processes."""
    async with Children(time.time_ns) as made:
        yield made


@pytest.fixture
def thrum_dir(tmp_path: Path) -> Path:
    """Whose sessions are ours."""
    return tmp_path / "repository" / ".thrum"


@pytest.fixture
def serve(tmux: Tmux, children: Children, tmp_path: Path, thrum_dir: Path) -> Callable[..., Server]:
    """The daemon's view of the server."""

    def serve(**how: Any) -> Server:
        return Server(children, tmux.environment, tmp_path, how.pop("of", thrum_dir), **how)

    return serve


@pytest.fixture
async def server(serve: Callable[..., Server]) -> AsyncIterator[Server]:
    """The usual one."""
    made = serve()
    yield made
    await made.close()


def fork_lines(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the forge carry out what the daemon starts of the program, which mostly costs loading."""
    start = Children.run

    async def run(self: Children, argv: Sequence[str], **how: Any) -> Finished:
        if list(argv[:4]) != [sys.executable, "-P", "-m", "thrum"] or self is not children:
            return await start(self, argv, **how)
        own = {**how["environment"], **forge.told(os.environ)}
        line = partial(forge.run, argv[4:], cwd=how["cwd"], env=own, limit=how["limit_s"])
        done = await anyio.to_thread.run_sync(line)
        return Finished(done.returncode, done.stdout.encode(), done.stderr.encode(), False, False)

    monkeypatch.setattr(Children, "run", run)


@pytest.fixture
def village(tmux: Tmux, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Node:
    """A served node whose agents may live in that tmux; Alice is at home there.

    Agents are registered by the forge, except in a test module that says ``UNFORGED``.
    """
    for name in [each for each in os.environ if each.startswith(("THRUM_", "TMUX"))]:
        monkeypatch.delenv(name)
    for name, value in tmux.environment.items():
        if name != "PATH":
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLAUDECODE", "1")  # an agent's program started the daemon
    monkeypatch.setenv("SOME_TOKEN", "secret")
    node: Node = request.getfixturevalue("node")
    node.agent("alice", role="coordinator")
    if not getattr(request.module, "UNFORGED", False):
        fork_lines(node.parts.children, monkeypatch)
    return node


@pytest.fixture
def make(server: Server, tmp_path: Path) -> Callable[..., Awaitable[Pane]]:
    """Makes a session of ours with little ado."""

    async def make(session: str, **how: Any) -> Pane:
        return await making.make(server, Wanted(session, how.pop("folder", tmp_path), **how))

    return make


async def until(holds: Callable[[], Any]) -> None:
    """Waits until it holds."""
    with anyio.fail_after(LONG_S):
        while not holds():
            await anyio.sleep(0.02)
