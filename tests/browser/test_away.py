"""A daemon that is away for a while: the page says so, and nothing is lost or doubled by it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.site import HERE, Site
from tests.browser.window import Window
from tests.integration.conftest import eventually


@contextmanager
def stopped(site: Site) -> Iterator[None]:
    """The machine sleeps, as far as the daemon can tell."""
    pid = site.world.pid(site.one)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def write(window: Window, text: str) -> None:
    """Has the person write to the agent of this clone."""
    window.page.locator("form textarea").fill(text)
    window.keys("Control+Enter")


def test_a_daemon_that_starts_anew_loses_and_doubles_nothing(window: Window, site: Site) -> None:
    window.go(f"/talk/with/{HERE}")
    site.say("Before the daemon ends")
    write(window, "Written before it ends")
    expect(window.page.locator("main").get_by_text("Before the daemon ends").last).to_be_visible()
    eventually(lambda: "Written before it ends" in site.inbox(site.one))  # or it is kept, too
    site.hang_up()
    site.world.thrum(site.one, "daemon", "stop")
    expect(window.page.get_by_text("No connection for")).to_be_visible()
    write(window, "Written while there is none")
    expect(window.page.get_by_text("kept here")).to_be_visible()
    site.world.thrum(site.one, "daemon", "start")
    site.say("After the daemon began")
    expect(window.page.get_by_text("No connection for")).to_have_count(0)
    said = window.page.locator("[class*=said]")
    for text in (
        "Before the daemon ends",
        "Written before it ends",
        "Written while there is none",
        "After the daemon began",
    ):
        expect(said.get_by_text(text, exact=True)).to_have_count(1)
    expect(window.page.get_by_text("kept here")).to_have_count(0)
    texts = site.inbox(site.one)
    assert texts.count("Written before it ends") == 1
    assert texts.count("Written while there is none") == 1


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(3, id="a moment"),
        pytest.param(120, id="two minutes", marks=[pytest.mark.soak, pytest.mark.timeout(600)]),
    ],
)
def test_a_daemon_that_stands_still_loses_and_doubles_nothing(
    window: Window, site: Site, seconds: int
) -> None:
    mark = f"of the {seconds} s"
    window.go(f"/talk/with/{HERE}")
    site.say(f"Before the sleep {mark}")
    with stopped(site):
        write(window, f"Written in the sleep {mark}")
        expect(window.page.get_by_text("The daemon does not answer")).to_be_visible()
        window.page.wait_for_timeout(seconds * 1000)
    site.say(f"After the sleep {mark}")
    said = window.page.locator("[class*=said]")
    for text in ("Before the sleep", "Written in the sleep", "After the sleep"):
        expect(said.get_by_text(f"{text} {mark}", exact=True)).to_have_count(1)
    expect(window.page.get_by_text("The daemon does not answer")).to_have_count(0)
    assert site.inbox(site.one).count(f"Written in the sleep {mark}") == 1


def test_a_window_that_is_opened_meanwhile_is_told_once_there_is_a_daemon(
    window: Window, site: Site
) -> None:
    window.go("/inbox")
    with stopped(site):
        window.page.evaluate("void fetch('/')")  # waits in the daemon's queue
    site.restart()
    site.say("Said to a page that came back")
    expect(window.row("Said to a page that came back")).to_have_count(1)


def test_what_is_kept_is_sent_by_the_page_that_is_opened_next(window: Window, site: Site) -> None:
    window.go(f"/talk/with/{HERE}")
    with stopped(site):
        write(window, "Kept over a reload")
        expect(window.page.get_by_text("The daemon does not answer")).to_be_visible()
    window.page.reload()
    window.settle()
    said = window.page.locator("[class*=said]")
    expect(said.get_by_text("Kept over a reload", exact=True)).to_have_count(1)
    expect(window.page.get_by_text("kept here")).to_have_count(0)
    assert site.inbox(site.one).count("Kept over a reload") == 1
