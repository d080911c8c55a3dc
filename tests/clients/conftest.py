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


def desk(tmp_path: Path, programs: Path) -> Iterator[Desk]:
    """A repository with Thrum and one agent; nothing but loopback is ever meant."""
    home, repo = tmp_path / "home", tmp_path / "repo"
    home.mkdir()
    repo.mkdir()
    model = Model()
    env = {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TERM": "xterm",
        "CI": "true",  # no daemon is started unasked
        "GIT_CONFIG_NOSYSTEM": "1",
        "THRUM_HOOK_MS": "5000",  # a machine may be busy with other tests
        # Whatever a client wants besides from somebody else fails at once.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    found = Desk(home, repo, model, env)
    author = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    found.run("git", "init", "-q", "-b", "main")
    found.run("git", *author, "commit", "-q", "--allow-empty", "-m", "first")
    found.thrum("init", "--non-interactive")
    found.thrum("quickstart", "furiosa", "--role", "implementer", "--module", "engine")
    yield found
    found.thrum("daemon", "stop")
    model.close()
