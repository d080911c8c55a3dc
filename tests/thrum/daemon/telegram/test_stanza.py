"""What the configuration says of Telegram."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.telegram_api import TOKEN
from thrum.config import Config
from thrum.daemon.telegram import stanza
from thrum.errors import ThrumError

STRANGE = {"name": "a", "prefix": "/", "bot": "b"}


def read(**keys: Any) -> stanza.Stanza:
    return stanza.read(Config(Path("config.json"), {"telegram": keys}, {}, stanza.KEYS))


def test_a_bridge_is_wanted_where_there_is_a_token_and_nobody_says_no() -> None:
    assert not read().is_enabled
    assert read(token=TOKEN).is_enabled
    assert not read(token=TOKEN, enabled=False).is_enabled
    found = read(token=TOKEN, target="@nux", user_id="@max", chat_id=5, allow_from=[5])
    assert (found.target, found.person, found.allow_from) == ("nux", "user:max", frozenset({5}))


def test_groups_have_names_and_negative_numbers_of_their_own() -> None:
    remote = {"name": "Nux", "prefix": "Site", "bot": "@b"}
    found = read(groups=[{"chat_id": -5, "name": "crew", "remote_agents": [remote]}])
    group = found.of_chat(-5)
    assert group is not None
    assert (group.group, found.proxies) == ("tg:crew", ["site:nux"])
    assert found.proxy("site:nux") == (group, group.remote_agents[0])
    assert (found.of_chat(5), found.proxy("nux")) == (None, None)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"groups": [{"chat_id": 5, "name": "crew"}]}, "negative"),
        ({"groups": [{"chat_id": -5, "name": "no name"}]}, "letters"),
        ({"groups": [{"chat_id": -5, "name": "a"}, {"chat_id": -5, "name": "b"}]}, "two groups"),
        ({"groups": [{"name": "crew"}]}, "chat_id"),
        ({"groups": [{"chat_id": -5, "name": "a", "remote_agents": [STRANGE]}]}, "agent name"),
        ({"allow_from": ["5"]}, "Expected"),
        ({"user_id": "no name"}, "user"),
        ({"api_base": "http://example.org"}, "https"),
        ({"api_base": "ftp://127.0.0.1"}, "https"),
        ({"api_base": "https://"}, "https"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named(keys: Any, said: str) -> None:
    with pytest.raises(ThrumError, match=said) as caught:
        read(**keys)
    assert caught.value.kind == "config"


@pytest.mark.parametrize(
    "base",
    ["https://api.telegram.org", "http://127.0.0.1:8081", "http://localhost", "http://[::1]:1"],
)
def test_a_token_goes_over_tls_or_stays_on_this_machine(base: str) -> None:
    assert read(api_base=base + "/").api_base == base
