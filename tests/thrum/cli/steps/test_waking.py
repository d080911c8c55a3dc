"""Waiting until an idle session is to be woken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.cli.answers import LETTER as ROW
from tests.thrum.cli.answers import MAIL
from thrum.cli.steps import waking
from thrum.errors import ThrumError
from thrum.identity import process
from thrum.identity.lifeline import Came, Lifeline
from thrum.runtimes import registry
from thrum.runtimes.contract import Answer, Wake

NOTHING = {"agent_id": "furiosa", "count": 0}
SUPERSEDED = {**NOTHING, "superseded": True}
SEAT = {"runtime": "claude", "session": "s1"}
GIVEN = ("delivery.given", {**SEAT, "message_ids": [ROW["message_id"]], "is_sure": True})


@pytest.fixture
def office(world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Below a program of Claude's, in an interactive session, with a daemon."""
    above = process.look(world.context([]).pid)
    assert above
    monkeypatch.setattr(process, "runtime", lambda _: above)
    monkeypatch.setattr(process, "runtime_name", lambda _: "claude")
    world.env["CLAUDE_CODE_ENTRYPOINT"] = "cli"
    world.daemon.answers |= {"delivery.wait": MAIL, "delivery.given": {"seen": 1}}
    return world


@pytest.fixture
def rests(office: Any, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it rests between two attempts, which takes no time."""
    found: list[float] = []
    real = Lifeline.sleep

    def sleep(life: Lifeline, seconds: float, news: int = -1) -> Came:
        if news >= 0:
            return real(life, seconds, news)
        found.append(seconds)
        office.clock += seconds
        return Came.TIME

    monkeypatch.setattr(Lifeline, "sleep", sleep)
    return found


def wake(office: Any, event: str = "Stop", runtime: str = "claude", **given: Any) -> Any:
    about = {"session_id": "s1", "session": "s1", "hook_event_name": event, **given}
    return office.run("hook", event, "--runtime", runtime, "--wake", stdin=json.dumps(about))


def test_mail_is_said_in_the_way_that_wakes_and_then_counts(office: Any) -> None:
    ran = wake(office)
    assert (ran.code, ran.out) == (2, "")
    assert "> the tank leaks" in ran.err
    asked = {**SEAT, "timeout_ms": waking.ASK_MS, "is_spare": False}
    assert office.daemon.requests == [("delivery.wait", asked), GIVEN]


def test_a_plugin_is_told_what_to_begin(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "runtime_name", lambda _: "opencode")
    ran = wake(office, "session.idle", "opencode")
    assert (ran.code, ran.err) == (0, "")
    assert "> the tank leaks" in json.loads(ran.out)["turn"]


@pytest.mark.parametrize("why", ["superseded", "ended"])
def test_without_use_it_ends_without_a_word(office: Any, why: str) -> None:
    office.daemon.answers["delivery.wait"] = {**NOTHING, why: True}
    ran = wake(office)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert office.daemon.methods == ["delivery.wait"]


@pytest.mark.parametrize(
    ("event", "runtime"),
    [
        ("Stop", "codex"),
        ("UserPromptSubmit", "claude"),
        ("SessionStart", "codex"),
        ("Nope", "claude"),
        ("", "claude"),
        ("Stop", "nobody"),
        ("chat.message", "opencode"),
        ("stop", "cursor"),
    ],
)
def test_where_no_way_is_known_nobody_waits(office: Any, event: str, runtime: str) -> None:
    ran = wake(office, event, runtime)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert office.daemon.requests == []


@pytest.mark.parametrize("entry", ["sdk-cli", "sdk-ts", "", None])
def test_a_session_that_would_be_kept_open_is_left_alone(office: Any, entry: str | None) -> None:
    del office.env["CLAUDE_CODE_ENTRYPOINT"]
    office.env |= {} if entry is None else {"CLAUDE_CODE_ENTRYPOINT": entry}
    assert wake(office).code == 0
    assert office.daemon.requests == []


@pytest.mark.parametrize("given", [{"session_id": ""}, {"agent_id": "helper"}, {"session_id": 7}])
def test_helpers_and_sessions_without_a_name_are_not_woken(
    office: Any, given: dict[str, Any]
) -> None:
    assert wake(office, **given).code == 0
    assert office.daemon.requests == []


def test_another_runtime_that_starts_the_hooks_of_this_one_is_left_alone(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "runtime_name", lambda _: "copilot")
    assert wake(office).code == 0
    assert office.daemon.requests == []


def test_where_no_runtime_is_known_above_the_parent_counts(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "runtime", lambda _: None)
    assert wake(office).code == 2


def test_when_the_time_is_over_it_asks_again(office: Any, rests: list[float]) -> None:
    def answer(_: Any) -> Any:
        office.clock += 300
        return NOTHING if office.daemon.methods.count("delivery.wait") < 4 else MAIL

    office.daemon.answers["delivery.wait"] = answer
    assert wake(office).code == 2
    assert rests == []


def test_a_daemon_that_says_nothing_at_once_is_not_asked_all_the_time(
    office: Any, rests: list[float]
) -> None:
    office.daemon.answers["delivery.wait"] = [NOTHING, 7, None, NOTHING, MAIL]
    assert wake(office).code == 2
    assert rests == [1, 2, 4, 8]


@pytest.mark.parametrize("kind", ["shutting_down", "busy", "timed_out"])
def test_it_waits_for_a_daemon_that_is_away(
    office: Any, rests: list[float], refuse: Any, hang_up: Any, kind: str
) -> None:
    away = refuse(kind, "not now")
    office.daemon.answers["delivery.wait"] = [away, hang_up(), away, away, away, away, away, MAIL]
    assert wake(office).code == 2
    assert rests == [1, 2, 4, 8, 16, 30, 30]
    assert office.started == []


def test_at_the_start_the_agent_may_be_registered_a_moment_later(
    office: Any, rests: list[float], refuse: Any
) -> None:
    nobody = refuse("anonymous_caller", "who are you?")
    office.daemon.answers["delivery.wait"] = [nobody, nobody, nobody, MAIL]
    assert wake(office, "SessionStart", source="startup").code == 2
    assert rests == [1, 2, 4]


@pytest.mark.parametrize(("event", "tries"), [("SessionStart", 5), ("Stop", 1)])
def test_where_nobody_is_registered_nobody_is_waited_for(
    office: Any, rests: list[float], refuse: Any, event: str, tries: int
) -> None:
    office.daemon.answers["delivery.wait"] = [refuse("anonymous_caller", "who are you?")] * 9
    ran = wake(office, event)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert office.daemon.methods == ["delivery.wait"] * tries


def test_after_a_long_time_it_is_back_soon(office: Any, rests: list[float], hang_up: Any) -> None:
    turns = iter([hang_up(), hang_up(), 3600, hang_up(), MAIL])

    def answer(_: Any) -> Any:
        turn = next(turns)
        if isinstance(turn, int):
            office.clock += turn
            raise hang_up()
        if isinstance(turn, Exception):
            raise turn
        return turn

    office.daemon.answers["delivery.wait"] = answer
    assert wake(office).code == 2
    assert rests == [1, 2, 1]


@pytest.mark.parametrize(
    "kind", ["moved", "method_not_found", "invalid_params", "anonymous_caller", "internal"]
)
def test_what_will_not_change_ends_it_without_a_word(office: Any, refuse: Any, kind: str) -> None:
    office.daemon.answers["delivery.wait"] = refuse(kind, "never")
    marks = Path(office.env["HOME"], ".thrum/setup/fired")
    marks.mkdir(parents=True)
    ran = wake(office)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (marks / "claude.failed").exists() is (kind != "anonymous_caller")


def test_where_there_is_no_thrum_nobody_waits(office: Any) -> None:
    office.root = office.root.parent
    assert wake(office).code == 0


def test_it_ends_with_the_runtime(
    office: Any, monkeypatch: pytest.MonkeyPatch, hang_up: Any
) -> None:
    office.daemon.answers["delivery.wait"] = hang_up()
    real = Lifeline.sleep

    def sleep(life: Lifeline, seconds: float, news: int = -1) -> Came:
        if news >= 0:
            real(life, seconds, news)
        return Came.END

    monkeypatch.setattr(Lifeline, "sleep", sleep)
    ran = wake(office)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    office.daemon.path.unlink()
    assert wake(office).code == 0


def test_what_was_written_is_told_to_a_daemon_that_comes_back(office: Any, hang_up: Any) -> None:
    office.daemon.answers["delivery.given"] = [hang_up(), hang_up(), {"seen": 1}]
    assert wake(office).code == 2
    assert office.daemon.requests[1:] == [GIVEN] * 3
    assert office.slept == list(waking.TELLS[:2])


def test_what_nobody_could_be_told_of_wakes_all_the_same(office: Any, hang_up: Any) -> None:
    office.daemon.answers["delivery.given"] = hang_up()
    marks = Path(office.env["HOME"], ".thrum/setup/fired")
    marks.mkdir(parents=True)
    assert wake(office).code == 2
    assert "Stop" in (marks / "claude.failed").read_text()


def test_what_cannot_be_written_was_not_given(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(waking, "_write", full)
    assert wake(office).code == 0
    assert office.daemon.methods == ["delivery.wait"]


def test_one_that_goes_on_brings_block_after_block(
    office: Any, rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Wake("monitor", event="Stop", say=lambda text: Answer(f"{text}\n"), goes_on=True)
    office.daemon.answers["delivery.wait"] = [MAIL, MAIL, SUPERSEDED]
    context, adapter = office.context(["hook"]), registry.adapter("claude")
    found = adapter.read("Stop", {"session_id": "s1"}, {})
    assert found
    assert waking.wait(context, adapter, way, found) == 0
    assert context.stdout.getvalue().count("the tank leaks") == 2
    assert office.daemon.params("delivery.wait")["is_spare"] is True
    assert rests == [1, 1], "between two it rests, but never longer and longer"


def test_a_monitor_is_of_the_session_that_a_variable_names(office: Any, rests: list[float]) -> None:
    assert wake(office, "monitor").code == 0
    assert office.daemon.requests == [], "no session is named"
    office.env["CLAUDE_CODE_SESSION_ID"] = "s9"
    office.daemon.answers["delivery.wait"] = [MAIL, SUPERSEDED]
    ran = wake(office, "monitor")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("\n") == 1
    assert "> the tank leaks" in ran.out
    assert office.daemon.params("delivery.given")["session"] == "s9"
    assert office.daemon.params("delivery.wait")["is_spare"] is True


def test_a_name_in_the_environment_says_who_is_meant(office: Any) -> None:
    office.env["THRUM_NAME"] = "furiosa"
    wake(office)
    assert [params["caller_agent_id"] for _, params in office.daemon.requests] == ["furiosa"] * 2


def test_it_is_never_too_long_for_the_runtime(office: Any) -> None:
    long = {**ROW, "content": "x" * 1_500, "characters": 90_000}
    office.daemon.answers["delivery.wait"] = {**MAIL, "count": 40, "messages": [long] * 8}
    ran = wake(office)
    assert len(ran.err) <= 1_500
    assert office.daemon.params("delivery.given")["message_ids"] == [ROW["message_id"]]


def test_the_errors_that_pass_are_errors_that_there_are() -> None:
    for kind in waking._PASSES:
        assert ThrumError(kind, "x").kind == kind
