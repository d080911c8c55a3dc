"""The page in a browser: how soon mail is on the screen, what it asks for, and what it weighs.

How long scripts run in a frame is read from the browser's own trace of its main thread.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page

from tests.bench.ages import boot, stop
from tests.bench.figure import Figure, median, quantile
from tests.bench.place import THRUM, Line, Place, temporary
from tests.browser import chromium
from tests.websocket import link

LETTERS: Final = 40
KEYS: Final = 60
IDLE_S: Final = 20
WHEELS: Final = 300
LATE_MS: Final = 25
STATIC: Final = Path(__file__).parents[2] / "thrum" / "web" / "static"
ROWS: Final = "[role=feed] article"

WATCH: Final = """
window.__seen = new Map();
new MutationObserver(() => {
  for (const row of document.querySelectorAll("[role=feed] article")) {
    const word = /letter-\\d+/.exec(row.textContent)?.[0];
    if (!word || window.__seen.has(word)) continue;
    window.__seen.set(word, 0);
    requestAnimationFrame(() => setTimeout(() => window.__seen.set(word, Date.now())));
  }
}).observe(document, { childList: true, subtree: true, characterData: true });
"""
"""Takes down when a letter was on the screen: after the frame in which it was drawn."""

FRAMES: Final = """
window.__frames = [];
(function frame(at) {
  window.__frames.push(at);
  window.__framing = requestAnimationFrame(frame);
})(performance.now());
"""
"""Takes down when each frame began."""

SCRIPTS: Final = {
    "EvaluateScript",
    "EventDispatch",
    "FireAnimationFrame",
    "FunctionCall",
    "RunMicrotasks",
    "TimerFire",
}
"""What the trace calls the parts of a task in which scripts run."""

TRACED: Final = ["devtools.timeline", "disabled-by-default-devtools.timeline"]

PLACES: Final = """() => Object.fromEntries([...document.querySelectorAll("[role=feed] article")]
  .map((row) => [/number \\d+/.exec(row.textContent)?.[0], row.getBoundingClientRect().top])
  .filter(([name, top]) => name && top > 100 && top < 800))"""
"""Where the rows in sight are."""

PRESSED: Final = """() => new Promise((done) => {
  const begin = performance.now();
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "j", code: "KeyJ", bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin)));
})"""


class Wire:
    """What goes over the connection of a page."""

    def __init__(self, page: Page) -> None:
        self.sent = 0
        self.bytes = 0
        page.on("websocket", self._opened)

    def _opened(self, socket: Any) -> None:
        socket.on("framesent", lambda frame: self._count(frame, 1))
        socket.on("framereceived", lambda frame: self._count(frame, 0))

    def _count(self, frame: Any, sent: int) -> None:
        self.sent += sent
        self.bytes += len(frame)


def figures(count: int) -> Iterator[Figure]:
    """Those of a person's page, with as many messages; none where there is no browser."""
    if not chromium.program():
        return
    yield from _scripts()
    with temporary() as place, chromium.browser() as browser:
        clone = place.clone(place.remote(), "one")
        place.run("git", "config", "user.name", "Dana", cwd=clone)
        place.run("git", "config", "user.email", "dana@example.org", cwd=clone)
        place.thrum("init", "--non-interactive", cwd=clone)
        place.thrum("quickstart", "alice", "--role", "tester", "--module", "bench", cwd=clone)
        with _page(browser, clone) as page:
            yield from _on_screen(place, clone, page)
        line = Line(place, clone)
        for number in range(count):
            line.call("message.send", _letter(f"Of {count} this is number {number}"))
        line.close()
        with _page(browser, clone) as page:
            yield from _long_list(page, count)
            yield from _scrolled(browser, page)
            yield from _shifted(place, clone, page)
        yield from _cold(place, clone, browser)


def _letter(text: str) -> dict[str, object]:
    return {"content": text, "mentions": ["user:dana"]}


def _scripts() -> Iterator[Figure]:
    """What is sent of scripts, compressed as it lies there."""
    size = sum(path.stat().st_size for path in (STATIC / "assets").glob("*.js.br")) / 1000
    yield Figure("page: script, compressed", size, "kB", aim="< 200 kB", met=size < 200)


