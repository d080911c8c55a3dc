"""Every kind of refusal has one class, and comes as it."""

from __future__ import annotations

from itertools import chain

import pytest

from thrum.api import faults, records
from thrum.errors import KINDS, ThrumError


def test_no_kind_has_two_classes_and_each_is_one() -> None:
    named = list(chain.from_iterable(faults.CLASSES.values()))
    assert len(named) == len(set(named))
    assert set(named) <= set(KINDS)


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("daemon_down", faults.Away),
        ("timed_out", faults.Away),
        ("moved", faults.Nobody),
        ("unknown_recipient", faults.Unknown),
        ("storage", faults.Broken),
        ("not_allowed", faults.Refused),
        ("invalid_params", faults.Refused),
    ],
)
def test_a_refusal_keeps_all_that_was_said(kind: str, known: type[ThrumError]) -> None:
    found = faults.of(ThrumError(kind, "no", "do it", {"why": 1}))
    assert type(found) is known
    assert (found.kind, found.message, found.hint) == (kind, "no", "do it")
    assert found.details == {"why": 1}


def test_who_cannot_know_is_told_how_the_message_would_end() -> None:
    assert faults.Unsure("no_answer", "x", None, {"message_id_ends": "AB"}).message_id_ends == "AB"
    assert faults.Unsure("no_answer", "x").message_id_ends == ""


def test_a_question_without_an_answer_names_whom_it_reached() -> None:
    question = records.Sent("msg_1", "")
    reached = (records.Reached("nux", "offered", "", ""),)
    assert str(faults.Unanswered(question, reached)).startswith("nobody answered in time: @nux (of")
    assert str(faults.Unanswered(question, ())).startswith("nobody answered in time (")
