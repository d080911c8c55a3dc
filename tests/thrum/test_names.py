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
