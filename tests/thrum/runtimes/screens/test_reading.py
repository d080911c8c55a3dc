"""Screens are read as what they are, as far as anybody knows; else as unknown, never as safe."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import panes
from tests.laws import examples
from tests.panes import Pane
from thrum.runtimes.screens import table
from thrum.runtimes.screens.marks import Marks
from thrum.runtimes.screens.reading import read, window
from thrum.runtimes.screens.screen import Kind
from thrum.runtimes.screens.shown import Cursor, Shown

RULE = "─" * 60
KINDS = {
    "busy": {Kind.BUSY},
    "commands": {Kind.TYPED, Kind.MENU, Kind.UNKNOWN},
    "gate": {Kind.GATE},
    "idle": {Kind.IDLE},
    "menu": {Kind.MENU},
    "permission": {Kind.PERMISSION},
    "typed": {Kind.TYPED},
}
"""What recorded screens are, by how their names begin."""

LONGER = ("always", "again", "session", "all", "remember", "every", "project", "user", "auto")


def screen(*rows: str, at: tuple[int, int] | None = None) -> Shown:
    return Shown.of("\n".join(rows), Cursor(*at) if at else None)


def claude(*above: str, line: str = "❯", below: str = "  ? for shortcuts") -> Shown:
    """Claude's line below some rows, with the cursor at its start."""
    rows = [*above, RULE, line, RULE, below]
    return screen(*rows, at=(len(above) + 1, 2))


def dialog(*choices: str, question: str = " Do you want to proceed?") -> Shown:
    return screen(RULE, " Bash command", "", "   touch made", "", question, *choices, at=(6, 1))


def test_an_empty_line_is_idle() -> None:
    assert read("claude", claude("● done", "")).kind is Kind.IDLE
    assert read("claude", claude(line='❯ Try "fix the tests"')).kind is Kind.IDLE
    assert read("claude-code", claude()).is_safe == (table.of("claude-code").runtime == "claude")


def test_what_looks_like_a_dialog_above_the_line_is_talk() -> None:
    said = [" Do you want to proceed?", " ❯ 1. Yes", "   2. No", " Esc to cancel · Tab to amend"]
    trust = ["Quick safety check: trust this folder?", "❯ 1. Yes", "2. No"]
    for above in (said, trust, ["❯ 1. first", "  2. second"]):
        assert read("claude", claude(*above, "")).kind is Kind.IDLE


@pytest.mark.parametrize("text", ["h", "half a line", "/", "! ls", "[Pasted text #1 +20 lines]"])
def test_what_stands_in_the_line_is_typed(text: str) -> None:
    assert read("claude", claude(line=f"❯ {text}")).kind is Kind.TYPED


@pytest.mark.parametrize(
    ("row", "below"),
    [
        ("✻ Bunning…", ""),
        ("· Flambé… (12s · ↓ 1.3k tokens)", ""),
        ("✢ Thinking… (1m 45s · esc to interrupt)", ""),
        ("", "  esc to interrupt · ← for agents"),
    ],
)
def test_a_turn_that_goes_on_is_busy(row: str, below: str) -> None:
    assert read("claude", claude("❯ hi", "", row, "", below=below)).kind is Kind.BUSY


def test_a_turn_that_ended_is_not_busy() -> None:
    for row in ("✻ Cogitated for 12s", "✻ Brewed for 1m 45s", "● I wait…"):
        assert read("claude", claude(row, "")).kind is Kind.IDLE


def test_a_cursor_elsewhere_is_never_idle() -> None:
    shown = claude("● done", "")
    for cursor in (None, Cursor(0, 0), Cursor(2, 0), Cursor(4, 2)):
        kind = read("claude", Shown(shown.rows, cursor)).kind
        assert kind is Kind.UNKNOWN, cursor


