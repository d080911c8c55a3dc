"""The search: what is found as one types, by words and by keys alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.site import HERE, Site
from tests.browser.window import Window

MANY = 45
"""More than a page of what is found."""


@pytest.fixture(scope="module")
def mail(site: Site, login: Any) -> list[str]:
    """Messages of gulls, the oldest first, then one of herons."""
    site.say("Nothing of that kind.")
    sent = [site.say(f"Gull number {number} came by.") for number in range(MANY)]
    return [*sent, site.say("The herons in `src/heron_feed.py` are fed, see **heronry**.")]


def field(window: Window) -> Locator:
    """Where one types."""
    return window.page.get_by_role("searchbox", name="Search")


def status(window: Window) -> Locator:
    """How many were found, and what else is to be said."""
    return window.page.locator("main [role=status]").first


def test_the_keys_alone_lead_to_a_message(window: Window, mail: list[str]) -> None:
    window.go("/")
    window.keys("/")
    expect(field(window)).to_be_focused()
    window.page.keyboard.type(f"heron_feed from:{HERE}")
    row = window.row("src/heron_feed.py")
    expect(window.rows).to_have_count(1)
    expect(row.locator("mark").first).to_have_text(re.compile("heron.feed", re.I))
    expect(status(window)).to_have_text("1 found")
    window.keys("ArrowDown")
    expect(row.locator("[data-row-focus]")).to_be_focused()
    window.keys("ArrowUp")
    expect(field(window)).to_be_focused()
    window.keys("ArrowDown", "Enter")
    thread = window.page.locator("[class*=thread-messages]")
    expect(thread).to_contain_text("are fed, see heronry")
    query = f"/search?q=heron_feed+from%3A{HERE}&m={mail[-1]}"
    expect(window.page).to_have_url(window.base + query)
    window.page.reload()
    expect(thread).to_contain_text("are fed, see heronry")
    expect(row.locator("mark").first).to_be_visible()
    window.keys("Escape")
    expect(window.page).to_have_url(window.base + query.partition("&m=")[0])
    window.keys("/")
    expect(field(window)).to_be_focused()
    expect(field(window)).to_have_value(f"heron_feed from:{HERE}")


def test_what_was_found_stays_until_there_is_more_of_it(window: Window, mail: list[str]) -> None:
    window.go("/search?q=gull&sort=new")
    expect(status(window)).to_have_text(f"{MANY} found")
    expect(window.rows.first).to_contain_text(f"Gull number {MANY - 1}")
    window.page.evaluate(
        "window.__gone = 0;"
        "new MutationObserver(() => {"
        "  if (!document.querySelector('[role=feed] article')) window.__gone += 1;"
        "}).observe(document.querySelector('main'), {childList: true, subtree: true});"
    )
    field(window).fill("gull nu")
    expect(status(window)).to_have_text(f"{MANY} foundno word is \u201cnu\u201d: these begin so")
    field(window).fill("gull number")
    expect(window.rows.first.locator("mark")).to_have_text(["Gull", "number"])
    assert window.page.evaluate("window.__gone") == 0
    for _ in range(3):
        window.rows.last.hover()
        window.page.mouse.wheel(0, 20_000)
    expect(window.row("Gull number 0 ")).to_be_visible()
    expect(window.page.get_by_role("button", name="Show more")).to_have_count(0)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("gull OR", "searched as a word"),
        ('"', "no word to search for"),
        ("gullible", "Nothing found."),
        ("(((\x00 NEAR/2 -- \u202e", "Nothing found."),
    ],
)
def test_whatever_is_typed_is_answered(
    window: Window, mail: list[str], query: str, said: str
) -> None:
    window.go("/search")
    field(window).fill(query)
    expect(status(window)).to_contain_text(said)
    expect(window.page.get_by_role("alert")).to_have_count(0)
    if window.rows.count() == 0:
        window.page.get_by_role("button", name="in:message").click()
        expect(field(window)).to_be_focused()
        expect(field(window)).to_have_value(re.compile("in:message$"))


def test_what_is_taken_back_is_shown_no_more(window: Window, site: Site, login: Any) -> None:
    gone = site.say("The pelican is a secret.")
    window.go("/search?q=pelican")
    expect(window.row("a secret")).to_have_count(1)
    site.ask("message.delete", message_id=gone)
    expect(window.row("a secret")).to_have_count(0)
