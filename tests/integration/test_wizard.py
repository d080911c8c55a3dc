r"""What \`thrum init\` and \`thrum setup\` ask, at a real terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import World
from tests.integration.terminal import Terminal

pytestmark = pytest.mark.timeout(240)

QUESTIONS = ("Name [coordinator_shop]:", "Role [coordinator]:", "Module [feature_x]:")
WHO = "Which agent are you?"


@pytest.fixture
def shop(world: World) -> Path:
    """A repository on a branch whose name is no module; its person has one agent program."""
    where = world.root / "shop"
    world.git("init", "-q", "-b", "feature/x", str(where), cwd=world.root)
    (world.root / "home" / ".codex").mkdir()
    return where


def files(*roots: Path) -> dict[str, bytes]:
    """Everything that lies there."""
    found = (path for root in roots for path in sorted(root.rglob("*")))
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in found}


def test_who_leaves_at_a_question_leaves_nothing(
    world: World, tmux: Callable[..., str], shop: Path
) -> None:
    before = files(shop, world.root / "home")
    terminal = Terminal(tmux, shop)
    modes = terminal.modes()
    for key, code in (("C-c", 130), ("C-d", 2)):
        for number, question in enumerate(QUESTIONS):
            terminal.thrum("init")
            for earlier in QUESTIONS[:number]:
                terminal.shows(earlier)
                terminal.press("Enter")
            terminal.shows(question)
            terminal.press(key)
            assert terminal.code() == code
            lines = terminal.screen().splitlines()
            mark = "^C" if key == "C-c" else ""
            assert f"  {question} {mark}".rstrip() in lines, "what follows begins a new line"
            assert ("Error: no answer came" in terminal.screen()) is (key == "C-d")
    assert terminal.modes() == modes
    assert files(shop, world.root / "home") == before


def test_answers_that_do_not_fit_are_asked_for_again(
    world: World, tmux: Callable[..., str], shop: Path
) -> None:
    terminal = Terminal(tmux, shop, columns=40)
    terminal.thrum("init")
    answers = (
        (["-l", "Bad Name"], "'Bad Name' may"),
        (["Up"], "'\\x1b[A' may"),
        (["-l", "everyone"], "'everyone' is reserved"),
        (["-l", "a/b"], "'a/b' may"),
    )
    for number, (typed, said) in enumerate(answers, start=1):
        terminal.shows(QUESTIONS[0], number)
        terminal.press(*typed)
        terminal.press("Enter")
        terminal.shows(said)
    screen = terminal.screen()
    assert "Which agent are you? Enter takes what\nstands in brackets, Ctrl-C leaves.\n" in screen
    assert "  the agent name 'Bad Name' may hold\n  only a-z" in screen, "no word is broken"
    terminal.shows(QUESTIONS[0], len(answers) + 1)
    terminal.resize(60)
    terminal.press("Enter")
    for question, wrong in zip(QUESTIONS[1:], ("two words", "a/b"), strict=True):
        terminal.shows(question)
        terminal.press("-l", wrong)
        terminal.press("Enter")
        terminal.shows(question, 2)
        terminal.press("Enter")
    assert terminal.code() == 0
    assert not (shop / ".thrum" / "identities" / "everyone.json").exists()
    agent = json.loads((shop / ".thrum/identities/coordinator_shop.json").read_text())["agent"]
    assert (agent["role"], agent["module"]) == ("coordinator", "feature_x")
    terminal.shows("info [init.connect-agents]: `thrum setup` connects Codex to Thrum")


def test_bytes_that_are_no_text_are_no_answer(
    world: World, tmux: Callable[..., str], shop: Path
) -> None:
    terminal = Terminal(tmux, shop)
    terminal.thrum("init --no-daemon --force")
    assert terminal.code() == 0
    assert WHO not in terminal.screen(), "without a daemon nobody can be registered"
    terminal.thrum("init --role tester --module api")
    terminal.shows("Name [tester_shop]:")
    terminal.press("-H", "ff", "fe")
    terminal.press("Enter")
    terminal.shows("the agent name")
    terminal.press("C-c")
    assert terminal.code() == 130


ASKED = "files for Codex? [y/N]"
NO = "\nNothing was written.\ncode 0\n"


def test_only_yes_writes(world: World, tmux: Callable[..., str], shop: Path) -> None:
    home = world.root / "home"
    before = files(shop, home)
    terminal = Terminal(tmux, shop, columns=40)
    modes = terminal.modes()
    for typed, said in (
        ("n", NO),
        ("", NO),
        ("what?", NO),
        ("yess", NO),
        ("C-d", NO),
        ("C-c", f"{ASKED} ^C\ncode 130\n"),
    ):
        terminal.thrum("setup --skills")
        terminal.shows(ASKED)
        if typed:
            terminal.press(typed)
        if not typed.startswith("C-"):
            terminal.press("Enter")
        terminal.shows(said)
    assert terminal.modes() == modes
    assert files(shop, home) == before
    terminal.thrum("setup --skills")
    terminal.shows(ASKED)
    terminal.resize(100)
    terminal.press("y", "Enter")
    assert terminal.code() == 0
    screen = terminal.screen()
    assert "create ~/.agents/skills/ (" in screen
    assert "✓ Codex skills set up\n" in screen
    assert (home / ".agents/skills/thrum/SKILL.md").is_file()


def test_colours_are_for_who_wants_them(tmux: Callable[..., str], shop: Path) -> None:
    terminal = Terminal(tmux, shop)
    for before, is_painted in (("", True), ("NO_COLOR=1", False), ("TERM=dumb", False)):
        terminal.thrum("setup --no-skills --dry-run", before)
        assert terminal.code() == 0
        assert "✓ Codex would be set up" in terminal.screen()
        assert ("\x1b[3" in terminal.screen("-e")) is is_painted
