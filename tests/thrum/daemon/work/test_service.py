"""The thread that looks at worktrees is the service's: it says when it is gone, and ends it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, NoReturn

import anyio
import pytest

from thrum.daemon.work.observer import Observer
from thrum.daemon.work.service import Work


def test_it_is_well_without_a_thread_and_with_one_that_looks(parts: Any) -> None:
    work = Work(parts)
    assert work.health() == ""

    async def run() -> None:
        assert await work.observer.look(str(parts.place.repository)) is not None
        assert work.health() == ""
        await work.stop()

    anyio.run(run)
    assert "thrum-work" not in {each.name for each in threading.enumerate()}
    assert work.health() == ""


def test_a_thread_that_ended_is_told_and_replaced(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(parts)
    monkeypatch.setattr(threading, "excepthook", lambda told: None)

    def refuse(repository: Path) -> NoReturn:
        raise OSError("no git")

    work.observer = Observer(parts.place.repository, make=refuse)

    async def run() -> None:
        assert await work.observer.look(str(parts.place.repository), 0.01) is None
        thread = work.observer._thread
        assert thread is not None
        thread.join(20)
        assert work.health() == "the thread that looks at worktrees has ended"
        await work.stop()
        assert work.health() == ""

    anyio.run(run)
