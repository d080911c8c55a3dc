"""Whatever a screen shows, an answer is made of listed keys, and only of the same dialog's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests import panes
from tests.laws import examples
from thrum.daemon.notices import PaneQuiet
from thrum.daemon.prompts.dialogs import COMMA, fingerprint, is_same, keys, standing
from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.tmux.guard import Client, Facts
from thrum.daemon.tmux.panes import Pane
from thrum.runtimes.screens import table
from thrum.runtimes.screens.marks import CHOSEN
from thrum.runtimes.screens.reading import read
from thrum.runtimes.screens.shown import Shown

DIALOGS = [each for each in panes.every() if each.name.startswith("permission")]
RUNTIMES = sorted(table.MODULES)


def seen(runtime: str, shown: Shown) -> PaneQuiet:
    return PaneQuiet("api", "%1", "erin", runtime, read(runtime, shown), shown.rows)


def asked(quiet: PaneQuiet) -> Prompt:
    """The question of what a pane shows."""
    asks = quiet.screen.prompt
    assert asks is not None
    return Prompt(
        message_id="msg_1",
        agent_id=quiet.agent,
        runtime=quiet.runtime,
        pattern=asks.pattern,
        target="api:0.0",
        approve_key=COMMA.join(asks.approve),
        pane_hash=fingerprint(asks.window),
    )


def listed(runtime: str) -> set[str]:
    """Every key that any dialog of a runtime lists; the number of a choice is a digit."""
    found = set("123456789")
    for dialog in table.of(runtime).dialogs:
        found |= {*dialog.approve, *(dialog.deny or ()), *(dialog.otherwise or ())}
    return found - {CHOSEN}


@pytest.mark.parametrize("pane", DIALOGS, ids=lambda each: each.id)
def test_the_same_dialog_is_answered_by_its_own_keys(pane: panes.Pane) -> None:
    quiet = seen(pane.runtime, pane.shown)
    prompt = asked(quiet)
    assert is_same(prompt, quiet)
    assert COMMA.join(keys(prompt, quiet, is_allowed=True)) == prompt.approve_key
    assert set(keys(prompt, quiet, is_allowed=False)) <= listed(pane.runtime)


@pytest.mark.parametrize("pane", DIALOGS, ids=lambda each: each.id)
def test_any_other_question_is_answered_by_none(pane: panes.Pane) -> None:
    quiet = seen(pane.runtime, pane.shown)
    prompt = asked(quiet)
    others = [
        replace(prompt, target="apis:0.0"),
        replace(prompt, target=""),
        replace(prompt, agent_id="nux"),
        replace(prompt, runtime="amp"),
        replace(prompt, pattern="claude.other"),
        replace(prompt, pane_hash=fingerprint("other")),
        replace(prompt, pane_hash=b""),
    ]
    for other in others:
        for is_allowed in (True, False):
            assert keys(other, quiet, is_allowed=is_allowed) == ()


@pytest.mark.parametrize("pane", DIALOGS, ids=lambda each: each.id)
def test_keys_are_pressed_where_the_same_dialog_stands_and_nowhere_else(pane: panes.Pane) -> None:
    quiet = seen(pane.runtime, pane.shown)
    may = standing(asked(quiet), quiet)
    there = Pane("$1", "%1", 0, 0, False, False, 7, 90, "api", "x", "/r", "/r/.thrum", "%1")
    facts = Facts(there, (), Path("/r/.thrum"), pane.shown)
    assert may(facts) == ""
    for other in DIALOGS:
        if other.shown != pane.shown:
            assert may(replace(facts, shown=other.shown)) == "its dialog has changed"
    assert "looked" in may(replace(facts, shown=None))
    assert "ended" in may(replace(facts, pane=replace(there, is_dead=True)))
    assert "types" in may(replace(facts, clients=(Client("$1", 1),)))


ROWS = st.lists(
    st.one_of(
        st.sampled_from([row for pane in DIALOGS for row in pane.shown.rows]),
        st.sampled_from(
            [
                " ❯ 1. Yes, and always allow everything",
                "   2. Enter; rm -rf /",
                " ❯ 9. Yes",
                "   3. $(reboot)",
                "Do you want to proceed?",
                "\x1b[2J\u202e1. Yes",
            ]
        ),
        st.text(max_size=80),
    ),
    max_size=30,
)


@given(st.sampled_from(RUNTIMES), ROWS, ROWS)
@settings(max_examples=examples(300))
def test_no_crafted_screen_has_anything_but_listed_keys_typed(
    runtime: str, before: list[str], now: list[str]
) -> None:
    first, later = (seen(runtime, Shown.of("\n".join(each))) for each in (before, now))
    if first.screen.prompt is None:
        return
    prompt = asked(first)
    for quiet in (first, later):
        for is_allowed in (True, False):
            found = keys(prompt, quiet, is_allowed=is_allowed)
            assert set(found) <= listed(runtime)
            assert not found or (quiet.screen.prompt or prompt) == first.screen.prompt
