"""Where an agent is at home: whoever moves it, in whatever order that is heard of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.thrum.daemon.projection.apply.people import registered
from thrum.daemon.projection.apply import tenure
from thrum.events import AgentRegister

DAEMONS = ("d_1", "d_2", "d_3")


def home(*registrations: AgentRegister) -> str:
    move = tenure.last_move(registrations)
    return move.origin_daemon if move else ""


def test_the_number_of_the_move_decides_before_any_clock() -> None:
    ahead = registered("ann", 59, moves=1, origin_daemon="d_1")
    behind = registered("ann", 1, moves=2, origin_daemon="d_2")
    assert home(ahead, behind) == home(behind, ahead) == "d_2"


def test_of_two_that_took_it_at_once_the_last_one_has_it() -> None:
    one = registered("ann", 5, moves=1, origin_daemon="d_1")
    two = registered("ann", 6, moves=1, origin_daemon="d_2")
    again = registered("ann", 9, origin_daemon="d_1")
    assert home(one, two, again) == home(again, two, one) == "d_2"
    assert tenure.counting([one, two, again]) == [one, two]


@st.composite
def lives(draw: st.DrawFn) -> list[AgentRegister]:
    """What daemons that hear of each other late register, each with a clock of its own."""
    heard: dict[str, list[AgentRegister]] = {each: [] for each in DAEMONS}
    made: list[AgentRegister] = []
    for number in range(draw(st.integers(1, 12))):
        daemon = draw(st.sampled_from(DAEMONS))
        if draw(st.booleans()):
            heard[daemon] = list(made)
        last = tenure.last_move(heard[daemon])
        moves = (last.moves if last else 0) + 1 if draw(st.booleans()) else 0
        event = registered(
            "ann", draw(st.integers(0, 59)), moves=moves, origin_daemon=daemon, module=str(number)
        )
        event.event_id = f"evt_{number:02}"
        made.append(event)
        heard[daemon].append(event)
    return made


@given(lives(), st.randoms(use_true_random=False))
def test_every_replica_says_the_same_and_nobody_takes_a_name_back_unawares(
    made: list[AgentRegister], random: object
) -> None:
    shuffled = list(made)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert home(*made) == home(*shuffled)
    move = tenure.last_move(made)
    if move is None:
        return
    # More registrations of those who do not know, or that move nothing, leave the home as it is.
    late = [registered("ann", 59, origin_daemon=each, moves=0) for each in DAEMONS]
    stale = [registered("ann", 59, origin_daemon=each, moves=move.moves - 1) for each in DAEMONS]
    assert home(*made, *late, *stale) == move.origin_daemon
    aware = registered("ann", 0, origin_daemon="d_4", moves=move.moves + 1)
    assert home(*made, aware) == "d_4"
