"""What the library names, and that only what is asked for is loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

import gitstore


def test_every_name_can_be_had() -> None:
    for name in gitstore.__all__:
        assert getattr(gitstore, name) is not None
    assert sorted(set(gitstore.__all__)) == sorted(gitstore.__all__)


def test_a_name_that_there_is_not_is_refused_as_usual() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gitstore.nothing


def test_what_only_mending_and_looking_back_need_is_loaded_when_asked_for() -> None:
    script = (
        "import sys, gitstore\n"
        "later = ['gitstore.examination', 'gitstore.descent', 'gitstore.snapshot']\n"
        "print(*[name for name in later if name in sys.modules])\n"
        "gitstore.Examination, gitstore.Descent, gitstore.Snapshot\n"
        "print(*[name for name in later if name not in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "\n\n"
