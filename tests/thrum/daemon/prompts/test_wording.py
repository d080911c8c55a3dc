"""What supervisors are told, whatever a model or a screen wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from thrum.daemon.prompts import times, wording
from thrum.daemon.prompts.prompt import Prompt

ASKED = Prompt(
    message_id="msg_01M8MNG99ZFDEGPBP4NWPCK7K0",
    agent_id="furiosa",
    runtime="codex",
    tool="Bash",
    details='{"command": "make"}',
    pattern="codex.hook",
)
SHOWN = replace(ASKED, target="furiosa:0.0", approve_key="1", deny_key="3", tool="", details="")


def test_it_says_who_wants_what_and_how_to_answer() -> None:
    assert wording.text(ASKED).splitlines() == [
        "⚠ @furiosa (codex) asks for leave to use Bash.",
        "",
        '    {"command": "make"}',
        "",
        "Answer this message with `y` or `n`, or type `thrum prompts approve PCK7K0` or"
        " `thrum prompts deny PCK7K0`. The first answer counts.",
    ]


def test_it_says_who_answered() -> None:
    said = "@boss allowed, this once, @furiosa to use Bash. Nobody else need answer."
    assert wording.answered(ASKED, "boss", is_allowed=True) == said
    said = "@user:max refused @furiosa what its screen asks for. Nobody else need answer."
    assert wording.answered(SHOWN, "user:max", is_allowed=False) == said


def test_of_a_pane_it_says_which_keys_are_typed() -> None:
    text = wording.text(SHOWN, [f"row {number}" for number in range(20)])
    shown = [each.strip() for each in text.splitlines() if each.startswith("    ")]
    assert shown == [f"row {number}" for number in range(14, 20)]
    assert "(1 is typed in furiosa:0.0, 3 refuses)" in text
    assert "no key refuses" in wording.text(replace(SHOWN, deny_key=None), ["row"])


@pytest.mark.parametrize("before", ["", "x" * 470])
@pytest.mark.parametrize(
    "secret",
    [
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "sk-ant-0123456789abcdefghij",
        "https://me:swordfish99@example.org/",
        "PASSWORD=swordfish99",
        "Authorization: Bearer swordfish99swordfish",
    ],
)
def test_what_looks_like_a_secret_is_not_shared(secret: str, before: str) -> None:
    asks = replace(ASKED, details=f'{{"command": "{before} curl {secret}"}}', nudges=1)
    said = wording.text(asks), wording.reminder(asks, "car", 0), wording.text(asks, [f"$ {secret}"])
    for text in said:
        assert "swordfish" not in text
        assert "0123456789" not in text
        assert "curl" in text or "$ " in text


def test_a_reminder_says_which_and_how_old_it_is() -> None:
    last = wording.reminder(replace(ASKED, nudges=3), "car", times.REMINDERS_NS[1])
    assert last.startswith(wording.text(ASKED))
    assert last.endswith("(reminder 3/6 · car · codex.hook · 15 minutes ago)")
    old = wording.reminder(replace(ASKED, nudges=6), "car", times.REMINDERS_NS[-1])
    assert old.endswith("4 hours ago)")


@given(st.text(), st.text(), st.lists(st.text()))
def test_whatever_stands_there_is_seen_and_stays_in_its_line(
    tool: str, details: str, rows: list[str]
) -> None:
    text = wording.text(replace(ASKED, tool=tool, details=details), rows)
    assert all(each.isprintable() for each in text.split("\n"))
    head, *middle, last = text.split("\n")
    assert head.startswith("⚠ @furiosa (codex) asks for leave")
    assert all(not each or each.startswith("    ") for each in middle)
    assert last == wording.text(ASKED).splitlines()[-1]
    assert len(text) < 2_500


@given(st.text(), st.integers(1, 50))
def test_a_text_is_cut_and_what_was_seen_well_stays(text: str, most: int) -> None:
    shown = wording.escaped(text, most)
    assert len(shown) <= most + 1
    if text.isprintable() and len(text) <= most:
        assert shown == text
