"""Agents and groups: who is there, who is in what, and who is put away."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.site import HERE, PERSON, THERE, Site
from tests.browser.test_access import grave
from tests.browser.window import Window


def joined(site: Site, name: str) -> Path:
    """The worktree of one more agent in the clone that serves the page."""
    home = site.world.root / name
    site.world.git("worktree", "add", "-q", "-b", f"work/{name}", str(home), cwd=site.one)
    site.world.thrum(home, "quickstart", name, "--role", "tester", "--module", "x")
    return home


def test_an_agent_is_put_away_by_its_name_alone(window: Window, site: Site) -> None:
    home = joined(site, "slit")
    for number in range(3):
        site.say(f"Last words {number}", where=home)
    site.say("A word with slit", "slit")
    window.go("/agents/slit")
    mail = window.page.locator("section").filter(has_text="marks nothing as read")
    expect(mail).to_contain_text("A word with slit")
    mail.get_by_role("button", name="What it wrote").click()
    expect(mail).to_contain_text("Last words 2")
    expect(mail.get_by_label("Delivery").first).to_contain_text("dana")
    unread = site.ask("message.page", of="slit", inbox=True, where=home)["messages"]
    assert [each["recipients"][0].get("read_at") for each in unread] == [None]
    window.page.get_by_role("button", name="Put its messages away").click()
    window.keys("Enter")
    window.page.keyboard.type("slit")
    window.keys("Enter")
    expect(window.page.get_by_text("They are in")).to_contain_text("slit.jsonl")
    expect(mail).not_to_contain_text("Last words 2")
    window.page.get_by_role("button", name="Delete the agent").click()
    window.page.keyboard.type("slit")
    window.keys("Enter")
    expect(window.page).to_have_url(f"{window.base}/agents")
    expect(window.row("slit")).to_have_count(0)
    assert "slit" not in [each["agent_id"] for each in site.ask("agent.list")["agents"]]


def test_who_is_in_a_group_is_changed_and_seen_at_once(window: Window, site: Site) -> None:
    site.ask("group.create", name="watch", description="Who stays awake")
    site.ask("group.member.add", group="watch", member_type="agent", member_value=HERE)
    site.say("Lights out.", "watch")
    window.go("/groups/watch")
    members = window.page.locator("section").filter(has_text="Members")
    remove = members.get_by_role("button", name="Remove")
    expect(remove).to_have_count(1)
    expect(window.page.get_by_text("Lights out.")).to_be_visible()
    members.get_by_role("combobox", name="Add").click()
    window.page.keyboard.type("review")
    expect(window.page.get_by_role("option").first).to_contain_text("reviewer")
    window.keys("Enter")
    expect(members).to_contain_text(THERE)  # whom the role means
    site.ask("group.member.add", group="watch", member_type="agent", member_value=PERSON)
    expect(remove).to_have_count(3)
    members.get_by_role("button", name=f"Remove {HERE}").click()
    expect(remove).to_have_count(2)
    told = site.ask("group.info", name="watch")["members"]
    assert {each["member_value"] for each in told} == {"reviewer", PERSON}


def test_who_has_a_file_is_told_while_one_looks(window: Window, site: Site) -> None:
    homes = [joined(site, name) for name in ("rictus", "erectus")]
    for home in homes:
        (home / "valve.py").write_text("shut\n" * 7)
        site.world.git("add", ".", cwd=home)
        site.world.git("commit", "-q", "-m", "Shut it", cwd=home)
    window.go("/who-has?q=valve")
    row = window.page.get_by_role("row").filter(has_text="valve.py")
    expect(row).to_contain_text("changed by several")
    expect(row).to_contain_text("+7 −0")
    (homes[0] / "valve.py").write_text("open\n")
    expect(row).to_contain_text("and more, not committed yet")
    site.world.git("commit", "-q", "-a", "-m", "Open it", cwd=homes[0])
    expect(row).to_contain_text("+1 −0")
    site.world.git("reset", "-q", "--hard", "HEAD~1", cwd=homes[1])
    expect(row).not_to_contain_text("changed by several")


def test_a_claim_is_told_while_one_looks_and_ended_by_a_person_who_is_sure(
    window: Window, site: Site
) -> None:
    window.go("/who-has")
    claims = window.page.locator("section").filter(has_text="Claims")
    expect(claims).to_have_count(0)
    site.ask("claim.take", what=["src/auth/**", "task:7"], note="Moving the tokens")
    row = claims.get_by_role("row").filter(has_text="src/auth/**")
    expect(row).to_contain_text("furiosa")
    expect(row).to_contain_text("Moving the tokens")
    expect(row).to_contain_text("not confirmed by other clones yet")
    site.exchange()
    expect(row).not_to_contain_text("not confirmed")
    window.page.get_by_role("searchbox").fill("AUTH")
    expect(claims.get_by_role("row").filter(has_text="task:7")).to_have_count(0)
    assert grave(window.page) == []
    row.get_by_role("button", name="Release src/auth/**").click()
    expect(row.get_by_role("button", name="Release", exact=True)).to_be_focused()
    window.keys("Enter")
    expect(claims).to_have_count(0)
    left = site.ask("claim.list")["claims"]
    assert [each["what"] for each in left] == ["task:7"]
    window.page.get_by_role("searchbox").fill("")
    expect(claims).to_contain_text("task:7")
    site.ask("claim.release", all=True)
    expect(claims).to_have_count(0)
