"""Writes pictures of each view: light and dark, narrow and wide, with few agents and with many.

``python -m tests.pages.screenshots DIRECTORY``
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.integration.conftest import world_in
from tests.pages import chromium
from tests.pages.scene import Scene, found, talk

VIEWS = {
    "now": "/",
    "inbox": "/inbox",
    "thread": "/inbox/all?m={message}",
    "conversations": "/talk/with/furiosa",
    "feed": "/feed",
    "agent": "/agents/furiosa",
    "groups": "/groups/backend",
    "who-has": "/who-has",
    "search": "/search?q=token",
    "log": "/log",
    "timeline": "/timeline?hours=6",
    "health": "/health",
    "settings": "/settings",
}
WIDTHS = (400, 1440)
SETTLED_MS = 700


def write(directory: Path) -> None:
    """Writes all of them."""
    directory.mkdir(parents=True, exist_ok=True)
    for agents in (3, 60):
        with (
            tempfile.TemporaryDirectory() as folder,
            world_in(Path(folder)) as world,
            chromium.browser() as window,
        ):
            scene = found(world, agents)
            login = _login(scene, window)
            talk(scene)
            _all(scene, window, login, directory / f"{agents}-agents")


def _login(scene: Scene, window: Any) -> Any:
    context = window.new_context()
    page = context.new_page()
    page.goto(scene.login())
    page.get_by_role("heading", name="Now").wait_for()
    return context.storage_state()


def _all(scene: Scene, window: Any, login: Any, directory: Path) -> None:
    first = window.new_context(storage_state=login)
    page = first.new_page()
    page.goto(f"{scene.address()}/inbox")
    page.get_by_role("article").first.wait_for()
    message = page.locator("[data-row-focus]").first.get_attribute("href").split("m=")[1]
    for theme in ("light", "dark"):
        for width in WIDTHS:
            size = {"width": width, "height": 900}
            context = window.new_context(storage_state=login, viewport=size, color_scheme=theme)
            page = context.new_page()
            for name, path in VIEWS.items():
                page.goto(scene.address() + path.format(message=message))
                page.wait_for_timeout(SETTLED_MS)
                page.screenshot(path=directory / f"{name}-{width}-{theme}.png")
            context.close()


if __name__ == "__main__":
    if chromium.lacking():
        print(f"skipped: {chromium.lacking()}")
    else:
        write(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"))
