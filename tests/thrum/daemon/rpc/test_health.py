"""Whether the daemon says that it is well."""

from __future__ import annotations

from typing import Any


def test_a_stranger_may_ask(node: Any) -> None:
    health = node.call("nobody", "health")
    assert health["status"] == "ok"
    assert health["uptime_ms"] >= 0
    assert health["repo_id"] == "repository"
    assert health["sync_state"] == "idle"
    assert health["local_only"] is False
    assert health["identity"]["daemon_id"] == "d_here"
    assert "local_only_reason" not in health
