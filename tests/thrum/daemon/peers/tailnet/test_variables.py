from __future__ import annotations

from pathlib import Path

from thrum.daemon.peers.tailnet import variables

TEXT = """
# THRUM_TS_PORT=1
THRUM_TS_PORT=9105
 THRUM_TS_ADDRESS = 100.64.0.1
TAILSCALE_X="as it is"
PATH=/evil
export THRUM_NAME=x
THRUM_EMPTY=
no equals
"""


def test_only_lines_of_ours_and_of_tailscale_count() -> None:
    assert variables.parsed(TEXT) == {
        "THRUM_TS_PORT": "9105",
        "THRUM_TS_ADDRESS": "100.64.0.1",
        "TAILSCALE_X": '"as it is"',
        "THRUM_EMPTY": "",
    }


def test_the_first_file_beats_the_second_and_the_environment_both(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, text in ((one, "THRUM_A=1\nTHRUM_B=1\n"), (two, "THRUM_B=2\nTHRUM_C=2\n")):
        folder.mkdir()
        (folder / ".env").write_text(text)
    found = variables.read([one, two], {"THRUM_A": "0", "HOME": "/root"})
    assert found == {"THRUM_A": "0", "THRUM_B": "1", "THRUM_C": "2"}


def test_a_file_that_is_none_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert variables.read([tmp_path, tmp_path / "missing"], {}) == {}
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_text("THRUM_A=1")
    (other / ".env").symlink_to(other / "file")
    assert variables.read([other], {}) == {}
