"""One browser and one site for all of these tests, and a window for each of them.

What Playwright keeps running in the thread of the tests would be in the way of the others, so it
ends with this folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

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


@pytest.fixture
def context(browser: Browser, login: Any) -> Iterator[BrowserContext]:
    """A browser of the person's that has kept nothing but the login."""
    made = browser.new_context(storage_state=login, viewport={"width": 1440, "height": 900})
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def window(context: BrowserContext, site: Site) -> Iterator[Window]:
    """A window before which nothing bad ever happens."""
    made = Window.open(context, site.base)
    yield made
    assert made.close() == []
