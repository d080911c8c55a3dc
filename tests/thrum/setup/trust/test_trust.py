"""Whether a runtime trusts what was set up, by its own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.setup import trust


@pytest.mark.parametrize("runtime", ["opencode", "cursor", "kiro-cli", "anything"])
def test_of_others_nothing_is_known(tmp_path: Path, runtime: str) -> None:
    assert trust.trusted(runtime, tmp_path, Path("/w"), {}) is None


@pytest.mark.parametrize(
    ("runtime", "file"),
    [
        ("claude", ".claude.json"),
        ("codex", ".codex/config.toml"),
        ("gemini", ".gemini/settings.json"),
        ("qwen", ".qwen/settings.json"),
    ],
)
def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path, runtime: str, file: str) -> None:
    (tmp_path / file).mkdir(parents=True)
    assert trust.trusted(runtime, tmp_path, Path("/w"), {}) is None
