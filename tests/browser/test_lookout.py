"""What is the matter, in true words, and what mends it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.window import Window


def test_an_exchange_that_fails_is_told_and_so_is_one_that_does_not(
    window: Window, site: Site
) -> None:
    remote = site.world.root / "remote.git"
    window.go("/settings")
    now = window.page.get_by_role("button", name="Exchange now")
    expect(now).to_be_enabled()
    away = remote.rename(remote.with_name("away.git"))
    try:
        site.say("Waits for the remote")
        now.click()
        expect(window.page.get_by_text("The exchange failed")).to_be_visible()
        expect(window.page.get_by_role("alert")).to_contain_text("remote.git")
    finally:
        away.rename(remote)
    now.click()
    expect(window.page.get_by_text("Exchanged.", exact=True)).to_be_visible()
    expect(window.page.get_by_role("alert")).to_have_count(0)
