"""A message arrives once, whatever becomes of the answer."""

from __future__ import annotations

from typing import Any

from tests.thrum.cli.answers import SENT
from thrum.cli.steps import sending


def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    world: Any, hang_up: type[Exception]
) -> None:
    world.daemon.answers["message.send"] = [hang_up(), hang_up(), SENT]
    assert world.run("send", "hi").code == 0
    keys = {params["idempotency_key"] for _, params in world.daemon.requests}
    assert len(world.daemon.requests) == 3
    assert len(keys) == 1


def test_a_daemon_that_goes_away_for_good_ends_the_retries(
    world: Any, hang_up: type[Exception]
) -> None:
    world.daemon.answers["message.send"] = hang_up()
    ran = world.run("send", "hi", "--json")
    assert ran.error["kind"] == "no_answer"
    assert "thrum message get" in ran.error["hint"]
    assert world.clock < 10


def test_a_refusal_is_not_sent_again(world: Any, refuse: Any) -> None:
    world.daemon.answers["message.send"] = refuse("unknown_recipient", "no @x", hint="see team")
    ran = world.run("send", "hi", "--to", "x", "--json")
    assert (ran.code, ran.error["kind"], ran.error["hint"]) == (1, "unknown_recipient", "see team")
    # Asked once more, as a mention: what is no agent may be a group or a role.
    assert [params.get("to") for _, params in world.daemon.requests] == ["@x", None]
    assert world.run("send", "hi", "--mention", "x").code == 1
    assert len(world.daemon.requests) == 3


def test_a_group_or_a_role_is_asked_for_as_a_mention(world: Any, refuse: Any) -> None:
    group = {"audiences": [{"type": "group", "value": "crew"}], "resolved_to": 1}
    for more in ([], ["--mention", "max"]):
        world.daemon.answers["message.send"] = [
            refuse("unknown_recipient", "@crew is a group"),
            SENT | group | {"warnings": ["@crew is a group, not one agent", "nobody is in it"]},
        ]
        ran = world.run("send", "hi", "--to", "crew", *more)
        assert ran.out == "✓ Sent KHWB87 to @crew: @nux\n"
        assert ran.err == "warning: nobody is in it\n", "that it is a group was known"
        first, second = (params for _, params in world.daemon.requests[-2:])
        assert second["mentions"] == ["@crew", *more[1:]]
        assert first["idempotency_key"] == second["idempotency_key"]


def test_who_writes_to_nobody_else_is_told(world: Any) -> None:
    own = {"audiences": [{"type": "agent", "value": "furiosa"}]}
    world.daemon.answers["message.send"] = {**SENT, **own, "recipients": None}
    assert "nobody but yourself" in world.run("send", "hi", "--to", "furiosa").err
    world.daemon.answers["message.send"] = SENT
    assert world.run("send", "hi", "--to", "nux").err == ""


def test_what_was_sent_and_to_whom(world: Any) -> None:
    def said(terminal: bool = False, **fields: Any) -> tuple[str, str]:
        context = world.context([], terminal=terminal)
        sending.report(context, SENT | fields, "Sent")
        return context.stdout.getvalue(), context.stderr.getvalue()

    assert said() == ("✓ Sent KHWB87 to @nux\n", "")
    assert said(terminal=True) == ("✓ Sent KHWB87 to @nux\n", "")
    assert said(audiences=[{"type": "role", "value": "x"}]) == ("✓ Sent KHWB87 to @x: @nux\n", "")
    assert said(audiences=None, recipients=None) == ("✓ Sent KHWB87\n", "")
    assert said(warnings=["a\x1b[2J"]) == ("✓ Sent KHWB87 to @nux\n", "warning: a\\x1b[2J\n")


def test_who_will_not_see_it_soon_is_told_of_once(world: Any) -> None:
    asleep = {"agent_id": "nux", "state": "stored", "held": "asleep"}

    def said(**fields: Any) -> str:
        context = world.context([])
        sending.report(context, SENT | {"recipients": [asleep]} | fields, "Sent")
        return str(context.stderr.getvalue())

    assert said() == "@nux: asleep, gets it when it begins a session\n"
    warning = "@nux was last seen 9 days ago (2026-01-01)"
    assert said(warnings=[warning]) == f"warning: {warning}\n"
    assert said(audiences=[{"type": "broadcast", "value": "everyone"}]) == ""
    assert said(recipients=[asleep | {"held": "turn"}]) == ""
