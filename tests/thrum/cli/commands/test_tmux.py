"""``thrum tmux``: what is asked of the daemon, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from thrum.cli.steps import launched

SOCKET = "/tmp/tmux-7/default"
ROWS = [
    {"name": "api", "state": "alive", "agent": "erin", "role": "tester", "branch": "feature/x"},
    {"name": "old\x1b", "state": "dead", "agent": "finn", "role": "tester"},
]


@pytest.fixture
def room(world: Any) -> Any:
    world.daemon.answers |= {
        "tmux.status": {"sessions": ROWS, "socket": SOCKET},
        "tmux.create": {"session": "a-b", "identity": {"agent": {"name": "erin"}}},
        "tmux.launch": {"session": "a-b", "runtime": "claude"},
        "tmux.send": {"command_id": "", "position": 0},
        "tmux.capture": {"content": "$ ls\x1b[31m\n"},
        "tmux.kill": None,
        "tmux.check-pane": {"session": "api", "state": "idle"},
    }
    return world


def test_a_session_is_made_for_an_agent(room: Any) -> None:
    worktree = room.root / "w"
    worktree.mkdir()
    (worktree / ".git").write_text("gitdir: elsewhere\n")
    flags = ("--name", "erin", "--role", "tester", "--module", "api", "--intent", "$(x)")
    ran = room.run("tmux", "create", "a b", "--cwd", "w", *flags, "--runtime", "codex")
    assert ran.out == "✓ Session a-b for @erin\n"
    assert "thrum tmux launch a-b" in ran.err
    assert room.daemon.params("tmux.create") == {
        "name": "a b",
        "cwd": str(worktree),
        "agent_name": "erin",
        "role": "tester",
        "module": "api",
        "intent": "$(x)",
        "runtime": "codex",
        "caller_agent_id": "furiosa",
    }
    document = room.run("tmux", "create", "a", "--cwd", "w", *flags, "--json").document
    assert [each["code"] for each in document["hints"]] == ["tmux.create.next-launch"]


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("new", "--cwd", ".", "--name", "furiosa"), "not-a-worktree"),
        (("api", "--cwd", ".", "--no-agent"), "session-exists"),
    ],
)
def test_what_is_in_the_way_is_said_before(room: Any, argv: tuple[str, ...], code: str) -> None:
    ran = room.run("tmux", "create", *argv, "--json")
    assert (ran.code, ran.error["kind"]) == (1, "hint")
    assert [each["code"] for each in ran.error["hints"]] == [f"tmux.create.{code}"]
    assert "tmux.create" not in room.daemon.methods
    forced = room.run("tmux", "create", *argv, "--force")
    assert (forced.code == 0) is (code == "session-exists")


def test_a_folder_is_named(room: Any) -> None:
    ran = room.run("tmux", "create", "api", "--no-agent", "--json")
    assert (ran.code, ran.error["kind"]) == (2, "usage")


def test_who_is_nobody_may_begin_agents(room: Any) -> None:
    (room.root / ".thrum/identities/furiosa.json").unlink()
    room.daemon.answers["agent.whoami"] = {"agent_id": "", "source": "none"}
    assert room.run("tmux", "create", "x", "--cwd", ".", "--no-agent").code == 0
    assert "caller_agent_id" not in room.daemon.params("tmux.create")


def test_launching(room: Any) -> None:
    assert room.run("tmux", "launch", "api", "--runtime", "codex").out == "✓ claude in a-b\n"
    asked = {"name": "api", "runtime": "codex", "caller_agent_id": "furiosa"}
    assert room.daemon.params("tmux.launch") == asked


def test_a_launch_is_waited_for(room: Any) -> None:
    answer = {"session": "a-b", "runtime": "claude"}
    room.daemon.answers["tmux.launch"] = {**answer, "launch": "ready"}
    assert room.run("tmux", "launch", "api", "--wait").out == "✓ claude is up in a-b\n"
    assert room.daemon.params("tmux.launch")["wait_ms"] == 90_000
    failed = {**answer, "launch": "failed", "reason": "claude ended: \x1b[31m boom"}
    room.daemon.answers["tmux.launch"] = failed
    ran = room.run("tmux", "launch", "api", "--wait")
    assert (ran.code, ran.out) == (1, "")
    assert "claude is not up in a-b: claude ended: \\x1b[31m boom" in ran.err
    assert "thrum tmux connect a-b" in ran.err
    ran = room.run("tmux", "launch", "api", "--wait", "--json")
    assert (ran.code, ran.document) == (1, failed)
    room.daemon.answers["tmux.launch"] = {**answer, "launch": "starting"}
    assert "still starting" in room.run("tmux", "launch", "api", "--wait").err


def test_how_launches_go_is_listed(room: Any) -> None:
    rows = [
        {"name": "a", "state": "alive", "launch": "starting"},
        {"name": "b", "state": "alive", "launch": "failed", "reason": "it ended"},
        {"name": "c", "state": "alive", "launch": "ready"},
        {"name": "d", "state": "stale", "launch": "ready"},
    ]
    room.daemon.answers["tmux.status"] = {"sessions": rows, "socket": SOCKET}
    ran = room.run("tmux", "status")
    said = [line.split()[:2] for line in ran.out.splitlines()]
    assert said == [["a", "starting"], ["b", "failed"], ["c", "alive"], ["d", "stale"]]
    assert ran.err == "b: it ended\n"


def test_restarting(room: Any) -> None:
    answer = {"session": "a-b", "runtime": "codex", "snapshot_lines": 3, "launch": "ready"}
    room.daemon.answers["tmux.restart"] = answer
    ran = room.run("tmux", "restart", "api", "--runtime", "codex")
    assert (ran.code, ran.out, ran.err) == (0, "✓ codex is up in a-b\n", "")
    asked = room.daemon.params("tmux.restart")
    assert {"name": "api", "runtime": "codex", "wait_ms": 90_000}.items() <= asked.items()
    assert "force" not in asked
    room.daemon.answers["tmux.restart"] = {**answer, "snapshot_lines": 0, "launch": "failed"}
    ran = room.run("tmux", "restart", "api", "--force")
    assert ran.code == 1
    assert "nothing that was said before is kept" in ran.err
    assert room.daemon.params("tmux.restart")["force"] is True
    assert room.run("tmux", "restart", "api", "--json").document["snapshot_lines"] == 0


@pytest.mark.parametrize(
    ("row", "launch", "reason"),
    [
        ({"state": "alive", "launch": "failed", "reason": "x"}, "failed", "x"),
        ({"state": "alive", "front": "node"}, "ready", ""),  # a daemon that began in between
        ({"state": "alive"}, "failed", "nothing runs there"),
        ({"state": "dead"}, "failed", "its session is gone"),
        ({"name": "another"}, "failed", "its session is gone"),
    ],
)
def test_how_a_launch_went(room: Any, row: dict[str, str], launch: str, reason: str) -> None:
    rows = [{"name": "api", "agent": "erin", **row}]
    room.daemon.answers["tmux.status"] = {"sessions": rows, "socket": SOCKET}
    context = room.context([])
    (found,) = launched.known(context, ["api"]).values()
    context.hang_up()
    assert (found["launch"], found.get("reason", "")) == (launch, reason)


@pytest.mark.parametrize("word", ["status", "list"])
def test_sessions_are_listed(room: Any, word: str) -> None:
    ran = room.run("tmux", word)
    assert ran.out.splitlines() == [
        "api alive @erin tester - feature/x".replace("@", ""),
        "old\\x1b dead finn tester - -",
    ]
    assert room.run("tmux", word, "--json").document["sessions"][0] == ROWS[0]
    room.daemon.answers["tmux.status"] = {"sessions": None, "socket": SOCKET}
    assert room.run("tmux", word).out == "No sessions.\n"


def test_texts_and_screens(room: Any) -> None:
    assert room.run("tmux", "send", "api", "echo $(x)").out == "✓ Typed into api\n"
    assert room.daemon.params("tmux.send")["text"] == "echo $(x)"
    room.daemon.answers["tmux.send"] = {"command_id": "cmd_1", "position": 1}
    assert room.run("tmux", "send", "api", "true").out == "✓ Queued cmd_1 in api\n"
    assert room.run("tmux", "capture", "api", "--lines", "5").out == "$ ls\\x1b[31m\n"
    assert room.daemon.params("tmux.capture") == {"name": "api", "lines": 5}
    assert room.run("tmux", "capture", "api", "--lines", "0").code == 2


def test_ending(room: Any) -> None:
    assert room.run("tmux", "kill", "api").out == "✓ Ended api\n"
    assert room.daemon.params("tmux.kill") == {"name": "api", "caller_agent_id": "furiosa"}


def test_hooks_of_older_programs_hear_nothing_of_a_daemon_that_is_away(
    room: Any, refuse: Any
) -> None:
    assert room.run("tmux", "check-pane", "api", "--repo", str(room.root)).out == "idle\n"
    room.daemon.answers["tmux.check-pane"] = refuse("internal", "broken")
    assert room.run("tmux", "check-pane", "api").code == 1
    room.daemon.close()
    room.env["THRUM_AUTOSTART"] = "false"
    ran = room.run("tmux", "check-pane", "api")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


@pytest.fixture
def goes(room: Any, became: Any) -> Callable[..., list[str]]:
    """What the command's process becomes."""

    def goes(*argv: str) -> list[str]:
        room.env["THRUM_DEBUG"] = "1"
        with pytest.raises(became) as caught:
            room.run("tmux", *argv, terminal=True)
        found: list[str] = caught.value.argv
        return found

    return goes


