"""What happened, now and as of a moment of the past, and what the doctor says of all of it."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.site import HERE, Site
from tests.browser.window import Window


def test_the_log_is_shown_as_it_was(window: Window, site: Site) -> None:
    site.say("Said before")
    site.exchange()
    then = site.world.git("rev-parse", "a-sync", cwd=site.one).strip()
    site.say("Said after")
    window.go("/log")
    expect(window.row("Said after")).to_contain_text(HERE)
    expect(window.row("Said before")).to_have_count(1)
    field = window.page.get_by_label("As of")
    field.fill(then[:10])
    field.press("Enter")
    expect(window.row("Said after")).to_have_count(0)
    expect(window.row("Said before")).to_have_count(1)
    window.page.reload()
    expect(field).to_have_value(then[:10])
    expect(window.row("Said before")).to_have_count(1)
    window.page.get_by_role("button", name="Now", exact=True).click()
    expect(window.row("Said after")).to_have_count(1)


def test_the_log_goes_on_while_one_reads_and_back_to_its_beginning(
    window: Window, site: Site
) -> None:
    for number in range(130):
        site.say(f"Entry {number} of many")
    window.go(f"/log?kind=messages&agent={HERE}")
    expect(window.row("Entry 129 of")).to_contain_text("dana")
    scroll = "(by) => document.querySelector('[role=feed]').parentElement.scrollTop += by"
    window.page.evaluate(scroll, 1_200)
    expect(window.row("Entry 90 of")).to_be_visible()
    before = window.row("Entry 90 of").bounding_box()
    site.say("Written while one reads")
    site.ask("group.create", name=f"crew-{time.time_ns()}")
    pill = window.page.get_by_role("button", name=f"New from {HERE}")
    expect(pill).to_be_visible()
    assert window.row("Entry 90 of").bounding_box() == before
    while window.row("Entry 0 of").count() == 0:
        window.page.evaluate(scroll, 2_000)
        window.page.wait_for_timeout(100)
    pill.click()
    expect(window.row("Written while one reads")).to_be_visible()
    window.page.get_by_label("What", exact=True).select_option("groups")
    expect(window.rows.first).to_contain_text("made a group")
    expect(window.row("wrote")).to_have_count(0)
    window.page.reload()
    expect(window.row("made a group").first).to_be_visible()


@pytest.mark.parametrize("at", ["nonsense", "99zz", "2026-77-01", "0123456789abcdef"])
def test_a_moment_that_is_none_is_refused_in_words(window: Window, at: str) -> None:
    window.go(f"/log?at={at}")
    expect(window.page.get_by_role("alert")).to_contain_text("--at takes a commit")


def test_health_tells_what_the_doctor_says(window: Window) -> None:
    window.go("/health")
    expect(window.page.locator("main")).to_contain_text("found nothing wrong.", timeout=60_000)
