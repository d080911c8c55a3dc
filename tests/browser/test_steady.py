"""What somebody is about to act upon stays where it is, and one comes back to where one was."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.site import HERE, THERE, Site
from tests.browser.window import Window

PILL = re.compile(r"^\d+ (moved|more need)")


@pytest.fixture(scope="module")
def mail(site: Site, login: Any) -> None:
    """More than fits into a window, from both agents."""
    site.exchange()  # has the outpost know of the person
    for number in range(40):
        site.say(f"Steady mail number {number}")
    site.say("Said by the outpost", where=site.two)
    site.exchange()


def test_rows_keep_their_order_under_the_pointer(window: Window, site: Site, mail: None) -> None:
    window.go("/talk")
    expect(window.rows.first).to_contain_text(THERE)
    window.rows.first.hover()
    site.say("Now furiosa is the last to speak")
    pill = window.page.get_by_role("button", name=PILL)
    expect(pill).to_contain_text("1 moved")
    expect(window.rows.first).to_contain_text(THERE)
    pill.click()
    expect(window.rows.first).to_contain_text(HERE)
    window.page.mouse.move(0, 0)
    site.say("And the outpost after it", where=site.two)
    site.exchange()
    expect(window.rows.first).to_contain_text(THERE)


def test_what_comes_to_need_one_moves_nothing_under_the_focus(
    window: Window, site: Site, mail: None
) -> None:
    window.go("/")
    window.page.locator("section[aria-label=Agents] [data-row-focus]").last.focus()
    focus = "document.activeElement.getBoundingClientRect().top"
    before = window.page.evaluate(focus)
    site.say("Does this wait until I am done?")
    expect(window.page.get_by_role("button", name=PILL)).to_contain_text("1 more needs you")
    assert window.page.evaluate(focus) == pytest.approx(before, abs=1)
    window.page.get_by_role("button", name=PILL).click()
    expect(window.page.locator("#needs")).to_contain_text("Does this wait until I am done?")


def test_new_words_are_told_of_to_whoever_reads_further_up(
    window: Window, site: Site, mail: None
) -> None:
    window.go(f"/talk/with/{HERE}")
    said = window.page.locator("[class*=said]").locator("[class*=_message_]")
    expect(said.last).to_be_in_viewport()
    window.page.mouse.move(900, 400)
    window.page.mouse.wheel(0, -1500)
    expect(said.last).not_to_be_in_viewport()
    site.say("Said while one reads further up")
    pill = window.page.get_by_role("button", name=f"New from {HERE}")
    expect(pill).to_be_visible()
    expect(said.last).not_to_be_in_viewport()
    pill.click()
    expect(said.last).to_be_in_viewport()
    expect(said.last).to_contain_text("Said while one reads further up")
    expect(pill).to_have_count(0)


@pytest.mark.parametrize("width", [400, 1440])
def test_back_leads_to_the_row_and_the_place(
    window: Window, site: Site, mail: None, width: int
) -> None:
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.goto(f"{window.base}/inbox")
    row = window.row("Steady mail number 12")
    window.rows.first.wait_for()
    window.page.evaluate("document.querySelector('[role=feed]').parentElement.scrollTop = 2300")
    row.locator("[data-row-focus]").click()
    expect(window.page.locator("[class*=thread-messages]")).to_contain_text("number 12")
    where = (
        "[...document.querySelectorAll('[role=feed] article')]"
        ".find((row) => row.innerText.includes('number 12'))?.getBoundingClientRect().top ?? -1"
    )
    before = window.page.evaluate(where)
    thread = window.page.url
    window.page.evaluate("document.querySelector('a[href=\"/health\"], nav a').click()")
    expect(window.page).not_to_have_url(thread)
    window.page.go_back()
    expect(window.page).to_have_url(thread)
    expect(window.page.locator("[class*=thread-messages]")).to_contain_text("number 12")
    for _ in range(100):
        if window.page.evaluate(where) == pytest.approx(before, abs=2):
            break
        window.page.wait_for_timeout(50)
    else:
        pytest.fail("it does not come back to where it was scrolled to")
    window.page.reload()
    if width > 900:
        expect(row).to_be_in_viewport()
    window.page.go_back()
    expect(window.page).to_have_url(f"{window.base}/inbox")
    expect(row).to_be_in_viewport()


def test_n_walks_through_all_that_needs_one_and_comes_to_an_end(window: Window, site: Site) -> None:
    window.go("/inbox/unread")
    window.keys("Shift+E")
    site.world.thrum(site.one, "agent", "set-status", "blocked")
    question = site.say("Which of the two?")
    expect(window.row("Which of the two?")).to_have_count(1)
    expect(window.page.get_by_role("link", name="2 waiting for you")).to_be_visible()
    window.keys("n")
    expect(window.page).to_have_url(re.compile(f"m={question}$"))
    window.keys("n")
    expect(window.page).to_have_url(re.compile(f"/agents/{HERE}$"))
    window.keys("n")
    expect(window.page.get_by_text("Nothing else needs you.")).to_be_visible()
    site.world.thrum(site.one, "agent", "set-status", "idle")
