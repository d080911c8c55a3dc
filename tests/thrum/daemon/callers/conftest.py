"""Processes as a test says, and who resolves them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon.callers.identities import Identities
from thrum.daemon.callers.resolver import Resolver
from thrum.errors import ThrumError
from thrum.identity.process import Process


class System:
    """Processes as a test says; `looks` counts the questions."""

    def __init__(self) -> None:
        self.processes: dict[int, Process] = {os.getpid(): Process(os.getpid(), 1, "daemon", "0")}
        self.where: dict[int, Path | None] = {}
        self.looks: list[int] = []

    def add(self, pid: int, parent: int, cwd: Path | None, started: str = "") -> None:
        self.processes[pid] = Process(pid, parent, "sh", started or "7")
        self.where[pid] = cwd

    def look(self, pid: int) -> Process | None:
        self.looks.append(pid)
        return self.processes.get(pid)

    def cwd(self, pid: int) -> str | None:
        found = self.where.get(pid)
        return None if found is None else str(found)


@pytest.fixture
def system() -> System:
    """A system without processes, besides this one."""
    return System()


@pytest.fixture
def resolver(node: Any, system: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """Resolves callers of a node on which furiosa and nux are at home."""
    node.agent("furiosa")
    node.agent("nux")
    # By this clock nothing was written just now, so that what is found may be kept.
    identities = Identities(node.repository, lambda: 0)
    made = Resolver(identities, node.store, system.look, system.cwd)
    own = node.parts.callers.resolver
    tell = Resolver.changed

    def changed(which: Resolver) -> None:
        tell(which)
        if which is own:
            tell(made)

    monkeypatch.setattr(Resolver, "changed", changed)  # it hears of what concerns agents
    yield made
    made.mounts.close()


def file(home: Path, name: str, **fields: Any) -> Path:
    """Writes an identity file as other programs do: beside it, then renamed."""
    path = home / ".thrum/identities" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"version": 5, "agent": {"name": name}, **fields}))
    part.rename(path)
    return path


def kind(call: Callable[[], object]) -> str:
    """The kind with which a call is refused."""
    with pytest.raises(ThrumError) as caught:
        call()
    return caught.value.kind
