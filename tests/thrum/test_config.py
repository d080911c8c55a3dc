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
        ({"THRUM_LOCAL": "false"}, False),
        ({"THRUM_LOCAL_ONLY": "false", "THRUM_LOCAL": "1"}, False),
        ({"THRUM_LOCAL_ONLY": ""}, True),
    ],
)
def test_the_environment_beats_the_file(
    tmp_path: Path, environment: dict[str, str], expected: bool
) -> None:
    path = written(tmp_path, {"daemon": {"local_only": True}})
    assert config.load(path, environment).local_only is expected


@pytest.mark.parametrize("name", ["THRUM_LOCAL_ONLY", "THRUM_LOCAL"])
def test_a_variable_that_is_neither_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ThrumError, match=name):
        _ = config.load(tmp_path / "c.json", {name: "perhaps"}).local_only


def test_what_the_user_wrote_by_hand_beats_what_init_wrote(tmp_path: Path) -> None:
    yaml = "# settings\nlocal_only: false\ndaemon:\n  sync_interval: 5\n"
    tree = {"daemon": {"local_only": True, "sync_interval": 7, "log_level": "debug"}}
    found = config.load(written(tmp_path, tree, yaml), {})
    assert found.local_only is False
    assert found.get("daemon.sync_interval") == 5
    assert found.get("daemon.log_level") == "debug"


def test_a_yaml_key_without_a_value_says_nothing(tmp_path: Path) -> None:
    tree = {"daemon": {"local_only": True}}
    found = config.load(written(tmp_path, tree, "local_only:\ndaemon: ~\n"), {})
    assert found.local_only is True


def test_yaml_is_never_copied_into_the_json(tmp_path: Path) -> None:
    path = written(tmp_path, {}, "project_name: by hand\n")
    found = config.load(path, {})
    found.set("daemon.log_level", "warn")
    found.save()
    assert json.loads(path.read_text()) == {"daemon": {"log_level": "warn"}}
    assert config.load(path, {}).get("project_name") == "by hand"


@pytest.mark.parametrize("text", ["list:\n  - one\n", "a: [1]\n", "a: 1\n  b: 2\n"])
def test_yaml_that_is_more_than_that_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ThrumError, match=r"config\.yaml: line") as refusal:
        config.load(written(tmp_path, {}, text), {})
    assert refusal.value.kind == "config"


@pytest.mark.parametrize("yaml", ["", "daemon: true\n"])
def test_a_value_where_a_section_belongs_hides_nothing(tmp_path: Path, yaml: str) -> None:
    tree = {"daemon": {"local_only": True}} if yaml else {"daemon": True}
    with pytest.raises(ThrumError, match="daemon in"):
        config.load(written(tmp_path, tree, yaml), {})


def test_the_short_spelling_is_read_in_json_and_goes_when_the_long_one_is_set(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, {"local_only": True})
    found = config.load(path, {})
    assert found.local_only is True
    found.set("daemon.local_only", False)
    found.save()
    assert json.loads(path.read_text()) == {"daemon": {"local_only": False}}


def test_saving_keeps_what_others_wrote_since_it_was_read(tmp_path: Path) -> None:
    path = written(tmp_path, {"daemon": {"local_only": True}})
    mine, other = config.load(path, {}), config.load(path, {})
    other.set("daemon.local_only", False)
    other.save()
    mine.set("project_name", "mine")
    mine.save()
    assert json.loads(path.read_text()) == {
        "daemon": {"local_only": False},
        "project_name": "mine",
    }


@pytest.mark.parametrize("name", ["daemon.sync_interval", "daemon.max_connections"])
def test_zero_stands_for_the_default_and_less_is_refused(tmp_path: Path, name: str) -> None:
    last = name.rpartition(".")[2]
    path = written(tmp_path, {"daemon": {last: 0}})
    assert config.load(path, {}).get(name) == config.KEYS[name].default
    path = written(tmp_path, {"daemon": {last: -3}})
    with pytest.raises(ThrumError, match="at least"):
        config.load(path, {}).get(name)


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
