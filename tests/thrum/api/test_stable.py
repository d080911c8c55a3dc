"""What programs may rely on is written down a second time, so that whoever changes it means to."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import api
from thrum.api import aio

ROOT = Path(__file__).parents[3]
CALLS = {
    "ask": "to text *timeout *data *format *key",
    "call": "method params *timeout",
    "get": "message",
    "inbox": "*unread *limit *newest_first",
    "mark_read": "messages",
    "reply": "to text *data *format *key",
    "send": "to text *data *format *key",
    "team": "*offline",
    "wait": "*timeout *mark_read",
    "whoami": "",
}
RECORDS = {
    api.Me: "agent_id role module fields",
    api.Member: "agent_id role module status intent branch worktree host unread fields",
    api.Message: "id sender text created_at to thread_id reply_to data is_read reached fields",
    api.Reached: "agent_id state held read_at",
    api.Sent: "id created_at recipients thread_id warnings fields",
}


def params(call: Callable[..., object]) -> str:
    """The names of what a call takes, with a star before those that have to be named."""
    named = inspect.Parameter.KEYWORD_ONLY
    found = [each for each in inspect.signature(call).parameters.values() if each.name != "self"]
    return " ".join(f"*{each.name}" if each.kind is named else each.name for each in found)


@pytest.mark.parametrize("kind", [api.Connection, aio.AsyncConnection])
def test_both_connections_have_these_calls(kind: type) -> None:
    assert {name: params(getattr(kind, name)) for name in CALLS} == CALLS
    assert params(api.connect) == params(aio.connect) == "where *agent *timeout"


def test_what_they_default_to_is_alike() -> None:
    for name in CALLS:
        both = [
            {each.name: each.default for each in inspect.signature(call).parameters.values()}
            for call in (getattr(api.Connection, name), getattr(aio.AsyncConnection, name))
        ]
        assert both[0] == both[1], name


def test_records_have_these_fields() -> None:
    for kind, names in RECORDS.items():
        assert " ".join(each.name for each in dataclasses.fields(kind)) == names, kind


def test_the_page_names_every_class_of_refusals() -> None:
    page = (ROOT / "docs/python.md").read_text()
    kinds = [getattr(api, name) for name in api.__all__]
    named = {
        each.__name__
        for each in kinds
        if inspect.isclass(each) and issubclass(each, api.ThrumError) and each is not api.ThrumError
    }
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.M)) == named
