"""``thrum setup status``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thrum.setup import fired


@pytest.fixture
def user(world: Any, clone: Any) -> Any:
    """A world in a repository, with a home of its own."""
    world.root, world.env = clone.root, {**clone.env, "PATH": "/usr/bin:/bin"}
    return world


def test_it_says_how_it_stands(user: Any) -> None:
    home = Path(user.env["HOME"])
    assert "No agent runtime was found" in user.run("setup", "status").out
    user.run("setup", "--runtime", "claude", "--yes")
    ran = user.run("setup", "status")
    assert ran.out.startswith("Claude Code\n  hooks        ready    ~/.claude/settings.json\n")
    assert "  trusted      not yet\n  last hook    never\n  Where Claude asks" in ran.out
    (home / fired.FIRED / "claude.Stop").touch()
    fired.failed(home, "claude", "Stop: the daemon\x1b is gone")
    ran = user.run("setup", "status")
    assert "  last hook    Stop " in ran.out
    assert "  last error   Stop: the daemon" in ran.out
    assert "\x1b" not in ran.out
    assert "Where Claude asks" not in ran.out


@pytest.mark.usefixtures("forged_server")
def test_the_document(user: Any) -> None:
    user.run("setup", "--runtime", "codex", "--yes")
    (home := Path(user.env["HOME"])) and (home / ".codex" / "config.toml").write_text("[")
    (found,) = user.run("setup", "status", "--json", "--runtime", "codex").document["runtimes"]
    assert found["runtime"] == "codex"
    assert found["parts"]["hooks"]["state"] == "ready"
    assert found["parts"]["mcp"]["state"] == "blocked"
    assert found["parts"]["mcp"]["why"]
    assert found["trusted"] is None
    assert found["last_hook"] is None
    assert found["confirm"]
