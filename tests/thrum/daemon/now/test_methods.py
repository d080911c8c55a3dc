"""What every agent does, as one asks for it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from msgspec.structs import replace

from thrum import paths
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import Boundary
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.service import Tmux
from thrum.errors import ThrumError
from thrum.identity import files, process

PANE = Pane("$1", "%1", 0, 0, False, False, 7, 0, "api", "sh", "/w", "", "%1")


def rows(node: Any, who: str = "nux", **params: Any) -> dict[str, Any]:
    return {each["agent_id"]: each for each in node.call(who, "now.list", **params)["agents"]}


def test_it_says_what_each_works_on_and_what_waits(node: Any) -> None:
    session_id = node.agent("nux", role="driver", module="war")
    node.agent("furiosa")
    node.call("nux", "session.setIntent", session_id=session_id, intent="drive")
    node.call("nux", "session.setTask", session_id=session_id, current_task="shift")
    for text in ("first", "last " + "x" * 300):
        sent = node.send("furiosa", text, to="nux")
    found = rows(node)
    row = found["nux"]
    assert (row["role"], row["module"], row["session_id"]) == ("driver", "war", session_id)
    assert (row["intent"], row["current_task"]) == ("drive", "shift")
    assert (row["state"], row["evidence"]) == ("live", "session")
    assert row["since"] == row["session_start"]
    assert (row["unread"], row["total"], row["held"], row["is_local"]) == (2, 2, "looks", True)
    assert row["worktree"] == str(node.homes["nux"])
    word = found["furiosa"]["word"]
    assert (word["message_id"], word["created_at"]) == (sent["message_id"], sent["created_at"])
    assert word["preview"] == ("last " + "x" * 300)[:200]
    assert "word" not in row


def test_people_are_no_agents_and_who_is_offline_can_be_left_out(node: Any) -> None:
    from thrum import events

    person = events.AgentRegister(agent_id="user:ada", kind="user", role="ada", module="ui")
    node.store.transact_blocking(lambda transaction: transaction.emit(person))
    session_id = node.agent("max")
    node.agent("nux")
    node.call("max", "session.end", session_id=session_id)
    found = rows(node)
    assert list(found) == ["max", "nux"]
    assert (found["max"]["state"], found["max"]["held"]) == ("offline", "asleep")
    assert found["max"]["since"] == found["max"]["held_since"] != ""
    assert list(rows(node, include_offline=False)) == ["nux"]


def test_hooks_and_the_agents_own_word_are_evidence(node: Any) -> None:
    node.agent("nux")
    delivery = node.parts.service(Delivery)
    sitting = delivery.sitting(Seat("nux", "claude", "s1"))
    sitting.passes(Boundary.PROMPT, node.parts.now_ns())
    row = rows(node)["nux"]
    assert (row["state"], row["evidence"], row["held"]) == ("working", "hook", "turn")
    assert row["heard"] == row["since"] == row["held_since"]
    folder = files.folder(node.homes["nux"])
    files.write(
        folder,
        "nux",
        "2100-01-01T00:00:00Z",
        agent_status="blocked",
        agent_status_updated_at="2100-01-01T00:00:00Z",
    )
    node.parts.callers.identities.forget()
    row = rows(node)["nux"]
    assert (row["state"], row["evidence"]) == ("blocked", "said")
    assert row["since"].startswith("2100-01-01")


def test_the_tool_is_told_that_a_hook_names(node: Any) -> None:
    node.agent("nux")
    node.stand("nux")
    asked = {"runtime": "claude", "session": "s1", "can_tell": False}
    hook = node.connect()
    hook.call("delivery.ask", **asked, boundary="tools", tool="Bash")
    assert (rows(node)["nux"]["state"], rows(node)["nux"]["tool"]) == ("working", "Bash")
    hook.call("delivery.ask", **asked, boundary="permission", tool="Write")
    assert (rows(node)["nux"]["state"], rows(node)["nux"]["tool"]) == ("waiting", "Write")
    hook.call("delivery.ask", **asked, boundary="end_of_turn")
    assert "tool" not in rows(node)["nux"]


def test_a_process_that_ended_is_seen(node: Any) -> None:
    node.agent("nux")
    here = process.look(os.getpid())
    assert here is not None
    folder = files.folder(node.homes["nux"])
    for pid, started, doing in (
        (here.pid, here.started, "live"),
        (here.pid, "another", "offline"),
    ):
        files.write(folder, "nux", "2100-01-01T00:00:00Z", agent_pid=pid, agent_pid_started=started)
        node.parts.callers.identities.forget()
        row = rows(node)["nux"]
        assert (row["state"], row["evidence"]) == (doing, "process")


@pytest.mark.parametrize(
    ("lives", "panes", "found"),
    [
        ({"tmux_session": "api:0.0"}, [PANE], "alive"),
        ({"tmux_session": "api:0.0"}, [replace(PANE, is_dead=True)], "dead"),
        ({"tmux_session": "web:0.0"}, [PANE], "dead"),
        ({"tmux_session": "api:0.0", "agent_pid": 2**22 - 1}, [PANE], "stale"),
        ({"tmux_session": "api:0.0"}, ThrumError("timed_out", "tmux does not answer"), None),
        ({}, [PANE], None),
    ],
)
def test_it_says_how_it_stands_with_a_session_of_tmux(
    node: Any, monkeypatch: pytest.MonkeyPatch, lives: dict[str, Any], panes: Any, found: str | None
) -> None:
    async def seen(self: Tmux) -> list[Pane]:
        if isinstance(panes, ThrumError):
            raise panes
        return list(panes)

    monkeypatch.setattr(Tmux, "seen", seen)
    node.agent("nux")
    node.agent("max")
    files.write(files.folder(node.homes["nux"]), "nux", "2100-01-01T00:00:00Z", **lives)
    node.parts.callers.identities.forget()
    assert rows(node)["nux"].get("tmux") == found
    assert "tmux" not in rows(node)["max"]


def test_files_that_several_change_are_marked(node: Any) -> None:
    import json

    for name, changed in (("nux", ["a.py", "b.py"]), ("max", ["b.py"]), ("slit", [])):
        session_id = node.agent(name)

        def note(transaction: Any, name=name, session_id=session_id, changed=changed) -> None:
            transaction.db.execute(
                "INSERT INTO agent_work_contexts (session_id, agent_id, changed_files,"
                " uncommitted_files) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " changed_files = excluded.changed_files,"
                " uncommitted_files = excluded.uncommitted_files",
                (session_id, name, json.dumps(changed), json.dumps(changed[:1])),
            )

        node.store.transact_blocking(note)
    found = rows(node)
    assert found["nux"]["files"] == ["a.py", "b.py"]
    assert found["nux"]["file_count"] == 2
    assert found["nux"]["clashes"] == [{"file": "b.py", "agents": ["max"]}]
    assert found["max"]["clashes"] == [{"file": "b.py", "agents": ["nux"]}]
    assert "clashes" not in found["slit"]


def test_it_goes_on_from_its_cursor(node: Any) -> None:
    node.agent("nux")
    cursor = node.call("nux", "now.list")["cursor"]
    sent = node.send("nux", "later", to="everyone")
    answer = node.call("nux", "events.since", cursor=cursor)
    methods = [each["method"] for each in answer["pushes"]]
    assert "notification.message" in methods
    ids = [each["params"].get("message_id") for each in answer["pushes"]]
    assert sent["message_id"] in ids and not answer["more"]
    assert node.refused("nobody", "now.list") == "anonymous_caller"
    assert paths.at(node.repository)


def test_it_costs_the_same_however_much_was_said(node: Any) -> None:
    """Rows of messages are looked up, never counted."""
    node.agent("nux")
    from thrum.daemon.now.looking import _see

    db = node.store.reader()

    def steps() -> int:
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        db.set_progress_handler(step, 20)
        _see(db, {}, {"", "d_here"})
        db.set_progress_handler(None, 0)
        return count

    for _ in range(3):
        node.send("nux", "text")
    before = steps()
    for _ in range(200):
        node.send("nux", "text")
    assert steps() <= before * 1.5
