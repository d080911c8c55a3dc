"""The scripts of `thrum completion` in the shells themselves, at a terminal, with hostile names."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from thrum.cli.commands import completion

HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    "it's; touch pwned",
    'say "hi" & touch pwned',
    "back\\slash !! {a,b} *",
    "漢字 ünïcode",
    "~ tilde #hash",
)
# `thrum` is a function that shows its words, each between brackets; completing asks the program.
SETUP = {
    "bash": (
        ["--norc", "--noprofile", "-i"],
        "PS1='ready> '; thrum() { printf 'RAN'; printf '[%s]' \"$@\"; printf 'END\\n'; }; "
        "bind 'set bell-style none'; source ./script\n",
    ),
    "zsh": (
        ["-f", "-i"],
        "PS1='ready> '; autoload -Uz compinit; compinit -u -D; unsetopt beep; "
        "thrum() { printf 'RAN'; printf '[%s]' \"$@\"; printf 'END\\n'; }; source ./script\n",
    ),
    "fish": (
        ["--no-config", "-i"],
        "function fish_prompt; echo 'ready> '; end; "
        "function thrum; printf 'RAN'; printf '[%s]' $argv; printf 'END\\n'; end; "
        "source ./script\n",
    ),
}


class Terminal:
    """A shell that believes a person types."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def type(self, text: str) -> None:
        """Presses the keys."""
        os.write(self._handle, text.encode())

    def until(self, mark: str) -> str:
        """What it shows until the mark, which must come."""
        shown = b""
        end = time.monotonic() + 60
        while mark.encode() not in shown:
            # Unlike select(), it takes handles of any number; many files are open in a long run.
            poll = select.poll()
            poll.register(self._handle, select.POLLIN)
            assert poll.poll(max(0, end - time.monotonic()) * 1000), shown.decode(errors="replace")
            shown += os.read(self._handle, 65_536)
        return shown.decode(errors="replace")

    def words(self, keys: str) -> list[str]:
        """The words that the shell runs after these keys and Enter."""
        self.type(f"{keys}\r")
        while "END" not in (shown := self.until("END\r\n")).rpartition("RAN")[2]:
            continue
        return shown.rpartition("RAN[")[2].partition("]END")[0].split("][")


