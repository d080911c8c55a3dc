"""Programs of others: how they are run, and where their files come back to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from thrum.backup import plugins
from thrum.backup.plugins import origin
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    "inside",
    ["", "../x", "a/../../x", ".git/hooks/post-checkout", "sub/.GIT/config", "/etc/x", "out/x"],
)
def test_nothing_is_put_into_git_or_elsewhere(tmp_path: Path, inside: str) -> None:
    (tmp_path / "out").symlink_to("/tmp")
    assert origin(f"plugins/p/{inside}", tmp_path) is None


def test_what_a_program_says_last_is_kept_and_nobody_waits_for_what_left_its_group(
    tmp_path: Path,
) -> None:
    (tmp_path / "leaves").write_text("echo $$ >pid; mv pid left; exec sleep 60")
    said = "head -c 900000 /dev/zero >&2; echo why >&2; setsid sh leaves & "
    said += "until test -e left; do sleep 0.01; done; exit 3"
    with pytest.raises(ThrumError, match=r"ended with 3.*why$") as refusal:
        plugins.run(said, tmp_path, dict(os.environ), through_shell=True)
    assert len(refusal.value.message) < 2 * plugins.MOST_SAID
    (saying,) = [each for each in threading.enumerate() if isinstance(each, plugins._Saying)]
    os.kill(int((tmp_path / "left").read_text()), signal.SIGKILL)
    saying.join(20)
    assert saying._stream.closed


def test_who_is_told_to_end_before_anybody_listens_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(_self: object) -> None:
        raise SystemExit(143)

    monkeypatch.setattr(plugins._Saying, "start", told)
    with pytest.raises(SystemExit, match="143"):
        plugins.run("exec sleep 60", tmp_path, dict(os.environ), through_shell=True)


def test_who_is_told_to_end_takes_the_program_along(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from thrum.backup import plugins;"
        "plugins.run('echo $$ >pid; mv pid it; exec sleep 60', Path('.'), dict(os.environ),"
        " through_shell=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path) as running:
        while not (tmp_path / "it").exists():
            time.sleep(0.01)
        running.terminate()
        assert running.wait() == 128 + signal.SIGTERM
    group, until = int((tmp_path / "it").read_text()), time.monotonic() + 20
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < until:  # whose parent is gone is buried by another, soon
            os.killpg(group, 0)
            time.sleep(0.01)


def test_a_file_goes_where_it_was(tmp_path: Path) -> None:
    assert origin("plugins/p/notes/a.md", tmp_path) == tmp_path / "notes/a.md"
