"""The walk-through: two clones of one repository, their agents, a bare remote."""

from __future__ import annotations

import json
import threading

from tests.integration.conftest import World, eventually


def test_the_walk_through_as_typed(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    world.thrum(one, "sync", "force")
    world.thrum(one, "send", "hello from one")
    world.thrum(one, "send", "for you alone", "--to", "@nux")
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    inbox = world.thrum(two, "inbox", "--unread").out
    assert "hello from one" in inbox
    assert "for you alone" in inbox
    log = world.git("log", "--oneline", "origin/a-sync", "-10", cwd=two)
    assert "sync: " in log
    listing = world.git("show", "origin/a-sync:messages/", cwd=two)
    assert "furiosa.jsonl" in listing
    for clone in (one, two):
        assert world.thrum(clone, "doctor").code == 0


def test_without_any_force_a_message_arrives(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    config = json.loads((two / ".thrum/config.json").read_text())
    assert "sync_interval" not in config["daemon"]  # the default settings
    world.thrum(one, "sync", "force")
    world.thrum(two, "sync", "force")
    world.thrum(one, "send", "no force needed")
    eventually(lambda: "no force needed" in world.thrum(two, "inbox", "--unread", "--json").out, 80)


def test_who_waits_hears_of_mail_in_another_clone_without_any_force(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    world.thrum(two, "sync", "force")
    world.thrum(one, "sync", "force")
    sent: list[str] = []

    def send() -> None:
        sent.append(world.thrum(one, "send", "are you there?", "--to", "@nux").out)

    sender = threading.Timer(2, send)
    sender.start()
    try:
        # Without asking the remote more often, the clock alone would take up to a minute.
        waited = world.thrum(two, "wait", "--timeout", "40s")
    finally:
        sender.join()
    assert waited.out.startswith("MESSAGES_RECEIVED")
    assert "are you there?" in world.thrum(two, "inbox", "--unread").out


def test_an_answer_finds_its_way_back_with_its_thread(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    for clone in (one, two, one):
        world.thrum(clone, "sync", "force")
    sent = world.thrum(one, "send", "question", "--to", "@nux", "--json").json
    (told,) = sent["recipients"]
    assert (told["state"], "held" in told) == ("stored", False), "nobody here knows of nux"
    for clone in (one, two):
        world.thrum(clone, "sync", "force")
    reply = world.thrum(two, "reply", sent["message_id"][-6:], "answer", "--json").json
    for clone in (two, one):
        world.thrum(clone, "sync", "force")
    got = world.thrum(one, "message", "get", reply["message_id"], "--json").json["message"]
    parent = world.thrum(one, "message", "get", sent["message_id"], "--json").json["message"]
    assert got["reply_to"] == sent["message_id"]
    assert got["thread_id"] == parent["thread_id"] == reply["thread_id"]
    (told,) = parent["recipients"]
    assert (told["agent_id"], told["state"]) == ("nux", "read")
    assert told["read_at"]


def test_a_linked_worktree_shares_the_daemon_and_has_its_own_agent(world: World) -> None:
    world.remote()
    main = world.node("one", "furiosa")
    world.git("commit", "--allow-empty", "-qm", "x", cwd=main)
    linked = world.root / "linked"
    world.git("worktree", "add", "-q", "-b", "side", str(linked), cwd=main)
    world.thrum(linked, "init", "--non-interactive")
    assert (linked / ".thrum/redirect").read_text().strip() == str(main / ".thrum")
    world.thrum(linked, "quickstart", "nux", "--role", "reviewer", "--module", "x")
    world.thrum(linked, "send", "from the side", "--to", "@furiosa")
    assert "from the side" in world.thrum(main, "inbox").out
    assert world.thrum(main, "whoami", "--field", "agent_id").out.strip() == "furiosa"
    assert world.thrum(linked, "whoami", "--field", "agent_id").out.strip() == "nux"


def test_initialising_twice_changes_nothing(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    before = (one / ".thrum/config.json").read_bytes()
    exclude = (one / ".git/info/exclude").read_bytes()
    world.thrum(one, "init", "--non-interactive")
    assert (one / ".thrum/config.json").read_bytes() == before
    assert (one / ".git/info/exclude").read_bytes() == exclude


def test_two_clones_claim_the_same_and_the_earlier_one_counts_for_both(world: World) -> None:
    remote = world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    for clone in (one, two, one):
        world.thrum(clone, "sync", "force")
    away = remote.rename(remote.with_name("away"))
    first = world.thrum(one, "claim", "src", "--note", "the valves")
    assert "not confirmed by other clones yet" in first.err
    second = world.thrum(two, "claim", "src/valve.py", "doc", "--json").json
    assert [each["confirmed"] for each in second["claims"]] == [False, False]
    away.rename(remote)
    for clone in (one, two, one):
        world.thrum(clone, "sync", "force")
    listed = [world.thrum(clone, "claims", "--json").json for clone in (one, two)]
    owners = [
        {(each["what"], each["agent_id"], each["confirmed"]) for each in found["claims"]}
        for found in listed
    ]
    assert owners == [{("src", "furiosa", True), ("doc", "nux", True)}] * 2
    eventually(lambda: "is lost" in world.thrum(two, "inbox").out)
    lost = world.thrum(two, "inbox").out
    assert "@furiosa" in lost
    assert "the valves" in lost
    eventually(lambda: "stands" in world.thrum(one, "inbox").out)
    states = world.thrum(two, "claims", "--all", "--json").json["claims"]
    assert {each["what"]: each["state"] for each in states}["src/valve.py"] == "lost"
    refused = world.thrum(two, "claim", "SRC/x", check=False)
    assert (refused.code, "@furiosa has src" in refused.err) == (1, True)