@contextmanager
def terminal(shell: str, world: Any, thrum: str) -> Iterator[Terminal]:
    """The shell in the world's directory, with the completion loaded."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    argv, setup = SETUP[shell]
    world.root.joinpath("script").write_text(world.run("completion", shell).out)
    env = world.env | {
        "PATH": f"{Path(thrum).parent}:/usr/bin:/bin",
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }
    pid, handle = pty.fork()
    if pid == 0:
        os.chdir(world.root)
        os.execve(program, [shell, *argv], env)
    try:
        found = Terminal(handle)
        found.type(setup)
        found.type("thrum ready\r")
        found.until("RAN[ready]END")
        yield found
    finally:
        os.close(handle)
        os.waitpid(pid, 0)


@pytest.fixture
def crowd(world: Any, message: Any) -> Any:
    """A world with agents, a group and messages."""
    names = ("furiosa", "nux")
    world.daemon.answers |= {
        "agent.list": {
            "agents": [{"agent_id": n, "role": "implementer", "module": "auth"} for n in names]
        },
        "agent.whoami": {"agent_id": "furiosa"},
        "group.list": {"groups": [{"name": "war-rig", "description": "who drives"}]},
        "message.list": {"messages": [message("AAAAAA", "$(touch pwned) `touch pwned`\x1b[2J")]},
    }
    return world


SHELLS = pytest.mark.parametrize("shell", SETUP)


@SHELLS
def test_names_flags_and_commands(crowd: Any, thrum: str, shell: str) -> None:
    with terminal(shell, crowd, thrum) as typed:
        assert typed.words("thrum inb\t") == ["inbox"]
        assert typed.words("thrum mess\tarch\t") == ["message", "archive"]
        assert typed.words("thrum send --broa\t") == ["send", "--broadcast"]
        assert typed.words("thrum send hi --to @fu\t") == ["send", "hi", "--to", "@furiosa"]
        assert typed.words("thrum send hi --to nu\t") == ["send", "hi", "--to", "nux"]
        assert typed.words("thrum send --to=@fu\t") == ["send", "--to=@furiosa"]
        assert typed.words("thrum send --mention @nux,@wa\t") == [
            *("send", "--mention", "@nux,@war-rig"),
        ]
        assert typed.words("thrum reply AA\t'hi'") == ["reply", "AAAAAA", "hi"]
    assert not crowd.root.joinpath("pwned").exists()
    asked = {"agent.list", "agent.whoami", "group.list", "message.list"}
    assert {*crowd.daemon.methods} == asked


@SHELLS
def test_a_hostile_name_is_a_name(world: Any, thrum: str, shell: str) -> None:
    for number, name in enumerate(HOSTILE):
        world.root.joinpath(str(number)).mkdir()
        world.root.joinpath(str(number), name).write_text("x")
    with terminal(shell, world, thrum) as typed:
        for number, name in enumerate(HOSTILE):
            read = typed.words(f"thrum send --file {number}/\t")
            assert read == ["send", "--file", f"{number}/{name}"]
    assert not world.root.joinpath("pwned").exists()


@SHELLS
def test_a_folder_is_gone_into(world: Any, thrum: str, shell: str) -> None:
    world.root.joinpath("deep", "deeper").mkdir(parents=True)
    world.root.joinpath("deep", "deeper", "note.md").write_text("x")
    with terminal(shell, world, thrum) as typed:
        assert typed.words("thrum send --file de\tde\tno\t") == [
            *("send", "--file", "deep/deeper/note.md"),
        ]


@SHELLS
def test_within_quotes(world: Any, thrum: str, shell: str) -> None:
    world.root.joinpath("my file").write_text("x")
    with terminal(shell, world, thrum) as typed:
        assert typed.words('thrum send --file "my f\t') == ["send", "--file", "my file"]
        assert typed.words("thrum send --file 'my f\t") == ["send", "--file", "my file"]
        assert typed.words("thrum send --file my\\ f\t") == ["send", "--file", "my file"]


@SHELLS
def test_what_others_wrote_is_shown_and_not_run(crowd: Any, thrum: str, shell: str) -> None:
    crowd.daemon.answers["message.list"]["messages"].append(
        crowd.daemon.answers["message.list"]["messages"][0] | {"message_id": "msg_01M7XCNHBQTZAAB"}
    )
    with terminal(shell, crowd, thrum) as typed:
        typed.type("thrum reply \t\t")
        shown = typed.until("$(touch pwned)")
        assert "\x1b[2J" not in shown
        assert typed.words("x")[0] == "reply"
    assert not crowd.root.joinpath("pwned").exists()


def test_fish_is_told_what_each_is(crowd: Any, thrum: str) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("there is no fish here")
    env = crowd.env | {"PATH": f"{Path(thrum).parent}:/usr/bin:/bin"}
    script = f"{crowd.run('completion', 'fish').out}\ncomplete -C 'thrum send --to '"
    done = subprocess.run(
        [fish, "--no-config", "-c", script],
        cwd=crowd.root,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "@furiosa\timplementer, auth\n" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shell", completion.SCRIPTS)
def test_a_script_can_be_read_and_asks_the_program(world: Any, shell: str) -> None:
    script = world.run("completion", shell).out
    program = shutil.which("pwsh" if shell == "powershell" else shell)
    if program and shell != "powershell":
        subprocess.run([program, "-n"], input=script, text=True, check=True, timeout=20)
    assert " complete " in script


def test_another_shell(world: Any) -> None:
    assert world.run("completion", "tcsh").code == 2
    assert world.run("completion", "zsh", "--json").document["shell"] == "zsh"


def test_bash_gets_words_when_there_is_no_line(crowd: Any, thrum: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    script = crowd.run("completion", "bash").out
    script += (
        "COMP_WORDS=(thrum send --to @f); COMP_CWORD=3; _thrum; printf '%s' \"${COMPREPLY[@]}\""
    )
    env = crowd.env | {"PATH": f"{Path(thrum).parent}:/usr/bin:/bin"}
    done = subprocess.run(
        [bash, "-c", script], cwd=crowd.root, env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("@furiosa", "")


def test_the_command_answers_a_candidate_on_each_line(crowd: Any) -> None:
    assert crowd.run("complete", "--", "send", "--to", "f").out == "furiosa\timplementer, auth\n"
    assert crowd.run("complete", "--json", "--", "team", "l").document == [
        {"value": "local", "about": ""}
    ]


@pytest.mark.parametrize(
    ("line", "end", "out"),
    [
        ("thrum inb", "inb", "inbox\tRead your messages\n"),
        ("thrum send --to=@f", "@f", "@furiosa\timplementer, auth\n"),
        ("thrum ping ", "", "@furiosa\timplementer, auth\n@nux\timplementer, auth\n"),
        ("thrum send --to=@w", "@w", "@war-rig\twho drives\n"),
        ("thrum send --file 'a", "a", "a b\n"),
        ("thrum send --file a", "a", "a\\ b\na\\$c\n"),
        ("thrum", "thrum", ""),
    ],
)
def test_a_line_of_bash_is_answered_as_bash_needs_it(
    crowd: Any, line: str, end: str, out: str
) -> None:
    crowd.root.joinpath("a b").write_text("x")
    crowd.root.joinpath("a$c").write_text("x")
    said = crowd.run("complete", "--line", line, "--end", end).out
    assert "".join(row for row in said.splitlines(True) if "everyone" not in row) == out


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--"],
        ["--", ""],
        ["--", "nonsense", "x"],
        ["--", "send", "--no-such", "x"],
        ["--", "send", "--to", "@"],
        ["--", "--json=perhaps", "inbox", "-"],
        ["--", "\udcff", "\x00", "-"],
        ["--line", "thrum 'send --to"],
        ["--line", ""],
    ],
)
def test_nothing_is_refused_and_nothing_started(
    world: Any, tmp_path: Path, argv: list[str]
) -> None:
    world.root = tmp_path
    world.env["THRUM_AUTOSTART"] = "1"
    ran = world.run("complete", *argv)
    assert (ran.code, ran.err) == (0, "")
    assert "@" not in ran.out
    assert world.started == []
    assert world.daemon.requests == []


def test_a_daemon_that_is_away_is_not_started(world: Any) -> None:
    world.env["THRUM_AUTOSTART"] = "1"
    world.daemon.close()
    world.daemon.path.unlink()
    ran = world.run("complete", "--", "send", "--to", "@")
    assert (ran.code, ran.out, ran.err, world.started) == (0, "", "", [])