@pytest.mark.parametrize(
    ("shown", "approve", "deny"),
    [
        (dialog(" ❯ 1. Yes", "   2. Yes, and always allow it", "   3. No"), "1", "3"),
        (dialog(" ❯ 1. Yes", "   2. No"), "1", "2"),
        (dialog(" ❯ 1. Yes", "   2. Yes, allow all edits during this session"), "1", "Escape"),
        (
            dialog(" ❯ 1. Yes, and don't ask again", "   2. Yes", "   3. No"),
            "2",
            "3",
        ),
        (
            dialog(" ❯ 1. Yes", "   2. No", question=" Do you want to make this edit to a.py?"),
            "1",
            "2",
        ),
        (dialog(" ❯ 1. Yes", "   2. No", *[""] * 40), "1", "2"),
    ],
)
def test_a_dialog_says_by_which_keys_it_is_answered(shown: Shown, approve: str, deny: str) -> None:
    found = read("claude", shown)
    assert found.kind is Kind.PERMISSION
    assert found.prompt is not None
    assert found.prompt.pattern == "claude.tool_confirmation"
    assert (found.prompt.approve, found.prompt.deny) == ((approve,), (deny,))


def test_a_dialog_that_allows_only_for_longer_is_a_menu() -> None:
    shown = dialog(" ❯ 1. Yes, and always allow it", "   2. No")
    assert read("claude", shown).kind is Kind.MENU


@pytest.mark.parametrize(
    ("runtime", "rows", "pattern", "approve", "deny"),
    [
        ("cursor", [" Not in allowlist: rm"], "cursor.not_in_allowlist", ("y",), ("Escape",)),
        (
            "codex",
            ["  Would you like to run the following command?", "› 1. Yes", "  2. No"],
            "codex.tool_confirmation",
            ("1",),
            ("2",),
        ),
        (
            "kiro-cli",
            ["shell requires approval"],
            "kiro-cli.shell_approval",
            ("Enter",),
            ("Escape",),
        ),
        (
            "kiro",
            ["│ shell requires approval │"],
            "kiro-cli.shell_approval",
            ("Enter",),
            ("Escape",),
        ),
        ("auggie", ["│ Tool Approval Required │"], "auggie.tool_approval", ("A",), ("D",)),
        (
            "auggie",
            ["❯ [1] Always index this workspace", "[3] Once"],
            "auggie.indexing_consent",
            ("3",),
            ("Escape",),
        ),
    ],
)
def test_dialogs_of_other_runtimes(
    runtime: str, rows: list[str], pattern: str, approve: tuple[str, ...], deny: tuple[str, ...]
) -> None:
    found = read(runtime, screen("x", *rows)).prompt
    assert found is not None
    assert (found.pattern, found.approve, found.deny) == (pattern, approve, deny)


def test_a_dialog_is_looked_for_at_the_end_alone() -> None:
    rows = ["Not in allowlist: rm", *[f"row {number}" for number in range(20)]]
    assert read("cursor", screen(*rows)).kind is Kind.UNKNOWN
    assert read("cursor", screen("he said Not in allowlist: rm")).kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("runtime", "rows"),
    [
        (
            "claude",
            ["Quick safety check: is it yours?", "", "❯ 1. Yes, I trust this folder", "2. No"],
        ),
        ("codex", ["Do you trust the contents of this directory?", "› 1. Yes", "  2. No"]),
        ("shell", ["Do you trust it?", "1. Yes", "2. No"]),
        ("nobody-knows", ["❯ 1. Yes", "  2. No", "only if you trust it"]),
    ],
)
def test_gates(runtime: str, rows: list[str]) -> None:
    assert read(runtime, screen(*rows)).kind is Kind.GATE


@pytest.mark.parametrize("runtime", ["claude", "codex", "amp", "nobody-knows"])
def test_menus(runtime: str) -> None:
    assert read(runtime, screen("Which?", "❯ 1. this", "  2. that")).kind is Kind.MENU


def test_what_asks_whether_to_allow_for_longer_is_a_menu() -> None:
    rows = [
        "┃  △ Always allow",
        "┃  - touch *",
        "┃   Confirm   Cancel      ⇆ select  enter confirm",
    ]
    assert read("opencode", screen(*rows)).kind is Kind.MENU


