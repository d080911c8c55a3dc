"""The state of the project, as far as it concerns a role."""

from __future__ import annotations

import pytest

from thrum.prime import project

STATE = """\
# Shop

All of us.

## Current State Summary \r
It runs.
### Detail
Yes.
## What's Queued / Next Steps
Paint.
## Open Epics / Active Work
Valve.
"""


@pytest.mark.parametrize("role", ["implementer", "tester", ""])
def test_most_roles_get_what_is_for_everybody(role: str) -> None:
    text = project.for_role(STATE, role)
    assert [word in text for word in ("All of us", "It runs", "Yes", "Valve")] == [True] * 4
    assert "Paint" not in text
    assert text.endswith("Valve.\n")


def test_a_coordinator_gets_all() -> None:
    assert project.for_role(STATE, "coordinator") == STATE


@pytest.mark.parametrize("role", ["implementer", "coordinator"])
@pytest.mark.parametrize("text", ["", "\n \n", project.SKELETON])
def test_where_nothing_is_written_nothing_is_told(role: str, text: str) -> None:
    assert project.for_role(text, role) == ""


def test_headings_alone_are_nothing_even_beside_what_is_for_others() -> None:
    text = project.SKELETON + "\nRotate the keys.\n"
    assert project.for_role(text, "tester") == ""
    assert project.for_role(text, "coordinator") == text
