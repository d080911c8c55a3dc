"""One browser and one site for all of these tests, and a window for each of them.

What Playwright keeps running in the thread of the tests would be in the way of the others, so it
ends with this folder.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.site import Site, site_in
from tests.browser.window import Window
from tests.integration.conftest import world_in

FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium; nothing is downloaded."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is missing, so no page can be looked at")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=flags)
        yield opened
        opened.close()


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
