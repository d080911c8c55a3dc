"""One repository and one browser for all tests of the page; each has a page of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import world_in
from tests.pages import chromium
from tests.pages.scene import Scene, found


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if chromium.lacking():
        pytest.skip(chromium.lacking())
    with world_in(tmp_path_factory.mktemp("pages")) as world:
        yield found(world)


@pytest.fixture(scope="session")
def window() -> Iterator[Any]:
    if chromium.lacking():
        pytest.skip(chromium.lacking())
    with chromium.browser() as running:
        yield running


@pytest.fixture(scope="session")
def login(scene: Scene, window: Any) -> Any:
    """What a browser keeps of a login."""
    context = window.new_context()
    page = context.new_page()
    page.goto(scene.login())
    page.get_by_role("heading", name="Now").wait_for()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(scene: Scene, window: Any, login: Any) -> Iterator[Any]:
    """A page that is logged in; whatever its console complains of fails the test."""
    context = window.new_context(storage_state=login, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if _is_wrong(said) else None)
    opened.goto(scene.address())
    opened.get_by_role("heading", name="Now").wait_for()
    yield opened
    context.close()
    assert wrong == []


def _is_wrong(said: Any) -> bool:
    """An error, unless it says that the daemon was away, which tests have it be."""
    return said.type == "error" and "WebSocket" not in said.text
