"""``thrum prime``, with what is there and with what is not."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.cli.answers import COLLEAGUE, HEALTH, ME, PAGE

SNAPSHOT = "# Restart Snapshot — furiosa\n\n## Resume Plan\n\nPaint the tank.\n"


def leave(world: Any, content: bytes = SNAPSHOT.encode()) -> Path:
    """A session before this one was ended to begin anew."""
    folder = world.root / ".thrum/restart"
    folder.mkdir(exist_ok=True)
    (folder / "furiosa.md").write_bytes(content)
    found: Path = folder / "furiosa.md"
    return found


def note(world: Any, content: str | bytes, name: str = "furiosa") -> None:
    folder = world.root / ".thrum/context"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_bytes(content.encode() if isinstance(content, str) else content)


def test_a_registered_agent(office: Any, message: Any) -> None:
    office.daemon.answers["message.list"] = {"messages": [message("1", "Is it \x1b[2J open?")]}
    ran = office.run("prime")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "Agent: @furiosa (implementer, auth), session PNAVN5 since 2m"
    assert "Inbox: 1 unread of 4" in lines
    assert "  000001 @nux 2m: Is it \\x1b[2J open?" in lines
    assert "Team: 1 other, 1 active" in lines
    assert "# Agent Instructions" in lines
    params = office.daemon.params("message.list")
    assert (params["unread"], params["sort_order"], params["page_size"]) == (True, "asc", 5)
    assert "message.markRead" not in office.daemon.methods


def test_it_is_the_same_below_context(office: Any) -> None:
    assert office.run("context", "prime").out == office.run("prime").out


def test_the_document_for_programs(office: Any, message: Any) -> None:
    office.daemon.answers["message.list"] = {"messages": [message("1")]}
    note(office, "Valve 4.")
    leave(office)
    office.env["TMUX"] = "/tmp/tmux,1,0"
    (office.root / ".thrum/config.json").write_text('{"daemon": {"single_agent_mode": true}}')
    document = office.run("prime", "--json", "--keep-snapshot").document
    assert document == {
        "identity": ME,
        "session": {
            "session_id": ME["session_id"],
            "started_at": ME["session_start"],
            "intent": "fix",
        },
        "agents": {"total": 1, "active": 1, "list": [COLLEAGUE]},
        "messages": {"unread": 1, "total": 4, "recent": [message("1")]},
        "work_context": {"branch": "main", "unmerged_commits": 1},
        "sync_state": {
            "daemon_status": "ok",
            "uptime_ms": 60_000,
            "sync_state": "synced",
            "version": "0.1.0",
        },
        "repo_path": str(office.root),
        "single_agent_mode": True,
        "tmux_mode": True,
        "restart_snapshot": SNAPSHOT,
        "saved_session_context": "Valve 4.",
    } | ({"runtime": document["runtime"]} if "runtime" in document else {})


@pytest.mark.parametrize("agents", [0, 3, 60])
@pytest.mark.parametrize("unread", [0, 500])
@pytest.mark.parametrize("lacking", ["nothing", "daemon", "identity"])
@pytest.mark.parametrize("has_snapshot", [True, False])
def test_it_is_short_however_much_there_is(
    office: Any, message: Any, agents: int, unread: int, lacking: str, has_snapshot: bool
) -> None:
    team = [{**COLLEAGUE, "agent_id": f"a_{n}", "intent": "long " * 40} for n in range(agents)]
    page = {**PAGE, "team": team, "inbox": {"total": unread, "unread": unread}}
    rows = [message(str(n), "word " * 4_000) for n in range(min(unread, 5))]
    office.daemon.answers |= {"team.overview": page, "message.list": {"messages": rows}}
    if lacking == "daemon":
        office.daemon.path.unlink()
    if lacking == "identity":
        (office.root / ".thrum/identities/furiosa.json").unlink()
        office.daemon.answers["agent.whoami"] = {}
        office.daemon.answers["team.overview"] = {"health": HEALTH, "team": team}
    path = leave(office, b"x" * 50_000) if has_snapshot else None
    ran = office.run("prime", "--keep-snapshot")
    assert (ran.code, ran.err) == (0, "")
    before, heading, after = ran.out.partition("\n# Previous Session Context\n")
    assert len(before.encode()) <= 2_000
    # It is an agent's; to nobody nothing is shown.
    assert bool(heading) is (has_snapshot and lacking != "identity")
    assert ("x" * 50_000 in after) is bool(heading)
    assert ("# Agent Instructions" in before) is (lacking != "identity")
    assert (f"Team: {agents} others" in before) is (agents > 1 and lacking != "daemon")
    assert (f"Inbox: {unread} unread" in before) is (unread > 0 and lacking == "nothing")
    brief = office.run("prime", "--max-bytes", "300", "--keep-snapshot").out
    assert len(brief.partition("\n# Previous Session Context\n")[0].encode()) <= 300
    assert path is None or path.exists()


@pytest.mark.parametrize("has_snapshot", [True, False])
@pytest.mark.parametrize("lacking", [(), ("daemon",), ("identity",), ("daemon", "identity")])
@pytest.mark.parametrize(("agents", "unread"), [(0, 0), (3, 500), (60, 0), (60, 500)])
def test_programs_get_what_is_known_and_what_to_type(
    office: Any,
    message: Any,
    agents: int,
    unread: int,
    lacking: tuple[str, ...],
    has_snapshot: bool,
) -> None:
    team = [{**COLLEAGUE, "agent_id": f"a_{n}"} for n in range(agents)]
    rows = [message(str(n)) for n in range(min(unread, 5))]
    page = {**PAGE, "team": team, "inbox": {"total": unread, "unread": unread}}
    if "identity" in lacking:
        (office.root / ".thrum/identities/furiosa.json").unlink()
        page = {"health": HEALTH, "team": team}
        office.daemon.answers["agent.whoami"] = {}
    office.daemon.answers |= {"team.overview": page, "message.list": {"messages": rows}}
    if "daemon" in lacking:
        office.daemon.path.unlink()
    path = leave(office) if has_snapshot else None
    said, ran = office.run("prime", "--keep-snapshot"), office.run("prime", "--json")
    assert (said.code, ran.code, said.err, ran.err) == (0, 0, "", "")
    known = {"identity", "session", "messages"} if not lacking else set()
    known |= {"agents"} if "daemon" not in lacking else {"error"}
    known |= {"restart_snapshot"} if has_snapshot and "identity" not in lacking else set()
    of_interest = {"identity", "session", "messages", "agents", "error", "restart_snapshot"}
    assert of_interest & set(ran.document) == known
    first = said.out.splitlines()[0]
    for what, command in (("daemon", "thrum daemon start"), ("identity", "thrum quickstart")):
        if lacking[:1] == (what,):
            assert command in first
    for row in rows if not lacking else ():
        (line,) = [
            each for each in said.out.splitlines() if each.startswith(f"  {row['message_id'][-6:]}")
        ]
        assert "@nux" in line  # by these characters `thrum message get` finds it
    # It counts as shown to who can act on it, and to nobody else.
    assert path is None or path.exists() is bool(lacking)


def test_without_a_daemon_the_files_tell(office: Any) -> None:
    office.daemon.path.unlink()
    note(office, "Valve 4.")
    path = leave(office)
    ran = office.run("prime")
    assert ran.code == 0
    assert ran.out.startswith("Thrum: ")
    assert "thrum daemon start" in ran.out.splitlines()[0]
    assert "Agent: @furiosa" in ran.out
    assert "Valve 4." in ran.out
    assert "Paint the tank." in ran.out
    # Nobody can act on it yet, so the next one has it as well.
    assert path.read_text() == SNAPSHOT
    document = office.run("prime", "--json").document
    assert document["sync_state"] == {"daemon_status": "unreachable"}
    assert "thrum daemon start" in document["error"]
    assert "messages" not in document


def test_without_an_identity_it_says_how_to_get_one(world: Any) -> None:
    (world.root / ".thrum/identities/furiosa.json").unlink()
    world.daemon.answers["team.overview"] = {"health": HEALTH}
    ran = world.run("prime")
    assert ran.code == 0
    assert ran.out.startswith("Agent: not registered; `thrum quickstart NAME ")
    assert "identity" not in world.run("prime", "--json").document


def test_several_agents_and_no_name(world: Any) -> None:
    world.identity("nux")
    world.daemon.answers["team.overview"] = {"health": HEALTH}
    ran = world.run("prime")
    assert ran.code == 0
    assert ran.out.startswith("Agent: ")
    assert "THRUM_NAME" in ran.out


def test_where_there_is_no_thrum_it_says_what_to_type(world: Any, tmp_path: Path) -> None:
    world.root = tmp_path / "elsewhere"
    world.root.mkdir()
    ran = world.run("prime")
    assert ran.code == 0
    assert "`thrum init`" in ran.out
    assert "thrum init" in world.run("prime", "--json").document["error"]


@pytest.mark.parametrize("kind", ["not_allowed", "internal", "identity_mismatch"])
def test_whatever_the_daemon_refuses_the_rest_is_told(office: Any, refuse: Any, kind: str) -> None:
    office.daemon.answers["team.overview"] = refuse(kind, "no \x1b[2J way")
    note(office, "Valve 4.")
    ran = office.run("prime")
    assert ran.code == 0
    assert "no \\x1b[2J way" in ran.out.splitlines()[0]
    assert "Valve 4." in ran.out


def test_unread_mail_is_counted_where_it_cannot_be_listed(office: Any, refuse: Any) -> None:
    office.daemon.answers["message.list"] = refuse("internal", "it broke")
    out = office.run("prime").out
    assert "Inbox: 1 unread of 4: `thrum inbox --unread`\n" in out
    assert "it broke" in out


def test_the_snapshot_is_shown_until_the_agent_has_acted(office: Any) -> None:
    path = leave(office)
    assert "Paint the tank." in office.run("prime", "--keep-snapshot").out
    assert path.exists()
    for _ in range(2):
        assert "Paint the tank." in office.run("prime").out
        assert [each.name for each in path.parent.iterdir()] == ["furiosa.md.consumed"]
    office.run("hook", "Stop", "--runtime", "claude", stdin="{}")
    assert "Paint the tank." not in office.run("prime").out


def test_the_snapshot_is_for_its_agent_alone(office: Any) -> None:
    path = leave(office).rename(office.root / ".thrum/restart/nux.md")
    assert "Paint the tank." not in office.run("prime").out
    assert path.exists()


HARMFUL = {
    "control characters": b"\x1b[2J\x07 ok \xc2\x9b",
    "no text": b"\xff\xfe\x00",
    "a megabyte": b"x" * 1_100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("what", HARMFUL)
def test_harmful_notes_and_snapshots_harm_nothing(office: Any, what: str) -> None:
    note(office, HARMFUL[what])
    note(office, HARMFUL[what], "project_state")
    leave(office, HARMFUL[what])
    ran = office.run("prime")
    assert ran.code == 0
    assert not set(ran.out) & {"\x1b", "\x07", "\x9b"}
    assert ran.out.startswith("Agent: @furiosa")
    if what == "a megabyte":
        assert "524,288 bytes" in ran.out
        assert "1,048,576 bytes" in ran.out
        assert len(ran.out) < 4_000


def test_a_link_or_folder_in_the_place_of_notes_is_told(office: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    note(office, "")
    (office.root / ".thrum/context/furiosa.md").unlink()
    (office.root / ".thrum/context/furiosa.md").symlink_to(tmp_path / "secret")
    (office.root / ".thrum/restart/furiosa.md").mkdir(parents=True)
    ran = office.run("prime")
    assert ran.code == 0
    assert "secret\n" not in ran.out
    assert "is a link" in ran.out


def test_a_broken_configuration_is_told(office: Any) -> None:
    (office.root / ".thrum/config.json").write_text('{"prime": {"at_start": 3}}')
    ran = office.run("prime")
    assert ran.code == 0
    assert "prime.at_start" in ran.out


def test_who_is_alone_is_not_told_of_others(office: Any) -> None:
    (office.root / ".thrum/config.json").write_text('{"daemon": {"single_agent_mode": true}}')
    page = {**PAGE, "team": [], "inbox": {"total": 0, "unread": 0}}
    office.daemon.answers["team.overview"] = page
    out = office.run("prime").out
    assert "Team" not in out
    assert "# Agent Instructions" not in out


def process(clone: Any, *argv: str, alone: bool = False, **how: Any) -> subprocess.Popen[bytes]:
    """Begins a line; alone: not handed to the process that stands ready."""
    env = clone.env | ({"THRUM_READY": "0"} if alone else {})
    return subprocess.Popen([clone.program, *argv], cwd=clone.root, env=env, **how)


def test_nothing_is_used_up_that_did_not_get_out(clone: Any) -> None:
    clone("init", "--non-interactive")
    clone("quickstart", "furiosa", "--role", "implementer", "--module", "auth")
    restart = clone.root / ".thrum/restart"
    restart.mkdir()
    path = restart / "furiosa.md"
    path.write_text("x" * 300_000)
    # A reader that goes away.
    reading, writing = os.pipe()
    os.close(reading)
    assert process(clone, "prime", stdout=writing, stderr=subprocess.DEVNULL).wait(60) != 0
    os.close(writing)
    assert [each.name for each in restart.iterdir()] == ["furiosa.md"]
    # A full disk, no disk at all, and nobody.
    for name in ("/dev/full", os.devnull):
        with Path(name).open("wb") as sink:
            process(clone, "prime", stdout=sink, stderr=subprocess.DEVNULL).wait(60)
        assert [each.name for each in restart.iterdir()] == ["furiosa.md"], name
    # Killed while it writes: the pipe is full, for nobody reads. One that stands ready would go on
    # for as long as it takes to put back what did not get out.
    running = process(clone, "prime", alone=True, stdout=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.read(5) == b"Agent"
    running.send_signal(signal.SIGKILL)
    running.wait(60)
    running.stdout.close()
    assert [each.name for each in restart.iterdir()] == ["furiosa.md.consumed"]
    shown = clone("prime", "--json").document
    assert shown["restart_snapshot"] == "x" * 300_000
    assert [each.name for each in restart.iterdir()] == ["furiosa.md.consumed"]
