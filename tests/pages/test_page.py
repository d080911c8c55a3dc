"""The page in a browser, with a daemon and agents that are real."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import eventually
from tests.pages.scene import Scene

pytestmark = pytest.mark.xdist_group("pages")

VIEWS = (
    *("", "inbox", "talk", "feed", "agents", "groups", "who-has", "search", "log"),
    *("timeline", "health", "settings"),
)
HOSTILE = (
    "<script>document.title='taken'</script> <img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](http://127.0.0.1:1/x.png)",
    "[" * 20_000,
    "safe\u202egnp.exe <style>*{display:none}</style>",
)


def open_view(page: Any, scene: Scene, path: str) -> None:
    page.goto(f"{scene.address()}/{path}")
    page.locator("main h1").first.wait_for()


def test_who_is_not_logged_in_is_told_what_to_type(scene: Scene, window: Any) -> None:
    context = window.new_context()
    page = context.new_page()
    page.goto(scene.address())
    page.get_by_text("thrum ui", exact=True).wait_for()
    assert page.get_by_role("navigation").count() == 0
    context.close()


def test_a_message_appears_without_a_reload_and_counts(scene: Scene, page: Any) -> None:
    scene.send("nux", "Shall I go on with the second one?")
    row = page.get_by_role("listitem").filter(has_text="Shall I go on with the second one?")
    row.first.wait_for()
    eventually(lambda: page.title().startswith("("))
    open_view(page, scene, "inbox/unread")
    page.get_by_role("article").filter(has_text="Shall I go on").first.wait_for()


def test_a_message_is_written_by_keys_alone_and_reaches_the_agent(scene: Scene, page: Any) -> None:
    page.keyboard.press("c")
    page.get_by_role("dialog", name="New message").wait_for()
    page.keyboard.type("furi")
    page.get_by_role("option", name="furiosa").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Written by keys, for @nu")
    page.get_by_role("option", name="nux").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.get_by_role("dialog").wait_for(state="hidden")
    eventually(lambda: "Written by keys, for @nux" in scene.inbox("furiosa"))
    eventually(lambda: "Written by keys, for @nux" in scene.inbox("nux"))


def test_an_answer_goes_to_the_others_and_not_to_oneself(scene: Scene, page: Any) -> None:
    scene.send("nux", "For you and @furiosa", "@user:dana-marsh,@furiosa")
    open_view(page, scene, "inbox")
    page.get_by_role("article").filter(has_text="For you and").get_by_role("link").click()
    page.reload()
    form = page.get_by_role("form", name="Reply")
    form.get_by_role("button", name="Do not send to").first.wait_for()
    names = form.get_by_role("button", name="Do not send to").all()
    assert [each.get_attribute("aria-label") for each in names] == [
        "Do not send to nux",
        "Do not send to furiosa",
    ]


def test_nobody_named_is_not_sent(scene: Scene, page: Any) -> None:
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New message")
    dialog.get_by_role("combobox", name="Message").fill("To whom?")
    assert dialog.get_by_role("button", name="Send", exact=True).is_disabled()
    dialog.get_by_role("button", name="Everyone").click()
    assert dialog.get_by_role("button", name="Send", exact=True).is_enabled()
    page.reload()
    page.get_by_role("heading", name="Now").wait_for()
    page.keyboard.press("c")
    assert page.get_by_role("combobox", name="Message").input_value() == "To whom?"


def test_what_happens_while_the_daemon_is_away_comes_once(scene: Scene, page: Any) -> None:
    open_view(page, scene, "talk/with/nux")
    scene.world.thrum(scene.main, "daemon", "stop")
    page.get_by_text("No connection for").wait_for()
    page.get_by_role("combobox", name="Message").fill("Written while it was away")
    page.keyboard.press("Control+Enter")
    page.get_by_text("kept here").wait_for()
    scene.world.thrum(scene.main, "daemon", "start")
    scene.send("nux", "Said while the page was away")
    for text in ("Written while it was away", "Said while the page was away"):
        page.locator("main").get_by_text(text, exact=True).last.wait_for()
    eventually(lambda: scene.inbox("nux").count("Written while it was away") == 1)


@pytest.mark.parametrize("text", HOSTILE, ids=("html", "links", "nesting", "direction"))
def test_a_hostile_message_is_only_shown(scene: Scene, page: Any, text: str) -> None:
    page.on("dialog", lambda _: pytest.fail("a message ran a script"))
    scene.send("nux", f"hostile {text}")
    open_view(page, scene, "talk/with/nux")
    page.get_by_text("hostile").last.wait_for()
    assert page.locator("main :is(script, img, style, iframe, [href^=javascript])").count() == 0
    assert page.get_by_role("link", name="Inbox").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_for_who_hears_or_types_it(scene: Scene, page: Any, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    found = []
    for view in VIEWS:
        open_view(page, scene, view)
        answer = Axe().run(page).response["violations"]
        serious = [each for each in answer if each["impact"] in {"serious", "critical"}]
        found += [(view, each["id"], each["nodes"][0]["html"][:200]) for each in serious]
    assert found == []


def test_new_mail_moves_nobody_who_reads_further_down(scene: Scene, page: Any) -> None:
    for number in range(14):
        scene.send("nux", f"Row {number} of a long list")
    page.set_viewport_size({"width": 1280, "height": 500})
    open_view(page, scene, "inbox")
    row = page.get_by_role("article").filter(has_text="Row 4 of")
    row.scroll_into_view_if_needed()
    before = row.bounding_box()
    scene.send("nux", "One more on top")
    page.get_by_role("button", name="New from nux").wait_for()
    after = row.bounding_box()
    assert abs(before["y"] - after["y"]) <= 1
