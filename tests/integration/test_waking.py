"""A session that is idle is woken by a process that waits in the background."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.program import Program
from tests.integration.test_delivery import Desk, desk
from tests.integration.waking import Waker, eventually

__all__ = ["desk"]


def waits(desk: Desk, **how: Any) -> Waker:
    """Somebody who waits for nux, and is known to the daemon."""
    waker = Waker(desk.nux, desk.beside, **how)
    eventually(lambda: waker.has_ended or is_connected(waker.pid))
    return waker


def is_connected(pid: int) -> bool:
    """Whether a process has a socket and sleeps."""
    try:
        links = [os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()]  # noqa: PTH115
        waits_in = Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        return False
    return any(link.startswith("socket:") for link in links) and "poll" in waits_in


def test_mail_wakes_once(desk: Desk) -> None:
    desk.hook("SessionStart")
    desk.hook("UserPromptSubmit")
    desk.hook("Stop")
    waker = waits(desk)
    sent = desk.sends("the tank leaks")
    code, out, err = waker.end()
    assert (code, out) == (2, "")
    assert "> the tank leaks" in err
    assert desk.recipient(sent)["seen_at"]
    assert desk.hook("UserPromptSubmit", prompt="<task-notification>\n…") == ""
    assert desk.hook("Stop", stop_hook_active=True) == ""


def test_a_session_is_woken_before_its_first_turn_by_what_comes_then(desk: Desk) -> None:
    waker = waits(desk, event="SessionStart")  # the runtime starts all of an event's hooks at once
    desk.hook("SessionStart", source="startup")
    sent = desk.sends("the tank leaks")
    code, _, err = waker.end()
    assert (code, err.count("> the tank leaks")) == (2, 1)
    assert desk.recipient(sent)["seen_at"]
    assert desk.hook("UserPromptSubmit", prompt="<task-notification>\n…") == ""
    assert desk.hook("Stop", stop_hook_active=True) == ""


def test_the_one_of_the_start_makes_way_for_the_one_of_the_turn(desk: Desk) -> None:
    desk.hook("SessionStart")
    first = waits(desk, event="SessionStart")
    desk.hook("UserPromptSubmit")
    desk.hook("Stop")
    second = waits(desk)
    assert first.end() == (0, "", "")
    desk.sends("the tank leaks")
    code, _, err = second.end()
    assert (code, err.count("> the tank leaks")) == (2, 1)


def test_it_sleeps_through_a_restart_of_the_daemon(desk: Desk) -> None:
    desk.hook("SessionStart")
    waker = waits(desk)
    desk.world.thrum(desk.main, "daemon", "stop")
    assert not waker.has_ended
    desk.world.thrum(desk.main, "daemon", "start")
    desk.sends("the tank leaks")
    code, _, err = waker.end()
    assert code == 2
    assert err.count("> the tank leaks") == 1
    assert desk.hook("UserPromptSubmit") == ""


def test_the_newest_waits_and_the_others_end_without_a_word(desk: Desk) -> None:
    desk.hook("SessionStart")
    wakers = [waits(desk) for _ in range(3)]
    elsewhere = waits(desk, session="s2")
    for older in wakers[:-1]:
        assert older.end() == (0, "", "")
    desk.sends("the tank leaks")
    for each in (wakers[-1], elsewhere):  # each session is given it, and once
        code, _, err = each.end()
        assert (code, err.count("> the tank leaks")) == (2, 1)


def test_it_ends_with_the_session_and_with_the_runtime(desk: Desk) -> None:
    desk.hook("SessionStart")
    first, second = waits(desk), waits(desk, session="s2")
    desk.hook("SessionEnd", reason="clear")
    assert first.end() == (0, "", "")
    assert not second.has_ended
    desk.nux.process.kill()
    desk.nux.end()
    assert second.end() == (0, "", "")


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM], ids=lambda each: each.name)
def test_one_that_is_killed_takes_nothing_along(desk: Desk, sign: signal.Signals) -> None:
    desk.hook("SessionStart")
    waker = waits(desk)
    os.kill(waker.pid, sign)
    eventually(lambda: waker.has_ended)
    desk.sends("the tank leaks")
    assert "> the tank leaks" in desk.hook("UserPromptSubmit")
    assert desk.hook("Stop") == ""


def test_it_costs_nothing_while_nothing_comes(desk: Desk) -> None:
    desk.hook("SessionStart")
    waker = waits(desk)
    before = Path(f"/proc/{waker.pid}/schedstat").read_text().split()[2]
    for _ in range(3):
        desk.hook("UserPromptSubmit")  # of which the daemon hears, and it does not
        desk.hook("Stop")
    assert Path(f"/proc/{waker.pid}/schedstat").read_text().split()[2] == before


def test_a_program_that_the_agent_started_is_not_woken_with_its_mail(desk: Desk) -> None:
    desk.hook("SessionStart")
    with Program(desk.world.root, desk.world.environment) as other:
        waker = Waker(other, desk.beside)
        assert waker.end() == (0, "", "")