@contextmanager
def _page(browser: Browser, clone: Path) -> Iterator[Page]:
    """A page of the person's, who came in by a link, with the inbox open."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(link(clone / ".thrum/var/thrum.sock"))
    page.get_by_role("heading", name="Now").wait_for()
    yield page
    context.close()


def _to_inbox(page: Page) -> None:
    """Goes there without loading the page anew."""
    page.get_by_role("link", name="Inbox").first.click()


def _on_screen(place: Place, clone: Path, page: Page) -> Iterator[Figure]:
    """Sends by the command, each after the one before it was seen."""
    wire = Wire(page)
    page.reload()
    page.get_by_role("heading", name="Now").wait_for()
    _to_inbox(page)
    page.wait_for_timeout(1_000)
    if wire.sent == 0:
        raise RuntimeError("nothing of what the page asks was heard")
    sent, samples = wire.sent, []
    for number in range(LETTERS):
        word = f"letter-{number}"
        subprocess.run(
            [THRUM, "send", word, "--to", "@user:dana"],
            cwd=clone,
            env=place.environment,
            capture_output=True,
            check=True,
        )
        returned = time.time() * 1000
        page.wait_for_function("word => window.__seen.get(word) > 0", arg=word)
        samples.append(max(page.evaluate("word => window.__seen.get(word)", word) - returned, 0))
    p50, p95 = median(samples), quantile(samples, 0.95)
    yield Figure("page: send returned → on the screen, p50", p50, "ms")
    name = "page: send returned → on the screen, p95"
    yield Figure(name, p95, "ms", aim="≤ 100 ms", met=p95 <= 100)
    asked = (wire.sent - sent) / LETTERS
    yield Figure("page: requests for each push", asked, "", aim="≤ 1", met=asked <= 1)
    page.wait_for_timeout(2_000)
    before = wire.bytes
    page.wait_for_timeout(IDLE_S * 1_000)
    rate = (wire.bytes - before) / IDLE_S
    yield Figure("page: traffic, idle", rate, "B/s", aim="< 100 B/s", met=rate < 100)


def _long_list(page: Page, count: int) -> Iterator[Figure]:
    """What a long list has in the page, after its reader scrolled through as much as came."""
    _to_inbox(page)
    page.locator(ROWS).first.wait_for()
    for _ in range(20):
        page.mouse.move(400, 500)
        page.mouse.wheel(0, 5_000)
        page.wait_for_timeout(50)
    nodes = int(page.evaluate("document.querySelectorAll('*').length"))
    name = f"page: elements with {count:,} messages"
    yield Figure(name, nodes, "", aim="< 3,000", met=nodes < 3_000)
    page.evaluate("document.querySelector('[role=feed]').parentElement.scrollTop = 0")
    samples = [float(page.evaluate(PRESSED)) for _ in range(KEYS)]
    p95 = quantile(samples, 0.95)
    yield Figure("page: key → drawn, p50", median(samples), "ms")
    yield Figure("page: key → drawn, p95", p95, "ms", aim="≤ 50 ms", met=p95 <= 50)


def _scrolled(browser: Browser, page: Page) -> Iterator[Figure]:
    """What a wheel that does not rest costs: the script of each frame, and late frames."""
    scroller = "document.querySelector('[role=feed]').parentElement"
    page.evaluate(f"{scroller}.scrollTop = 0")
    page.wait_for_timeout(500)
    page.mouse.move(400, 500)
    page.evaluate(FRAMES)
    browser.start_tracing(page=page, categories=TRACED)
    for _ in range(WHEELS):
        page.mouse.wheel(0, 240)
        page.wait_for_timeout(16)
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    page.evaluate("cancelAnimationFrame(window.__framing)")
    p95 = quantile(_script_ms(trace), 0.95)
    name = "page: script in a frame while scrolling, p95"
    yield Figure(name, p95, "ms", aim="≤ 8 ms", met=p95 <= 8)
    began = page.evaluate("window.__frames")
    gaps = [later - sooner for sooner, later in pairwise(began)]
    late = 100 * sum(gap > LATE_MS for gap in gaps) / len(gaps)
    yield Figure("page: frames above 25 ms while scrolling", late, "%", aim="≤ 1 %", met=late <= 1)


def _script_ms(trace: list[dict[str, Any]]) -> list[float]:
    """The processor's time that scripts had between the ends of two frames, where they had any."""
    main = [each for each in trace if each["name"] == "Commit"]  # a frame of the main thread ends
    thread = {(each["pid"], each["tid"]) for each in main}
    starts = sorted(each["ts"] for each in main)
    ran: dict[int, float] = {}
    ends = 0.0  # parts lie in each other; only the outermost counts
    for each in sorted(trace, key=lambda event: event.get("ts", 0)):
        if (
            each["name"] not in SCRIPTS
            or (each["pid"], each["tid"]) not in thread
            or each["ts"] < ends
        ):
            continue
        ends = each["ts"] + each.get("dur", 0)
        frame = bisect(starts, each["ts"])
        ran[frame] = ran.get(frame, 0) + each.get("tdur", each.get("dur", 0)) / 1000
    return list(ran.values())


def _shifted(place: Place, clone: Path, page: Page) -> Iterator[Figure]:
    """How far the rows in sight move when mail comes above them."""
    scroller = "document.querySelector('[role=feed]').parentElement"
    page.evaluate(f"{scroller}.scrollTop = 3000")
    page.wait_for_timeout(500)
    before = page.evaluate(PLACES)
    line = Line(place, clone)
    for number in range(10):
        line.call("message.send", _letter(f"Fresh letter-{1000 + number}"))
    line.close()
    page.get_by_role("button", name=re.compile("new.* from", re.I)).wait_for()
    page.wait_for_timeout(500)
    after = page.evaluate(PLACES)
    moved = max(abs(after.get(name, 10_000) - top) for name, top in before.items())
    name = "page: shift when mail comes above"
    yield Figure(name, moved, "px", aim="0 px", met=bool(before) and moved == 0)


def _cold(place: Place, clone: Path, browser: Browser) -> Iterator[Figure]:
    """The first view from a daemon that has just begun, in a browser that has kept nothing."""
    stop(place, clone)
    boot(place, clone)
    url = link(clone / ".thrum/var/thrum.sock")
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    begin = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.get_by_text("alice").first.wait_for()
    took = time.perf_counter() - begin
    context.close()
    name = "page: link → first view, cold daemon"
    yield Figure(name, took * 1000, "ms", aim="≤ 1,000 ms", met=took <= 1)
