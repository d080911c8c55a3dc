"""What help shows as examples is done: by the commands themselves, a daemon, git and jq."""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import pytest

from tests.integration.conftest import World
from tests.rows import row
from thrum.cli import app, examples, table
from thrum.cli.context import Context
from thrum.client import Client

PARTS: Final = re.compile(r" (&&|\|\||\||>) ")
LIMIT_S: Final = 60.0
UNTRIED: Final = {
    r"thrum message delete-by-agent": "who asks has to be nux",
    r"thrum ask": "somebody has to answer: tests/thrum/cli/commands/test_ask.py",
    r"thrum backup (verify|restore) 2026": "no archive has that name: docs/backup.md",
    r"thrum backup --dir": "the folder is a real one: tests/integration/test_backup.py",
    r"thrum complete -- |.*thrum completion": "tests/thrum/cli/commands/test_completion.py",
    r"thrum daemon (run|start|stop|restart)": "tests/integration/test_daemon.py",
    r"thrum demo": "tests/integration/test_demo.py",
    r"thrum (down|up)\b": "docs/team.md",
    r"thrum hook": "it reads what a runtime says: tests/thrum/cli/commands/test_hook.py",
    r"thrum import": "needs what another program wrote: tests/integration/test_imports.py",
    r"thrum keys (accept|revoke|rotate)": "needs another clone: test_signatures.py",
    r"thrum (log|daemon logs) .*--(follow|at)": "goes on; there is nothing of two days ago",
    r"thrum loops release 4": "needs a loop: tests/thrum/daemon/loops",
    r"thrum mcp serve": "tests/thrum/mcp",
    r"thrum migrate --back": "docs/coming-over.md",
    r"(cat \S+ \| )?thrum peer (add|join|configure|rename|repair|remove)": "docs/peers.md",
    r"thrum prompts (approve|deny)": "needs a prompt: docs/prompts.md",
    r"thrum service (install|remove)": "docs/systems.md",
    r"(cat \S+ \| )?thrum telegram (configure|pair|remove|groups)": "needs a bot: test_telegram.py",
    r"thrum tmux": "needs a tmux: docs/tmux.md, tests/thrum/cli/commands/test_tmux.py",
    r"thrum user register|thrum ui": "need a terminal of nobody's: test_people.py",
    r"thrum worktree (create|setup|teardown) nux": "docs/worktrees.md",
}
"""Lines that need more than one clone and its mail, and what does them instead."""

BY_NUX: Final = re.compile(r"thrum (quickstart nux|agent register)")
"""Lines of one who begins, done where that is."""
OF_NUX: Final = re.compile(rf"thrum wait|{BY_NUX.pattern}")
"""Lines that are nothing without mail of nux."""
TAKES_NUX_AWAY: Final = re.compile(r"thrum (agent (delete|cleanup)|purge)")
"""Lines after which it may not be there; they come last."""
NUX_BEGINS: Final = (
    "thrum quickstart nux --role tester --module engine",
    "thrum send Look! --to @lead",
)

BEFORE: Final = {
    r".*\bcrew\b(?<!create crew)": ("thrum group create crew", "thrum group add crew @nux"),
    r"thrum group create": ("thrum group delete crew --yes",),
    r"thrum group remove crew --role": ("thrum group add crew --role tester",),
    r"thrum monitor (?!add|start|list).*\berrs\b": (
        "thrum monitor stop errs",
        "thrum monitor remove errs",
        "thrum monitor add --name errs --match ERROR --to @nux -- tail -F app.log",
    ),
    r"thrum monitor (add|start)": ("thrum monitor stop errs", "thrum monitor remove errs"),
    r"thrum (session|agent) (end|heartbeat|set-)": ("thrum session start",),
    r"thrum context (show|load) --version 2": (
        "git --version | thrum context save",
        "git version | thrum context save",
    ),
    r"thrum backup (?!config|status|schedule)|thrum backup plugin remove": ("thrum backup",),
    r"thrum roles refresh": ("cat answers.json | thrum roles save-config",),
    r"thrum backup plugin remove": (
        "thrum backup plugin add --preset beads",
        "thrum backup plugin add --name notes --include notes/*.md",
    ),
}
"""What has to be there before a line, which the ones above may have taken away."""


