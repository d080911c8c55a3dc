"""The page is written section by section, and says what grows."""

from __future__ import annotations

from pathlib import Path

from tests.bench.__main__ import APART, TOGETHER
from tests.bench.factors import Row
from tests.bench.figure import Figure, Sections, as_table
from tests.bench.page import TITLES, write
from tests.bench.yardstick import Yardstick

SIZES = (1_000, 10_000, 100_000)


def grown(*values: float, floors: tuple[float, ...] = (), may: str = "") -> Row:
    """A figure at several sizes."""
    return Row(
        tuple(
            Figure(
                "send",
                value,
                "ms",
                floors[number] if floors else None,
                axis="messages",
                size=SIZES[number],
                may=may,
            )
            for number, value in enumerate(values)
        )
    )


def test_what_grows_as_the_logarithm_does_or_by_chance_is_not_too_fast() -> None:
    assert not grown(1.0, 1.3, 1.6).is_too_fast
    assert not grown(1.0, 3.0, 1.1).is_too_fast
    assert grown(1.0, 1.0, 2.0).is_too_fast
    assert grown(1.0, 10.0, 100.0).is_too_fast


def test_a_machine_that_became_slower_is_not_growth_but_a_floor_that_grows_is() -> None:
    assert not grown(1.0, 1.1, 1.8, floors=(0.1, 0.1, 0.13)).is_too_fast
    assert grown(1.0, 1.1, 3.0, floors=(0.1, 0.1, 0.13)).is_too_fast
    assert grown(1.0, 3.0, 9.0, floors=(0.1, 0.3, 0.9)).is_too_fast


def test_how_it_grows_for_ten_times_as_much_is_told_of_the_last_step() -> None:
    assert grown(1.0, 2.0, 3.0).factor == 1.5
    assert grown(1.0, 2.0, 3.0, floors=(1.0, 1.0, 1.5)).factor == 1.0
    assert grown(1.0, 2.0, 3.0, floors=(1.0, 1.0, 1.5), may="it reads all").factor == 1.5
    assert grown(1.0).factor is None


def test_every_bench_has_a_place_on_the_page() -> None:
    assert set(TITLES) == {*TOGETHER, *APART}


def measured(path: Path, **figures: list[Figure]) -> Path:
    """The file that a run writes."""
    sections = Sections(quick=False)
    for bench, found in figures.items():
        for figure in found:
            sections.add(bench, figure)
    sections.write(path)
    return path


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    send = Figure("send p50", 2.0, "ms", 0.5, "append+fdatasync", "≤ 1 ms", met=False)
    write(measured(tmp_path / "one.json", sends=[send], growth=list(grown(1, 2, 9).figures)), page)
    assert "| send p50 | 2 ms | 0.5 ms | 4× | append+fdatasync | ≤ 1 ms | **missed** |" in (
        page.read_text()
    )
    assert "Missed: send p50." in page.read_text()
    assert "and should not**: send." in page.read_text()
    write(measured(tmp_path / "two.json", boots=[Figure("memory, idle", 40, "MB")]), page)
    write(measured(tmp_path / "three.json", growth=list(grown(1, 1, 1).figures)), page)
    told = page.read_text()
    assert told.count("\n## ") == 3
    assert told.index("## Start") < told.index("## Sends") < told.index("## With ten times the mes")
    assert "send p50" in told
    assert "should not**" not in told
    write(tmp_path / "three.json", page)
    assert page.read_text() == told


def test_what_is_printed_are_ratios_and_counts() -> None:
    rows = [Figure("send", 123.4, "ms", 100.0, "append"), Figure("programs", 4, "")]
    printed = as_table(rows)
    assert "1.23" in printed
    assert "123" not in printed.replace("1.23", "")
    assert "4" in printed


def test_what_depends_on_the_machine_has_a_floor() -> None:
    stick = Yardstick(seconds=0.01, megabytes=8.0)
    assert stick.beside(Figure("start", 40, "ms")).ratio == 4
    assert stick.beside(Figure("events", 50, "1/s")).ratio == 0.5
    assert stick.beside(Figure("memory, idle", 40, "MB")).ratio == 5
    assert stick.beside(Figure("text", 40, "characters")).floor is None
    assert stick.beside(Figure("send", 4, "ms", 1, "append")).floor_name == "append"
