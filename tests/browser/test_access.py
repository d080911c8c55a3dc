"""Nothing that keeps somebody out: every view in both themes, narrow and wide."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.site import HERE, Site
from tests.browser.window import Window

PATHS = (
    "/",
    "/inbox",
    "/inbox/unread",
    "/inbox/mentions",
    "/talk",
    f"/talk/with/{HERE}",
    "/feed",
    "/agents",
    f"/agents/{HERE}",
    "/groups",
    "/groups/crew",
    "/who-has",
    "/search",
    f"/search?q=from:{HERE}",
    "/timeline",
    "/log",
    "/health",
    "/settings",
)
WIDTHS = (1440, 400)
OTHER_WIDTHS = (360, 900, 2560)
GRAVE = {"serious", "critical"}
TEXT = """# Done

- [x] one
- [ ] two

| a | b |
|---|---|
| 1 | 2 |

```py
x = 1
```

[link](http://elsewhere.example) for @nux and `code`
"""


@pytest.fixture(scope="module")
def message(site: Site) -> str:
    """One with each kind of content; there are a question and a group, too."""
    site.ask("group.create", name="crew", description="All hands")
    site.ask("group.member.add", group="crew", member_type="agent", member_value=HERE)
    site.say("Is it done?")
    return site.say(TEXT)


def grave(page: Page, widths: tuple[int, ...] = WIDTHS) -> list[Any]:
    """What is serious or worse, in both themes and widths; of the dark one its colours alone."""
    page.evaluate(Axe().axe_script)
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme, rules in (("light", None), ("dark", ["color-contrast"])):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.locator("h1:visible, h2:visible, [id^=msg_]:visible").first.wait_for()
            asked = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
            told = page.evaluate("asked => axe.run(asked)", asked)
            found += [
                (
                    page.url,
                    width,
                    scheme,
                    each["id"],
                    [node["html"][:300] for node in each["nodes"]],
                )
                for each in told["violations"]
                if each["impact"] in GRAVE
            ]
    return found


@pytest.mark.parametrize(
    "widths",
    [
        pytest.param(WIDTHS, id="narrow and wide"),
        pytest.param(OTHER_WIDTHS, id="all between and beyond", marks=pytest.mark.soak),
    ],
)
@pytest.mark.parametrize("path", [*PATHS, "/inbox/all?m={message}"])
def test_no_view_keeps_anybody_out(
    window: Window, message: str, path: str, widths: tuple[int, ...]
) -> None:
    window.go(path.format(message=message))
    window.page.locator("main h1:visible").first.wait_for()
    window.page.wait_for_load_state("networkidle")
    assert grave(window.page, widths) == []


@pytest.mark.parametrize("keys", ["c", "?", "Control+k"])
def test_no_dialog_keeps_anybody_out(window: Window, message: str, keys: str) -> None:
    window.go("/")
    window.keys(keys)
    window.dialog().wait_for()
    assert grave(window.page) == []


def test_who_is_nobody_yet_is_not_kept_out(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    made = Window.open(context, site.base)
    made.page.goto(site.base)
    made.page.get_by_role("heading", name="Who are you?").wait_for()
    assert grave(made.page) == []
    context.close()
