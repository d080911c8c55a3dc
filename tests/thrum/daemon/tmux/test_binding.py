"""Which agent a session is of, as the files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.daemon.tmux import binding
from thrum.identity import files
from thrum.identity.files import Identity

NOW = "2026-01-02T03:04:05Z"


def written(home: Path, name: str, now: str = NOW, **fields: object) -> Identity:
    return files.write(files.folder(home), name, now, worktree=str(home), **fields)


def test_the_only_one_of_a_worktree_is_meant(tmp_path: Path) -> None:
    assert binding.at_home(tmp_path, "any") is None
    only = written(tmp_path, "impl")
    assert binding.at_home(tmp_path, "any") == only


def test_of_several_the_session_decides(tmp_path: Path) -> None:
    written(tmp_path, "impl", tmux_session="work:1.0")
    written(tmp_path, "tester")
    found = {each: binding.at_home(tmp_path, each) for each in ("work", "tester", "wor", "x")}
    assert {name: each.name if each else "" for name, each in found.items()} == {
        "work": "impl",
        "tester": "tester",
        "wor": "",
        "x": "",
    }


def test_copies_and_others_name_no_session(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for each in (first, second):
        each.mkdir()
    mine = written(first, "impl", tmux_session="work:0.0")
    copy = files.folder(second) / "impl.json"
    copy.parent.mkdir(parents=True)
    copy.write_text(mine.path.read_text())
    everyone = [mine, files.read(copy), written(first, "quiet")]
    assert binding.bound(everyone) == [mine]
    assert binding.of_session(everyone, "work") == mine
    assert binding.of_session(everyone, "wor") is None


def test_the_newest_word_counts(tmp_path: Path) -> None:
    old = written(tmp_path, "impl", tmux_session="work:0.0")
    new = written(tmp_path, "other", "2026-02-02T03:04:05Z", tmux_session="work:0.0")
    assert binding.of_session([old, new], "work") == new


@pytest.mark.parametrize("runtime", ["", "codex"])
def test_a_session_is_written_down_and_taken_out_again(tmp_path: Path, runtime: str) -> None:
    before = written(tmp_path, "impl", agent_pid=2**22 + 1, agent_pid_started="1@x", intent="do")
    tied = binding.tie(before, "work:1.0", NOW, runtime)
    assert (tied.tmux_session, tied.agent_pid, tied.runtime) == ("work:1.0", 0, runtime)
    binding.loosen(tied, NOW)
    loose = files.read(tied.path)
    assert (loose.tmux_session, loose.runtime, loose.intent) == ("", "", "do")
    loose.path.unlink()
    binding.loosen(tied, NOW)
    assert not loose.path.exists()
