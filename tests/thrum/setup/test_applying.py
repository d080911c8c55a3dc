"""Whatever stood in a file stands there again when setup was taken back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Block, Entry, Own, Part, Piece, Scope
from thrum.setup import applying, foreign, json_text, plan, receipts, wanted

FIXTURES = sorted((Path(__file__).parents[3] / "fixtures" / "setup").iterdir())
"""Files as people have them."""

SUFFIXES = {"json": (".json", ".jsonc"), "toml": (".toml",), "md": (".md",)}
ADAPTERS = registry.every()


def syntax(piece: Piece) -> str:
    return piece.syntax if isinstance(piece, Entry) else "md" if isinstance(piece, Block) else ""


def shared(person: Any, scope: Scope, adapter: Adapter) -> Iterator[tuple[Path, str]]:
    """The files of a runtime that others write as well."""
    for each in person.wanted(scope, adapter):
        if syntax(each.piece):
            yield each.piece.path, syntax(each.piece)


def placed(person: Any, scope: Scope, adapter: Adapter, fixture: Path) -> list[Path]:
    """Puts a copy wherever a runtime has such a file."""
    found = []
    for path, kind in dict.fromkeys(shared(person, scope, adapter)):
        if fixture.suffix in SUFFIXES[kind]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(fixture.read_bytes())
            path.chmod(0o640)
            found.append(path)
    return found


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
@pytest.mark.parametrize("scope", Scope)
def test_a_file_is_byte_for_byte_what_it_was(person: Any, scope: Scope, fixture: Path) -> None:
    person.counts = syntax  # what is only ours does not depend on what stood there
    for adapter in ADAPTERS:
        files = placed(person, scope, adapter, fixture)
        if not files:
            continue  # as if nothing were there, see below
        before = person.files()
        assert person.set_up(scope, adapter) == []
        for path in files:
            assert path.stat().st_mode & 0o777 == 0o640
            assert path.read_bytes() != fixture.read_bytes()
        times = {path: path.stat().st_mtime_ns for path in files}
        assert person.set_up(scope, adapter) == []
        assert {path: path.stat().st_mtime_ns for path in files} == times
        assert not [each for each in person.plan(scope, adapter) if each.changes]
        assert person.remove(scope, adapter) == []
        assert person.files() == before
        for path in files:
            path.unlink()


@pytest.mark.parametrize(
    "fixture", [each for each in FIXTURES if "older" not in each.name], ids=lambda path: path.name
)
def test_without_receipts_only_ours_goes(person: Any, fixture: Path) -> None:
    """Another person's receipts, a home that was restored, a file from another machine."""
    person.counts = syntax
    for adapter in ADAPTERS:
        for path in placed(person, Scope.PROJECT, adapter, fixture):
            before = path.read_bytes()
            person.set_up(Scope.PROJECT, adapter)
            forget(person)
            person.remove(Scope.PROJECT, adapter)
            rest = path.read_bytes()
            if before != rest and fixture.name != "claude-hooks.json":
                assert b"".join(rest.split()) in {
                    b"".join(before.split()),
                    b"{}",
                    b"\xef\xbb\xbf{}",
                }
            assert b"thrum" not in rest.replace(b"[mcp_servers.thrum]\nis only text", b"").lower()
            path.unlink()


def forget(person: Any) -> None:
    (person.home / receipts.FOLDER / "receipts.json").unlink()


@pytest.mark.parametrize(
    "adapters", [(), *([each] for each in ADAPTERS)], ids=["all", *(each.name for each in ADAPTERS)]
)
def test_a_setup_into_nothing_leaves_nothing(person: Any, adapters: Sequence[Adapter]) -> None:
    for scope in Scope:
        before = person.files()
        assert person.set_up(scope, *adapters) == []
        there = person.files()
        assert (there != before) == bool(person.wanted(scope, *adapters))
        assert person.set_up(scope, *adapters) == []
        assert person.files() == there
        assert not [each for each in person.plan(scope, *adapters) if each.changes]
        assert person.remove(scope, *adapters) == []
        assert person.files() == before


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda each: each.name)
def test_what_others_changed_since_stays(person: Any, scope: Scope, adapter: Adapter) -> None:
    person.set_up(scope, adapter)
    files = dict(shared(person, scope, adapter))
    for path, kind in files.items():
        text = path.read_text()
        if kind == "json":
            path.write_text(json_text.put(text, ["theirs"], {"a": [1]}))
        else:
            path.write_text(text + ("theirs = 1\n" if kind == "toml" else "theirs\n"))
    # What stands behind our table in TOML is in it, and then the table is not only ours.
    person.set_up(scope, adapter)
    person.remove(scope, adapter)
    for path, kind in files.items():
        if kind == "json":
            assert json_text.decode(path.read_text())["theirs"] == {"a": [1]}
            assert "thrum" not in path.read_text()
        elif kind == "md":
            assert path.read_text().strip() == "theirs"


