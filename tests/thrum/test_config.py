from __future__ import annotations

import json
from pathlib import Path

import pytest

from thrum import config
from thrum.errors import ThrumError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "files"


def written(tmp_path: Path, tree: object, yaml: str = "") -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(tree))
    if yaml:
        path.with_suffix(".yaml").write_text(yaml)
    return path


def test_absent_is_not_false(tmp_path: Path) -> None:
    assert config.load(tmp_path / "none.json", {}).local_only is None
    path = written(tmp_path, {"daemon": {"local_only": False}})
    assert config.load(path, {}).local_only is False


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"THRUM_LOCAL_ONLY": "false"}, False),
        ({"THRUM_LOCAL": "1"}, True),
        ({"THRUM_LOCAL_ONLY": "false", "THRUM_LOCAL": "1"}, False),
        ({"THRUM_LOCAL_ONLY": ""}, True),
    ],
)
def test_the_environment_beats_the_file(
    tmp_path: Path, environment: dict[str, str], expected: bool
) -> None:
    path = written(tmp_path, {"daemon": {"local_only": True}})
    assert config.load(path, environment).local_only is expected


def test_a_variable_that_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThrumError, match="THRUM_LOCAL"):
        _ = config.load(tmp_path / "c.json", {"THRUM_LOCAL": "perhaps"}).local_only


def test_yaml_is_read_where_json_says_nothing(tmp_path: Path) -> None:
    yaml = "# settings\nlocal_only: true\ndaemon:\n  sync_interval: 5\n  log_level: 'debug'\n"
    path = written(tmp_path, {"daemon": {"sync_interval": 7}}, yaml)
    found = config.load(path, {})
    assert found.local_only is True
    assert found.get("daemon.sync_interval") == 7
    assert found.get("daemon.log_level") == "debug"


def test_yaml_that_is_more_than_that_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {}, "list:\n  - one\n")
    with pytest.raises(ThrumError, match="line 2"):
        config.load(path, {})


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_a_broken_file_is_a_clear_refusal(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ThrumError) as refusal:
        config.load(path, {})
    assert refusal.value.kind == "config"
    assert str(path) in refusal.value.message


def test_a_value_of_a_wrong_type_names_its_key(tmp_path: Path) -> None:
    path = written(tmp_path, {"daemon": {"sync_interval": "often"}})
    with pytest.raises(ThrumError, match=r"daemon\.sync_interval"):
        config.load(path, {}).get("daemon.sync_interval")


def test_saving_keeps_what_is_not_ours_and_closes_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, {"daemon": {"peer_port": "auto"}, "telegram": {"token": "x"}})
    found = config.load(path, {})
    found.set("daemon.local_only", False)
    found.set("identity.daemon_id", "d_1")
    found.save()
    again = json.loads(path.read_text())
    assert again["daemon"] == {"peer_port": "auto", "local_only": False}
    assert again["telegram"] == {"token": "x"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.glob("*.json*")] == ["config.json"]


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("config*.json")), ids=str)
def test_recorded_configurations_are_read(path: Path) -> None:
    found = config.load(path, {})
    assert found.get("identity.daemon_id").startswith("d_")
    for key in config.KEYS:
        found.get(key)


def test_every_default_has_the_type_of_its_key() -> None:
    for name, key in config.KEYS.items():
        assert key.default is None or isinstance(key.default, key.type), name
        assert key.meaning.endswith("."), name


@pytest.mark.parametrize(("bound", "expected"), [(0, 1_048_576), (-1, None), (5, 5)])
def test_the_bound_of_bodies(tmp_path: Path, bound: int, expected: int | None) -> None:
    path = written(tmp_path, {"daemon": {"max_message_body_bytes": bound}})
    assert config.load(path, {}).largest_body == expected
