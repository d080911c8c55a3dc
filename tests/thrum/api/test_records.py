"""Answers become records, also those of a daemon that says less, or more, or nonsense."""

from __future__ import annotations

import pytest

from thrum.api import records


def test_a_row_and_a_message_in_full_are_alike() -> None:
    common = {"message_id": "msg_1", "body": {"content": "Look."}, "new": 1}
    row = records.message({**common, "agent_id": "nux"})
    whole = records.message({**common, "author": {"agent_id": "nux"}})
    assert row == whole
    assert (row.id, row.sender, row.text, row.fields["new"]) == ("msg_1", "nux", "Look.", 1)


@pytest.mark.parametrize(
    ("structured", "data"),
    [('{"a": 1}', {"a": 1}), ({"a": 1}, {"a": 1}), ("{", "{"), ("", None), (None, None)],
)
def test_what_is_for_programs_is_read(structured: object, data: object) -> None:
    assert records.message({"body": {"structured": structured}}).data == data


@pytest.mark.parametrize("strange", [None, "x", 7, [None], {"a": 1}])
def test_what_is_no_list_or_object_is_none(strange: object) -> None:
    odd = dict.fromkeys(("body", "author", "audiences", "recipients"), strange)
    found = records.message(odd)
    assert (found.text, found.sender, found.to, found.reached) == ("", "", (), ())
    assert records.sent(odd).recipients == ()


def test_the_team_and_oneself() -> None:
    fields = {"agent_id": "nux", "role": "tester", "inbox_unread": 3, "hostname": "mill"}
    found = records.member(fields)
    assert (found.agent_id, found.unread, found.host, found.branch) == ("nux", 3, "mill", "")
    assert records.me(fields) == records.Me("nux", "tester", "")
