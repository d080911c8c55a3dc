"""A real hook waits for leave, and somebody elsewhere answers, or the daemon is killed."""

from __future__ import annotations

import json
import random
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.integration.answering import ANSWERS, answered, pause_s
from tests.integration.conftest import eventually
from tests.integration.pair import Pair, pair_in
from tests.integration.program import THRUM

ALLOW: Final = {"behavior": "allow"}


class Desk(Pair):
    """boss is a coordinator and answers what nux asks."""

    def asks(self, name: str) -> Path:
        """Has a hook of nux ask for leave in the background; where it says something at its end."""
        given, said = self.world.root / f"{name}.in", self.world.root / f"{name}.out"
        tool = {"tool_name": "Bash", "tool_input": {"command": f"touch {name}"}}
        given.write_text(json.dumps({"session_id": name, **tool}))
        line = shlex.join([*THRUM, "hook", "PermissionRequest", "--runtime", "claude"])
        inner = f"{line} <{given} >{said}.new; echo $? >>{said}.new; mv {said}.new {said}"
        self.nux.begin(self.beside, "sh", "-c", inner)
        return said

    def listed(self) -> list[dict[str, Any]]:
        """What waits."""
        found: list[dict[str, Any]] = self.world.thrum(self.main, "prompts", "--json").json[
            "prompts"
        ]
        return found

    def waits(self) -> str:
        """The id of the only question, when there is one."""
        eventually(self.listed, 60)
        (found,) = self.listed()
        return str(found["id"])


def decision(said: Path) -> Any:
    """What a hook said when it has ended, and with 0; None if nothing."""
    eventually(said.exists, 60)
    text = said.read_text()
    assert text.endswith("0\n"), text
    found = text.removesuffix("0\n")
    return json.loads(found)["hookSpecificOutput"]["decision"] if found else None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with pair_in(tmp_path, Desk, "boss", "coordinator") as made:
        yield made


def test_a_supervisor_answers_and_neither_the_agent_nor_its_programs_do(desk: Desk) -> None:
    said = desk.asks("first")
    waits = desk.waits()
    for name in ("", "boss", "user:max"):
        code, _, err = desk.nux.thrum(desk.beside, "prompts", "approve", waits, THRUM_NAME=name)
        assert code != 0, err
    by_hand = desk.world.thrum(desk.beside, "prompts", "approve", waits, check=False)
    assert by_hand.code != 0
    desk.nux.thrum(desk.beside, "send", "y", "--to", "@boss", "--reply-to", waits)
    assert [each["id"] for each in desk.listed()] == [waits]
    desk.world.thrum(desk.main, "prompts", "approve", waits[-6:])
    assert decision(said) == ALLOW
    assert desk.listed() == []
    again = desk.world.thrum(desk.main, "prompts", "deny", waits, check=False)
    assert (again.code, "nothing that waits" in again.err) == (1, True)

    said = desk.asks("second")
    desk.world.thrum(desk.main, "reply", desk.waits(), "n")
    assert decision(said)["behavior"] == "deny"


def test_a_question_goes_with_the_program_that_asked_though_its_hook_lives_on(desk: Desk) -> None:
    said = desk.asks("orphan")
    desk.waits()
    desk.nux.process.kill()
    eventually(lambda: desk.listed() == [])
    assert decision(said) is None


@pytest.mark.parametrize(
    "rounds", [4, pytest.param(30, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
def test_a_daemon_that_is_killed_answers_no_question_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    monkeypatch.chdir(desk.main)
    chance, granted_to = random.Random(14), Counter[str]()
    for number in range(rounds):
        said = desk.asks(f"round-{number}")
        waits = desk.waits()
        # Anywhere between the question and its answer.
        granted = answered(desk.world, desk.main, "boss", waits, pause_s(chance))
        granted_to[granted or "nobody"] += 1
        found = decision(said)
        assert found is None or found["behavior"] in ({granted} if granted else ANSWERS)
        desk.world.thrum(desk.main, "daemon", "start")
        assert desk.listed() == []
        late = desk.world.thrum(desk.main, "prompts", "approve", waits, check=False)
        assert late.code == 1
    print(f"told that theirs is the answer: {dict(granted_to)}")
