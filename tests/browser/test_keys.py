"""The whole page by keys alone, with links and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.site import HERE, Site
from tests.browser.window import Window

VIEWS = {
    "g n": ("/", "Now"),
    "g i": ("/inbox", "Inbox"),
    "g c": ("/talk", "Conversations"),
    "g f": ("/feed", "Feed"),
    "g a": ("/agents", "Agents"),
    "g g": ("/groups", "Groups"),
    "g w": ("/who-has", "Who has"),
    "/": ("/search", "Search"),
    "g t": ("/timeline", "Timeline"),
    "g l": ("/log", "Log"),
    "g h": ("/health", "Health"),
    "g s": ("/settings", "Settings"),
}


def path_is(window: Window, pattern: str) -> None:
    """Waits until the page is there."""
    expect(window.page).to_have_url(re.compile(re.escape(window.base) + pattern + "$"))


@pytest.fixture
def mail(window: Window, site: Site) -> Iterator[list[str]]:
    """Three messages, the oldest first, and the inbox open."""
    yield [site.say(f"Row {word} to walk over") for word in ("one", "two", "three")]


def test_every_view_has_its_keys_and_the_way_back_leads_through_them(window: Window) -> None:
    window.go("/settings")
    for keys, (path, title) in VIEWS.items():
        window.keys(*keys.split())
        path_is(window, re.escape(path))
        expect(window.page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()
        expect(window.side.get_by_role("link", name=re.compile(f"^{title}"))).to_have_attribute(
            "aria-current", "page"
        )
        # In a field a letter is a letter.
        window.page.evaluate("document.activeElement?.blur()")
    for path, title in [*reversed(VIEWS.values())][1:]:
        window.page.go_back()
        path_is(window, re.escape(path))
        expect(window.page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()


def test_the_palette_finds_an_agent_and_an_action(window: Window) -> None:
    window.go("/")
    window.keys("Control+k")
    window.page.keyboard.type(HERE[:4])
    expect(window.page.get_by_role("option").first).to_contain_text(HERE)
    window.keys("Enter")
    path_is(window, f"/agents/{HERE}")
    window.keys("Control+k")
    window.page.keyboard.type("timeline")
    window.keys("Enter")
    path_is(window, "/timeline")
    window.keys("Control+k")
    expect(window.dialog()).to_be_visible()
    window.keys("Escape")
    expect(window.dialog()).to_have_count(0)


def test_help_names_every_key(window: Window) -> None:
    window.go("/")
    window.keys("?")
    for keys in (*VIEWS, "c", "r", "e", "j", "k", "z"):
        for key in keys.split():
            expect(
                window.dialog()
                .locator("kbd", has_text=re.compile(f"^{re.escape(key)}$", re.I))
                .first
            ).to_be_visible()
    window.keys("Escape")
    expect(window.dialog()).to_have_count(0)


@pytest.mark.parametrize("path", ["/inbox/unread", "/inbox/mentions", "/feed", "/search?q=walk"])
def test_a_link_leads_to_what_it_was_taken_from(window: Window, mail: list[str], path: str) -> None:
    window.go(path)
    path_is(window, re.escape(path))
    expect(window.page.locator("main")).to_contain_text("to walk over")


def test_a_link_to_a_message_opens_it(window: Window, mail: list[str]) -> None:
    window.go(f"/m/{mail[0]}")
    expect(window.page.locator("[class*=thread-messages]")).to_contain_text("Row one")
    window.page.reload()
    expect(window.page.locator("[class*=thread-messages]")).to_contain_text("Row one")


def test_the_composer_is_at_most_five_steps_of_the_tab_key_away(window: Window) -> None:
    window.go("/")
    reached = []
    for _ in range(5):
        window.keys("Tab")
        reached.append(str(window.page.evaluate("document.activeElement.textContent")))
        if "New message" in reached[-1]:
            break
    assert "New message" in reached[-1], reached
    window.keys("Enter")
    expect(window.dialog()).to_be_visible()


def test_letters_in_a_field_are_letters(window: Window) -> None:
    window.go(f"/talk/with/{HERE}")
    field = window.page.locator("form textarea")
    field.press_sequentially("gi c ? e /")
    expect(field).to_have_value("gi c ? e /")
    expect(window.dialog()).to_have_count(0)
    path_is(window, f"/talk/with/{HERE}")


def test_rows_are_walked_opened_and_left(window: Window, mail: list[str]) -> None:
    window.go("/inbox")
    expect(window.row("to walk over").first).to_contain_text("three")
    window.keys("j", "j")
    expect(window.page.locator("[data-row-focus]:focus")).to_contain_text("Row two")
    window.keys("k")
    expect(window.page.locator("[data-row-focus]:focus")).to_contain_text("Row three")
    window.keys("j", "Enter")
    path_is(window, rf"/inbox(/all)?\?m={mail[1]}")
    expect(window.page.locator("[class*=thread-messages]")).to_contain_text("Row two")
    window.keys("Escape")
    path_is(window, "/inbox(/all)?")


def test_reading_by_keys_goes_on_to_the_next_and_can_be_kept(
    window: Window, mail: list[str]
) -> None:
    window.go("/inbox")
    fresh = window.row("to walk over").locator("[data-unread]")
    expect(fresh.first).to_contain_text("Row three")
    count = fresh.count()
    window.keys("j", "e")
    expect(fresh).to_have_count(count - 1)
    expect(window.page.locator("[data-row-focus]:focus")).to_contain_text("Row two")
    window.keys("k", "Shift+U")
    expect(fresh).to_have_count(count)
    window.keys("Shift+E")
    expect(fresh).to_have_count(0)
    window.keys("z")
    expect(fresh).not_to_have_count(0)


def test_a_message_is_answered_without_a_mouse(window: Window, site: Site) -> None:
    site.say("Can one answer by keys?")
    window.go("/inbox")
    expect(window.row("Can one answer by keys?")).to_have_count(1)
    window.keys("j", "r")
    expect(window.dialog().locator("textarea")).to_be_focused()
    window.page.keyboard.type("One can.")
    window.keys("Control+Enter")
    expect(window.dialog()).to_have_count(0)
    window.keys("Enter")
    expect(window.page.locator("[class*=thread-messages]")).to_contain_text("One can.")
    assert site.inbox(site.one).count("One can.") == 1
