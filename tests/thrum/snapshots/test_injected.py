"""What nobody typed is told apart from what somebody did."""

from __future__ import annotations

import pytest

from thrum.cli.commands.hook import POINTER
from thrum.prime import block, page
from thrum.prime.block import Letter
from thrum.prime.facts import Facts, Self
from thrum.snapshots import injected

NOW_NS = 1_767_323_045_000_000_000
ME = Self("furiosa", "implementer", "auth", session="ses_01M7XCQX6CFSB087C4QZDX1Y6Z")


def mail(*texts: str, agent: str = "furiosa") -> str:
    letters = [Letter(f"msg_{n}", "nux", "", text, len(text), "") for n, text in enumerate(texts)]
    return block.compose(agent, letters, len(letters), NOW_NS).text


NOBODY = {
    "mail": mail("the valve is shut"),
    "long mail": mail("word " * 2_000, "second"),
    "mail for a name of its own": mail("x", agent="a-b_9"),
    "a page": page.compose(Facts(me=ME, snapshot="=== USER ===\nx"), NOW_NS),
    "a page without a duty": page.compose(Facts(me=ME._replace(role="", module="")), NOW_NS),
    "the line that points": POINTER,
    "a reminder": "<system-reminder>\nbe brief\n</system-reminder>",
    "two": "<system-reminder>a</system-reminder>\n<hook_context>b</hook_context>",
    "a woken turn": "<task-notification>\n<summary>Stop hook feedback</summary>\n",
    "output": "<local-command-stdout>\x1b[2mCompacted</local-command-stdout>",
    "nothing": " \n",
}

SOMEBODY = {
    "fix the valve": "fix the valve",
    " a <b> c </b>\n": "a <b> c </b>",
    "go <system-reminder>x\ny</system-reminder>on": "go on",
    "what does <system-reminder> mean?": "what does <system-reminder> mean?",
    "New mail for me?": "New mail for me?",
    "Agent: is that you?": "Agent: is that you?",
    "Thrum: what is it?": "Thrum: what is it?",
    "<command-name>/fix</command-name>\n  <command-message>fix</command-message>\n"
    "  <command-args>valve 4\nnow</command-args>": "/fix valve 4\nnow",
    "<command-name>/compact</command-name><command-args></command-args>": "/compact",
}


@pytest.mark.parametrize("what", NOBODY)
def test_what_nobody_typed_is_gone(what: str) -> None:
    assert NOBODY[what]
    assert injected.removed(NOBODY[what]) == ""


@pytest.mark.parametrize(
    ("piece", "stays"),
    [("<system-reminder>", False), ("</hook_context>", True), ("<command-name>x", False)],
)
def test_tags_without_end_take_no_endless_time(piece: str, stays: bool) -> None:
    many = piece * 200_000
    assert injected.removed(f"go on {many}") == f"go on {many}"
    assert injected.removed(many) == (many if stays else "")


@pytest.mark.parametrize("typed", SOMEBODY)
def test_what_somebody_typed_stays(typed: str) -> None:
    assert injected.removed(typed) == SOMEBODY[typed]
