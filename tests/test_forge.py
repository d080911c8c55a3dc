"""A command from the forge is the command that people run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests import forge
from tests.namespaces import namespace
from thrum import paths
from thrum.client import Client
from thrum.daemon import control


def both(
    tmp_path: Path, *line: str, env: Mapping[str, str], text: str = ""
) -> list[tuple[int, str, str]]:
    """How a line ends and what it says, from the forge and as people run it."""
    people = subprocess.run(
        [sys.executable, "-m", "thrum", *line],
        cwd=tmp_path,
        env=env,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    ours = forge.run(line, cwd=tmp_path, env=env, text=text)
    return [(each.returncode, each.stdout, each.stderr) for each in (ours, people)]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A stranger's."""
    kept = {name: os.environ[name] for name in os.environ if name.startswith(forge.INTERPRETER)}
    return kept | {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "CI": "true"}


@pytest.mark.parametrize(
    "line",
    [
        ["--version"],
        [],
        ["--help"],
        ["send", "--help"],
        ["sned"],
        ["whoami"],
        ["inbox", "--json"],
        ["init", "--wrong"],
        ["doctor", "--json"],
        ["hook", "Stop", "--runtime", "claude"],
        ["context", "save", "--file", "-"],
        ["send", "\udcff"],
    ],
    ids=" ".join,
)
def test_it_ends_and_says_the_same(tmp_path: Path, env: dict[str, str], line: list[str]) -> None:
    ours, people = both(tmp_path, *line, env=env, text='{"session_id": "x"}')
    assert ours == people


@pytest.mark.parametrize("change", [{"COLUMNS": "60"}, {"TZ": "Asia/Tokyo"}, {"LC_ALL": "C"}])
def test_the_environment_counts(
    tmp_path: Path, env: dict[str, str], change: dict[str, str]
) -> None:
    ours, people = both(tmp_path, "--help", env=env | change)
    assert ours == people


def test_what_takes_too_long_is_killed(tmp_path: Path, env: dict[str, str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    line = ["context", "save", "--file", str(tmp_path / "pipe")]
    with pytest.raises(subprocess.TimeoutExpired):
        forge.run(line, cwd=tmp_path, env=env, limit=0.5)


def test_those_that_run_at_once_have_nothing_in_common(tmp_path: Path, env: dict[str, str]) -> None:
    def help_of(width: int) -> str:
        folder = tmp_path / str(width)
        folder.mkdir(exist_ok=True)
        done = forge.run(["--help"], cwd=folder, env=env | {"COLUMNS": str(width)})
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    widths = range(40, 64)
    with ThreadPoolExecutor() as pool:
        at_once = list(pool.map(help_of, widths))
    assert at_once == [help_of(width) for width in widths]
    assert len(set(at_once)) > 1


def test_a_daemon_that_it_starts_knows_its_home(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\nname = Imperator\nemail = i@example.org\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, env=env)
    assert forge.run(["init", "--non-interactive"], cwd=tmp_path, env=env).returncode == 0
    with Client(paths.at(tmp_path).socket) as client:
        assert client.call("user.link", {})["user_id"] == "user:imperator"
    assert forge.run(["daemon", "stop"], cwd=tmp_path, env=env).returncode == 0


def test_a_daemon_that_it_starts_stands_for_itself(tmp_path: Path, env: dict[str, str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, env=env)
    started = forge.run(["init", "--non-interactive", "--json"], cwd=tmp_path, env=env)
    assert started.returncode == 0, started.stderr
    place = paths.at(tmp_path)
    about = control.running(place)
    assert about
    assert psutil.Process(about.pid).cwd() == "/"
    assert os.getsid(about.pid) == os.getpgid(about.pid) == about.pid
    assert forge.run(["daemon", "restart"], cwd=tmp_path, env=env).returncode == 0
    again = control.running(place)
    assert again
    assert again.pid != about.pid
    assert forge.run(["daemon", "stop"], cwd=tmp_path, env=env).returncode == 0
    assert not control.is_up(place)
    (words,) = control.log_lines(place, 1)
    assert words.endswith("stopped")


def test_a_network_of_its_own_is_entered(tmp_path: Path, env: dict[str, str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, env=env)
    with namespace() as net:
        line = ["init", "--non-interactive"]
        assert forge.run(line, cwd=tmp_path, env=env, net=net).returncode == 0
        about = control.running(paths.at(tmp_path))
        assert about
        assert Path(f"/proc/{about.pid}/ns/net").readlink() == net.file.readlink()
        assert net.file.readlink() != Path("/proc/self/ns/net").readlink()
        assert forge.run(["daemon", "stop"], cwd=tmp_path, env=env).returncode == 0
    gone = forge.run(["--version"], cwd=tmp_path, env=env, net=net)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "No such file" in gone.stderr
