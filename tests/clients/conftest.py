"""The real clients, and desks at which they run.

None of these tests is even read unless they are asked for: ``-m clients``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import install
from tests.clients.desk import Desk
from tests.clients.desk import desk as standing


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the modules of this folder alone where the expression of marks leaves them out."""
    is_test = collection_path.name.startswith("test_")
    return True if is_test and "not clients" in config.option.markexpr else None


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with the clients."""
    try:
        return install.programs()
    except install.Lacking as lacking:
        pytest.skip(f"no real clients here: {lacking}")


@pytest.fixture
def bare(tmp_path: Path, programs: Path) -> Iterator[Desk]:
    """A home and a repository without Thrum."""
    with standing(tmp_path, programs) as found:
        yield found


@pytest.fixture
def desk(bare: Desk) -> Desk:
    """A repository with Thrum and one agent."""
    bare.employ()
    return bare
