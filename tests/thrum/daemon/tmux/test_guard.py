"""What keeps the hands off a pane."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from thrum.daemon.tmux import guard
from thrum.daemon.tmux.guard import Client, Facts
from thrum.daemon.tmux.panes import Pane
from thrum.runtimes.screens.shown import Cursor, Shown

OURS = Path("/r/.thrum")
PANE = Pane("$1", "%1", 0, 0, False, False, 7, 0, "api", "sh", "/w", str(OURS), "%1")
FACTS = Facts(PANE, (), OURS)


def against(facts: Facts = FACTS, **pane: object) -> str:
    return guard.usual(replace(facts, pane=replace(PANE, **pane)))


def test_nothing_is_against_a_quiet_pane_of_ours() -> None:
    assert against() == ""


def test_each_reason_is_said() -> None:
    assert "gone" in guard.usual(replace(FACTS, pane=None))
    assert "not one of Thrum's" in against(owner="")
    assert "not one of Thrum's" in against(owner="/r/.thrum2")
    assert "has ended" in against(is_dead=True)
    assert "copy mode" in against(is_in_mode=True)


def test_a_person_who_types_there_is_left_alone() -> None:
    def typed(session_id: str, idle_s: float) -> str:
        return guard.usual(replace(FACTS, clients=(Client(session_id, idle_s),)))

    assert "somebody types" in typed("$1", 0)
    assert "somebody types" in typed("$1", guard.HANDS_OFF_S - 0.1)
    assert typed("$1", guard.HANDS_OFF_S) == ""
    assert typed("$2", 0) == ""


def test_clients_in_control_mode_have_no_hands() -> None:
    lines = ["$1 100 0", "$2 200 1", "$3 300 ", "", "garbage", "$4 x 0"]
    found = guard.clients(lines, lambda of, date_s: 1000.0 - date_s if of == "$1" else 0.5)
    assert found == (Client("$1", 900.0), Client("$3", 0.5))


def test_who_shows_the_window_by_another_session_is_there_too() -> None:
    here, beside, away = Client("$1", 1), Client("$2", 2), Client("$3", 3)
    there = [
        PANE,
        replace(PANE, session_id="$2", owner=""),
        replace(PANE, session_id="$3", id="%9"),
    ]
    found = guard.looking([here, beside, away], PANE, there)
    assert found == (here, Client("$1", 2), away)
    assert guard.looking([here], None, there) == (here,)


def test_how_long_a_key_counts() -> None:
    def left(*idle: int) -> float:
        clients = tuple(Client("$1", each) for each in idle)
        return guard.hands_off_s(replace(FACTS, clients=clients))

    assert left() == 0.0
    assert left(2) == guard.HANDS_OFF_S - 2
    assert left(10, 1) == guard.HANDS_OFF_S - 1
    assert left(100) < 0.0
    assert guard.hands_off_s(replace(FACTS, clients=(Client("$2", 0),))) == 0.0
    assert guard.hands_off_s(replace(FACTS, pane=None, clients=(Client("$1", 0),))) == 0.0


def test_who_looked_has_tmux_look_whether_it_is_still_so() -> None:
    assert guard.holds(FACTS) == guard.HOLDS
    shown = Shown(("x",), Cursor(3, 7))
    assert "#{cursor_y} #{cursor_x},0 0 3 7}" in guard.holds(replace(FACTS, shown=shown))
    assert guard.holds(replace(FACTS, pane=None, shown=shown)) == guard.HOLDS
