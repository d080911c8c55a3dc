"""Hooks of a plugin: those of setup, from wherever the plugin lies, and never twice."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Entry, Part, Scope, Where
from thrum.setup import applying, plan, receipts
from thrum.setup.plan import Wanted
from thrum.skills.plugins import claude, codex, hooks
from thrum.skills.plugins.hooks import Dialect

PLUGINS = {"claude": claude.DIALECT, "codex": codex.DIALECT}
CASES = [(registry.adapter(name), dialect) for name, dialect in PLUGINS.items()]
EACH = pytest.mark.parametrize(("adapter", "dialect"), CASES, ids=PLUGINS)


class World:
    """A person's home with a thrum that says what it was asked, and a work tree."""

    def __init__(self, folder: Path, adapter: Adapter, dialect: Dialect) -> None:
        self.home, self.tree = folder / "ho me", folder / "tree"
        self.root = folder / "plugin"
        self.adapter = adapter
        self.program = self.home / ".thrum/bin/thrum"
        self.program.parent.mkdir(parents=True)
        self.program.write_text('#!/bin/sh\necho "asked: $*"\n')
        self.program.chmod(0o755)
        (self.tree / ".thrum").mkdir(parents=True)
        for file in hooks.files(adapter, dialect):
            path = self.root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "CLAUDE_PLUGIN_ROOT": str(self.root),
            "PLUGIN_ROOT": str(self.root),
        }

    def commands(self) -> list[str]:
        declared = json.loads((self.root / "hooks/hooks.json").read_text())["hooks"]
        return [
            handler["command"]
            for groups in declared.values()
            for group in groups
            for handler in group["hooks"]
        ]

    def fire(
        self, command: str, cwd: Path | None = None, env: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=cwd or self.tree,
            env=self.env | dict(env),
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def set_up(self, scope: Scope, **env: str) -> None:
        where = Where(scope, self.tree, self.home, env, self.program)
        wanted = [
            Wanted(self.adapter.name, piece)
            for piece in self.adapter.pieces(where)
            if piece.part is Part.HOOKS
        ]
        with receipts.held(self.home) as known:
            assert applying.put(plan.putting(wanted, new_mode=0o600), known) == []


@pytest.fixture
def world(tmp_path: Path, adapter: Adapter, dialect: Dialect) -> World:
    return World(tmp_path, adapter, dialect)


@EACH
def test_a_plugin_declares_every_hook_that_setup_writes(
    world: World, adapter: Adapter, dialect: Dialect
) -> None:
    where = Where(Scope.USER, Path("/t"), Path("/h"), {}, Path("/h/thrum"))
    written = [
        " ".join([handler["command"], *handler.get("args", [])]).partition("thrum ")[2]
        for piece in adapter.pieces(where)
        if isinstance(piece, Entry) and piece.part is Part.HOOKS
        for handler in piece.value["hooks"]
    ]
    assert [each.rpartition('thrum" ')[2] for each in world.commands()] == written
    assert len(written) >= len(adapter.hooks)


@EACH
def test_nothing_in_it_is_of_this_machine(adapter: Adapter, dialect: Dialect) -> None:
    for file in hooks.files(adapter, dialect):
        for place in ("/person", "/plugin-root", "/runtime-folder", "/work-tree", str(Path.home())):
            assert place not in file.text, file.path


@EACH
def test_each_hook_asks_the_thrum_of_the_person(
    world: World, adapter: Adapter, dialect: Dialect
) -> None:
    for command in world.commands():
        assert world.fire(command) == f"asked: {command.rpartition('thrum')[2][2:]}\n"


@EACH
@pytest.mark.parametrize("scope", Scope, ids=str)
def test_where_setup_has_written_it_the_plugin_says_nothing(
    world: World, adapter: Adapter, dialect: Dialect, scope: Scope
) -> None:
    world.set_up(scope)
    empty = adapter.answer(None, "").stdout
    assert {world.fire(command).strip() for command in world.commands()} == {empty}


@EACH
def test_a_folder_that_a_variable_names_is_looked_at_instead(
    world: World, adapter: Adapter, dialect: Dialect, tmp_path: Path
) -> None:
    moved = {dialect.variable: str(tmp_path / "moved")}
    world.set_up(Scope.USER, **moved)
    command = world.commands()[0]
    assert world.fire(command, env=moved).strip() == adapter.answer(None, "").stdout
    assert world.fire(command).startswith("asked: ")


@EACH
def test_hooks_of_others_and_for_other_events_do_not_silence_it(
    world: World, adapter: Adapter, dialect: Dialect
) -> None:
    world.set_up(Scope.USER)
    for path in world.home.rglob("*.json"):
        if path.parent.name.startswith("."):
            text = path.read_text().replace("hook Stop", "hook StopElse")
            path.write_text(text.replace("thrum' hook SessionStart", "other' hook SessionStart"))
    said = {
        command.rpartition("hook ")[2].split()[0]: world.fire(command).startswith("asked: ")
        for command in world.commands()
    }
    assert {event for event, asked in said.items() if asked} == {"Stop", "SessionStart"}


@EACH
def test_without_a_thrum_and_in_a_checkout_without_one_it_gives_the_empty_reply(
    world: World, adapter: Adapter, dialect: Dialect, tmp_path: Path
) -> None:
    empty = adapter.answer(None, "").stdout
    stranger = tmp_path / "stranger"
    (stranger / ".git").mkdir(parents=True)
    assert world.fire(world.commands()[0], cwd=stranger).strip() == empty
    world.program.unlink()
    bare = {"PATH": "/usr/bin:/bin"}
    assert world.fire(world.commands()[0], env=bare).strip() == empty


def lasting(world: World, cwd: Path, *, speaks: bool) -> tuple[str, bool]:
    """What the monitor says first, and whether it goes on until nobody reads any more.

    One that is to say something is waited for, and one that is not for a moment.
    """
    ours, its = socket.socketpair()
    command = claude.monitor()["command"]
    with ours, its:
        running = subprocess.Popen(
            ["sh", "-c", command],
            cwd=cwd,
            env=world.env,
            stdin=subprocess.DEVNULL,
            stdout=its.fileno(),
            stderr=subprocess.PIPE,
        )
        its.close()
        ours.settimeout(60 if speaks else 0.5)
        try:
            said = ours.recv(1000).decode()
        except TimeoutError:
            said = ""
        goes_on = running.poll() is None
        ours.close()
        _, errors = running.communicate(timeout=60)
    assert errors == b""
    return said, goes_on


@pytest.mark.parametrize(("adapter", "dialect"), CASES[:1], ids=["claude"])
@pytest.mark.parametrize("has_thrum", [True, False])
def test_the_monitor_lasts_as_long_as_somebody_reads(
    world: World, adapter: Adapter, dialect: Dialect, has_thrum: bool, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said, goes_on = lasting(world, world.tree if has_thrum else elsewhere, speaks=has_thrum)
    assert said == ("asked: hook monitor --runtime claude --wake\n" if has_thrum else "")
    assert goes_on
    world.set_up(Scope.USER)  # which starts no monitor
    if has_thrum:
        assert lasting(world, world.tree, speaks=True)[0] == said
