"""The installed program, real repositories, the real daemon."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests import forge
from tests.kept import Kept
from tests.thrum.cli.conftest import Clone, clone_in

pytestmark = pytest.mark.timeout(120)


@dataclass
class Installed(Clone):
    """A repository in which the program runs as it is installed, up to the last stop."""

    def stop(self) -> None:
        if (self.root / ".thrum/var/thrum.lock").exists():
            forge.run(["daemon", "stop"], cwd=self.root, env=self.env)

    def run(self, *argv: str, cwd: Path, stdin: str) -> subprocess.CompletedProcess[str]:
        how: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60}
        return subprocess.run([self.program, *argv], cwd=cwd, env=self.env, input=stdin, **how)


@dataclass
class Office:
    """A clone, and its folder as it was when its daemon had stopped."""

    clone: Clone
    folder: Kept


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, thrum: str) -> Office:
    """A repository with furiosa in it and nux in a linked worktree beside it."""
    folder = tmp_path_factory.mktemp("office") / "office"
    folder.mkdir()
    clone = clone_in(folder, thrum, Installed)
    clone("init", "--non-interactive")
    clone("quickstart", "furiosa", "--role", "implementer", "--module", "auth")
    clone.git("worktree", "add", "-q", str(beside(clone)))
    clone("init", "--non-interactive", cwd=beside(clone))
    clone("quickstart", "nux", "--role", "tester", "--module", "api", cwd=beside(clone))
    clone.stop()
    return Office(clone, Kept.of(folder))


@pytest.fixture
def clone(tmp_path: Path, thrum: str) -> Iterator[Clone]:
    """A repository with one commit; its daemon, if one was started, is stopped at the end."""
    found = clone_in(tmp_path, thrum, Installed)
    yield found
    found.stop()


@pytest.fixture
def office(kept: Office) -> Iterator[Clone]:
    """The office with its daemon."""
    kept.folder.put_back()
    found = replace(kept.clone, env=dict(kept.clone.env))
    assert forge.run(["daemon", "start"], cwd=found.root, env=found.env).returncode == 0
    yield found
    found.stop()


def beside(clone: Any) -> Path:
    path: Path = clone.root.parent / "nuxs-tree"
    return path


@contextmanager
def stopped(clone: Any) -> Iterator[None]:
    """While this holds, the daemon exists and does nothing."""
    os.kill(clone.daemon_pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(clone.daemon_pid, signal.SIGCONT)


def test_a_message_goes_there_and_the_answer_comes_back(office: Any) -> None:
    hostile = "one\n\x1b[31mtwo\x1b[0m 漢字\n● FAKE12 @boss now"
    sent = office("send", "--stdin", "--to", "@nux", "--json", stdin=hostile).document
    there = beside(office)
    assert office("inbox", "--unread", "--json", cwd=there).document["unread"] == 1
    page = office("inbox", cwd=there).out
    assert page.startswith(f"● {sent['message_id'][-6:]} @furiosa to you now\none\n\\x1b[31mtwo")
    assert "\n ● FAKE12" in page
    assert office("inbox", "--unread", cwd=there).out == "No unread messages for @nux.\n"
    office("reply", sent["message_id"][-6:], "thanks", cwd=there)
    answer = office("inbox", "--json").document["messages"][0]
    assert answer["body"]["content"] == "thanks"
    assert answer["reply_to"] == sent["message_id"]
    talk = office("thread", sent["message_id"][-6:], "--json", cwd=there).document["messages"]
    assert [row["message_id"] for row in talk] == [sent["message_id"], answer["message_id"]]
    assert [row["audiences"] for row in talk] == [
        [{"type": "agent", "value": "nux"}],
        [{"type": "agent", "value": "furiosa"}],
    ]
    got = office("message", "get", sent["message_id"][-6:], "--json", cwd=there).document
    assert got["message"]["is_read"] is True
    shown = office("sent", "--json").document["messages"][0]
    assert shown["recipients"][0]["read_at"]


def test_a_line_is_completed_and_nothing_is_read_by_it(office: Any, tmp_path: Path) -> None:
    office("group", "create", "war-rig", "--description", "who drives")
    sent = office("send", "look at\nthe valve", "--to", "@nux", "--json").document
    there = beside(office)
    short = sent["message_id"][-6:]

    def offered(*words: str) -> list[str]:
        ran = office("complete", "--", *words, cwd=there)
        assert ran.err == ""
        return [row.partition("\t")[0] for row in ran.out.splitlines()]

    assert offered("send", "--to", "@") == ["@furiosa", "@nux", "@everyone", "@war-rig"]
    assert offered("send", "--mention", "w") == ["war-rig"]
    assert office("complete", "--", "reply", "", cwd=there).out == (
        f"{short}\t@furiosa just now: look at the valve\n"
    )
    assert offered("message", "read", "") == [short]
    assert offered("message", "edit", "") == []
    assert "message.send" in offered("rpc", "call", "message.")
    assert office("inbox", "--unread", "--json", cwd=there).document["unread"] == 1
    with stopped(office):
        assert offered("send", "--to", "@") == []
    office("daemon", "stop")
    assert offered("send", "--to", "@") == []
    assert office("daemon", "status", check=False).code == 1
    assert office("complete", "--", "send", "--to", "@", cwd=tmp_path).out == ""


def test_ids_may_be_shortened_everywhere(office: Any) -> None:
    full = office("send", "x", "--to", "nux", "--json").document["message_id"]
    for length in (4, 8):
        got = office("message", "get", full[-length:], "--json").document
        assert got["message"]["message_id"] == full
    assert office("message", "edit", full[-5:], "y", "--json").document["message_id"] == full
    assert office("message", "read", full[-5:], cwd=beside(office)).code == 0
    office("message", "delete", full[-5:].lower(), "--force")
    assert office("message", "get", full[-3:], check=False).code == 1


def test_wait_is_woken(office: Any) -> None:
    office("message", "read", "--all", cwd=beside(office))
    waiting = subprocess.Popen(
        [office.program, "wait", "--timeout", "60s"],
        cwd=beside(office),
        env=office.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    office("send", "wake up", "--to", "nux")
    out, _ = waiting.communicate(timeout=60)
    assert (waiting.returncode, out) == (0, "MESSAGES_RECEIVED\n")
    told = office("wait", "--json", cwd=beside(office)).document
    assert (told["count"], told["senders"]) == (1, ["furiosa"])
    office("message", "read", *told["message_ids"], cwd=beside(office))
    # What was read is no reason to wake.
    for since in ([], ["--after", "-1h"]):
        ran = office("wait", "--timeout", "0s", *since, cwd=beside(office), check=False)
        assert ran.code == 1


def test_a_restart_in_the_middle_of_a_wait(office: Any) -> None:
    office("message", "read", "--all", cwd=beside(office))
    waiting = subprocess.Popen(
        [office.program, "wait", "--timeout", "60s"],
        cwd=beside(office),
        env=office.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    office("daemon", "restart")
    office("send", "wake up", "--to", "nux")
    out, _ = waiting.communicate(timeout=60)
    assert (waiting.returncode, out) == (0, "MESSAGES_RECEIVED\n")


def test_init_again_changes_nothing(office: Any) -> None:
    config = (office.root / ".thrum/config.json").read_bytes()
    pid = office.daemon_pid
    document = office("init", "--non-interactive", "--json").document
    assert (document["fresh"], document["daemon"]["started"]) == (False, False)
    assert (office.root / ".thrum/config.json").read_bytes() == config
    assert office.daemon_pid == pid
    linked = office("init", "--json", cwd=beside(office)).document
    assert linked["worktree"] == str(beside(office))


def test_init_without_a_daemon(clone: Any) -> None:
    document = clone("init", "--no-daemon", "--json").document
    assert "daemon" not in document
    assert clone("daemon", "status", "--json", check=False).document["running"] is False
    ran = clone("send", "x", check=False)
    assert "thrum quickstart" in ran.err
    ran = clone("overview", "--json", check=False)
    assert (ran.code, ran.error["kind"]) == (1, "daemon_down")


def test_a_daemon_is_started_where_that_is_wanted(office: Any) -> None:
    office("daemon", "stop")
    office.env["THRUM_AUTOSTART"] = "1"
    assert office("send", "x", "--to", "nux").out.startswith("✓ Sent")
    assert office("daemon", "status").code == 0


def test_init_outside_git(clone: Any, tmp_path: Path) -> None:
    ran = clone("init", "--json", cwd=tmp_path, check=False)
    assert (ran.code, ran.error["kind"]) == (1, "guard")
    assert not (tmp_path / ".thrum").exists()


EVERY_WAY: list[list[str]] = [
    ["send", "x"],
    ["inbox"],
    ["reply", "AAAA", "x"],
    ["sent"],
    ["message", "get", "AAAA"],
    ["team"],
    ["overview"],
    ["status"],
    ["agent", "list"],
    ["session", "heartbeat"],
    ["session", "list"],
    ["sync", "status"],
    ["wait", "--timeout", "1s"],
    ["quickstart"],
]
TYPED = ("send", "inbox", "team", "sync", "session")
"""What is typed once more without a program that reads the answer."""
UNASKED: list[list[str]] = [["whoami", "--field", "agent_id"], ["daemon", "status"]]
"""What is said of a daemon that does not answer, or without it."""
HASTY = """\
#!{python}
from thrum import client
from thrum.cli import asking, main
client.Client.__init__.__defaults__ = (client.DIAL_S, 2.0)
asking.PATIENCE_S = 5.0
main.run()
"""
"""The program, but that it waits for less long where it asks again; see `test_patience_ends`."""


def hasty(clone: Clone, path: Path) -> Clone:
    """The clone, in which that program runs."""
    path.write_text(HASTY.format(python=sys.executable))
    path.chmod(0o755)
    return replace(clone, program=str(path))


def test_while_the_daemon_is_stopped_every_command_ends_with_one_sentence(
    office: Any, tmp_path: Path
) -> None:
    sender = hasty(office, tmp_path / "hasty")
    ran: dict[int, Any] = {}
    lines = [*([*argv, "--json"] for argv in EVERY_WAY), *UNASKED]

    def run(number: int) -> None:
        speaker = office if number else sender
        ran[number] = speaker(*lines[number], check=False)

    with stopped(office):
        threads = [threading.Thread(target=run, args=(n,)) for n in range(len(lines))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    me, status = (ran.pop(len(EVERY_WAY) + number) for number in range(len(UNASKED)))
    assert me.out == "furiosa\n"
    assert status.code == 1
    for number, argv in enumerate(EVERY_WAY):
        done = ran[number]
        assert done.code in {1, 2}, argv
        assert done.error["kind"] == "no_answer", argv
        assert "thrum daemon" in done.error["hint"], argv
    ending = ran[0].error["message_id_ends"]
    assert f"the message {ending} may or may not be sent" in ran[0].error["message"]
    assert f"`thrum message get {ending}`" in ran[0].error["hint"]
    sent = [row["message_id"] for row in office("sent", "--json").document["messages"]]
    found = office("message", "get", ending, "--json", check=False)
    assert [found.code] == [0 if each.endswith(ending) else 1 for each in sent or [""]]


def test_while_the_daemon_is_gone_every_command_says_how_to_start_it(office: Any) -> None:
    office("daemon", "stop")
    for argv in EVERY_WAY:
        if argv[0] == "wait":
            continue
        done = office(*argv, "--json", check=False)
        assert (done.code, done.error["kind"]) == (1, "daemon_down"), argv
        assert "thrum daemon start" in done.error["hint"]
        if argv[0] in TYPED:
            typed = office(*argv, check=False)
            assert (typed.code, len(typed.err.strip().splitlines())) == (1, 1), argv
            assert "thrum daemon start" in typed.err
    assert office("wait", "--timeout", "1s", check=False).code == 2
    assert office("whoami", "--json").document["source"] == "file"
    assert office("version").code == 0


def test_a_reader_that_goes_away_is_no_traceback(office: Any) -> None:
    office("send", "--stdin", "--to", "nux", stdin="x" * 500_000)
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [office.program, "inbox", "--all", "--json"],
        cwd=beside(office),
        env=office.env,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    os.close(reader)
    _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_below_stdout_is_one_sentence(clone: Any) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [clone.program, "version"],
            env=clone.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_what_was_done_and_cannot_be_shown_is_told_once_and_as_asked_for(clone: Any) -> None:
    env = {name: text for name, text in clone.env.items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [clone.program, "version", "--json"],
            env=env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    error = json.loads(done.stderr)["error"]
    assert error["kind"] == "system"
    assert error["message"].startswith("the output cannot be written")
    assert "carried out" in error["hint"]


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("argv", [["inbox"], ["nosuch"], ["--help"], ["send", "-", "--to", "nux"]])
def test_closed_streams_are_no_traceback(
    clone: Any, tmp_path: Path, closed: tuple[int, ...], argv: list[str]
) -> None:
    said = tmp_path / "said"
    closing = "".join(f"os.close({number});" for number in closed)
    shut = f"import os,sys;{closing}os.execv(sys.argv[1],sys.argv[1:])"
    with said.open("wb") as out:
        code = subprocess.run(
            [sys.executable, "-c", shut, clone.program, *argv],
            cwd=clone.root,
            env=clone.env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            timeout=60,
        ).returncode
    assert code == {"--help": 0, "nosuch": 2, "send": 2, "inbox": 1}[argv[0]], said.read_text()
    assert "Traceback" not in said.read_text()
    assert "defect" not in said.read_text()


def test_a_body_keeps_its_line_ends_whichever_way_it_comes(office: Any, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes("é\r\nb\r\n".encode())
    ids = []
    for encoding in ("utf-8", "latin-1"):
        office.env["PYTHONIOENCODING"] = encoding
        with file.open("rb") as piped:
            done = subprocess.run(
                [office.program, "send", "--stdin", "--to", "nux", "--json"],
                cwd=office.root,
                env=office.env,
                stdin=piped,
                capture_output=True,
                check=True,
                timeout=60,
            )
        ids.append(json.loads(done.stdout)["message_id"])
    ids.append(office("send", "--file", str(file), "--to", "nux", "--json").document["message_id"])
    for message_id in ids:
        got = office("message", "get", message_id, "--json").document["message"]
        assert got["body"]["content"] == "é\r\nb"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_json_is_json_in_every_encoding(office: Any, encoding: str) -> None:
    sent = office("send", "é 漢 😀", "--to", "nux", "--json").document["message_id"]
    office.env["PYTHONIOENCODING"] = encoding
    got = office("message", "get", sent, "--json").document
    assert got["message"]["body"]["content"] == "é 漢 😀"
    assert "é😀" in office("send", "x", "--to", "é😀", "--json", check=False).error["message"]


def on_a_terminal(
    clone: Any, *argv: str, typed: list[str] | None = None, env: dict[str, str] | None = None
) -> tuple[int, str]:
    """Runs the program on a pseudo terminal, answering its prompts; exit code and what it said."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.chdir(clone.root)
            every = clone.env | {"TERM": "xterm"} | (env or {})
            os.execve(clone.program, [clone.program, *argv], every)
        finally:
            os._exit(127)
    shown = b""
    answers = list(typed or ())
    while True:
        if answers and shown.endswith(b"]: "):
            os.write(terminal, answers.pop(0).encode())
            shown += b"\n"
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # the way in which Linux says that the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_the_wizard_asks_three_questions(clone: Any) -> None:
    code, shown = on_a_terminal(clone, "init", typed=["slit\n", "\n", "engine\n"])
    assert code == 0, shown
    assert "Name [coordinator_repo]: " in shown
    identity = json.loads((clone.root / ".thrum/identities/slit.json").read_text())
    assert (identity["agent"]["role"], identity["agent"]["module"]) == ("coordinator", "engine")
    code, shown = on_a_terminal(clone, "init")
    assert code == 0
    assert "Which agent" not in shown


