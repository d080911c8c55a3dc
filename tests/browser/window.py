"""A window of the browser with the page in it, which takes down what must never happen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

WATCH = """
window.__refused = [];
window.__shifts = [];
addEventListener("securitypolicyviolation", (event) => {
  window.__refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
});
"""
"""Runs before anything of the page does: what the policy of the page refused."""

PLAIN = "favicon.svg"
"""Something at the address of the page that runs nothing."""

PASSING = re.compile(r"WebSocket connection to|ERR_CONNECTION|ERR_NETWORK_IO_SUSPENDED")
"""What a browser says of a daemon that is away."""


@dataclass
class Window:
    """A page of the person's.

    Attributes:
        faults: errors of scripts, refusals by the policy, requests that leave this machine.
    """

    page: Page
    base: str
    faults: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, context: BrowserContext, base: str) -> Window:
        """A new window, with nothing in it."""
        context.add_init_script(WATCH)
        made = cls(context.new_page(), base)
        made.page.on("pageerror", lambda error: made.faults.append(f"error: {error}"))
        made.page.on("console", made._heard)
        made.page.on("request", made._asked)
        return made

    def go(self, path: str = "/") -> None:
        """Opens a view, and waits until the page knows what the daemon knows."""
        self.page.goto(self.base + path)
        self.settle()

    def settle(self) -> None:
        """Waits until the page is there."""
        expect(self.side).to_contain_text("dana")
        expect(self.page.get_by_label("Loading", exact=True)).to_have_count(0)

    def keys(self, *chords: str) -> None:
        """Presses keys, one after the other."""
        for chord in chords:
            self.page.keyboard.press(chord)

    def name(self, who: str) -> None:
        """Names somebody in the field that has the focus, as people do: they wait for the offer."""
        self.page.keyboard.type(who)
        expect(self.page.get_by_role("option").first).to_contain_text(who)
        self.keys("Enter")
        expect(self.dialog().get_by_text("Goes to")).to_contain_text(who)

    @property
    def side(self) -> Locator:
        """What is beside every view of a wide window."""
        return self.page.locator("[class*=side]").first

    @property
    def rows(self) -> Locator:
        """The rows of the list."""
        return self.page.locator("[role=feed] article")

    def row(self, text: str) -> Locator:
        """The rows with a text."""
        return self.rows.filter(has_text=text)

    def dialog(self) -> Locator:
        """What is open above the view."""
        return self.page.get_by_role("dialog")

    def told(self) -> list[str]:
        """What must never have happened, and did since this was asked last."""
        refused = self.page.evaluate("(window.__refused ?? []).splice(0)")
        found = [*self.faults, *(f"policy: {each}" for each in refused)]
        self.faults.clear()
        return found

    def forget(self) -> None:
        """Has the window be as a new one: of what was before, nothing counts and nothing is kept.

        What the browser remembers for the page is cleared where the page itself is not shown, which
        would write it down again as it is left.
        """
        self.page.goto(f"{self.base}/{PLAIN}")
        self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self.page.context.clear_permissions()
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.emulate_media(color_scheme="light")
        self.told()

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} and not PASSING.search(said.text):
            self.faults.append(f"{said.type}: {said.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in {"localhost", None}:
            self.faults.append(f"request: {request.url}")
