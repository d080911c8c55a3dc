"""The queue by a real socket and a real tmux."""

from __future__ import annotations

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.queue.conftest import Session
from tests.tmux import NEEDED

pytestmark = NEEDED


def test_one_after_another(session: Session) -> None:
    first = session.queue("echo one; false")
    second = session.queue("echo $?")
    found = session.wait(first)
    assert found.pop("elapsed_ms") >= 0
    assert found == {"command_id": first, "state": "completed", "output": "one", "exit_status": 1}
    assert session.wait(second)["output"] == "1"
    assert session.status() == {"session": "api"}
    eventually(lambda: len(session.told(second)) == 1)
    (said,) = session.told(first)
    assert said.startswith(f"Command {first} completed.\nSession: api\nElapsed: 0s\n")


def test_whoever_asks_what_its_agent_does_hears_of_its_commands(session: Session) -> None:
    def state() -> str:
        return str(session.village.call("alice", "tmux.check-pane", session="api")["state"])

    assert state() == "idle"
    long = session.queue("sleep 600")
    eventually(lambda: "active" in session.status())
    assert state() == "command_sent"
    session.village.call("alice", "tmux.cancel", command_id=long, interrupt=True)
    assert state() == "idle"
    session.wait(session.queue("true"))
    assert state() == "command_completed"


def test_what_is_sent_to_an_agent_waits_for_its_turn(session: Session) -> None:
    village = session.village
    sent = village.call("alice", "tmux.send", name="api", text="echo sent")
    assert sent["position"] == 1
    found = session.wait(sent["command_id"])
    assert (found["state"], found["output"]) == ("completed", "sent")
    assert session.told(sent["command_id"]) == []


def test_what_makes_no_sense_is_refused(session: Session) -> None:
    village = session.village
    asked = {"session": "api", "text": "true", "requester": "alice"}

    def refused(**params: object) -> str:
        return village.refused("alice", "tmux.queue", **{**asked, **params})

    for name in asked:
        assert refused(**{name: ""}) == "invalid_params"
    assert refused(text="a\nb") == "invalid_params"
    assert refused(text="\x1b[31m") == "invalid_params"
    assert refused(text="x" * 1_000_000) == "too_large"
    assert refused(timeout_ms=10**12) == "invalid_params"
    for nobody in ("nobody-here", "tmux-send", "$(touch hit)\x1b[31m", "x" * 1_000_000):
        assert refused(requester=nobody) == "unknown_recipient"
    assert refused(session="nosession") == "not_found"
    for method in ("queue-wait", "cancel"):
        assert village.refused("alice", f"tmux.{method}", command_id="cmd_nope") == "not_found"
        assert village.refused("alice", f"tmux.{method}") == "invalid_params"
    assert village.refused("alice", "tmux.queue-status") == "invalid_params"
    for named, meant in (("none", "none"), ("none:0.0", "none"), ("no ne", "no-ne")):
        found = village.call("alice", "tmux.queue-status", session=named)
        assert found == {"session": meant}
    assert session.status() == {"session": "api"}


def test_a_session_of_nobodys_has_no_queue(session: Session) -> None:
    village = session.village
    where = str(village.worktree("free"))
    village.call("alice", "tmux.create", name="free", cwd=where, no_agent=True)
    asked = {"session": "free", "text": "true", "requester": "alice"}
    assert village.refused("alice", "tmux.queue", **asked) == "conflict"


def test_whose_session_it_is_and_who_asked_may_and_others_may_not(session: Session) -> None:
    village = session.village
    village.agent("mallory", role="tester")
    asked = {"session": "api", "text": "echo mine", "requester": "erin"}
    mine = village.call("erin", "tmux.queue", **asked)["command_id"]
    assert village.refused("mallory", "tmux.queue", **asked) == "not_allowed"
    assert village.refused("nobody", "tmux.queue", **asked) == "anonymous_caller"
    assert village.refused("erin", "tmux.queue", **{**asked, "requester": "alice"}) == "not_allowed"
    assert village.call("nobody", "tmux.queue-wait", command_id=mine)["output"] == "mine"
    assert village.call("nobody", "tmux.queue-status", session="api") == {"session": "api"}
    long = session.queue("sleep 600")
    assert village.refused("mallory", "tmux.cancel", command_id=long) == "not_allowed"
    assert village.call("erin", "tmux.cancel", command_id=long)["state"] == "canceled"


def test_a_wait_ends_with_its_time(session: Session) -> None:
    command_id = session.queue("sleep 600", notify_on_complete=False)
    assert session.wait(command_id, 1)["state"] in {"queued", "sent"}
    asked = {"command_id": command_id, "interrupt": True}
    session.village.call("alice", "tmux.cancel", **asked)
    assert session.wait(command_id)["state"] == "canceled"
