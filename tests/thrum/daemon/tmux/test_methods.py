"""``tmux.*`` by a real socket and a real tmux."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.conftest import Node, eventually
from tests.tmux import NEEDED, Tmux
from thrum.daemon.tmux.service import Tmux as Service
from thrum.identity import files, process

pytestmark = NEEDED
UNFORGED = True
"""Here agents are registered by the command as the daemon starts it."""

ERIN = {"agent_name": "erin", "role": "tester", "module": "api"}


def filed(home: Path, name: str = "erin") -> dict[str, Any]:
    """What an identity file says."""
    found: dict[str, Any] = json.loads(files.path_of(files.folder(home), name).read_text())
    return found


def opened(village: Node, name: str = "api", **params: Any) -> Path:
    """The worktree of an agent that was given a session."""
    home = village.worktree(f"home_of_{name}")
    village.call("alice", "tmux.create", name=name, cwd=str(home), **{**ERIN, **params})
    return home


def test_who_lives_in_a_tmux_that_is_held_up_has_not_died(
    village: Node, tmux: Tmux, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(village)
    (before,) = village.call("alice", "tmux.status")["sessions"]
    monkeypatch.setattr("thrum.daemon.tmux.connection.LIMIT_S", 0.2)
    monkeypatch.setattr("thrum.daemon.tmux.server.LIMIT_S", 0.2)
    server = int(tmux.do("display-message", "-p", "#{pid}"))
    os.kill(server, signal.SIGSTOP)
    try:
        (row,) = village.call("alice", "tmux.status")["sessions"]
        assert (row["state"], village.refused("alice", "tmux.capture", name="api")) == (
            before["state"],
            "program",
        )
    finally:
        os.kill(server, signal.SIGCONT)
    tmux.end()
    eventually(lambda: village.call("alice", "tmux.status")["sessions"][0]["state"] == "dead")


def test_an_agent_gets_a_session_of_its_own(village: Node, tmux: Tmux) -> None:
    home = village.worktree("w")
    intent = "$(touch hit) 'it' \"is\" done; #(touch hit)"
    made = village.call("alice", "tmux.create", name="a b", cwd=str(home), intent=intent, **ERIN)
    assert made["session"] == "a-b"
    assert made["identity"] == filed(home)
    assert made["identity"]["tmux_session"] == "a-b:0.0"
    assert (made["identity"]["agent"]["name"], made["identity"]["intent"]) == ("erin", intent)
    assert tmux.sessions == ["a-b"]
    (row,) = village.call("alice", "tmux.status")["sessions"]
    known = {"name": "a-b", "agent": "erin", "role": "tester", "module": "api", "state": "alive"}
    assert row == known | ({"branch": row["branch"]} if "branch" in row else {})
    assert list(village.repository.parent.rglob("hit")) == []
    inherited = tmux.do("show-environment", "-g")
    assert "HOME=" in inherited
    assert not [each for each in ("CLAUDECODE", "SOME_TOKEN", "THRUM_") if each in inherited]


def test_who_registers_is_who_would(village: Node) -> None:
    home = opened(village, runtime="codex")
    members = village.call("alice", "team.list")["members"]
    erin = next(each for each in members if each["agent_id"] == "erin")
    assert (erin["tmux_session"], erin["tmux_state"]) == ("api:0.0", "alive")
    assert filed(home)["preferred_runtime"] == "codex"


def test_one_that_ended_by_itself_is_known_to_have_before_another_takes_its_name(
    village: Node, tmux: Tmux
) -> None:
    home = opened(village)
    tmux.end()
    told: list[tuple[str, list[str]]] = []

    async def ended(session: str) -> None:
        told.append((session, tmux.sessions))

    village.parts.service(Service).when_ended.append(ended)
    village.call("alice", "tmux.create", name="api", cwd=str(home), **ERIN)
    assert told == [("api", [])]


def test_a_refusal_leaves_nothing(village: Node, tmux: Tmux) -> None:
    home = village.worktree("w")

    def refused(**params: Any) -> str:
        asked = {"name": "api", "cwd": str(home), **ERIN, **params}
        return village.refused("alice", "tmux.create", **asked)

    assert refused(cwd="relative") == "invalid_params"
    assert refused(cwd=str(home / "none")) == "invalid_params"
    assert refused(cwd=str(village.repository)) == "invalid_params"  # it is everybody's
    assert refused(cwd=str(home.parent)) == "invalid_params"
    assert refused(name="..") == "invalid_params"
    assert refused(agent_name="") == "invalid_params"
    assert refused(agent_name="../x") == "invalid_params"
    assert refused(role="a b") == "invalid_params"
    assert refused(runtime="bad name!") == "not_found"
    assert refused(agent_name="alice") in {"name_taken", "not_allowed", "conflict"}
    assert tmux.sessions == []


def test_a_session_in_the_way_stays_unless_forced(village: Node, tmux: Tmux) -> None:
    home = opened(village)
    other = village.worktree("other")
    first = tmux.do("display-message", "-p", "-t", "=api:", "#{pane_pid}")
    asked = {"cwd": str(other), **ERIN, "agent_name": "finn"}
    assert village.refused("alice", "tmux.create", name="api", **asked) == "conflict"
    again = {"cwd": str(home), "no_agent": True}
    assert village.refused("alice", "tmux.create", name="more", **again) == "conflict"
    assert tmux.do("display-message", "-p", "-t", "=api:", "#{pane_pid}") == first
    village.call("alice", "tmux.create", name="more", force=True, **again)
    assert (tmux.sessions, filed(home)["tmux_session"]) == (["more"], "more:0.0")


def test_of_several_who_want_one_place_one_gets_it(village: Node, tmux: Tmux) -> None:
    home = village.worktree("w")
    village.stand("alice")
    asking = [village.connect(limit=60) for _ in range(4)]
    for number, each in enumerate(asking):
        each.write("tmux.create", name=f"s{number % 2}", cwd=str(home), no_agent=True)
    answers = [each.read() for each in asking]
    refusals = [each["error"]["data"]["kind"] for each in answers if "error" in each]
    assert refusals == ["conflict"] * 3
    assert len(tmux.sessions) == 1


def test_what_has_ended_is_in_nobodys_way(village: Node, tmux: Tmux) -> None:
    home = opened(village)
    tmux.do("set-option", "-g", "remain-on-exit", "on")
    os.kill(int(tmux.do("display-message", "-p", "-t", "=api:", "#{pane_pid}")), 9)
    eventually(lambda: village.call("alice", "tmux.status")["sessions"][0]["state"] == "dead")
    village.call("alice", "tmux.create", name="api", cwd=str(home), **ERIN)
    assert village.call("alice", "tmux.status")["sessions"][0]["state"] == "alive"


def test_sessions_of_others_are_never_touched(village: Node, tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "api", "cat")
    home = village.worktree("w")
    asked = {"name": "api", "cwd": str(home), "force": True, **ERIN}
    assert village.refused("alice", "tmux.create", **asked) == "conflict"
    for method in ("kill", "capture", "launch"):
        assert village.refused("alice", f"tmux.{method}", name="api") == "not_allowed"
    assert village.refused("alice", "tmux.send", name="api", text="x") == "not_allowed"
    assert village.call("alice", "tmux.status")["sessions"] is None
    assert (tmux.sessions, tmux.shown("api").strip()) == (["api"], "")


def test_an_agent_of_ours_in_a_persons_own_session_is_seen(village: Node, tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "alice", "cat")
    home = village.homes["alice"]
    files.write(files.folder(home), "alice", "2026-01-01T00:00:00Z", tmux_session="alice:0.0")
    assert village.call("alice", "tmux.status")["sessions"][0]["state"] == "alive"
    assert village.call("alice", "tmux.capture", name="alice") == {"content": ""}
    assert village.refused("alice", "tmux.send", name="alice", text="x") == "conflict"


def test_texts_are_typed_and_screens_are_told(village: Node, tmux: Tmux) -> None:
    village.call("alice", "tmux.create", name="free", cwd=str(village.worktree("w")), no_agent=True)
    text = "echo 'typed'; # $(touch hit)"
    sent = village.call("alice", "tmux.send", name="free", text=text)
    assert sent == {"command_id": "", "position": 0}

    def capture() -> str:
        return str(village.call("alice", "tmux.capture", name="free", lines=5)["content"])

    eventually(lambda: text in capture())
    assert "\ntyped" not in capture()  # no key that ends the line was pressed
    assert village.refused("alice", "tmux.send", name="free", text="a\nb") == "invalid_params"
    assert village.refused("alice", "tmux.send", name="nosession", text="x") == "not_found"
    # As tmux itself writes it, but for its numbers, which are no names.
    assert text in village.call("alice", "tmux.capture", name="=free:0.0")["content"]
    for method in ("capture", "kill", "launch", "restart"):
        for name in ("%0", "$0", "@0", "="):
            assert village.refused("alice", f"tmux.{method}", name=name) == "invalid_params"
    assert village.refused("alice", "tmux.send", name="free") == "invalid_params"


def test_a_runtime_is_launched_where_a_shell_waits(village: Node, tmux: Tmux) -> None:
    home = opened(village)
    (tmux.home / ".thrum").mkdir()
    mine = {"command": "cat 'a file'"}
    runtimes = {"custom_runtimes": {"mine": mine}}
    (tmux.home / ".thrum" / "runtimes.json").write_text(json.dumps(runtimes))
    (home / "a file").write_text("the runtime says hello\n")
    done = village.call("alice", "tmux.launch", name="api", runtime="bash")
    assert done == {"session": "api", "runtime": "shell", "launch": "ready"}
    assert village.call("alice", "tmux.launch", name="api", runtime="mine")["runtime"] == "mine"
    eventually(lambda: "runtime says hello" in tmux.shown("api"))
    assert filed(home)["runtime"] == "mine"
    assert village.refused("alice", "tmux.launch", name="api", runtime="bad name!") == "not_found"
    assert village.refused("alice", "tmux.launch") == "invalid_params"


def test_nothing_is_launched_into_what_runs_already(village: Node, tmux: Tmux) -> None:
    opened(village)
    tmux.do("send-keys", "-t", "=api:", "cat", "Enter")
    front = ("display-message", "-p", "-t", "=api:", "#{pane_current_command}")
    eventually(lambda: tmux.do(*front) == "cat")
    assert village.refused("alice", "tmux.launch", name="api") == "conflict"
    assert "claude" not in tmux.shown("api")


@pytest.mark.parametrize(
    "keys", [("echo half",), ("echo half", "C-a"), ("echo 'half", "Enter", "x"), ("echo $",)]
)
def test_nothing_is_launched_behind_what_is_half_typed(
    village: Node, tmux: Tmux, keys: tuple[str, ...]
) -> None:
    opened(village)
    tmux.do("send-keys", "-t", "=api:", "exec bash --norc", "Enter")
    eventually(lambda: "norc" in tmux.shown("api"))
    eventually(lambda: tmux.shown("api").rstrip()[-1:] in {"$", "#"})
    tmux.do("send-keys", "-t", "=api:", *keys)
    eventually(lambda: "echo" in tmux.shown("api").partition("norc")[2])
    before = tmux.shown("api")
    done = village.stand("alice").ask("tmux.launch", name="api")
    assert done["error"]["data"]["kind"] == "conflict"
    assert "line" in done["error"]["data"]["hint"]
    assert tmux.shown("api") == before
    tmux.do("send-keys", "-t", "=api:", "C-c")
    eventually(lambda: tmux.shown("api") != before)
    village.call("alice", "tmux.launch", name="api")


def test_a_session_that_ended_is_made_anew_for_its_agent(village: Node, tmux: Tmux) -> None:
    home = opened(village)
    tmux.end()
    eventually(lambda: village.call("alice", "tmux.status")["sessions"][0]["state"] == "dead")
    village.call("alice", "tmux.launch", name="api", runtime="shell")
    pid = int(tmux.do("display-message", "-p", "-t", "=api:", "#{pane_pid}"))
    eventually(lambda: process.environment(pid).get("THRUM_NAME") == "erin")
    assert process.cwd(pid) == home
    assert tmux.do("show-options", "-t", "=api:", "-v", "@thrum-managed") == "1"


@pytest.mark.parametrize("method", ["launch", "queue"])
def test_what_ended_and_left_its_screen_begins_anew(village: Node, tmux: Tmux, method: str) -> None:
    home = opened(village)
    tmux.do("new-window", "-d", "-t", "=api:", "cat")
    tmux.do("set-option", "-g", "remain-on-exit", "on")
    ended = int(tmux.do("display-message", "-p", "-t", "=api:", "#{pane_pid}"))
    os.kill(ended, 9)
    eventually(lambda: village.call("alice", "tmux.status")["sessions"][0]["state"] == "dead")
    if method == "launch":
        village.call("alice", "tmux.launch", name="api", runtime="shell")
    else:
        village.call("alice", "tmux.queue", session="api", text="true", requester="alice")
    assert village.call("alice", "tmux.status")["sessions"][0]["state"] == "alive"
    pid = int(tmux.do("display-message", "-p", "-t", "=api:", "#{pane_pid}"))
    eventually(lambda: process.environment(pid).get("THRUM_NAME") == "erin")
    assert (process.cwd(pid), pid != ended) == (home, True)
    assert len(tmux.do("list-windows", "-t", "=api:").splitlines()) == 2  # a person's, too


def test_a_session_is_ended_and_forgotten(village: Node, tmux: Tmux) -> None:
    home = opened(village)
    opened(village, "api-2", agent_name="finn")
    assert village.refused("alice", "tmux.kill", name="ap") == "not_found"
    answer = village.stand("alice").ask("tmux.kill", name="api")
    assert answer["result"] is None
    assert tmux.sessions == ["api-2"]
    assert "tmux_session" not in filed(home)
    assert village.refused("alice", "tmux.kill", name="api") == "not_found"
    assert village.refused("alice", "tmux.kill") == "invalid_params"
    tmux.end()
    assert village.call("alice", "tmux.kill", name="api-2") is None  # its agent named it still


def test_an_agent_whose_process_ended_is_stale(village: Node) -> None:
    home = opened(village)
    gone = subprocess.Popen(["sleep", "600"])
    seen = process.look(gone.pid)
    assert seen is not None
    gone.kill()
    gone.wait()
    now = "2026-01-01T00:00:00Z"
    about = {"agent_pid": seen.pid, "agent_pid_started": seen.started}
    files.write(files.folder(home), "erin", now, **about)
    (row,) = village.call("alice", "tmux.status")["sessions"]
    assert row["state"] == "stale"


def test_what_an_agent_does_is_its_own_word(village: Node) -> None:
    home = opened(village)
    check = {"session": "api", "content": "$ "}
    assert village.call("alice", "tmux.check-pane", **check) == {"session": "api", "state": "idle"}
    files.write(files.folder(home), "erin", "2026-01-01T00:00:00Z", agent_status="working")
    assert village.call("alice", "tmux.check-pane", **check)["state"] == "working_but_idle"
    for name in ("", "nosession", "ap"):
        assert village.call("alice", "tmux.check-pane", session=name)["state"] == "idle"


def test_what_is_anothers_is_left_to_those_in_charge(village: Node, tmux: Tmux) -> None:
    home = opened(village)
    village.agent("mallory", role="tester")
    for method in ("kill", "launch"):
        assert village.refused("mallory", f"tmux.{method}", name="api") == "not_allowed"
    assert village.refused("mallory", "tmux.send", name="api", text="x") == "not_allowed"
    for params in ({"no_agent": True}, ERIN):
        asked = {"name": "mine", "cwd": str(home), "force": True, **params}
        assert village.refused("mallory", "tmux.create", **asked) == "not_allowed"
        assert village.refused("nobody", "tmux.create", **asked) == "anonymous_caller"
    assert village.refused("nobody", "tmux.kill", name="api") == "anonymous_caller"
    assert filed(home)["tmux_session"] == "api:0.0"
    # Nor is a name that somebody's session had, and will have again.
    tmux.end()
    own = {"name": "api", "cwd": str(village.homes["mallory"]), "no_agent": True}
    assert village.refused("mallory", "tmux.create", **own) == "not_allowed"
    village.call("alice", "tmux.create", **own)
    assert "tmux_session" not in filed(home)
    village.call("alice", "tmux.kill", name="api")
    village.call("alice", "tmux.create", name="api", cwd=str(home), no_agent=True)
    village.homes["erin"] = home
    village.call("erin", "tmux.send", name="api", text="mine")
    village.call("erin", "tmux.kill", name="api")
    assert tmux.sessions == []


def test_without_tmux_the_rest_goes_on(
    village: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = village.homes["alice"]
    files.write(files.folder(home), "alice", "2026-01-01T00:00:00Z", tmux_session="alice:0.0")
    server = village.parts.service(Service).server
    server.socket.parent.mkdir(mode=0o700, exist_ok=True)
    server.socket.touch()
    monkeypatch.setattr(server, "_environment", {"PATH": str(tmp_path)} | _at(server))
    answer = village.call("alice", "tmux.status")
    assert [each["state"] for each in answer["sessions"]] == ["dead"]
    assert "tmux" in answer["blind"]
    members = village.call("alice", "team.list")["members"]
    assert [each["tmux_state"] for each in members] == ["dead"]
    asked = {"name": "x", "cwd": str(tmp_path), "no_agent": True}
    assert village.refused("alice", "tmux.create", **asked) == "program"


def _at(server: Any) -> dict[str, str]:
    return {"TMUX_TMPDIR": str(server.socket.parents[1])}
