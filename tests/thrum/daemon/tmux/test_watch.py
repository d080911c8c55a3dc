"""Which panes are looked at, and when."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.tmux.watch import MOVING_S, QUIET_S, Watch


def test_a_pane_that_goes_quiet_is_looked_at_once() -> None:
    watch = Watch()
    watch.told({"%1": "a"}, 0.0)
    assert watch.due(QUIET_S - 0.1) == []
    assert watch.next == QUIET_S
    assert watch.due(QUIET_S) == ["%1"]
    assert watch.looked("%1", "x", QUIET_S)
    assert (watch.due(1e9), watch.next) == ([], math.inf)


def test_it_is_looked_at_again_when_something_was_written() -> None:
    watch = Watch()
    watch.told({"%1": "a"}, 0.0)
    watch.looked("%1", "x", QUIET_S)
    watch.told({"%1": "a"}, 10.0)
    assert watch.next == math.inf
    watch.told({"%1": "b"}, 20.0)
    assert watch.next == 20.0 + QUIET_S
    assert watch.looked("%1", "x", 20.0 + QUIET_S)


def test_where_something_always_moves_it_is_looked_at_now_and_then() -> None:
    watch, looks, news = Watch(), [], []
    for second in range(60):
        watch.told({"%1": str(second)}, float(second))
        for pane in watch.due(float(second)):
            looks.append(second)
            if watch.looked(pane, "the same", float(second)):
                news.append(second)
    assert looks == [10, 20, 30, 40, 50]
    assert news == [20]  # the second look found what the first had found, and then nobody cares


def test_another_state_of_what_always_moves_is_news_again() -> None:
    watch, news = Watch(), []
    for second in range(80):
        watch.told({"%1": str(second)}, float(second))
        window = "before" if second < 45 else "after"
        news += [second for each in watch.due(second) if watch.looked(each, window, second)]
    assert news == [20, 60]


def test_what_changes_all_the_time_is_never_news() -> None:
    watch = Watch()
    for second in range(60):
        watch.told({"%1": str(second)}, float(second))
        assert not any(watch.looked(each, f"{second}", second) for each in watch.due(second))


def test_the_longest_waiting_comes_first() -> None:
    watch = Watch()
    watch.told({"%2": "a"}, 0.0)
    watch.told({"%1": "a", "%2": "a"}, 1.0)
    assert watch.due(100.0) == ["%2", "%1"]


def test_panes_that_are_gone_or_nobodys_are_not_looked_at() -> None:
    watch = Watch()
    watch.told({"%1": "a", "%2": "a"}, 0.0)
    watch.told({"%2": "a"}, 1.0)
    assert watch.due(100.0) == ["%2"]
    assert "%2" in watch and "%1" not in watch
    watch.left("%2")
    assert watch.due(100.0) == []
    assert not watch.looked("%1", "x", 100.0)
    watch.told({"%2": "b"}, 200.0)
    assert watch.due(300.0) == ["%2"]


@given(st.lists(st.tuples(st.floats(0.01, 5.0), st.booleans()), max_size=60))
def test_whatever_is_written_in_is_looked_at_in_the_end(steps: list[tuple[float, bool]]) -> None:
    watch, now, word, unseen = Watch(), 0.0, 0, False
    looked_at = 0.0
    for pause, is_written in steps:
        now += pause
        if is_written:
            word += 1
            looked_at = looked_at if unseen else now
            unseen = True
        watch.told({"%1": str(word)}, now)
        for pane in watch.due(now):
            watch.looked(pane, str(word), now)
            unseen, looked_at = False, now
        assert not unseen or watch.next <= looked_at + MOVING_S
    assert watch.next < math.inf or not unseen
