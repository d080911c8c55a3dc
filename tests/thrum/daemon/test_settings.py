"""The configuration of a running daemon: when it is read again, and who is told."""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.thrum.daemon.service.clock import FakeClock
from thrum import config
from thrum.config import Config
from thrum.daemon.service.scheduler import Scheduler
from thrum.daemon.settings import EVERY_S, Settings, stamp


class Told:
    """A supervisor that remembers what it was told."""

    def __init__(self) -> None:
        self.names: list[set[str]] = []

    def changed(self, known: Config, names: frozenset[str]) -> None:
        self.names.append(set(names))


@pytest.fixture
def settings(parts: Any) -> Settings:
    """The service as it is after a start, upon an empty configuration."""
    parts.config = config.load(parts.place.config, {})
    parts.supervisor = Told()
    made = Settings(parts)
    made.look()
    return made


def write(settings: Settings, text: str, name: str = "config.json") -> None:
    """Puts a file there, as an editor does."""
    path = settings.config.path.with_name(name)
    fresh = path.with_suffix(".fresh")
    fresh.write_text(text)
    fresh.replace(path)


def test_a_changed_key_counts_and_who_has_it_is_told(settings: Settings) -> None:
    told = settings.node.supervisor.names  # type: ignore[union-attr]
    assert told == []
    write(settings, json.dumps({"daemon": {"max_connections": 7}}))
    settings.look()
    assert settings.node.config.get("daemon.max_connections") == 7
    assert told == [{"daemon.max_connections"}]
    settings.look()
    assert len(told) == 1
    write(settings, "daemon:\n  max_connections: 9\n", "config.yaml")
    settings.look()
    assert settings.node.config.get("daemon.max_connections") == 9
    assert len(told) == 2


def test_a_file_that_says_the_same_in_other_words_changes_nothing(settings: Settings) -> None:
    write(settings, "{\n}\n")
    settings.look()
    assert settings.node.supervisor.names == []  # type: ignore[union-attr]


def test_the_log_takes_its_level(settings: Settings) -> None:
    root = logging.getLogger()
    before = root.level
    try:
        write(settings, json.dumps({"daemon": {"log_level": "error"}}))
        settings.look()
        assert root.level == logging.ERROR
    finally:
        root.setLevel(before)


@pytest.mark.parametrize("text", ["{", "[]", '{"daemon": {"max_connections": "many"}}'])
def test_what_cannot_be_read_changes_nothing_and_is_said_until_it_can(
    settings: Settings, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(settings, json.dumps({"daemon": {"max_connections": 7}}))
    settings.look()
    write(settings, text)
    settings.look()
    settings.look()
    assert settings.node.config.get("daemon.max_connections") == 7
    assert settings.health().startswith("the configuration stays as it was: ")
    assert caplog.text.count("the configuration stays as it was") == 1
    settings.read()
    assert caplog.text.count("the configuration stays as it was") == 2
    write(settings, json.dumps({"daemon": {"max_connections": 8}}))
    settings.look()
    assert settings.health() == ""
    assert settings.node.config.get("daemon.max_connections") == 8


def test_a_file_that_goes_and_comes_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    seen = [stamp(path)]
    path.write_text("{}")
    seen.append(stamp(path))
    os.utime(path, ns=(1, 1))
    seen.append(stamp(path))
    path.with_suffix(".yaml").write_text("")
    seen.append(stamp(path))
    path.unlink()
    seen.append(stamp(path))
    assert len(set(seen)) == 5
    assert seen[0] == ((0, 0, 0), (0, 0, 0))


def test_it_is_looked_by_the_clock_and_off_the_loop(settings: Settings) -> None:
    threads: list[int] = []
    clock = FakeClock()
    settings.node.scheduler = Scheduler(clock)
    settings.look = lambda: threads.append(threading.get_ident())  # type: ignore[method-assign]

    async def run() -> None:
        await settings.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(settings.node.scheduler.run)
            for looks in (1, 2):
                await clock.advance(EVERY_S)
                with anyio.fail_after(20):
                    while len(threads) < looks:
                        await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()

    anyio.run(run)
    assert len(threads) == 2
    assert threading.get_ident() not in threads
