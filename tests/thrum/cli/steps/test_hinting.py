"""Hints below an answer and with it, and where they are silent."""

from __future__ import annotations

import io
from typing import Any

import pytest

from thrum.cli.steps import hinting
from thrum.errors import ThrumError
from thrum.hints.contract import Hint, Option

HINT = Hint(
    "tmux.create.session-exists",
    "warn",
    "tmux session 'impl' already\nruns \x1b[2J",
    (
        Option("attach", "thrum tmux connect impl"),
        Option("replace", "thrum tmux create --force", "kills existing session"),
    ),
    allow_force=True,
)
SHOWN = """
  warn [tmux.create.session-exists]: tmux session 'impl' already runs \\x1b[2J
    attach:  thrum tmux connect impl
    replace: thrum tmux create --force    (kills existing session)

  info [a.b]: text
"""


def context_of(world: Any, *flags: str) -> Any:
    context = world.context(flags)
    context.options.json = "--json" in flags
    context.options.quiet = "--quiet" in flags
    return context


def test_the_form_for_people(world: Any) -> None:
    context = context_of(world)
    hinting.tell(context, [HINT, Hint("a.b", "info", "text")])
    assert context.stderr.getvalue() == SHOWN
    hinting.tell(context, [])
    assert context.stderr.getvalue() == SHOWN


@pytest.mark.parametrize("flag", ["--json", "--quiet"])
def test_the_form_for_people_is_for_people(world: Any, flag: str) -> None:
    context = context_of(world, flag)
    hinting.tell(context, [HINT])
    assert context.stderr.getvalue() == ""


def test_the_form_for_programs() -> None:
    assert hinting.added({"a": 1}, []) == {"a": 1}
    assert hinting.added({"a": 1}, [HINT]) == {"a": 1, "hints": [HINT.tree()]}


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("may", [True, False])
def test_a_warning_keeps_a_command_back(world: Any, force: bool, may: bool) -> None:
    context = context_of(world)
    hint = Hint("a.b", "warn", "text", HINT.options, allow_force=may)
    if may and force:
        hinting.stop_at(context, [hint], force=force)
        return
    with pytest.raises(ThrumError) as caught:
        hinting.stop_at(context, [hint, Hint("c.d", "info", "y")], force=force)
    assert ("--force" in (caught.value.hint or "")) is may
    assert caught.value.details == {"aborted": True, "hints": [hint.tree()]}
    assert "warn [a.b]: text" in context.stderr.getvalue()
    assert "c.d" not in context.stderr.getvalue()


def stale(world: Any, **member: Any) -> Any:
    row = {"agent_id": "nux", "is_local": True, "last_seen": "2026-01-02T02:17:05Z", **member}
    world.daemon.answers |= {
        "message.send": {"message_id": "msg_1", "recipients": [{"agent_id": "nux"}]},
        "agent.lookup": {"member": row},
    }
    return world


def test_a_sender_is_told_who_may_be_idle(world: Any) -> None:
    ran = stale(world).run("send", "hi", "--to", "@nux")
    assert ran.code == 0
    assert "  info [send.recipient-stale]: @nux was last seen 47m ago and may be idle\n" in ran.err
    (hint,) = world.run("send", "hi", "--to", "nux", "--json").document["hints"]
    assert hint["code"] == "send.recipient-stale"
    assert world.run("send", "hi", "--to", "@nux", "--quiet").err == ""
    world.env["THRUM_NO_HINTS"] = "1"
    assert world.run("send", "hi", "--to", "@nux").err == ""
    assert "hints" not in world.run("send", "hi", "--to", "@nux", "--json").document


@pytest.mark.parametrize(
    "member",
    [
        {"is_local": False},
        {"last_seen": "2026-01-02T03:04:00Z"},
        {"last_seen": ""},
        {"last_seen": "\x1b[2J"},
    ],
)
def test_of_others_nothing_is_said(world: Any, member: dict[str, Any]) -> None:
    assert "stale" not in stale(world, **member).run("send", "hi", "--to", "@nux").err


def test_nobody_is_asked_about_groups_or_in_vain(world: Any) -> None:
    for argv in (["--to", "@crew"], ["--broadcast"], ["--to", "@nux", "--quiet"]):
        stale(world).run("send", "hi", *argv)
    assert "agent.lookup" not in world.daemon.methods


def test_a_daemon_that_does_not_know_is_no_trouble(world: Any) -> None:
    del stale(world).daemon.answers["agent.lookup"]
    ran = world.run("send", "hi", "--to", "@nux")
    assert (ran.code, "stale" in ran.err) == (0, False)


def test_what_is_on_stdout_comes_first(world: Any) -> None:
    context = context_of(world)
    order = []

    class Stream(io.StringIO):
        def flush(self) -> None:
            order.append("flush")

    context.stdout = Stream()
    context.note = lambda text: order.append("note")
    hinting.tell(context, [HINT])
    assert order == ["flush", "note"]
