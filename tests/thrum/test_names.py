"""What may be a name, and what becomes one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import names
from thrum.errors import ThrumError


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
    [
        ("José Ñandú", "jose-nandu"),
        ("Groß", "gross"),
        ("Ann_Lee", "ann-lee"),
        ("Łukasz Ødegård", "lukasz-odegard"),
        ("Æsop Œuvre", "aesop-oeuvre"),
        ("Þór Đorđe", "thor-dorde"),
        ("李", "user"),
    ],
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


@pytest.mark.parametrize(
    ("agent_id", "person", "proxy"),
    [
        ("user:ann", True, False),
        ("ann", False, False),
        ("bridge:ann", False, True),
        ("agent:dev:01", False, False),
        ("user", False, False),
        ("users:ann", False, True),
        ("", False, False),
    ],
)
def test_people_and_proxies_are_told_by_their_ids(agent_id: str, person: bool, proxy: bool) -> None:
    assert names.is_person(agent_id) is person
    assert names.is_proxy(agent_id) is proxy


@given(st.text())
def test_nobody_is_both_a_person_and_a_proxy(agent_id: str) -> None:
    assert not (names.is_person(agent_id) and names.is_proxy(agent_id))


@given(st.text())
def test_one_at_sign_is_no_part_of_a_name(name: str) -> None:
    assert names.bare(names.display(name)) == name
    assert names.bare(name) == (name[1:] if name.startswith("@") else name)


@pytest.mark.parametrize(
    ("agent_id", "expected"),
    [
        ("dev_35HV62T9B9", ("dev", "35HV62T9B9")),
        ("dev_35hv62t9b9", ("dev", "35hv62t9b9")),
        ("agent:dev:35HV62T9B9", ("dev", "35HV62T9B9")),
        ("dev_35HV62T9BU", ("dev_35HV62T9BU", "")),  # no U in the alphabet
        ("furiosa", ("furiosa", "")),
        ("a_b_35HV62T9B9", ("a_b_35HV62T9B9", "")),
    ],
)
def test_the_parts_of_an_unnamed_agents_id(agent_id: str, expected: tuple[str, str]) -> None:
    assert names.parts(agent_id) == expected


@pytest.mark.parametrize("role", ["dev", "Lead.v2", "_x", "a" * 64])
def test_roles(role: str) -> None:
    assert names.check_role(role) == role


@pytest.mark.parametrize("role", ["", "all", "-x", ".x", "a b", "a" * 65, "a\n", "é", "a/b"])
def test_what_is_no_role(role: str) -> None:
    with pytest.raises(ThrumError) as refusal:
        names.check_role(role)
    assert refusal.value.kind == "invalid_params"


def test_a_module_may_bear_a_reserved_word() -> None:
    assert names.check_role("all", "module") == "all"
    with pytest.raises(ThrumError, match="module"):
        names.check_role("", "module")
