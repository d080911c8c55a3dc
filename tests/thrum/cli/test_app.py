"""How a line is run, refused and ended."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from tests.rows import row
from thrum.cli import app, signature, table
from thrum.cli.context import Context
from thrum.errors import ThrumError


def test_nothing_typed_prints_help(world: Any) -> None:
    ran = world.run()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == table.program_help()
    assert ran.out == world.run("--help").out == world.run("-h").out


@pytest.mark.parametrize("group", table.GROUPS)
def test_a_bare_group_prints_its_help(world: Any, group: str) -> None:
    assert world.run(group).out == table.group_help(group)
    assert world.run(group, "--help").out == table.group_help(group)


def test_every_command_has_help(world: Any) -> None:
    for name in table.COMMANDS:
        with row(name):
            ran = world.run(*name.split(), "--help")
            assert ran.code == 0
            assert f"thrum {name}" in ran.out
            assert "--json" in ran.out
            assert world.daemon.requests == []


def test_every_command_refuses_unknown_flags_in_json_too(world: Any) -> None:
    for name in table.COMMANDS:
        with row(name):
            ran = world.run(*name.split(), "--no-such-flag", "--json")
            assert (ran.code, ran.out) == (2, "")
            assert ran.error["kind"] == "usage"
            assert ran.error["code"] == -32602


def test_no_number_of_ours_may_be_negative() -> None:
    numbers = [
        f"{name} {each.name}"
        for name, entry in table.COMMANDS.items()
        for each in signature.parameters(signature.load(entry))
        if each.is_number and (each.minimum is None or each.minimum < 0)
    ]
    # Telegram gives its groups negative ones.
    assert set(numbers) == {"telegram configure chat_id", "telegram groups add chat_id"}


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["sned"], "did you mean send"),
        (["message", "raed"], "did you mean read"),
        (["daemon", "fly"], "start"),
        (["send", "--broadcats"], "did you mean --broadcast"),
        (["inbox", "extra"], "'extra' is one argument too many"),
        (["send", "two", "words"], "in quotes"),
        (["reply"], "MESSAGE_ID is missing"),
        (["send", "--to"], "--to needs a value"),
        (["inbox", "--page", "two"], "whole number"),
        (["inbox", "--page", "0"], "at least 1"),
        (["agent", "list", "--limit", "-1"], "at least 0"),
        (["session", "list", "--limit=-1"], "at least 0"),
        (["inbox", "--unread=perhaps"], "true or false"),
        (["--unread"], "needs a command"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_was_meant(
    world: Any, argv: list[str], says: str
) -> None:
    ran = world.run(*argv)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("Error: ")
    assert ran.err.count("\n") == 1
    assert says in ran.err
    assert world.daemon.requests == []


@pytest.mark.parametrize("flag", ["-v", "--version"])
def test_the_version_flag(world: Any, flag: str) -> None:
    assert world.run(flag).out == world.run("version").out
    assert world.run(flag, "--json").document["version"] in world.run(flag).out


def test_a_daemon_that_is_down_is_one_sentence_with_what_to_do(world: Any) -> None:
    world.daemon.close()
    world.daemon.path.unlink()
    ran = world.run("inbox")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "thrum daemon start" in ran.err
    assert world.run("inbox", "--json").error["kind"] == "daemon_down"


def test_outside_a_repository(world: Any, tmp_path: Any) -> None:
    world.root = tmp_path
    ran = world.run("send", "x", "--json")
    assert ran.error["kind"] == "not_initialized"
    assert "thrum init" in ran.error["hint"]


def test_repo_means_the_worktree_that_holds_the_directory(world: Any, tmp_path: Any) -> None:
    world.daemon.answers["sync.status"] = {"sync_state": "synced"}
    world.root, below = tmp_path, world.root / "src"
    below.mkdir()
    (tmp_path / "plain").mkdir()
    assert world.run("sync", "status", "--repo", "shop").code == 0
    assert world.run("--repo", "shop", "sync", "status").code == 0
    assert world.run("sync", "status", "--repo", "shop/src").code == 0
    refused = world.run("sync", "status", "--repo", "plain", "--json")
    assert refused.error["kind"] == "not_initialized"


def test_an_error_cannot_reach_the_terminal_raw(world: Any, refuse: Any) -> None:
    world.daemon.answers["sync.status"] = refuse("conflict", "bad \x1b[2J\x07 news")
    ran = world.run("sync", "status", terminal=True)
    assert "\x1b" not in ran.err
    assert "\\x1b[2J" in ran.err


def test_a_defect_is_no_traceback(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_context: Context) -> int:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(signature, "load", lambda _entry: broken)
    ran = world.run("version")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "THRUM_DEBUG=1" in ran.err
    assert world.run("version", "--json").error["kind"] == "internal"
    world.env["THRUM_DEBUG"] = "1"
    with pytest.raises(ZeroDivisionError):
        world.run("version")


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.EACCES, "the right"), (errno.ENOSPC, "make room"), (errno.EIO, "")],
)
def test_what_the_system_refuses_is_named_with_what_to_do(
    world: Any, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def refused(*_: Any) -> Any:
        raise OSError(number, os.strerror(number), "/some/.thrum")

    monkeypatch.setattr(app, "_run", refused)
    ran = world.run("team", "--json")
    assert (ran.code, ran.error["kind"]) == (1, "system")
    assert ran.error["message"] == f"the system refuses: /some/.thrum: {os.strerror(number)}"
    assert advice in ran.error.get("hint", "")
    assert ("hint" in ran.error) == bool(advice)


def test_an_interrupt_is_130(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_context: Context) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(signature, "load", lambda _entry: interrupted)
    assert world.run("version").code == 130


def test_refusals_of_usage_are_2_and_others_1(world: Any) -> None:
    context = world.context([])
    assert app.refuse(context, ThrumError("usage", "m")) == 2
    assert app.refuse(context, ThrumError("storage", "m")) == 1
