"""A Chromium of the system, driven; nothing is downloaded, and it loads only what a test opens."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LACKING: Final = "chromium is missing, so no page can be looked at"


def program() -> str:
    """Where the browser is; empty if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), "")


@contextmanager
def browser() -> Iterator[Browser]:
    """A running browser without a window on any screen."""
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=program(), args=flags)
        try:
            yield running
        finally:
            running.close()