def test_an_interrupted_wizard_leaves_nothing(clone: Any) -> None:
    code, shown = on_a_terminal(clone, "init", typed=["slit\n", "\x03"])
    assert code == 130, shown
    assert not (clone.root / ".thrum").exists()


def test_a_wizard_that_gets_no_answer_registers_nobody(clone: Any) -> None:
    code, shown = on_a_terminal(clone, "init", typed=["slit\n", "\x04"])
    assert code == 2, shown
    assert "--non-interactive" in shown
    assert not (clone.root / ".thrum").exists()


def test_the_wizard_asks_nothing_that_flags_say(clone: Any) -> None:
    said = ("--name", "slit", "--role", "tester", "--module", "engine")
    code, shown = on_a_terminal(clone, "init", *said)
    assert code == 0, shown
    assert "Which agent" not in shown
    assert (clone.root / ".thrum/identities/slit.json").exists()


def test_colour_only_on_a_terminal_that_wants_it(clone: Any) -> None:
    clone("init", "--non-interactive")
    assert "\x1b" not in clone("doctor").out
    assert "\x1b[32m" in on_a_terminal(clone, "doctor")[1]
    assert "\x1b" not in on_a_terminal(clone, "doctor", env={"NO_COLOR": "1"})[1]
    assert "\x1b" not in on_a_terminal(clone, "doctor", env={"TERM": "dumb"})[1]


