"""What the doctor and the log say where nobody would be asked for leave."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.thrum.daemon.prompts.conftest import Desk
from thrum.daemon.prompts import check
from thrum.daemon.prompts.service import SUPERVISORS_KEY, Prompts
from thrum.doctor.finding import Patient


def found(node: Any) -> list[str]:
    node.parts.config.set("identity.daemon_id", node.parts.identity.daemon_id)
    node.parts.config.save()
    return [each.check for each in check.asked(Patient(node.parts.place, {}))]


def test_where_no_agent_lives_nobody_need_be_asked(node: Any) -> None:
    assert found(node) == []


@pytest.mark.parametrize(
    ("wanted", "is_there"),
    [
        (["coordinator"], False),
        (["@boss", "@user:nobody", "overseer", ""], False),
        (["@nux"], True),
        (["nux"], False),
        (["tester"], True),
    ],
)
def test_who_is_named_has_to_be_there(
    node: Any, caplog: pytest.LogCaptureFixture, wanted: list[str], is_there: bool
) -> None:
    node.agent("nux", role="tester")
    node.parts.config.set(SUPERVISORS_KEY, wanted)
    assert found(node) == ([] if is_there else ["prompts"])
    with caplog.at_level(logging.WARNING, "thrum.prompts"):
        Desk(node).on_loop(Prompts(node.parts).start())
    assert ("names nobody" in caplog.text) is not is_there


def test_a_coordinator_may_answer_whoever_is_named(node: Any) -> None:
    node.agent("nux", role="tester")
    node.agent("boss", role="coordinator")
    node.parts.config.set(SUPERVISORS_KEY, ["@somebody"])
    assert found(node) == []
