"""A token is shown by nothing but the one word that asks for it."""

from __future__ import annotations

import pytest

from tests.integration.telegram_api import TOKEN
from thrum.daemon.telegram.token import Token, checked, masked
from thrum.errors import ThrumError


def test_it_is_printed_by_nothing() -> None:
    found = Token(TOKEN)
    for text in (repr(found), str(found), f"{found}", f"{[found]}", str({"a": found})):
        assert TOKEN[10:] not in text
    assert found.reveal() == TOKEN
    assert found.without(f"https://x/bot{TOKEN}/getMe") == "https://x/bot123456789:.../getMe"


def test_two_of_one_text_are_one() -> None:
    assert {Token("a"), Token("a")} == {Token("a")}
    assert Token("a") != "a"
    assert not Token("")


@pytest.mark.parametrize("text", ["", "x", "123:short", "abc:" + "A" * 35, f"{TOKEN} {TOKEN}"])
def test_what_is_none_is_refused_and_not_said_again(text: str) -> None:
    with pytest.raises(ThrumError, match="invalid token format") as caught:
        checked(text)
    assert not text or len(text) < 3 or text not in str(caught.value)


def test_as_much_is_shown_as_its_owner_knows_it_by() -> None:
    assert masked(TOKEN) == "123456789:..."
    assert masked("short") == "..."
    assert masked("") == ""
    assert checked(f" {TOKEN}\n") == TOKEN
