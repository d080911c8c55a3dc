"""The supervisor's name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thrum.config import Config, load
from thrum.daemon.callers import pseudo_agent
from thrum.daemon_identity import DaemonIdentity


def here(url: str) -> DaemonIdentity:
    return DaemonIdentity("d_1", "My Shop", "host", "/src/shop", url, "2026-01-01T00:00:00Z")


@pytest.fixture
def plain(tmp_path: Path) -> Config:
    """A configuration that says nothing."""
    (tmp_path / "config.json").write_text("{}")
    return load(tmp_path / "config.json", {})


def test_a_project_is_named_by_people_by_its_remote_or_by_its_folder(
    tmp_path: Path, plain: Config
) -> None:
    url = "https://example.org/acme/shop.git"
    by_remote = pseudo_agent.project(plain, here(url))
    assert by_remote == pseudo_agent.project(plain, here(url)).lower()
    by_folder = pseudo_agent.project(plain, here(""))
    assert "shop" in by_folder
    assert by_remote != by_folder
    (tmp_path / "config.json").write_text(json.dumps({"project_name": "Wasteland"}))
    named = pseudo_agent.project(load(tmp_path / "config.json", {}), here(url))
    assert named.lower() == "wasteland"


def test_its_id_is_its_own_on_every_machine(plain: Config) -> None:
    identity = here("")
    for person in ("Ann", ""):
        name = pseudo_agent.supervisor_id(plain, identity, person)
        assert name.startswith("supervisor_")
        assert pseudo_agent.is_supervisor(name, plain, identity)
    assert not pseudo_agent.is_supervisor("supervisor", plain, identity)
    assert not pseudo_agent.is_supervisor("supervisor_of_others", plain, identity)
    assert not pseudo_agent.is_supervisor("nux", plain, identity)