@pytest.mark.parametrize("row", ["user@host:~/repo$", "#", "~ %", "❯"])
def test_shells(row: str) -> None:
    assert read("claude", screen("Bye!", row, at=(1, len(row) + 1))).kind is Kind.SHELL


def test_the_window_is_the_same_while_only_a_clock_moves() -> None:
    one, two = (
        window("codex", ("• Running x", f"• Working ({seconds}s • esc to interrupt)", "› y"))
        for seconds in (5, 6)
    )
    assert one == two
    assert window("codex", ["• Running z"]) != one


@pytest.mark.parametrize("marks", [*map(table.of, table.MODULES)], ids=lambda each: each.runtime)
def test_a_runtime_is_found_by_its_name(marks: Marks) -> None:
    assert table.of(marks.runtime) is marks
    assert read(marks.runtime, screen()).kind is Kind.UNKNOWN


texts = st.text(alphabet=string.ascii_letters + " ,.?$❯›│─⎿△1234", max_size=40)


@given(
    st.sampled_from([*table.MODULES, "nobody-knows", ""]),
    st.lists(texts, max_size=30),
    st.tuples(st.integers(0, 30), st.integers(0, 40)),
)
def test_what_nobody_drew_is_never_safe(runtime: str, rows: list[str], at: tuple[int, int]) -> None:
    shown = screen(*rows, at=at)
    has_rule = any(row.startswith("─" * 20) for row in rows)
    found = read(runtime, shown)
    assert not found.is_safe or has_rule or shown.rows[at[0]] == "›"
    assert (found.kind is Kind.PERMISSION) == (found.prompt is not None)


kinds = st.sampled_from(["Yes", "Yes, run it", "Allow once", "No", "No, stop", "Cancel", "Maybe"])
longer = st.builds("{} {}".format, kinds, st.sampled_from(LONGER))


@given(
    st.sampled_from(
        [
            ("claude", " Do you want to proceed?"),
            ("codex", "  Would you like to run the following command?"),
            ("qwen", "│ Allow execution of: 'touch'?"),
            ("gemini", "│ Allow execution of [Shell]?"),
            ("auggie", "Always index this workspace"),
            ("kiro-cli", "shell requires approval"),
        ]
    ),
    st.lists(kinds | longer, min_size=1, max_size=5),
    st.integers(0, 4),
)
@settings(max_examples=examples(300))
def test_no_key_that_approves_does_so_for_longer(
    asked: tuple[str, str], texts: list[str], chosen: int
) -> None:
    runtime, question = asked
    rows = [f" {'❯' if at == chosen else ' '} {at + 1}. {text}" for at, text in enumerate(texts)]
    prompt = read(runtime, screen(question, *rows)).prompt
    for key in prompt.approve if prompt else ():
        picked = texts[chosen : chosen + 1] if key == "Enter" else []
        picked += texts[int(key) - 1 : int(key)] if key.isdigit() else []
        assert not any(word in text.split() for text in picked for word in LONGER)


@pytest.mark.parametrize("pane", panes.every(), ids=lambda each: each.id)
def test_recorded_screens(pane: Pane) -> None:
    found = read(pane.runtime, pane.shown)
    assert found.kind in KINDS[pane.name.partition("-")[0]]
    assert pane.version in table.of(pane.runtime).versions
    assert (found.line == "half a line") == pane.name.startswith("typed")


@pytest.mark.parametrize("marks", [*map(table.of, table.MODULES)], ids=lambda each: each.runtime)
def test_of_every_version_screens_were_recorded(marks: Marks) -> None:
    recorded = {each.version for each in panes.every() if each.runtime == marks.runtime}
    assert recorded == set(marks.versions)


@pytest.mark.parametrize("pane", panes.every(), ids=lambda each: each.id)
def test_a_recorded_screen_is_idle_for_no_other_runtime(pane: Pane) -> None:
    others = {name for name in table.MODULES if name != pane.runtime}
    assert not [name for name in others if read(name, pane.shown).is_safe]
