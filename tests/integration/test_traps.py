"""A repository full of modules that bear the names of ours and of those that we import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.integration.conftest import World

NAMES = ("anyio", "gitstore", "json", "msgspec", "psutil", "pygit2", "sqlite3", "thrum", "typer")
THRUM = str(Path(sys.executable).with_name("thrum"))
COMMANDS = (
    ("quickstart", "furiosa", "--role", "tester", "--module", "x"),
    ("send", "hello"),
    ("inbox",),
    ("team",),
    ("log",),
    ("sync", "force"),
    ("doctor",),
    ("daemon", "restart"),
    ("rpc", "call", "health"),
    ("complete", "--", "send", "--to", ""),
)


def test_no_command_runs_what_lies_in_the_working_directory(world: World, tmp_path: Path) -> None:
    repository, marker = world.root / "trapped", tmp_path / "sprung"
    world.git("init", "-q", str(repository), cwd=world.root)
    for name in NAMES:
        trap = f"open({str(marker)!r}, 'a').write({name!r})\nraise SystemExit('a trap')\n"
        (repository / f"{name}.py").write_text(trap)
    for command in (("init", "--non-interactive"), *COMMANDS):
        world.run(THRUM, *command, cwd=repository, check=command[0] == "init")
    assert '"total":1' in world.run(THRUM, "sent", "--json", cwd=repository).out
    world.run(THRUM, "daemon", "stop", cwd=repository)
    daemon = subprocess.Popen(
        [THRUM, "daemon", "run"],
        cwd=repository,
        env=world.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while world.run(THRUM, "daemon", "status", cwd=repository, check=False).code:
            assert daemon.poll() is None
    finally:
        daemon.terminate()
        daemon.wait(30)
    assert not marker.exists(), marker.read_text()
