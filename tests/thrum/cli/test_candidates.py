"""Values by their kinds, from a daemon that answers or does not, and from the disk."""

from __future__ import annotations

import json
import socket
from typing import Any, get_args

import pytest

from tests.rows import row
from thrum.cli import candidates, takes
from thrum.cli.candidates import Known, values
from thrum.cli.takes import Kind, Takes


def found(world: Any, kind: Kind, typed: str = "") -> list[tuple[str, str]]:
    known = Known(world.context([]))
    try:
        return [(each.value, each.about) for each in values(known, Takes((kind,)), typed)]
    finally:
        known.close()


def test_every_kind_has_a_source() -> None:
    assert {*candidates.SOURCES} == {*get_args(Kind)}


@pytest.mark.parametrize("answer", [None, 7, [[]], {}, {"agents": 7}, {"messages": [7, {}]}])
def test_whatever_the_daemon_answers_is_no_defect(world: Any, answer: Any) -> None:
    for kind in candidates.SOURCES:
        with row(kind):
            methods = ("agent.list", "group.list", "message.list", "session.list", "rpc.discover")
            world.daemon.answers = dict.fromkeys((*methods, "team.list", "agent.whoami"), answer)
            assert all(isinstance(value, str) for value, _ in found(world, kind))


@pytest.mark.parametrize("kind", candidates.SOURCES)
def test_where_there_is_no_thrum_only_disk_and_code_are_known(
    world: Any, tmp_path: Any, kind: Kind
) -> None:
    world.root = tmp_path
    knows = {"file", "repository file", "directory", "event type", "help", "runtime"}
    assert bool(found(world, kind)) == (kind in knows)


def test_agents_with_and_without_the_sign(world: Any) -> None:
    rows = [{"agent_id": "nux", "role": "tester", "module": "war", "display": "Nux"}]
    world.daemon.answers["agent.list"] = {"agents": rows}
    assert found(world, "agent") == found(world, "agent", "@") == [("@nux", "tester, war")]
    assert found(world, "agent", "n") == found(world, "agent name") == [("nux", "tester, war")]
    assert found(world, "role") == [("tester", "a role")]
    assert found(world, "module") == [("war", "a module")]


def test_runtimes_are_ours_and_the_persons(world: Any, tmp_path: Any) -> None:
    (tmp_path / ".thrum").mkdir(exist_ok=True)
    own = {"custom_runtimes": {"mine": {"command": "mine"}}}
    (tmp_path / ".thrum/runtimes.json").write_text(json.dumps(own))
    world.env = {**world.env, "HOME": str(tmp_path)}
    assert found(world, "runtime", "cl") == [
        ("claude", "Claude Code"),
        ("cli-only", "Any other agent"),
    ]
    assert found(world, "runtime", "m") == [("mine", "mine")]
    (tmp_path / ".thrum/runtimes.json").write_text("{")
    assert found(world, "runtime") == []


def test_worktrees_that_can_be_removed(world: Any, clone: Any) -> None:
    clone.git("worktree", "add", "-q", "-b", "feature/nux", str(clone.root.with_name("nux")))
    clone.git("worktree", "add", "-q", "--detach", str(clone.root.with_name("toast")))
    world.root = clone.root
    assert found(world, "worktree") == [("nux", "feature/nux"), ("toast", "")]
    world.root = clone.root.with_name("toast")
    assert found(world, "worktree", "n") == [("nux", "feature/nux")]


def test_groups_say_what_they_are_for(world: Any) -> None:
    rows = [{"name": "war-rig", "description": "who drives"}, {"name": "valves"}]
    world.daemon.answers["group.list"] = {"groups": rows}
    assert found(world, "group") == [("@war-rig", "who drives"), ("@valves", "a group")]


