"""A page that is left open: what it keeps in memory does not grow with what it was told."""

from __future__ import annotations

import os
import time
from itertools import count
from typing import Final

import pytest
from playwright.sync_api import CDPSession

from tests.browser.site import PERSON, Site
from tests.browser.window import Window

MINUTES: Final = float(os.environ.get("THRUM_SOAK_MINUTES", "30"))
A_SECOND: Final = 10
"""A hundred times what four busy agents write to a person."""

MOST_MB: Final = 100
GO: Final = """path => {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}"""
VIEWS: Final = ("/", "/inbox/all", "/feed", "/talk/with/furiosa", "/inbox/unread", "/agents")


def heap_mb(devtools: CDPSession) -> float:
    """What is in use after what nobody needs was taken away."""
    devtools.send("HeapProfiler.collectGarbage")
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return {each["name"]: each["value"] for each in metrics}["JSHeapUsedSize"] / 1e6


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 300)
def test_the_heap_is_flat_at_a_hundred_times_the_usual_traffic(window: Window, site: Site) -> None:
    window.go("/inbox/all")
    devtools = window.page.context.new_cdp_session(window.page)
    devtools.send("Performance.enable")
    number, samples = count(), []
    ends = time.monotonic() + MINUTES * 60
    for view in range(10**6):
        # People look here and there; what they left is not kept either.
        window.page.evaluate(GO, VIEWS[view % len(VIEWS)])
        for _ in range(A_SECOND * 10):
            begin = time.monotonic()
            site.say(f"Number {next(number)}: the pump of house {view} runs. " * 4, PERSON)
            window.page.wait_for_timeout(
                max(1, 1000 / A_SECOND - (time.monotonic() - begin) * 1000)
            )
        samples.append(heap_mb(devtools))
        if time.monotonic() > ends:
            break
    third = len(samples) // 3
    middle, last = max(samples[third : 2 * third]), max(samples[2 * third :])
    assert last < MOST_MB
    assert last < 1.15 * middle + 1, samples
