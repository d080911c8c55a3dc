"""``thrum service``: written, started as at login, moved, deleted and taken away."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import World, world_in
from thrum import platform
from thrum.cli.commands import service
from thrum.errors import ThrumError
from thrum.login import systemd

INSTALL = ("service", "install", "--as-root")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two repositories, one with a daemon, and a systemd that notes what it is told."""
    with world_in(tmp_path_factory.mktemp("home")) as world:
        programs = world.root / "programs"
        programs.mkdir()
        stand_in = programs / "systemctl"
        stand_in.write_text(f'#!/bin/sh\necho "$@" >>{world.root}/told\n')
        stand_in.chmod(0o755)
        world.environment["PATH"] = f"{programs}:{world.environment['PATH']}"
        for name in ("one", "two 50%"):
            world.repository(name)
            world.thrum(world.root / name, "init", "--non-interactive")
        world.thrum(world.root / "one", "daemon", "stop", check=False)
        yield world


@pytest.fixture
def linux(built: World) -> World:
    """Nothing is listed."""
    if not platform.LINUX:
        pytest.skip("this system has no systemd")
    built.thrum(built.root, "service", "remove", "--all")
    return built


def states(world: World, *words: str) -> dict[str, str]:
    """How each that is listed is, by the name of its folder."""
    done = world.thrum(world.root, "service", *(words or ("status",)), "--json", check=False)
    return {Path(each["path"]).name: each["state"] for each in done.json["repositories"]}


def test_what_is_listed_starts_and_what_was_stopped_or_is_gone_does_not(linux: World) -> None:
    one, two, gone = linux.root / "one", linux.root / "two 50%", linux.root / "gone"
    for each in (one, two):
        linux.thrum(each, *INSTALL)
    assert "daemon-reload" in (linux.root / "told").read_text()
    assert states(linux) == {"one": "halted", "two 50%": "running"}
    linux.kill(two)
    assert states(linux) == {"one": "halted", "two 50%": "down"}
    assert states(linux, "start") == {"one": "halted", "two 50%": "started"}
    assert states(linux, "start") == {"one": "halted", "two 50%": "running"}
    one.rename(gone)
    try:
        assert states(linux, "start")["one"] == "gone"
        said = linux.thrum(linux.root, "service", "remove", str(one)).out
        assert "comes back no more" in said
    finally:
        gone.rename(one)
    assert set(states(linux)) == {"two 50%"}


def test_twice_is_once_and_the_last_one_takes_the_unit_along(linux: World) -> None:
    one, two = linux.root / "one", linux.root / "two 50%"
    unit = linux.root / "home" / systemd.FILE
    for each in (one, one, two):
        linux.thrum(each, *INSTALL)
    assert list(states(linux)) == ["one", "two 50%"]
    linux.thrum(one, "service", "remove")
    assert unit.is_file()
    assert linux.thrum(one, "service", "remove", check=False).code == 1
    dry = linux.thrum(two, "service", "remove", "--dry-run", "--json").json
    assert (dry["file"], unit.is_file()) == (str(unit), True)
    assert linux.thrum(two, "service", "remove", "--json").json["file_removed"]
    assert not unit.exists()
    assert not (linux.root / "home" / ".thrum/service.json").exists()
    assert "No daemon comes back" in linux.thrum(linux.root, "service", "status").out


def test_a_repository_is_meant_by_a_worktree_or_a_link(linux: World) -> None:
    one = linux.root / "one"
    for name in ("tree", "link"):
        linux.thrum(one, *INSTALL)
        if name == "tree":
            linux.git("worktree", "add", "-q", str(linux.root / name), cwd=one)
        else:
            (linux.root / name).symlink_to(one)
        linux.thrum(linux.root, "service", "remove", name)
        assert states(linux) == {}


def test_a_dry_run_writes_nothing(linux: World) -> None:
    said = linux.thrum(linux.root / "one", *INSTALL, "--dry-run")
    assert "[Service]" in said.out
    assert not (linux.root / "home" / systemd.FILE).exists()
    assert states(linux) == {}


def test_one_that_does_not_start_holds_up_no_other(linux: World) -> None:
    one, two = linux.root / "one", linux.root / "two 50%"
    for each in (one, two):
        linux.thrum(each, *INSTALL)
    linux.kill(two)
    config = one / ".thrum/config.json"
    kept, halted = config.read_text(), one / ".thrum/var/halted"
    halted.unlink()
    config.write_text("{")
    try:
        done = linux.thrum(linux.root, "service", "start", "--json", check=False)
    finally:
        config.write_text(kept)
        halted.touch()
    rows = {Path(each["path"]).name: each for each in done.json["repositories"]}
    assert done.code == 1
    assert rows["one"]["state"] == "failed"
    assert rows["one"]["error"]
    assert rows["two 50%"]["state"] == "started"


def test_root_is_asked_whether_it_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(ThrumError, match="you are root"):
        service._demand_person(as_root=False)
    service._demand_person(as_root=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    service._demand_person(as_root=False)


def test_without_systemd_it_says_what_to_do(world: Any) -> None:
    if platform.LINUX:
        world.env["PATH"] = "/nowhere"
        assert world.run(*INSTALL, "--json").error["kind"] == "program"


def test_macos_has_a_job_of_launchd(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "LINUX", False)
    home = Path(world.env["HOME"])
    ran = world.run(*INSTALL)
    assert ran.code == 0, ran.err
    (job,) = (home / "Library/LaunchAgents").iterdir()
    assert str(job) in ran.out
    assert json.loads(world.run("service", "status", "--json").out)["installed"]
    assert world.run("service", "remove").code == 0
    assert not job.exists()