def test_daemons_and_hosts(world: Any) -> None:
    rows = [{"origin_daemon": "d_1", "hostname": "citadel"}, {"hostname": "citadel"}]
    world.daemon.answers["team.list"] = {"members": rows}
    assert ("d_1", "on citadel") in found(world, "daemon")
    assert found(world, "host") == [("citadel", "a machine")]


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("message", {}),
        ("received message", {"caller_agent_id": "furiosa", "exclude_self": True}),
        ("unread message", {"caller_agent_id": "furiosa", "exclude_self": True, "unread": True}),
        ("own message", {"author_id": "furiosa"}),
    ],
)
def test_messages_newest_first(world: Any, message: Any, kind: Kind, params: Any) -> None:
    rows = [message("BBBBBB", "new"), message("AAAAAA", "old")]
    world.daemon.answers |= {
        "message.list": {"messages": rows},
        "agent.whoami": {"agent_id": "furiosa"},
    }
    assert found(world, kind) == [
        ("BBBBBB", "@nux 2m ago: new"),
        ("AAAAAA", "@nux 2m ago: old"),
    ]
    newest = {"sort_by": "created_at", "sort_order": "desc", "page_size": candidates.PAGE}
    assert world.daemon.params("message.list") == newest | params


def test_who_types_is_for_the_daemon_to_say(world: Any, message: Any, refuse: Any) -> None:
    world.env["THRUM_NAME"] = "nux"
    world.daemon.answers |= {
        "message.list": {"messages": [message()]},
        "agent.whoami": refuse("identity_mismatch", "no"),
    }
    assert found(world, "own message") == []
    assert world.daemon.requests == [("agent.whoami", {"caller_agent_id": "nux"})]
    assert not (world.root / ".thrum/var/daemon.log").exists()


def test_open_sessions(world: Any) -> None:
    row = {
        "session_id": "ses_01M7XCMNVS4RYV6N772VPAAAAAA",
        "agent_id": "nux",
        "started_at": "2026-01-02T01:04:05Z",
        "intent": "drive",
    }
    world.daemon.answers["session.list"] = {"sessions": [row]}
    assert found(world, "open session") == [("AAAAAA", "@nux, began 2h ago: drive")]
    assert world.daemon.params("session.list")["active_only"] is True


def test_methods_and_event_types(world: Any) -> None:
    world.daemon.answers["rpc.discover"] = {"methods": [{"name": "m.x", "summary": "Does x."}]}
    assert found(world, "method") == [("m.x", "Does x.")]
    types = dict(found(world, "event type", "message"))
    assert types["message"] == "all of message.*"
    assert "message.create" in types


def test_paths_lead_on_and_hide_what_is_hidden(world: Any) -> None:
    src = world.root / "src"
    src.mkdir()
    for name in ("b.py", "a b", ".hidden"):
        (src / name).write_text("")
    (world.root / "-dash").write_text("")
    assert found(world, "file") == [("./-dash", ""), ("src/", "")]
    assert found(world, "file", "src/") == [("src/a b", ""), ("src/b.py", "")]
    assert found(world, "file", "src/.") == [("src/.hidden", "")]
    assert found(world, "file", "no/such/") == []
    assert found(world, "directory", "s") == [("src/", "")]
    assert found(world, "file", str(src / "b")) == [(str(src / "b.py"), "")]


def test_few_names_of_a_large_directory_are_looked_at(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "LOOKED_AT", 3)
    for number in range(9):
        (world.root / f"file{number}").write_text("")
    assert len(found(world, "file")) <= 3


def test_words_are_known_without_the_daemon(world: Any, tmp_path: Any) -> None:
    world.root = tmp_path
    known = Known(world.context([]))
    both = Takes(("role",), ("tester", "planner"))
    assert [each.value for each in values(known, both, "t")] == ["tester"]
    assert [each.value for each in values(known, takes.words("on", "off"), "")] == ["on", "off"]


def test_one_answer_serves_agents_and_roles(world: Any) -> None:
    world.daemon.answers |= {"agent.list": {"agents": []}, "group.list": {"groups": []}}
    known = Known(world.context([]))
    values(known, takes.AUDIENCE, "")
    known.close()
    assert world.daemon.methods == ["agent.list", "group.list"]


def test_a_daemon_that_keeps_silent_is_waited_for_once(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is for all questions of a line together."""
    monkeypatch.setattr(candidates, "LIMIT_S", 0.2)
    world.daemon.close()
    world.daemon.path.unlink()
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(world.daemon.path))
        mute.listen(8)
        context = world.context([])
        ticks = iter((0.0, 0.0, 9.0, 9.0))
        context.monotonic = lambda: next(ticks)
        known = Known(context)
        assert values(known, takes.AUDIENCE, "") == []
        known.close()
        # It was asked for agents, and for roles there was no time left; nor for groups.
        assert next(ticks, None) is None
