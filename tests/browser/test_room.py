"""From a telephone to a very wide screen: all of it is to be had, and nothing sticks out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.site import HERE, Site
from tests.browser.test_away import stopped
from tests.browser.window import Window


def test_a_very_wide_window_has_the_feed_beside_or_what_is_pinned_there(
    window: Window, site: Site
) -> None:
    message = site.say("To be kept in sight")
    window.page.set_viewport_size({"width": 2560, "height": 900})
    window.go("/inbox")
    beside = window.page.get_by_role("complementary", name="Beside")
    expect(beside.locator("[data-row]").first).to_contain_text("To be kept in sight")
    window.page.locator("main [data-row-focus]").first.focus()
    window.keys("s")
    expect(beside.locator("form textarea")).to_be_visible()
    window.keys("g", "h")
    window.page.reload()
    expect(beside).to_contain_text("To be kept in sight")
    window.keys("b")
    expect(beside).to_have_count(0)
    window.keys("b")
    beside.get_by_role("button", name="Show the feed here").click()
    expect(beside.locator("form")).to_have_count(0)
    window.page.goto(f"{window.base}/m/{message}")
    taking_part = window.page.get_by_role("complementary", name="Who takes part")
    expect(taking_part).to_contain_text(HERE)
    window.page.set_viewport_size({"width": 900, "height": 900})
    expect(taking_part).to_have_count(0)
    window.page.get_by_role("button", name="Who takes part").click()
    expect(window.dialog()).to_contain_text("Moves the tokens elsewhere")


@pytest.mark.parametrize("width", [320, 360])
def test_nothing_sticks_out_of_a_narrow_window(window: Window, site: Site, width: int) -> None:
    message = site.say("As wide as it is")
    window.page.set_viewport_size({"width": width, "height": 700})
    for path in ("/", "/inbox", "/talk", f"/talk/with/{HERE}", f"/inbox/all?m={message}"):
        window.page.goto(window.base + path)
        window.page.locator("main h1:visible, main textarea:visible").first.wait_for()
        wide = window.page.evaluate("document.documentElement.scrollWidth")
        assert (path, wide) == (path, width)


def test_what_was_read_without_an_answer_is_told_after_a_reload(window: Window, site: Site) -> None:
    message = site.say("Read while the daemon stands still")
    window.go("/inbox/unread")
    row = window.row("Read while the daemon stands still").locator("[data-unread]")
    expect(row).to_have_count(1)
    with stopped(site):
        window.keys("j", "e")
        expect(row).to_have_count(0)
        window.page.evaluate("window.dispatchEvent(new Event('pagehide'))")
        expect(window.page.get_by_text("The daemon does not answer")).to_be_visible()
    window.page.reload()
    window.settle()
    expect(window.row("Read while the daemon stands still")).to_have_count(0)
    (mine,) = [
        each
        for each in site.ask("message.get", message_id=message)["message"]["recipients"]
        if re.search("dana", each["agent_id"])
    ]
    assert mine["read_at"]
