from __future__ import annotations

from pathlib import Path

import pytest

from thrum import pid_file


@pytest.mark.parametrize(
    ("text", "expected"), [("{", {}), ("42", {"pid": 42}), ('{"pid":7}', {"pid": 7}), ("[]", {})]
)
def test_any_pid_file_is_read(tmp_path: Path, text: str, expected: dict[str, int]) -> None:
    path = tmp_path / "thrum.pid"
    path.write_text(text)
    assert pid_file.read(path) == expected


def test_one_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert pid_file.read(tmp_path / "thrum.pid") == {}
