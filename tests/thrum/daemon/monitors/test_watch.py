"""From bytes to what is kept and reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.daemon.monitors.output_log import OutputLog
from thrum.daemon.monitors.pattern import Pattern
from thrum.daemon.monitors.redaction import MARK, Redactor
from thrum.daemon.monitors.watch import CUT, MOST, REMEMBERED, Watch

AT = "1970-01-01T00:00:00Z"


def watch(path: Path, match: str = "", *values: str) -> Watch:
    return Watch(Pattern(match), Redactor(values), OutputLog(path / "o.log"), lambda: 0)


def logged(path: Path) -> list[str]:
    return OutputLog(path / "o.log").tail(0)


def test_all_is_kept_and_matches_are_reported(tmp_path: Path) -> None:
    of = watch(tmp_path, "E")
    assert of.take(b"E1\nno\r\nE2\r\npa") == ["E1", "E2"]
    assert of.take(b"rt E\n") == ["part E"]
    assert of.take(b"last E") == []
    assert of.rest() == ["last E"]
    assert logged(tmp_path) == [f"{AT} {x}" for x in ("E1", "no", "E2", "part E", "last E")]


@pytest.mark.parametrize("size", [MOST - 1, MOST, 2 * MOST, 1_000_000])
def test_a_long_line_is_cut_and_says_so(tmp_path: Path, size: int) -> None:
    of = watch(tmp_path, "^x")
    (text,) = of.take(b"x" * (size // 2) + b" " + b"x" * (size - size // 2 - 1) + b"\n")
    assert len(text.encode()) < MOST + len(CUT) + 10
    assert text.endswith(CUT) == (size >= MOST)


def test_what_stands_behind_the_cut_is_not_looked_at(tmp_path: Path) -> None:
    of = watch(tmp_path, "needle")
    assert of.take(b"x" * MOST + b"needle\nneedle\n") == ["needle"]


def test_what_is_seen_is_what_matches(tmp_path: Path) -> None:
    of = watch(tmp_path, "^ERROR$")
    assert of.take(b"\x1b[31mERROR\x1b[0m\n\x00ERROR\r\n\xffERROR\n") == ["ERROR", "ERROR"]


def test_secrets_are_neither_kept_nor_reported_nor_said_at_the_end(tmp_path: Path) -> None:
    secret = "s3cr3t-of-mine"
    of = watch(tmp_path, "user", secret)
    found = of.take(f"user {secret} in\nother {secret}\nuser {secret[:7]}".encode())
    found += of.take(f"{secret[7:]}\n".encode())
    assert found == [f"user {MARK} in", f"user {MARK}"]
    assert secret not in "\n".join([*logged(tmp_path), of.newest()])
    assert of.newest() == f"user {MARK} in\nother {MARK}\nuser {MARK}"


def test_a_secret_at_the_cut_is_not_shown_by_half(tmp_path: Path) -> None:
    secret = "0123456789-abcdefghij"
    of = watch(tmp_path, "", secret)
    for before in range(MOST - 20, 2 * MOST + 20, 7):
        # What was taken out before it makes room for more of the line.
        line = (
            f"{secret} " * 60
            + "x" * max(before - 60 * len(f"{secret} "), 0)
            + f" {secret} {'y' * 9000}"
        )
        (text,) = of.take(f"{line}\n".encode())
        for length in range(6, len(secret)):
            assert secret[:length] not in text, before


@pytest.mark.parametrize("value", ["Z9" * 3000, "drei süße Wörter " * 40, "ключ" * 2000])
@pytest.mark.parametrize("before", [0, 1, MOST, 2 * MOST - 9, 2 * MOST - 8])
def test_a_value_that_does_not_end_where_it_is_cut_is_not_shown_by_half(
    tmp_path: Path, before: int, value: str
) -> None:
    of = watch(tmp_path, "", value)
    texts = of.take(f"{'x' * before} {value} and more\n{'y' * 2 * MOST}\n".encode())
    assert len(texts) == 2
    assert value[:6] not in "\n".join([*texts, *logged(tmp_path), of.newest()])


def test_a_match_looks_at_what_was_said_not_at_what_is_shown(tmp_path: Path) -> None:
    of = watch(tmp_path, "hunter22", "hunter22")
    assert of.take(b"it was hunter22\n") == [f"it was {MARK}"]


def test_the_end_of_the_output_is_bounded(tmp_path: Path) -> None:
    of = watch(tmp_path)
    of.take(b"".join(b"%d %s\n" % (n, b"z" * 300) for n in range(100)))
    assert len(of.newest()) == REMEMBERED
    assert of.newest().splitlines()[-1].startswith("99 ")


@settings(max_examples=examples(60))
@given(st.lists(st.binary(max_size=40), max_size=12))
def test_however_it_comes(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("watch")
    of, whole = watch(path, "a"), watch(path, "a")
    found = [text for piece in pieces for text in of.take(piece)] + of.rest()
    assert found == whole.take(b"".join(pieces)) + whole.rest()


def test_what_is_noted_stands_apart(tmp_path: Path) -> None:
    watch(tmp_path).note("started")
    assert logged(tmp_path) == [f"{AT} -- started"]
