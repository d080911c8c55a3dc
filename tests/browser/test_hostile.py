"""Messages by somebody who means harm are shown, and do none."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.site import HERE, Site
from tests.browser.window import Window

TEXTS = {
    "a script": "<script>window.harmed = 1</script> END",
    "a handler": "<img src=x onerror='window.harmed = 1'> <svg/onload=window.harmed=1> END",
    "a link to a script": "[press](javascript:window.harmed=1) [here](JaVaScRiPt:window.harmed=1) "
    "[there](java&#115;cript:window.harmed=1) END",
    "a link with data": "[press](data:text/html,<script>opener.harmed=1</script>) END",
    "a link by reference": "[press][1] END\n\n[1]: vbscript:harmed",
    "an image from elsewhere": "![look](http://tracker.example/pixel.png) END",
    "an image with data": "![look](data:image/svg+xml,<svg onload='harmed=1'/>) END",
    "a style": "<style>body { display: none }</style> <p style='position:fixed'> END",
    "a frame": "<iframe src='http://frame.example'></iframe><object data=x></object> END",
    "a form": "<form action='http://form.example'><button>press</button></form> END",
    "a base": "<base href='http://base.example/'><meta http-equiv=refresh content='0;url=/x'> END",
    "many brackets": "[" * 30_000 + " END",
    "many stars": "*a **b " * 4_000 + " END",
    "many backticks": "".join("`" * (number % 50 + 1) + " " for number in range(1_100)) + " END",
    "a wide table": "|" + "a|" * 800 + "\n|" + "-|" * 800 + "\n|" + "b|" * 800 + "\n\nEND",
    "a long word": "w" * 30_000 + " END",
    "the other direction": "safe\u202egnp.exe\u202c \u2066hidden\u2069 \u200fend END",
    "marks upon marks": "Z" + "\u0301" * 3000 + " END",
    "quotes in quotes": "> " * 3000 + "END",
    "lists in lists": "".join("  " * depth + f"- {depth}\n" for depth in range(150)) + "\nEND",
    "what no text has": "\u0000\u0008\ufffe\U000e0041 END",
}


@pytest.fixture(scope="module")
def messages(site: Site) -> dict[str, str]:
    """All of them, written by an agent that was taken over."""
    return {kind: site.say(text) for kind, text in TEXTS.items()}


def is_unharmed(window: Window) -> bool:
    """Whether no script of a message ran, and nothing sticks out of the window."""
    harmed, width = window.page.evaluate(
        "[window.harmed ?? null, document.documentElement.scrollWidth]"
    )
    return harmed is None and width <= 1440


@pytest.mark.parametrize("kind", TEXTS)
def test_it_is_shown_and_does_nothing(window: Window, messages: dict[str, str], kind: str) -> None:
    window.go(f"/m/{messages[kind]}")
    shown = window.page.locator("[class*=thread-messages]")
    expect(shown).to_contain_text("END")
    expect(window.page.locator("[class*=thread-reply] textarea")).to_be_visible()
    assert shown.locator("script, style, iframe, object, form, img, base, meta").count() == 0
    links = shown.locator("a").evaluate_all("all => all.map(each => each.href)")
    allowed = (f"{window.base}/", "http://", "https://", "mailto:")
    assert [each for each in links if not each.startswith(allowed)] == []
    assert is_unharmed(window)


@pytest.mark.parametrize("path", ["/", "/inbox", "/feed", f"/talk/with/{HERE}", "/search?q=END"])
def test_no_list_of_them_does_anything(window: Window, messages: dict[str, str], path: str) -> None:
    window.go(path)
    expect(window.page.locator("main")).to_contain_text("END")
    assert is_unharmed(window)


def test_the_largest_message_is_shown_in_part_and_the_page_goes_on(
    window: Window, site: Site
) -> None:
    text = "# All\n\n" + "Some *words* of many, and `more`. " * 30_000
    message = site.say(text[:1_000_000])
    window.go(f"/m/{message}")
    shown = window.page.locator("[class*=thread-messages]")
    expect(shown).to_contain_text("Some words of many")
    assert window.page.evaluate("document.querySelectorAll('*').length") < 10_000
    window.page.get_by_role("button", name="Show the rest").first.click()
    window.keys("g", "i")
    expect(window.rows.first).to_be_visible()


def test_directions_that_text_hides_are_shown(window: Window, site: Site) -> None:
    message = site.say("run \u202egpj.exe now")
    window.go(f"/m/{message}")
    shown = window.page.locator("[class*=markdown]").first
    assert "\u202e" not in shown.inner_text()


def test_a_name_in_a_text_is_no_markup(window: Window, site: Site) -> None:
    message = site.say('Ask @<b>furiosa</b> or @nux"onclick=alert(1)')
    window.go(f"/m/{message}")
    shown = window.page.locator("[class*=thread-messages] [class*=markdown]")
    expect(shown).to_contain_text("<b>furiosa</b>")
    assert shown.locator("[onclick], b").count() == 0
