"""Mail comes and goes by the page, and is where it is read and counted."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.site import HERE, PERSON, THERE, Site
from tests.browser.window import Window


def test_what_an_agent_writes_appears_without_a_reload(window: Window, site: Site) -> None:
    window.go("/inbox")
    site.world.thrum(site.one, "send", "The valve is shut.", "--to", f"@{PERSON}")
    expect(window.row("The valve is shut.")).to_have_count(1)


def test_what_an_agent_elsewhere_writes_appears_after_the_exchange(
    window: Window, site: Site
) -> None:
    window.go("/inbox")
    site.say("Read by the outpost.", where=site.two)
    site.exchange()
    expect(window.row("Read by the outpost.")).to_have_count(1)


def test_what_is_composed_reaches_both_agents(window: Window, site: Site) -> None:
    window.go("/")
    window.keys("c")
    for name in (HERE, THERE):
        window.page.keyboard.type(name)
        window.keys("Enter")
    window.dialog().locator("textarea").fill("Please rest, **both** of you.")
    window.keys("Control+Enter")
    expect(window.dialog()).to_have_count(0)
    window.page.goto(f"{window.base}/talk/with/{HERE}")
    expect(window.page.get_by_text("Please rest")).not_to_have_count(0)
    site.exchange()
    for clone in (site.one, site.two):
        assert site.inbox(clone).count("Please rest, **both** of you.") == 1


def test_a_reply_goes_to_whom_it_answers(window: Window, site: Site) -> None:
    message = site.say("Which way is north?")
    window.go(f"/m/{message}")
    expect(
        window.page.locator("[class*=thread]").get_by_text("Which way is north?")
    ).to_be_visible()
    window.keys("r")
    window.dialog().locator("textarea").fill("Follow the smoke.")
    window.keys("Control+Enter")
    expect(window.page.locator("[class*=thread]").get_by_text("Follow the smoke.")).to_be_visible()
    (answer,) = [
        each
        for each in site.ask("message.list", for_agent=HERE, page_size=100)["messages"]
        if each["body"]["content"] == "Follow the smoke."
    ]
    assert answer["reply_to"] == message


def test_numbers_of_unread_mail_are_the_same_everywhere(window: Window, site: Site) -> None:
    window.go("/inbox/unread")
    window.keys("Shift+E")
    expect(window.page).not_to_have_title(re.compile(r"^\("))
    for number in range(3):
        site.say(f"Number {number} of three to count")
    expect(window.row("of three to count")).to_have_count(3)
    tab = window.page.get_by_role("link", name=re.compile(r"^Unread"))
    expect(tab).to_contain_text("3")
    inbox = window.side.get_by_role("link", name=re.compile(r"^Inbox"))
    expect(inbox).to_contain_text("3")
    expect(window.page).to_have_title(re.compile(r"^\(3!?\)"))
    window.keys("j", "e")
    expect(inbox).to_contain_text("2")
    expect(tab).to_contain_text("2")
    expect(window.page).to_have_title(re.compile(r"^\(2!?\)"))


def test_mail_that_comes_while_one_reads_moves_nothing(window: Window, site: Site) -> None:
    for number in range(60):
        site.say(f"Older mail number {number}, of which there is more than fits")
    window.go("/inbox")
    expect(window.rows.first).to_be_visible()
    window.page.evaluate("document.querySelector('[role=feed]').parentElement.scrollTop = 1500")
    window.page.wait_for_timeout(300)
    where = """() => Object.fromEntries([...document.querySelectorAll('[role=feed] article')]
      .map((row) => [row.innerText.match(/number \\d+/)?.[0], row.getBoundingClientRect().top])
      .filter(([name, top]) => name && top > 100 && top < 800))"""
    before = window.page.evaluate(where)
    assert len(before) > 3
    for number in range(4):
        site.say(f"Fresh mail {number}")
    expect(window.page.get_by_role("button", name=re.compile(r"new"))).to_be_visible()
    after = window.page.evaluate(where)
    assert {name: after[name] - top for name, top in before.items()} == dict.fromkeys(before, 0)