def test_a_message_cannot_act_on_the_terminal(office: Any) -> None:
    office("send", "\x1b]0;title\x07\x1b[2J\u202e漢字", "--to", "furiosa", cwd=beside(office))
    shown = on_a_terminal(office, "inbox")[1]
    ours = {"\x1b[1m": 1, "\x1b[0m": 1}  # the line of what is unread is bold
    assert {code: shown.count(code) for code in ours} == ours
    assert shown.count("\x1b") == 2
    assert "\x07" not in shown
    assert "\\x1b[2J\\u202e漢字" in shown


def test_doctor_and_daemon(clone: Any) -> None:
    clone("init", "--non-interactive")
    assert clone("doctor", "--json").document["clean"] is True
    status = clone("daemon", "status", "--json").document
    assert (status["running"], status["status"], status["health"]) == (True, "running", "ok")
    assert clone("daemon", "start", "--json").document["started"] is False
    assert clone("daemon", "restart", "--json").document["pid"] != status["pid"]
    assert clone("daemon", "logs", "-n", "1").out.count("\n") == 1
    clone("daemon", "stop")
    assert clone("daemon", "stop", check=False).code == 1


def test_daemon_run_is_the_daemon(clone: Any) -> None:
    clone("init", "--no-daemon")
    process = subprocess.Popen([clone.program, "daemon", "run"], cwd=clone.root, env=clone.env)
    try:
        while not clone("daemon", "status", "--json", check=False).document["running"]:
            assert process.poll() is None
        running = clone("daemon", "start", "--json").document
        assert (running["pid"], running["started"]) == (process.pid, False)
        clone("daemon", "stop")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_a_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = 'cd "$1" && rmdir "$1" && "$2" -m thrum team --json'
    done = subprocess.run(
        ["sh", "-c", line, "sh", str(gone), sys.executable],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert str(gone) in json.loads(done.stderr)["error"]["message"]
