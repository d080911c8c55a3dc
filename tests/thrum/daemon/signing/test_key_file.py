"""The file of the private key, spoiled, copied and lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.daemon.signing.key_file import Held, KeyFile
from thrum.errors import ThrumError


@pytest.fixture
def places(tmp_path: Path) -> list[Path]:
    return [tmp_path / "var/signing.key", tmp_path / "git/signing.key"]


def test_it_is_for_its_owner_alone_and_comes_back_from_its_copy(places: list[Path]) -> None:
    file, held = KeyFile(places, "d_1"), Held("d_1", "secret")
    assert file.read() is None
    file.write(held)
    for path in places:
        assert path.stat().st_mode & 0o777 == 0o600
    assert file.is_whole()
    places[0].unlink()
    assert file.read() == held
    assert not file.is_whole()


def test_a_copy_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "git").write_text("no folder")
    file, held = KeyFile([tmp_path / "var/k", tmp_path / "git/k"], "d_1"), Held("d_1", "secret")
    file.write(held)
    assert file.read() == held


def test_a_copied_folder_has_no_key_yet(places: list[Path]) -> None:
    KeyFile(places, "d_1").write(Held("d_1", "secret"))
    assert KeyFile(places, "d_2").read() is None


@pytest.mark.parametrize("spoiled", [b"", b'{"daemon_id":"d_1"', b"\xff\xfe", b"[]"])
def test_half_a_file_is_no_key_and_its_copy_is(places: list[Path], spoiled: bytes) -> None:
    file, held = KeyFile(places, "d_1"), Held("d_1", "secret")
    file.write(held)
    places[0].write_bytes(spoiled)
    assert file.read() == held
    places[1].write_bytes(spoiled)
    with pytest.raises(ThrumError, match="cannot be read"):
        file.read()
