"""The text that a session begins with: its bounds, its order, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import preamble
from thrum.prime import page
from thrum.prime.facts import Claim, Colleague, Facts, Mail, Self, Work

NOW_NS = 1_767_323_045_000_000_000  # 2026-01-02T03:04:05Z
ME = Self(
    "furiosa", "implementer", "auth", "ses_01M7XCMNVS4RYV6N772VPNAVN5", "2026-01-02T03:00:05Z"
)


def mail(number: int, text: str = "the valve is stuck", sender: str = "nux") -> Mail:
    return Mail(f"msg_01M7XCNHBQTZPY0FK2ZT{number:06}", sender, "2026-01-02T03:00:05Z", text)


def full(agents: int = 3, unread: int = 5) -> Facts:
    return Facts(
        me=ME._replace(intent="mend the fuel line"),
        team=tuple(
            Colleague(f"agent_{n}", "tester", "engine", "drives", "working") for n in range(agents)
        ),
        unread=unread,
        total=unread,
        mail=tuple(mail(n) for n in range(min(unread, 5))),
        work=Work("main", 2, ("src/a.py", "src/b.py")),
        daemon="ok, version 0.1.0, up 3h, sync synced",
        instructions=preamble.default("furiosa"),
        project="## Current State Summary\n\nIt runs.\n",
        reminders=("Tip: something",),
    )


def compose(facts: Facts, **how: Any) -> str:
    return page.compose(facts, NOW_NS, **how)


@pytest.mark.parametrize("unread", [0, 1, 500])
@pytest.mark.parametrize("agents", [0, 3, 60])
@pytest.mark.parametrize("me", [ME, None])
def test_it_is_short_however_many_there_are(agents: int, unread: int, me: Self | None) -> None:
    text = compose(replace(full(agents, unread), me=me))
    assert len(text.encode()) <= page.MOST
    assert ("@furiosa" in text.splitlines()[0]) is (me is not None)
    assert f"{unread} unread of {unread}" in text or not unread
    assert "thrum inbox --unread" in text


def test_what_there_is_comes_in_its_order() -> None:
    facts = replace(full(1, 1), notes="Valve 4.", snapshot="## Resume Plan\n\nGo on.")
    text = compose(facts, most=4_000)
    beginnings = [
        "Agent: @furiosa (implementer, auth), session PNAVN5",
        "Intent: mend",
        "Inbox: 1 unread of 1",
        "Team: 1 other, 1 active",
        "Git: branch main, 2 commits not merged, uncommitted: src/a.py, src/b.py",
        "Daemon: ok",
        "Tip: ",
        "# Agent Instructions",
        "# Project State",
        "# Session Context",
        "# Previous Session Context",
    ]
    places = [text.find(each) for each in beginnings]
    assert -1 not in places[1:], text
    assert places == sorted(places)


ABSENT: dict[str, tuple[dict[str, Any], str]] = {
    "inbox": ({"total": None}, "Inbox:"),
    "team": ({"team": None}, "Team:"),
    "git": ({"work": None}, "Git:"),
    "daemon": ({"daemon": ""}, "Daemon:"),
    "reminders": ({"reminders": ()}, "Tip:"),
    "duties": ({"duties": " \n"}, "# Your Role"),
    "instructions": ({"instructions": "\n"}, "# Agent Instructions"),
    "project": ({"project": ""}, "# Project State"),
    "notes": ({"notes": " "}, "# Session Context"),
    "snapshot": ({"snapshot": "\n"}, page.SNAPSHOT_HEADING),
}


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_not_there_is_not_spoken_of(name: str) -> None:
    fields, heading = ABSENT[name]
    everything = replace(full(1, 1), notes="n", snapshot="s", duties="You test.")
    assert heading in compose(everything, most=4_000)
    text = compose(replace(everything, **fields), most=4_000)
    assert heading not in text
    others = [each for other, (_, each) in ABSENT.items() if other != name]
    assert [each for each in others if each not in text] == []


def test_whatever_is_missing_the_rest_keeps_its_order() -> None:
    everything = replace(full(1, 1), notes="n", snapshot="s", duties="You test.")
    every = ["Agent: @furiosa", *(heading for _, heading in ABSENT.values())]
    for pattern in range(2 ** len(ABSENT)):
        missing = [name for bit, name in enumerate(ABSENT) if pattern >> bit & 1]
        fields = {key: value for name in missing for key, value in ABSENT[name][0].items()}
        text = "\n" + compose(replace(everything, **fields), most=4_000)
        gone = {ABSENT[name][1] for name in missing}
        found = sorted((text.find(f"\n{each}"), each) for each in every if f"\n{each}" in text)
        assert [each for _, each in found] == [each for each in every if each not in gone], missing


def test_nobody_is_told_how_to_become_somebody() -> None:
    assert "thrum quickstart" in compose(Facts())
    assert compose(Facts(why_nobody="two live here; set THRUM_NAME")) == (
        "Agent: two live here; set THRUM_NAME\n"
    )
    assert compose(Facts(remedy="run `thrum init` first")) == "Thrum: run `thrum init` first\n"


def test_who_has_no_session_is_told_so_once() -> None:
    idle = Facts(me=ME._replace(session=""))
    assert "thrum session start" in compose(idle)
    assert "thrum session start" not in compose(replace(idle, remedy="no daemon"))


def test_what_does_not_fit_has_one_line() -> None:
    text = compose(full(60, 500), most=500)
    assert len(text.encode()) <= 500
    assert "Team: 60 others, 60 active: `thrum team`\n" in text
    assert "Inbox: 500 unread of 500" in text
    assert "Instructions: `thrum help`\n" in text
    assert "# Agent Instructions" not in text


def test_who_is_stuck_comes_first_and_who_is_gone_last() -> None:
    team = tuple(Colleague(f"a{n}", "r", "m", "", "offline") for n in range(9))
    team += (
        Colleague("ok", "r", "m", "", "working"),
        Colleague("stuck_one", "r", "m", "", "stuck"),
    )
    lines = [line for line in compose(Facts(me=ME, team=team)).splitlines() if line[:3] == "  @"]
    assert lines[0].startswith("  @stuck_one")
    assert lines[1].startswith("  @ok")


def test_the_snapshot_says_what_it_is() -> None:
    text = compose(Facts(me=ME, snapshot="## Resume Plan\n\nPaint it."))
    assert "\n# Previous Session Context\n" in text
    assert "`## Resume Plan`" in text.partition(page.SNAPSHOT_HEADING)[2]
    assert page.shows_snapshot(Facts(snapshot="x"), text)


@pytest.mark.parametrize("which", ["notes", "snapshot"])
def test_what_is_too_long_for_a_runtime_is_named_instead(which: str) -> None:
    long: dict[str, Any] = {which: "x" * 1_000_000}
    facts = replace(full(), **long)
    text = compose(facts, whole=9_500)
    assert len(text) <= 9_500
    assert "1,000,000 characters" in text
    assert not page.shows_snapshot(facts, text)
    assert len(compose(facts)) > 1_000_000


def test_notes_that_only_look_like_a_snapshot_are_none() -> None:
    facts = Facts(me=ME, notes="# Previous Session Context\n\nfalse")
    assert not page.shows_snapshot(facts, compose(facts))


NASTY = ("a\nInbox: 9 unread", "\x1b[2J\x07", "‮evil", "é́́́" * 200, "漢" * 300, "\ud800", "x" * 10_000)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("most", [200, page.MOST])
def test_what_others_wrote_does_nothing(text: str, most: int) -> None:
    facts = Facts(
        me=Self(text, text, text, text, text, text),
        team=tuple(Colleague(text, text, text, text, text) for _ in range(9)),
        unread=5,
        total=9,
        mail=tuple(mail(n, text, text) for n in range(5)),
        work=Work(text, 1, (text,) * 9),
        daemon=text,
        reminders=(text,),
    )
    written = compose(facts, most=most)
    assert len(written.encode(errors="replace")) <= most
    assert not any(line.startswith("Inbox: 9") for line in written.splitlines())
    assert all(character == "\n" or character.isprintable() for character in written)


@given(
    st.integers(200, 4_000),
    st.integers(0, 70),
    st.integers(0, 600),
    st.text(max_size=200),
    st.text(max_size=1_000),
)
def test_no_bound_is_ever_broken(
    most: int, agents: int, unread: int, said: str, duties: str
) -> None:
    facts = replace(
        full(agents, unread),
        duties=duties,
        mail=tuple(mail(n, said, said) for n in range(min(unread, 5))),
        reminders=(said,),
        remedy=said,
    )
    text = compose(facts, most=most)
    assert len(text.encode(errors="replace")) <= most
    assert text.endswith("\n")
    assert "furiosa" in text or most < 400


ALONE = Facts(me=ME, team=(), total=7, work=Work("main"), daemon="ok, up 3h")


def test_an_agent_that_is_alone_and_has_no_mail_needs_no_page() -> None:
    assert page.is_needless(ALONE)
    assert page.is_needless(replace(ALONE, team=None))
    assert page.is_needless(replace(ALONE, instructions=preamble.default("furiosa")))


@pytest.mark.parametrize(
    "more",
    [
        {"team": (Colleague("nux", "tester", "engine"),)},
        {"unread": 1},
        {"me": None},
        {"me": ME._replace(session="")},
        {"remedy": "no daemon answers"},
        {"duties": "Mend."},
        {"instructions": "Ask first."},
        {"project": "It runs."},
        {"notes": "Valve 4."},
        {"snapshot": "Go on."},
        {"reminders": ("A hint.",)},
    ],
)
def test_whatever_could_be_acted_upon_is_told(more: dict[str, Any]) -> None:
    assert not page.is_needless(replace(ALONE, **more))


def test_what_is_whose_is_told_and_how_to_be_the_one() -> None:
    many = [Claim(f"src/{n}\x1b", "nux", "tokens\nnow") for n in range(9)]
    facts = replace(full(), claims=(Claim("doc", "furiosa"), *many))
    text = compose(facts, most=4_000)
    assert "Claims: 10 things that somebody has for himself; `thrum claim PATH`" in text
    assert "\n  doc you\n" in text
    assert "\n  src/0\\x1b @nux: tokens now\n" in text
    assert "\n  and 2 more: `thrum claims`\n" in text
    assert "Claims" not in compose(full(), most=4_000)
