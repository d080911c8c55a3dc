"""Which archives stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from thrum.backup.retention import FORM, kept, moment, outlived
from thrum.backup.rules import Retention

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = START + timedelta(days=9_999)


def name(days: float) -> str:
    return f"{(START + timedelta(days=days)).strftime(FORM)}.zip"


def test_what_is_not_named_after_a_moment_stays() -> None:
    others = ["pre-restore-2026-01-01T000000.zip", "notes.txt", "2026-01-01.zip"]
    assert kept([*others, name(0), name(1)], Retention(0, 0, 0), LATER) == set(others)


def test_a_year_of_days() -> None:
    names = [name(day) for day in range(365)]
    stays = kept(names, Retention(5, 4, -1), LATER)
    assert {name(day) for day in range(360, 365)} <= stays
    # The 364th day is a Thursday: the weeks before it began on these days.
    assert {name(day) for day in (361, 354, 347, 340)} <= stays
    firsts = {day for day in range(365) if (START + timedelta(days=day)).day == 1}
    assert {name(day) for day in firsts} <= stays
    assert len(stays) == 5 + 3 + 12
    assert kept(names, Retention(-1, 0, 0), LATER) == set(names)
    assert kept(names, Retention(0, 0, 2), LATER) == {name(day) for day in sorted(firsts)[-2:]}


def test_what_a_clock_named_that_was_ahead_takes_nobodys_place() -> None:
    ahead, past = [name(900 + n) for n in range(9)], [name(n) for n in range(9)]
    stays = kept([*ahead, *past], Retention(2, 0, 0), START + timedelta(days=9))
    assert stays == {*ahead, name(7), name(8)}


def test_of_what_was_here_before_restores_the_newest_stay_and_others_for_a_month() -> None:
    def safe(day: float) -> str:
        return f"pre-restore-{name(day)}"

    names = [safe(day) for day in (0, 1, 2, 3, 40, 50, 99)]
    others = [name(0), "pre-restore-of-mine.zip"]

    def gone(day: float) -> set[str]:
        return outlived([*names, *others], "pre-restore-", START + timedelta(days=day))

    assert gone(20) == set()
    assert gone(31.5) == {safe(0)}
    assert gone(60) == {safe(0), safe(1), safe(2)}
    assert gone(9_999) == {safe(0), safe(1), safe(2), safe(3)}


NAMES = st.lists(st.integers(0, 2000), unique=True).map(lambda days: [name(day) for day in days])
RULES = st.builds(Retention, *(st.integers(-1, 9) for _ in range(3)))


@given(NAMES, RULES)
def test_pruning_twice_is_pruning_once_and_the_newest_stay(
    names: list[str], rules: Retention
) -> None:
    stays = kept(names, rules, LATER)
    assert stays <= set(names)
    assert kept(stays, rules, LATER) == stays
    newest = sorted(names, key=lambda each: moment(each) or START)[::-1]
    assert set(newest[: max(rules.daily, 0)]) <= stays
