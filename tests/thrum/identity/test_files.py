"""Identity files: written, read, and refused."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from thrum.errors import ThrumError
from thrum.identity import files

FIXTURES = Path(__file__).parents[3] / "fixtures" / "files"


NOW = "2026-01-01T00:00:00.000000000Z"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    files.write(tmp_path, "nux", NOW, role="tester", module="ui", worktree="/w", agent_pid=7)
    found = files.read(tmp_path / "nux.json")
    assert (found.name, found.role, found.module, found.agent_pid) == ("nux", "tester", "ui", 7)
    raw = json.loads(found.path.read_text())
    assert raw["version"] == 5
    assert set(raw["agent"]) == {"kind", "name", "role", "module", "display"}
    assert raw["agent_status_updated_at"] == files.NEVER
    assert found.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("written", "read"),
    [("kiro", "kiro-cli"), ("cursor-agent", "cursor"), ("Gemini-CLI", "gemini"), ("mine", "mine")],
)
@pytest.mark.parametrize("key", ["runtime", "preferred_runtime"])
def test_a_runtime_has_its_proper_name_whoever_wrote_it(
    tmp_path: Path, key: str, written: str, read: str
) -> None:
    files.write(tmp_path, "nux", NOW, role="tester", **{key: written})
    found = files.read(tmp_path / "nux.json")
    assert found.runtime == read
    assert found.preferred_runtime == (read if key == "preferred_runtime" else "")


def test_fields_that_are_not_named_stay(tmp_path: Path) -> None:
    files.write(tmp_path, "nux", NOW, role="tester", intent="a", agent_pid=7)
    path = tmp_path / "nux.json"
    foreign = json.loads(path.read_text()) | {"somebody_elses": [1]}
    path.write_text(json.dumps(foreign))
    files.write(tmp_path, "nux", NOW, intent="b")
    found = files.read(path)
    assert (found.role, found.intent, found.agent_pid) == ("tester", "b", 7)
    assert json.loads(path.read_text())["somebody_elses"] == [1]


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    files.write(tmp_path, "nux", NOW, role="tester")
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=files.write, args=(tmp_path, "nux", NOW), kwargs={field: value})
        for field, value in (("intent", "x"), ("branch", "y"), ("runtime", "z"))
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = files.read(tmp_path / "nux.json")
    assert (found.role, found.intent, found.branch, found.runtime) == ("tester", "x", "y", "z")


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("identities/*.json")), ids=lambda p: p.stem)
def test_recorded_identities_are_read(path: Path) -> None:
    found = files.read(path)
    assert found.name == path.stem
    assert found.role
    assert found.module
    assert found.version == 5
    assert found.worktree


@pytest.mark.parametrize(
    "text",
    [
        '{"version":1,"agent":{"Name":"a","Role":"r","Module":"m"},"worktree":"w"}',
        '{"VERSION":3,"Agent":{"NAME":"a","role":"r","module":"m"},"Worktree":"w"}',
        '{"version":4,"agent":{"name":"a","role":"r","module":"m"},"worktree":"w"}',
    ],
)
def test_every_version_and_letter_case_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    found = files.read(path)
    assert (found.name, found.role, found.module, found.worktree) == ("a", "r", "m", "w")


def agent_named(name: str) -> str:
    return json.dumps({"agent": {"name": name}})


BROKEN = [
    "",
    "[]",
    "{",
    '"x"',
    "[" * 100_000,
    '{"agent": "' + "x" * 1_100_000 + '"}',
    agent_named("good"),
    agent_named("../bad"),
    agent_named("b\x1bd"),
    agent_named("b" * 200),
]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_refused_and_left_out_of_lists(tmp_path: Path, text: str) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    with pytest.raises(ThrumError, match=r"bad\.json") as refused:
        files.read(bad)
    assert refused.value.details == {"file": str(bad)}
    files.write(tmp_path, "good", NOW, role="r")
    scan = files.scan(tmp_path)
    assert [each.name for each in scan.identities] == ["good"]
    assert [each.message for each in scan.faults] == [refused.value.message]


def test_what_is_no_file_at_all_neither_stops_nor_fills_us(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "device.json").symlink_to("/dev/zero")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "nowhere.json").symlink_to(tmp_path / "absent")
    scan = files.scan(tmp_path)
    assert scan.identities == []
    assert [Path(str(each.details["file"])).stem for each in scan.faults] == [
        "device",
        "folder",
        "nowhere",
        "pipe",
    ]


def test_a_folder_that_is_none_is_a_fault_and_an_absent_one_is_empty(tmp_path: Path) -> None:
    assert files.scan(tmp_path / "absent") == ([], [])
    (tmp_path / "identities").write_text("")
    (fault,) = files.scan(tmp_path / "identities").faults
    assert "Not a directory" in fault.message


def test_where_nothing_can_be_written_it_is_said_which_folder(tmp_path: Path) -> None:
    folder = tmp_path / "identities"
    folder.write_text("")
    with pytest.raises(ThrumError, match="identities cannot be written") as refused:
        files.write(folder, "nux", NOW)
    assert refused.value.kind == "identity"


@pytest.mark.parametrize("name", ["nux", "api-reviewer", "tester_1B9K33T6RK", "bridge:nux"])
def test_every_kind_of_agent_has_a_file(tmp_path: Path, name: str) -> None:
    assert files.write(tmp_path, name, NOW, role="r").name == name
    assert [each.name for each in files.read_all(tmp_path)] == [name]


def test_others_leftovers_are_not_looked_at(tmp_path: Path) -> None:
    files.write(tmp_path, "nux", NOW, role="r")
    for name in (".nux.json", "._nux.json", "nux.json.tmp.1", "nux.json.deleted", "nux.txt"):
        (tmp_path / name).write_text("{")
    (tmp_path / ".quarantine").mkdir()
    scan = files.scan(tmp_path)
    assert ([each.name for each in scan.identities], scan.faults) == (["nux"], [])


@pytest.mark.parametrize("name", ["../nux", "a/b", "", ".hidden"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "identities"
    with pytest.raises(ThrumError):
        files.write(folder, name, NOW)
    assert not list(tmp_path.rglob("*.json"))


def test_what_others_keep_beside_an_agents_name_stays(tmp_path: Path) -> None:
    path = tmp_path / "nux.json"
    path.write_text(json.dumps({"agent": {"Name": "nux", "Role": "tester", "Mood": "witness"}}))
    files.write(tmp_path, "nux", NOW, intent="shine")
    agent = json.loads(path.read_text())["agent"]
    assert agent["mood"] == "witness"
    assert agent["role"] == "tester"