@pytest.mark.parametrize(
    "broken",
    [
        b"{", b'{"hooks": 1}', b"[]", b"\xff", b'{"mcpServers": [], "hooks": [], "mcp": 0}',
        b"mcp_servers = 1\n[", b'{"a" 1}',
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_left_alone_and_named(person: Any, broken: bytes) -> None:
    """And the other files are gone on with."""
    files = [
        path
        for adapter in ADAPTERS
        for path, kind in shared(person, Scope.USER, adapter)
        if kind in {"json", "toml"}
    ]
    path = files[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(broken)
    (obstacle,) = person.set_up(Scope.USER) or planned(person)
    assert obstacle.path == path
    assert path.read_bytes() == broken
    assert all(each.is_file() for each in files)
    person.remove(Scope.USER)
    assert path.read_bytes() == broken


def planned(person: Any) -> list[Any]:
    return [each.obstacle for each in person.plan(Scope.USER) if each.obstacle]


def test_a_runtime_that_shares_a_file_keeps_it(person: Any) -> None:
    """Two runtimes read the same instructions; one of them is taken out."""
    path = person.root / "AGENTS.md"
    block = Block(Part.INSTRUCTIONS, path, "text")
    two = [plan.Wanted(name, block, str(person.root)) for name in ("one", "other")]
    with receipts.held(person.home) as known:
        applying.put(plan.putting(two, new_mode=0o644), known)
        (change,) = plan.removing(two[:1], known)
        assert change.notes == ("still used by other",)
        applying.remove([change], known)
        assert path.exists()
        applying.remove(plan.removing(two[1:], known), known)
        assert not path.exists()
        assert not known.found


def test_a_folder_goes_with_the_last_of_what_was_made_in_it(person: Any) -> None:
    folder = person.root / "a" / "b"
    pieces = [
        plan.Wanted(name, Own(Part.SKILL, folder / name, "by `thrum setup`"), str(person.root))
        for name in ("one", "other")
    ]
    with receipts.held(person.home) as known:
        applying.put(plan.putting(pieces, new_mode=0o644), known)
        applying.remove(plan.removing(pieces[:1], known), known)
        assert [each.name for each in folder.iterdir()] == ["other"]
        applying.remove(plan.removing(pieces[1:], known), known)
    assert not folder.parent.exists()


def test_where_an_older_one_put_it_is_remembered(person: Any) -> None:
    """A later Thrum writes elsewhere; what was written is found all the same."""
    path = person.home / ".claude" / "elsewhere.json"
    server = {"command": "/x/thrum", "args": ["mcp", "serve"]}
    entry = Entry(Part.MCP, path, ("servers", "thrum"), server)
    adapter = registry.adapter("claude")
    with receipts.held(person.home) as known:
        applying.put(plan.putting([plan.Wanted("claude", entry)], new_mode=0o600), known)
        path.write_text(json_text.put(path.read_text(), ["theirs"], 1))
        pieces = wanted.remembered(person.ground(), [adapter], known)
        assert [each.piece.path for each in pieces] == [path]
        assert not wanted.remembered(person.ground(Scope.PROJECT), [adapter], known)
        applying.remove(plan.removing(pieces, known), known)
    assert json.loads(path.read_text()) == {"theirs": 1}


def test_bytes_that_were_lost_beside_the_receipts_are_not_needed(person: Any) -> None:
    adapter = registry.adapter("claude")
    path = person.home / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text('{\n  "a": 1\n}\n')
    person.set_up(Scope.USER, adapter)
    for kept in (person.home / receipts.FOLDER).glob("*.before"):
        kept.unlink()
    assert person.remove(Scope.USER, adapter) == []
    assert path.read_text() == '{\n  "a": 1\n}\n'


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("together", [True, False])
def test_what_two_share_stays_until_both_are_gone(
    person: Any, scope: Scope, together: bool
) -> None:
    """Skills, and lines in an instruction file, whoever came first or later."""
    one, other = registry.adapter("codex"), registry.adapter("opencode")
    before = person.files()
    person.set_up(scope, other)
    alone = person.files()
    person.remove(scope, other)
    for adapters in [[one, other]] if together else [[one], [other]]:
        person.set_up(scope, *adapters)
    person.remove(scope, one)
    kept = person.files()
    assert {path: kept.get(path) for path in alone} == alone
    person.remove(scope, other)
    assert person.files() == before


def test_a_link_is_written_through(person: Any) -> None:
    adapter = registry.adapter("claude")
    far = person.home / "dotfiles" / "settings.json"
    far.parent.mkdir()
    far.write_text("{}\n")
    (person.home / ".claude").symlink_to(person.home / "nowhere-yet")
    (person.home / "nowhere-yet").mkdir()
    (person.home / ".claude" / "settings.json").symlink_to(far)
    before = person.files()
    person.set_up(Scope.USER, adapter)
    assert "thrum" in far.read_text()
    assert (person.home / ".claude" / "settings.json").is_symlink()
    person.remove(Scope.USER, adapter)
    assert person.files() == before


def test_who_is_killed_anywhere_can_go_on_or_be_taken_back(tmp_path: Path) -> None:
    """See `tests.thrum.setup.killed`: every change of a file or folder is a place to be killed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.thrum.setup.killed", str(tmp_path)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_a_file_with_megabytes_costs_a_reading_or_two(person: Any) -> None:
    """A program's own file may be large, and ours is one line of it."""
    adapter = registry.adapter("claude")
    path = person.home / ".claude.json"
    history = [{"display": "x" * 60, "pastedContents": {}} for _ in range(40)]
    document = {"projects": {f"/p/{n}": {"history": history} for n in range(1000)}}
    path.write_text(json.dumps(document, indent=2))
    assert path.stat().st_size < foreign.LARGEST
    before = path.read_bytes()
    person.set_up(Scope.USER, adapter)
    assert json.loads(path.read_text())["mcpServers"].keys() == {"thrum"}
    person.remove(Scope.USER, adapter)
    assert path.read_bytes() == before
