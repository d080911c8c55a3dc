"""What is begun to be written stays until it is sent, and goes to nobody by mistake."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import expect

from tests.browser.site import HERE, THERE, Site
from tests.browser.window import Window


def test_a_draft_of_a_new_message_keeps_its_people(window: Window) -> None:
    window.go("/")
    window.keys("c")
    window.name(HERE)
    window.dialog().locator("textarea").fill("Not yet done")
    window.keys("Escape")
    expect(window.dialog()).to_have_count(0)
    window.page.reload()
    window.settle()
    window.keys("c")
    expect(window.dialog().locator("textarea")).to_have_value("Not yet done")
    expect(window.dialog().get_by_text("Goes to")).to_contain_text(HERE)


def test_nobody_named_is_refused_and_everyone_has_to_be_chosen(window: Window, site: Site) -> None:
    text = f"To whom it may concern {secrets.token_hex(4)}"  # once, however often this is tried
    window.go("/")
    window.keys("c")
    form = window.dialog()
    form.locator("textarea").fill(text)
    send = form.get_by_role("button", name="Send", exact=True)
    expect(send).to_be_disabled()
    window.keys("Control+Enter")
    expect(form.get_by_text("Nobody is named")).to_be_visible()
    form.get_by_role("button", name="Everyone").click()
    expect(form.get_by_text("Goes to everyone")).to_be_visible()
    send.click()
    expect(form).to_have_count(0)
    window.go("/talk/group/everyone")
    expect(window.page.locator("[class*=said]").get_by_text(text)).to_be_visible()
    assert site.inbox(site.one).count(text) == 1


@pytest.mark.parametrize(
    ("typed", "whole"),
    [(f"@{HERE[:3]}", f"@{HERE} "), (f"Ask @{THERE[:2]}", f"Ask @{THERE} ")],
)
def test_names_are_completed_in_the_text(window: Window, typed: str, whole: str) -> None:
    window.go(f"/talk/with/{HERE}")
    field = window.page.locator("form textarea")
    field.press_sequentially(typed)
    expect(window.page.get_by_role("option").first).to_be_visible()
    window.keys("Enter")
    expect(field).to_have_value(whole)


def test_a_draft_survives_a_reload(window: Window, site: Site) -> None:
    window.go(f"/talk/with/{HERE}")
    field = window.page.locator("form textarea")
    field.fill("Half a thought about\nthe valve")
    window.page.reload()
    expect(field).to_have_value("Half a thought about\nthe valve")
    window.go(f"/talk/with/{THERE}")
    expect(field).to_have_value("")


def test_a_draft_of_an_answer_survives_and_is_gone_once_it_is_sent(
    window: Window, site: Site
) -> None:
    message = site.say("Is the draft kept?")
    window.go(f"/m/{message}")
    field = window.page.locator("form textarea")
    field.fill("It is, and sent.")
    window.page.reload()
    expect(field).to_have_value("It is, and sent.")
    field.press("Control+Enter")
    expect(
        window.page.locator("[class*=thread-messages]").get_by_text("It is, and sent.")
    ).to_be_visible()
    expect(field).to_have_value("")
    window.page.reload()
    expect(
        window.page.locator("[class*=thread-messages]").get_by_text("It is, and sent.")
    ).to_be_visible()
    expect(field).to_have_value("")
