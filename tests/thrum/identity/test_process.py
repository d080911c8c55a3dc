"""The process tree."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from thrum.identity import process
from thrum.identity.process import Process
from thrum.platform import LINUX


def test_this_process_is_seen_with_its_parent() -> None:
    me = process.look(os.getpid())
    assert me is not None
    assert me.parent == os.getppid()
    assert process.alive(me.pid, me.started)
    assert not process.alive(me.pid, "another start")
    assert [each.pid for each in process.chain(me.pid)][:2] == [os.getpid(), os.getppid()]
    assert process.cwd(me.pid) == Path.cwd()


def test_a_process_that_ended_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert process.look(child.pid) is None
    assert process.cwd(child.pid) is None
    assert not process.alive(0)
    assert not process.alive(-1)


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    while process.look(child.pid) is not None:
        pass  # it is about to end; nobody has waited for it yet
    child.wait()


def test_the_nearest_runtime_above_is_found(tmp_path: Path) -> None:
    fake = tmp_path / "claude"
    fake.symlink_to(sys.executable)
    code = (
        "import os, sys\nfrom thrum.identity import process\n"
        "found = process.runtime(os.getpid())\nprint(found.name if found else '')"
    )
    argv = [
        str(fake),
        "-c",
        f"import subprocess; subprocess.run([{sys.executable!r}, '-c', {code!r}])",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "claude"


@pytest.mark.skipif(not LINUX, reason="a link does not rename a process there")
@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("codex", ["app-server", "--listen", "unix://"], True),
        ("codex", ["-c", "app-server"], True),
        ("codex", ["exec", "app-server"], False),
        ("codex", [], False),
        ("opencode", ["serve"], True),
        (".opencode", ["-e", "web"], True),
        ("opencode", ["run", "serve"], False),
        ("claude", ["app-server"], False),
        ("sh", ["serve"], False),
    ],
)
def test_above_a_server_nobody_is_asked(
    tmp_path: Path, name: str, words: list[str], expected: bool
) -> None:
    program = tmp_path / name
    program.symlink_to("/bin/sh")
    code = (
        "import os\nfrom thrum.identity import process\n"
        "found, above = process.server(os.getpid()), [e.name for e in process.chain(os.getpid())]\n"
        f"print(bool(found), {name!r} in above, len(above) > 1)"
    )
    inner = f"{sys.executable} -c {shlex.quote(code)}; exit"
    argv = [str(program), "-s", *words]
    done = subprocess.run(argv, input=inner, capture_output=True, text=True, cwd=Path.cwd())
    is_seen, is_above, goes_on = (word == "True" for word in done.stdout.split())
    assert (is_seen, is_above, goes_on) == (expected, not expected, not expected)


def test_a_chain_ends_where_a_number_was_given_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {
        9: Process(9, 8, "thrum", "300"),
        8: Process(8, 7, "sh", "300"),
        7: Process(7, 1, "claude", "400"),
    }
    monkeypatch.setattr(process, "look", tree.get)
    assert [each.pid for each in process.chain(9)] == [9, 8]
    assert process.runtime(9) is None


def test_what_a_process_was_started_with_is_known_while_it_runs() -> None:
    given = {**os.environ, "TEAM_TOKEN": "new"}
    with subprocess.Popen(["sleep", "60"], env=given) as child:
        while not (_is(child.pid, "sleep") and process.environment(child.pid)):
            pass  # it is between fork and exec, or the kernel makes its memory ready
        assert process.environment(child.pid)["TEAM_TOKEN"] == "new"
        child.kill()
    assert process.environment(child.pid) == {}
    assert process.environment(0) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_a_process_of_somebody_else_was_started_with_is_not_looked_at() -> None:
    with subprocess.Popen(["sleep", "60"], user=4001, group=4001, extra_groups=[]) as child:
        while not _is(child.pid, "sleep"):
            pass
        assert process.environment(child.pid) == {}
        child.kill()


def _is(pid: int, name: str) -> bool:
    found = process.look(pid)
    return found is not None and found.name == name


@pytest.mark.skipif(not LINUX, reason="others tell the time of day")
def test_a_start_before_the_machine_started_anew_is_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Numbers and ticks come again: what starts with the machine starts alike each time."""
    before = process.look(os.getpid())
    assert before
    assert process.alive(before.pid, before.started)
    monkeypatch.setattr(process, "_since", lambda: "@another")
    after = process.look(os.getpid())
    assert after
    assert not process.alive(before.pid, before.started)
    assert after.age_mark == before.age_mark
    assert after.started.endswith("@another")
    assert [each.pid for each in process.chain(os.getpid())][:2] == [os.getpid(), os.getppid()]


@pytest.mark.parametrize(("started", "mark"), [("12@ab", 12), ("1.5", 1.5), ("7@", 7)])
def test_how_late_a_process_began_is_a_number(started: str, mark: float) -> None:
    assert Process(1, 0, "x", started).age_mark == mark


def test_a_process_began_after_the_machine_and_before_now() -> None:
    first, own = process.look(1), process.look(os.getpid())
    assert first is not None
    assert own is not None
    moments = [process.began_ns(each) or 0 for each in (first, own)]
    assert 0 < moments[0] <= moments[1]


AT_A_TERMINAL = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    os.open(os.ttyname(int(sys.argv[1])), os.O_RDWR)
    print(os.getpid(), flush=True)
    time.sleep(60)
os.wait()
"""

IN_FRONT = """
import os, sys, time
os.setsid()
os.open(os.ttyname(int(sys.argv[1])), os.O_RDWR)
terminal = os.open("/dev/tty", os.O_RDWR)
inner = os.fork()
if inner == 0:
    time.sleep(60)
os.setpgid(inner, inner)
print("own", inner, flush=True)
input()
os.tcsetpgrp(terminal, inner)
print("given", flush=True)
os.wait()
"""


def test_who_has_a_terminal_is_known() -> None:
    """A new session gets the first terminal that it opens."""
    main, end = pty.openpty()
    argv = [sys.executable, "-c", AT_A_TERMINAL, str(end)]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, start_new_session=True, pass_fds=(end,)
    ) as found:
        assert found.stdout is not None
        inner = int(found.stdout.readline())
        assert process.has_terminal(inner)
        assert process.is_attended(inner)
        assert not process.has_terminal(found.pid)
        assert not process.is_attended(found.pid)
        os.kill(inner, signal.SIGKILL)
    assert not process.has_terminal(inner)
    os.close(main)
    os.close(end)


@pytest.mark.skipif(not LINUX, reason="others do not say")
def test_who_has_the_keys_of_a_terminal_is_known() -> None:
    """A shell gives them to what it runs, and takes them back."""
    main, end = pty.openpty()
    argv = [sys.executable, "-c", IN_FRONT, str(end)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(end,)
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        inner = int(shell.stdout.readline().split()[1])
        assert process.has_keys(shell.pid) is True
        assert process.has_keys(inner) is False
        shell.stdin.write(b"\n")
        shell.stdin.flush()
        shell.stdout.readline()
        assert process.has_keys(shell.pid) is False
        assert process.has_keys(inner) is True
        os.kill(inner, signal.SIGKILL)
    assert process.has_keys(shell.pid) is None
    os.close(main)
    os.close(end)
