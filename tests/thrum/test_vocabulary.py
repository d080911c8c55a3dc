"""The small pure modules: errors, clock, ids, names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import clock, ids, names
from thrum.errors import KINDS, ThrumError

# From the year 1, which other nodes write for "never".
moments = st.integers(-62_135_596_800_000_000_000, 4_000_000_000_000_000_000)


@given(moments)
def test_a_time_is_fixed_width_and_comes_back(ns: int) -> None:
    text = clock.format_ns(ns)
    assert len(text) == 30
    assert clock.parse(text) == ns
    assert clock.normalize(text) == text


@given(moments, moments)
def test_text_order_is_time_order(a: int, b: int) -> None:
    assert (clock.format_ns(a) < clock.format_ns(b)) == (a < b)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 9),
)
def test_any_precision_and_offset_is_read(when: datetime, minutes: int, digits: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    local = when.replace(microsecond=0, tzinfo=UTC).astimezone(zone)
    fraction = "." + "123456789"[:digits] if digits else ""
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    text = f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{offset}"
    expected = int(local.timestamp()) * 1_000_000_000 + int("123456789"[:digits].ljust(9, "0"))
    if not digits:
        expected = int(local.timestamp()) * 1_000_000_000
    assert clock.parse(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "2026"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse(text)


def test_a_ticker_never_repeats_nor_goes_back() -> None:
    given_times = iter([5, 5, 3, 9, 1])
    tick = clock.Ticker(lambda: next(given_times))
    assert [tick() for _ in range(5)] == [5, 6, 7, 9, 10]


def test_ids_increase_also_within_a_millisecond_and_when_the_clock_steps_back() -> None:
    times = iter([1_000_000_000, 1_000_000_000, 1, 2_000_000_000])
    source = ids.Ids(lambda: next(times))
    made = [source.make("msg") for _ in range(4)]
    assert made == sorted(set(made))
    assert all(ids.is_ulid_id(each) for each in made)


@given(st.binary(max_size=40))
def test_base32_has_a_character_for_every_five_bits(data: bytes) -> None:
    text = ids.base32(data)
    assert len(text) == -(-len(data) * 8 // 5)
    assert set(text) <= set(ids.CROCKFORD)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/user/repo", "r_PWCZQAFEDQMF"),
        ("https://github.com/user/repo.git", "r_PWCZQAFEDQMF"),
        ("git@github.com:user/repo.git", "r_PWCZQAFEDQMF"),
        ("https://github.com/acme/widgets", "r_DR3Z0XEPBMS3"),
        ("https://tok@GitHub.com/Acme/Widgets.git", "r_0QHZZMHWEWFP"),
        ("/srv/git/widgets.git", "r_BEXS01867AWB"),
    ],
)
def test_repository_ids_are_those_of_every_other_node(url: str, expected: str) -> None:
    assert ids.repo_id(url) == expected


def test_an_unnamed_agent_gets_an_upper_case_hash() -> None:
    made = ids.unnamed_agent_id("r_ABC123DEF456", "implementer", "auth")
    assert made == "implementer_35HV62T9B9"
    assert names.parts(made) == ("implementer", "35HV62T9B9")


@pytest.mark.parametrize("url", ["", "git@host"])
def test_a_url_that_is_none_has_no_repository_id(url: str) -> None:
    with pytest.raises(ValueError):
        ids.repo_id(url)


@pytest.mark.parametrize("name", ["a", "furiosa", "api_reviewer", "with-dash", "sf:coord", "0"])
def test_names_that_agents_may_bear(name: str) -> None:
    assert names.check_agent_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Bad",
        "a b",
        "all",
        "system",
        "../x",
        "a/b",
        "é",
        "a:b:c",
        "x" * 65,
        "a\n",
        "~2",
        "-",
        "-rf",
    ],
)
def test_names_that_they_may_not(name: str) -> None:
    with pytest.raises(ThrumError) as refusal:
        names.check_agent_name(name)
    assert refusal.value.kind == "invalid_params"


@given(st.text())
def test_any_text_becomes_a_name(text: str) -> None:
    made = names.sanitize(text)
    assert made in names.RESERVED or names.check_agent_name(made[:64]) == made[:64]


@given(st.text())
def test_any_text_becomes_a_username(text: str) -> None:
    assert names.is_username(names.username(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [("José Ñandú", "jose-nandu"), ("Groß", "gross"), ("Ann_Lee", "ann-lee"), ("李", "user")],
)
def test_a_username_keeps_letters_without_their_marks(text: str, name: str) -> None:
    assert names.username(text) == name


@given(st.text())
def test_no_id_leads_out_of_its_folder(text: str) -> None:
    try:
        stem = names.shard_stem(text)
    except ThrumError:
        return
    assert "/" not in stem
    assert stem not in {"", ".", ".."}
    assert not stem.startswith(("~", "."))


def test_kinds_have_codes_and_unknown_ones_cannot_be_raised() -> None:
    assert ThrumError("anonymous_caller", "x").code == -32002
    assert all(kind.code < 0 and kind.meaning.endswith(".") for kind in KINDS.values())
    with pytest.raises(ValueError):
        ThrumError("no_such_kind", "x")