Goes = Callable[..., list[str]]


def test_going_to_a_session(room: Any, goes: Goes) -> None:
    there = ["tmux", "-S", SOCKET, "attach-session", "-t", "=api"]
    assert goes("connect", "api") == there
    assert goes("connect") == there  # the only one that is there
    room.env["TMUX"] = "/tmp/tmux-7/work,1,2"
    assert goes("connect") == there
    room.env["TMUX"] = f"{SOCKET},1,2"
    assert goes("connect") == ["tmux", "-S", SOCKET, "switch-client", "-t", "=api"]


def test_where_there_is_nothing_to_go_to(room: Any) -> None:
    assert (
        "there is no session ap; there are: api"
        in room.run("tmux", "connect", "ap", terminal=True).err
    )
    assert room.run("tmux", "connect", "api").code == 2  # no terminal
    more = [*ROWS, {"name": "more", "state": "stale"}]
    room.daemon.answers["tmux.status"] = {"sessions": more, "socket": SOCKET}
    ran = room.run("tmux", "connect", terminal=True)
    assert ran.code == 2 and "Sessions: api, more" in ran.err


@pytest.mark.parametrize("blind", ["tmux 2.9 is too old", "the program 'tmux' is not found\x1b"])
def test_what_is_wrong_with_tmux_is_said(room: Any, blind: str) -> None:
    dead = [{**each, "state": "dead"} for each in ROWS]
    answer: dict[str, Any] = {"sessions": dead, "socket": SOCKET, "blind": blind}
    room.daemon.answers["tmux.status"] = answer
    ran = room.run("tmux", "list")
    assert (ran.code, len(ran.out.splitlines())) == (0, len(ROWS))
    assert f"nothing is seen of tmux: {blind[:15]}" in ran.err
    assert "\x1b" not in ran.err
    for argv in (("connect", "api"), ("connect",)):
        ran = room.run("tmux", *argv, terminal=True)
        assert (ran.code, f"nothing is seen of tmux: {blind[:15]}" in ran.err) == (1, True)
    answer |= {"sessions": None, "blind": ""}
    assert "thrum tmux start" in room.run("tmux", "connect", terminal=True).err


def test_starting_here(room: Any, goes: Goes) -> None:
    argv = goes("start", "--name", "api")
    assert argv[-1] == "=api" and room.daemon.methods == ["tmux.status"]
    argv = goes("start", "--name", "a b", "--runtime", "codex")
    assert argv[-1] == "=a-b"
    assert room.daemon.methods[-3:] == ["tmux.status", "tmux.create", "tmux.launch"]
    made = room.daemon.params("tmux.create")
    assert (made["name"], made["no_agent"], made["cwd"]) == ("a-b", True, str(room.root))
    assert room.daemon.params("tmux.launch")["runtime"] == "codex"
    goes("start")
    assert room.daemon.params("tmux.create")["name"] == room.root.name


def test_a_session_is_found_by_the_name_that_it_was_made_with(room: Any, goes: Goes) -> None:
    rows = [{"name": "a-b", "state": "alive"}]
    room.daemon.answers["tmux.status"] = {"sessions": rows, "socket": SOCKET}
    for words in (("start", "--name", "a b"), ("connect", "a b"), ("connect", "=a-b")):
        assert goes(*words)[-1] == "=a-b"
    assert set(room.daemon.methods) == {"tmux.status"}
    assert room.run("tmux", "connect", "..", terminal=True).code == 1
