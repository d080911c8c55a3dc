"""One browser, one window and one site for all of these tests.

A window of its own for each of them would be two seconds of computing, mostly for the process that
a browser begins for it; so the window forgets what was before, and each test opens its view anew.

What Playwright keeps running in the thread of the tests would be in the way of the others, so it
ends with this folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import chromium
from tests.browser.site import PERSON, Site, site_in
from tests.browser.window import Window
from tests.integration.conftest import eventually, world_in

expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    if not chromium.program():
        pytest.skip(chromium.LACKING)
    with chromium.browser() as running:
        yield running


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    """Two clones with their daemons and agents."""
    with world_in(tmp_path_factory.mktemp("site")) as world, site_in(world) as made:
        yield made


@pytest.fixture(scope="package")
def login(browser: Browser, site: Site) -> Any:
    """What a browser keeps in which the person came in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.link())
    expect(page.locator("body")).to_contain_text("dana")
    eventually(lambda: PERSON in str(site.ask("user.list")))
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture(scope="package")
def kept(browser: Browser, login: Any, site: Site) -> Iterator[Window]:
    """The person's window."""
    context = browser.new_context(storage_state=login)
    context.set_default_timeout(20_000)
    yield Window.open(context, site.base)
    context.close()


@pytest.fixture
def window(kept: Window, site: Site) -> Iterator[Window]:
    """The window, in which nothing is kept but the login, and before which nothing bad happens."""
    kept.base = site.base
    kept.forget()
    yield kept
    assert kept.told() == []