@dataclass
class Shell:
    """A shell as far as examples need one, which calls our commands and begins no process for them.

    Attributes:
        place: where it stands.
        environment: what it has exported.
    """

    place: Path
    environment: dict[str, str]

    def does(self, line: str) -> tuple[int, str]:
        """Does a line; the first status but 0 of its last pipe, and all that was printed."""
        parts = PARTS.split(line)
        code, passed, printed = 0, "", ""
        for how, part in zip(["&&", *parts[1::2]], parts[::2], strict=True):
            if how == ">" or (how == "&&" and code) or (how == "||" and not code):
                continue
            ended, passed, said = self._part(shlex.split(part), passed if how == "|" else "")
            code = code or ended if how == "|" else ended
            printed += passed + said
        return code, printed

    def _part(self, words: Sequence[str], given: str) -> tuple[int, str, str]:
        env, argv = dict(self.environment), list(words)
        while "=" in argv[0]:
            name, _, value = argv.pop(0).partition("=")
            env[name] = value
        if argv[0] == "thrum":
            return self.thrum(argv[1:], env, given)
        if shutil.which(argv[0]) is None:
            assert argv[0] == "jq", argv
            return int(not json.loads(given)), "", ""
        done = subprocess.run(
            argv,
            cwd=self.place,
            env=env,
            input=given,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def thrum(self, argv: Sequence[str], env: dict[str, str], given: str) -> tuple[int, str, str]:
        """One of our commands, typed by somebody who says yes; status, output and errors."""
        context = Context(
            argv=argv,
            cwd=self.place,
            env=env,
            stdin=io.StringIO(given or "yes\n" * 3),
            stdout=(out := io.StringIO()),
            stderr=(err := io.StringIO()),
            stdin_is_terminal=not given,
            stdout_is_terminal=False,
            columns=120,
            rows=1000,
            now_ns=time.time_ns,
            monotonic=time.monotonic,
            sleep=time.sleep,
            random_hex=secrets.token_hex,
            pid=os.getpid(),
            connect=lambda path, seconds: Client(path, seconds or LIMIT_S, seconds or LIMIT_S),
            start_daemon=_refuse,
            page=_refuse,
            open_page=_refuse,
            replace_process=_refuse,
        )
        code = app.run(context)
        return code, out.getvalue(), err.getvalue()


def _refuse(*words: object) -> NoReturn:
    raise AssertionError(f"no example is to do this here: {words}")


LINES: Final = [each.line for name in table.COMMANDS for each in examples.of(name)]


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Where lead stands, in a clone with all files that examples name; nux lives beside it."""
    rocket = world.clone("rocket", world.remote())
    (rocket / "src").mkdir()
    for name in ("report.md", "notes.md", "preamble.md", "app.log", "src/valve.py"):
        (rocket / name).write_text("The third valve leaks.\n")
    (rocket / "answers.json").write_text('{"roles": {"tester": {"autonomy": "strict"}}}\n')
    world.git("add", ".", cwd=rocket)
    world.git("commit", "-q", "-m", "begin", cwd=rocket)
    world.git("tag", "v2.1", cwd=rocket)
    world.git("push", "-q", "origin", "main", cwd=rocket)
    programs = world.root / "programs"
    programs.mkdir()
    for name in ("make", "npm"):
        (programs / name).write_text("#!/bin/sh\nexec sleep 600\n")
        (programs / name).chmod(0o755)
    world.environment["PATH"] = f"{programs}:{world.environment['PATH']}"
    world.settle(rocket, "lead", "--role", "coordinator", shares=False)
    world.git("worktree", "add", "-q", "../api", cwd=rocket)
    who = ("--role", "tester", "--module", "engine")
    world.thrum(world.root / "api", "quickstart", "nux", *who)
    Path(world.environment["HOME"], ".claude").mkdir()
    (rocket / "src/valve.py").write_text("The third valve is tight.\n")
    monkeypatch.chdir(rocket)  # the daemon looks where this very process stands
    return Shell(rocket, world.environment)


@pytest.mark.long
def test_an_example_does_what_it_says(desk: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    nux = Shell(desk.place.parent / "api", desk.environment)
    for line in sorted(LINES, key=lambda each: bool(TAKES_NUX_AWAY.match(each))):
        if any(re.match(pattern, line) for pattern in UNTRIED):
            continue
        with row(line):
            if OF_NUX.match(line) or TAKES_NUX_AWAY.match(line):
                monkeypatch.chdir(nux.place)
                for each in NUX_BEGINS:
                    assert nux.does(each)[0] == 0, each
            here = nux if BY_NUX.match(line) else desk
            monkeypatch.chdir(here.place)
            for pattern, lines in BEFORE.items():
                for each in lines if re.match(pattern, line) else ():
                    here.does(each)  # it may be so already
            code, printed = here.does(_real(desk, line))
            assert code == 0, printed


def _real(desk: Shell, line: str) -> str:
    """The line with ids that there are."""
    if re.search("8PBN1|K3D9QX", line):
        _, said, _ = desk.thrum(["send", "Which?", "--to", "@nux", "--json"], desk.environment, "")
        line = re.sub("8PBN1|K3D9QX", json.loads(said)["message_id"][-6:], line)
    if "4f3a2b1c" in line:
        _, said, _ = desk.thrum(["keys", "export", "--json"], desk.environment, "")
        line = line.replace("4f3a2b1c", json.loads(said)["key"])
    return line


def test_what_is_not_tried_is_there() -> None:
    tried = [line for line in LINES if not any(re.match(each, line) for each in UNTRIED)]
    for pattern in UNTRIED:
        assert any(re.match(pattern, line) for line in LINES), pattern
    for pattern in (*BEFORE, BY_NUX.pattern, OF_NUX.pattern, TAKES_NUX_AWAY.pattern):
        assert any(re.match(pattern, line) for line in tried), pattern
    assert len(tried) > len(LINES) / 2
