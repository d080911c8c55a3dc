from __future__ import annotations

import errno
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import access, config, small_file, yaml_text
from thrum.daemon import services
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
    found = config.load(written(tmp_path, tree, yaml), {}, services.keys())
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


names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
# YAML's escapes are code points; JSON writes two surrogates for those above these.
texts = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=9)
values = (
    st.booleans()
    | st.integers()
    | st.none()
    | texts
    | st.floats(allow_nan=False, allow_infinity=False)
)
trees = st.dictionaries(
    names | texts,
    st.recursive(
        values,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
        max_leaves=8,
    ),
    max_size=5,
)


@given(trees)
def test_what_json_says_yaml_says_too(tree: dict[str, object]) -> None:
    assert yaml_text.parse(f"---\n# top\n{json.dumps(tree)}\n") == tree


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a: 'it''s # here' # why", "it's # here"),
        (r'a: "tab\t#"', "tab\t#"),
        ("a: x#y", "x#y"),
        ("a: http://h/p", "http://h/p"),
        ("a: -4", -4),
        ("a: 012", 12),
        ("a: 1:30", "1:30"),
        ("a: 1.5", 1.5),
        ("a: FALSE", False),
        ("a: off", "off"),
        ("a: no", "no"),
        ("a: '1'", "1"),
        ("a: '2024-01-01'", "2024-01-01"),
        ("a:", None),
        ("a: # nothing", None),
        ("a: &name b", "b"),
        ("a:\n- b\n- {c: d}", ["b", {"c": "d"}]),
        ("\ufeffa: |\n  b\n  c\n", "b\nc\n"),
    ],
)
def test_yaml_values(line: str, value: object) -> None:
    assert yaml_text.parse(line) == {"a": value}


@pytest.mark.parametrize("text", ["", "# only this\n", "---\n", "~\n"])
def test_yaml_that_says_nothing_is_empty(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, {"project_name": "x"})
    path.with_suffix(".yaml").write_text(text)
    assert config.load(path, {}).tree == {"project_name": "x"}


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{after}: &{after} [*{before}, *{before}]\n" for before, after in pairwise("abcdefghijklmnop")
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{after}: &{after} {{<<: [*{before}, *{before}]}}\n" for before, after in pairwise("abcdefgh")
)
REFUSED = {
    "- a": "no mapping",
    "word": "no mapping",
    "'': ''\n- a": "line 2",
    "a: 1\nb:\n  c: 1\n  c: 2\n": "line 4: 'c' stands there a second time",
    "a: 1\n'a': 2\n": "line 2: 'a' stands",
    LAUGHS: "line 2: an alias",
    MERGES: "line 2: an alias",
    "a: &a [*a]\n": "line 1: an alias",
    "a: 1\n<<: *b\n": "line 2: an alias",
    "a: !!python/object/apply:os.mkdir [made]\n": "line 1: a tag",
    "!!python/object/new:type {}\n": "line 1: a tag",
    "a: !!bool yes": "line 1: a tag",
    "a: !own x": "line 1: a tag",
    "a: 1\nb: 2024-01-01\n": "line 2: a date",
    "a: 2024-01-01T10:00:00Z": "line 1: a date",
    "1: a": "line 1: a key must be a text",
    "true: a": "line 1: a key must be a text",
    "? [a]\n: b": "line 1: a key must be a text",
    "[" * 50_000: "line 1: it is nested too deeply",
    "? " * 30_000: "line 1: it is nested too deeply",
    "".join(f"{' ' * depth}a:\n" for depth in range(300)): "line 33: it is nested too deeply",
    "a: " + "9" * 5_000: "line 1: a number",
    "#" * 65_537: "more than 65,536 characters",
    "# \n" * 600_000: "more than 1,048,576 bytes",
    "a: b\n---\nc: d": "line 2: ",
    "a: 1\n  b: 2": "line 2: ",
    "a:\n    b: 1\n  c: 2": "line 3: ",
    "a:\n\tb: c": "line 2: ",
    "a: 'b": "line 1: ",
    "a: @b": "line 1: ",
    r'a: "\q"': "line 1: ",
    r'a: "\UFFFFFFFF"': "no character",
    "a: \x00": "unacceptable character",
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED.values())
def test_yaml_that_would_deceive_or_cost_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ThrumError, match=re.escape(REFUSED[text])) as refusal:
        config.load(written(tmp_path, {}, text), {})
    assert refusal.value.kind == "config"
    assert "\n" not in refusal.value.message
    assert str(tmp_path / "config.yaml") in refusal.value.message
    assert sorted(each.name for each in tmp_path.glob("[!h]*")) == ["config.json", "config.yaml"]


PIECES = (
    *("a", "b: ", "\n", "  ", "- ", "[", "]", "{", "}", ":", "? ", "&x ", "*x", "!!int ", "|\n  "),
    *("'", '"', "\\U", "FFFFFFFF", "%YAML 1.1", "%TAG ! tag:x,", "%YAML " + "9" * 5_000, "---"),
    *("...", "\t", "<<: ", "= ", "0b_", "0x_", "1e5", ".5", "~", "\x85", "\u2028", "\ufeff", "😀"),
)


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_yaml_is_read_or_refused_in_a_line(text: str) -> None:
    try:
        yaml_text.parse(text)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1


LOADED = """
import sys
from pathlib import Path
from typing import NoReturn
from thrum import config
config.load(Path(sys.argv[1]), {})
print("yaml" in sys.modules)
"""


@pytest.mark.parametrize("yaml", ["", "local_only: true\n"])
def test_the_yaml_reader_is_loaded_only_where_such_a_file_lies(tmp_path: Path, yaml: str) -> None:
    path = written(tmp_path, {}, yaml)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(bool(yaml))


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
    keys = services.keys()
    assert config.load(path, {}, keys).get(name) == keys[name].default
    path = written(tmp_path, {"daemon": {last: -3}})
    with pytest.raises(ThrumError, match="at least"):
        config.load(path, {}, keys).get(name)


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
        config.load(path, {}, services.keys()).get("daemon.sync_interval")


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
    found = config.load(path, {}, services.keys())
    assert found.get("identity.daemon_id").startswith("d_")
    for key in found.keys:
        found.get(key)


def test_every_default_has_the_type_of_its_key() -> None:
    every = services.keys()
    for name, key in every.items():
        assert key.default is None or isinstance(key.default, key.type), name
        assert key.meaning.endswith("."), name


@pytest.mark.parametrize(("bound", "expected"), [(0, 1_048_576), (-1, None), (5, 5)])
def test_the_bound_of_bodies(tmp_path: Path, bound: int, expected: int | None) -> None:
    path = written(tmp_path, {"daemon": {"max_message_body_bytes": bound}})
    assert config.load(path, {}).largest_body == expected


@pytest.mark.parametrize("name", ["config.json", "config.yaml"])
def test_a_file_of_another_account_is_not_said_to_be_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(path: Path) -> NoReturn:
        if path.name != name:
            raise FileNotFoundError(path)
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    for reading in ("json_object", "yaml_object"):
        monkeypatch.setattr(small_file, reading, refuse)
    monkeypatch.setattr(access, "_owner", lambda path: 4712)
    with pytest.raises(ThrumError) as refusal:
        config.load(tmp_path / "config.json", {})
    assert f"{name} cannot be read" in refusal.value.message
    assert "belongs to 4712" in (refusal.value.hint or "")
    assert "correct" not in (refusal.value.hint or "")
