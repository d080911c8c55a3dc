"""Pages lead where they say, and what they tell people to type can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from thrum.cli import arguments, signature, topics
from thrum.cli.options import SWITCHES, VALUES, VERSION, Options
from thrum.cli.table import COMMANDS
from thrum.errors import ThrumError

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*DOCS, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
FLAGS = {*SWITCHES, *VALUES, *VERSION}
WANTED = """
event shard projection cursor ref tip peer node daemon session agent identity worktree scope purge
tombstone held
"""
WORDS = re.compile(r"`(?:[A-Z_]+=\S+ )*thrum ([a-z][^`]*)`")


def anchors(page: Path) -> set[str]:
    """The names of its headings, as links spell them."""
    titles = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text()), re.M)
    plain = [re.sub(r"[^\w\- ]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in plain}


def broken(page: Path, text: str) -> list[str]:
    """Links of a page's text that lead nowhere."""
    found = []
    for link in LINK.findall(FENCE.sub("", text)):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    assert broken(page, page.read_text()) == []


def test_every_page_is_in_the_menu_of_the_site() -> None:
    """The site is not built otherwise, and whoever reads it would not find the page."""
    menu = set(re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.M))
    assert {page.name for page in DOCS} - menu == set()


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    page = ROOT / "docs" / "identity.md"
    text = "[a](gone.md) [b](cli.md#gone) [c](#guards) [d](#gone) [e](cli.md) [f](https://a.b)"
    assert broken(page, text) == ["gone.md", "cli.md#gone", "#gone"]


def test_the_index_names_every_page_once_and_says_what_it_is() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    listed = re.findall(r"^- \[[^\]]+\]\(([\w.-]+)\): \S", index, re.M)
    assert sorted(listed) == [page.name for page in DOCS if page.name != "README.md"]
    assert "(docs/README.md)" in (ROOT / "README.md").read_text()


def understood(line: str) -> str:
    """What is wrong with a command of ours as a page has it; empty if nothing is.

    A page may name a command without what it takes, or with words such as PATH for it.
    """
    try:
        words = shlex.split(re.split(r" (?:&&|\|\||\||>) ", line)[0], comments=True)
        if words[0] in {each.partition(" ")[0] for each in COMMANDS} - set(COMMANDS) and (
            len(words) == 1
        ):
            return ""
        command, rest = arguments.find_command(words, Options())
    except ThrumError as error:
        return str(error)
    known = {
        flag
        for each in signature.parameters(signature.load(COMMANDS[command]))
        for flag in each.flags
    }
    named = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
    return " ".join(sorted(named - known - FLAGS))


@pytest.mark.parametrize("name", NAMES)
def test_every_command_on_a_page_exists_and_has_these_flags(name: str) -> None:
    text = (ROOT / name).read_text()
    lines = WORDS.findall(FENCE.sub("", text).replace("\n", " "))
    lines += re.findall(r"^(?:[a-z]*\$ )?thrum ([a-z][a-z-]*(?: .*)?)$", text, re.M)
    assert [(line, why) for line in lines if (why := understood(line))] == []


def test_a_command_that_does_not_exist_is_noticed() -> None:
    for line in ("sync fast", "inbox --gone", "sned x", "daemon logs --gone"):
        assert understood(line), line
    for line in (
        "sync on",
        "inbox --json",
        "send x --to @nux",
        "sync",
        "sync force && thrum inbox",
    ):
        assert not understood(line), line


def glossary() -> list[tuple[str, str, str]]:
    text = (ROOT / "docs" / "glossary.md").read_text()
    rows = re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \|$", text, re.M)
    return [(word, means, seen) for word, means, seen in rows if word not in {"Word", "---"}]


def test_the_glossary_is_in_order_and_says_where_each_word_is_seen() -> None:
    words = [word for word, _, _ in glossary()]
    assert words == sorted(words)
    assert [
        word for word, means, seen in glossary() if not means or not re.search(r"[`\]]", seen)
    ] == []
    assert [word for word, means, _ in glossary() if means.count(". ") > 2] == []


def test_the_glossary_has_the_words_of_the_help_and_of_the_log() -> None:
    words = {word for row, _, _ in glossary() for word in row.split(", ")}
    helped = re.findall(
        r"^([a-z-]+(?:, [a-z]+)*):|\. ([a-z]+):", topics.TOPICS["glossary"].text, re.M
    )
    asked = {word for pair in helped for group in pair for word in group.split(", ") if word}
    assert len(asked) >= 15
    assert asked <= words
    assert set(WANTED.split()) <= words
