"""What is remembered of each file."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.errors import ThrumError
from thrum.setup import receipts
from thrum.setup.receipts import Placed, Receipt

FILE = Path("/home/p/.claude/settings.json")


def test_what_is_noted_is_read_again(tmp_path: Path) -> None:
    placed = (Placed("hooks", "entry", ("hooks", "Stop"), True, "json"), Placed("skill", "own"))
    receipt = Receipt(True, "a", "b", (("x", 1),), ("/f",), "/tree", ("claude",), placed)
    with receipts.held(tmp_path) as known:
        known.note(FILE, receipt)
    assert receipts.read(tmp_path).of(FILE) == receipt
    assert (tmp_path / receipts.FOLDER).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"a\r\nb\n", "Zoë".encode()])
def test_old_bytes_come_back(tmp_path: Path, raw: bytes) -> None:
    with receipts.held(tmp_path) as known:
        receipt = Receipt(True, known.keep(raw))
        assert known.has(receipt)
        assert known.kept(receipt) == raw
        assert receipt.is_known(raw)
        assert not receipt.is_known(raw + b"!")
        assert not receipt.is_known(None)


def test_the_last_one_that_needs_old_bytes_takes_them_along(tmp_path: Path) -> None:
    with receipts.held(tmp_path) as known:
        one, other = Path("/one"), Path("/other")
        for path in (one, other):
            known.note(path, Receipt(True, known.keep(b"{}")))
        kept = known.folder / known.found["/one"].kept
        known.forget(one)
        assert kept.exists()
        known.forget(other)
        assert not kept.exists()
        known.forget(other)


def test_nothing_was_there() -> None:
    receipt = Receipt(was_there=False, after=receipts.digest(b"ours"))
    assert receipt.is_known(None)
    assert receipt.is_known(b"ours")
    assert not receipt.is_known(b"")


@pytest.mark.parametrize("text", ["[]", "{", '{"/x": {}}', '{"/x": 1}', '{"/x": {"was_there": 1}}'])
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    folder = tmp_path / receipts.FOLDER
    folder.mkdir(parents=True)
    (folder / "receipts.json").write_text(text)
    with pytest.raises(ThrumError, match="cannot be read") as raised:
        receipts.read(tmp_path)
    assert "move it away" in str(raised.value.hint)


def test_only_one_at_a_time(tmp_path: Path) -> None:
    waiting = receipts.held(tmp_path, patience=0.0)
    with receipts.held(tmp_path), pytest.raises(ThrumError, match="locked"):
        waiting.__enter__()


def test_what_is_left_of_them_goes_when_nothing_is_known(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with receipts.held(home) as known:
        known.note(FILE, Receipt(True, known.keep(b"{}")))
        assert not known.clean()
        known.forget(FILE)
        (known.folder / "fired").mkdir()
        (known.folder / "fired" / "claude.Stop").touch()
        assert known.clean()
    assert list(home.iterdir()) == []
    assert receipts.read(home).found == {}
