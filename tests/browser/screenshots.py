"""Writes pictures of each view: light and dark, from narrow to very wide, with few agents and many.

``python -m tests.browser.screenshots DIRECTORY``
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, expect

from tests.browser import chromium
from tests.browser.scene import Scene, found, talk
from tests.integration.conftest import world_in

VIEWS: Final = {
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
WIDTHS: Final = (400, 900, 1440, 2560)
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
SETTLED_MS: Final = 700


def write(directory: Path) -> None:
    """Writes all of them, with 3 agents and with 60."""
    for agents in (3, 60):
        into = directory / f"{agents}-agents"
        into.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory() as folder,
            world_in(Path(folder)) as world,
            chromium.browser() as running,
        ):
            scene = found(world, agents)
            login = _login(scene, running)
            _all(scene, running, login, into, talk(scene))


def _login(scene: Scene, running: Browser) -> Any:
    """What a browser keeps of a login."""
    context = running.new_context()
    page = context.new_page()
    page.goto(scene.login())
    page.get_by_role("heading", name="Now").wait_for()
    return context.storage_state()


def _all(scene: Scene, running: Browser, login: Any, directory: Path, message: str) -> None:
    for theme in THEMES:
        for width in WIDTHS:
            context = running.new_context(
                storage_state=login,
                viewport={"width": width, "height": 900},
                color_scheme=theme,
                reduced_motion="reduce",
            )
            page = context.new_page()
            for name, path in VIEWS.items():
                page.goto(scene.address() + path.format(message=message))
                expect(page.get_by_label("Loading", exact=True)).to_have_count(0, timeout=60_000)
                page.wait_for_timeout(SETTLED_MS)
                page.screenshot(path=directory / f"{name}-{width}-{theme}.png")
            context.close()


if __name__ == "__main__":
    if chromium.program():
        write(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"))
    else:
        print(f"skipped: {chromium.LACKING}")
