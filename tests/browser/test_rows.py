"""Rows of all lists: looked at without being opened, acted upon by a menu, one or several."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.site import HERE, THERE, Site
from tests.browser.window import Window

LISTS = {
    "/inbox": "To be looked at, three",
    "/feed": "To be looked at, three",
    "/search?q=looked": "To be looked at, three",
    "/talk": "To be looked at, three",
    "/agents": "Moves the tokens elsewhere",
    "/": "Moves the tokens elsewhere",
}


def peek(window: Window) -> Locator:
    """What is shown beside the list."""
    return window.page.get_by_role("region", name=re.compile("^Peek"))


def menu(window: Window) -> Locator:
    """What can be done with a row."""
    return window.page.get_by_role("menu", name="What can be done with it")


def focus(window: Window) -> Locator:
    """The row that keys are on."""
    return window.page.locator("[data-row-focus]:focus")


@pytest.fixture(scope="module")
def mail(site: Site, login: Any) -> list[str]:
    """Three messages, the oldest first, of which two are of one thread."""
    first = site.say("To be looked at, one")
    second = site.say("To be looked at, two", reply_to=first)
    return [first, second, site.say("To be looked at, three")]


def test_a_row_is_looked_at_without_being_opened_or_read(window: Window, mail: list[str]) -> None:
    window.go("/inbox/unread")
    unread = window.row("To be looked at").locator("[data-unread]")
    expect(unread).to_have_count(3)
    window.keys("j", "Space")
    expect(peek(window)).to_contain_text("To be looked at, three")
    window.keys("j")
    expect(peek(window).locator("[class*=message]").first).to_contain_text("To be looked at, one")
    expect(peek(window)).to_contain_text("To be looked at, two")
    window.page.wait_for_timeout(2_000)  # longer than reading takes
    expect(unread).to_have_count(3)
    expect(focus(window)).to_contain_text("To be looked at, two")
    window.keys("Escape")
    expect(peek(window)).to_have_count(0)
    expect(window.page).to_have_url(f"{window.base}/inbox/unread")
    window.keys("Space")
    expect(peek(window)).to_have_count(1)
    window.keys("Space")
    expect(peek(window)).to_have_count(0)


@pytest.mark.parametrize("path", LISTS)
def test_every_list_has_peek_and_menu(window: Window, mail: list[str], path: str) -> None:
    window.go(path)
    window.page.evaluate("document.activeElement?.blur()")  # of the field of the search
    row = window.page.locator("main [data-row]", has_text=LISTS[path]).first
    row.locator("[data-row-focus]").focus()
    window.keys("Space")
    expect(peek(window)).to_contain_text(HERE)
    window.keys("Space", ".")
    expect(menu(window).get_by_role("menuitem", name="Open")).to_be_visible()
    expect(menu(window).get_by_role("menuitem").first).to_be_focused()
    window.keys("Escape")
    expect(menu(window)).to_have_count(0)
    expect(focus(window)).to_have_count(1)
    row.get_by_role("button", name="What can be done with it").click()
    menu(window).get_by_role("menuitem", name="Select").click()
    expect(row).to_have_attribute("data-selected", "true")
    window.keys("Escape")
    expect(window.page.locator("[data-selected]")).to_have_count(0)


def test_what_is_selected_is_acted_upon_together(window: Window, mail: list[str]) -> None:
    window.go("/inbox/unread")
    unread = window.row("To be looked at").locator("[data-unread]")
    expect(unread).to_have_count(3)
    window.keys("j", "x", "j", "x")
    selection = window.page.get_by_role("region", name="2 selected")
    expect(selection.get_by_role("button", name="Mark as read")).to_be_visible()
    window.keys("e")
    expect(unread).to_have_count(1)
    expect(selection).to_have_count(0)
    window.keys("z")
    expect(unread).to_have_count(3)
    expect(focus(window)).to_contain_text("To be looked at, two")


def test_pins_parks_and_links_are_keys_of_rows(window: Window, site: Site) -> None:
    window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.go("/")
    agents = window.page.locator("section[aria-label=Agents] [data-row]")
    one = agents.filter(has_text=THERE)
    one.locator("[data-row-focus]").focus()
    window.keys("s")
    expect(agents.first).to_contain_text(THERE)
    window.keys("y")
    expect(window.page.get_by_text("Copied")).to_be_visible()
    copied = window.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{window.base}/agents/{THERE}"
    window.keys("s", "m")
    expect(one).to_have_count(0)
    window.keys("z")
    expect(one).to_have_count(1)
