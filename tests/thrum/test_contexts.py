"""The folder of contexts: replaced whole, kept in versions, never left."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.contexts import LARGEST, MOST_VERSIONS, Contexts, stem_of
from thrum.errors import ThrumError


@pytest.fixture
def contexts(tmp_path: Path) -> Contexts:
    root = tmp_path / "worktree"
    root.mkdir()
    return Contexts(root)


@pytest.fixture
def folder(contexts: Contexts) -> Path:
    return contexts.worktree / ".thrum" / "context"


def refused(do: Callable[[], object]) -> str:
    with pytest.raises(ThrumError) as caught:
        do()
    return caught.value.kind


def content(contexts: Contexts, stem: str = "nux") -> bytes | None:
    found = contexts.read(stem)
    return found.content if found else None


def test_nothing_is_there_at_first_and_looking_makes_nothing(contexts: Contexts) -> None:
    assert content(contexts) is None
    assert contexts.versions("nux") == []
    assert contexts.version("nux", "20260101T000000.000000000Z") is None
    assert contexts.clear("nux") is False
    assert list(contexts.worktree.iterdir()) == []


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_any_bytes_come_back_and_the_ones_before_are_a_version(one: bytes, two: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        contexts = Contexts(Path(root))
        contexts.save("nux", one)
        assert content(contexts) == one
        contexts.save("nux", two)
        assert content(contexts) == two
        kept = [contexts.version("nux", each.id) for each in contexts.versions("nux")]
        assert [each.content for each in kept if each] == ([one] if one else [])


def test_files_are_private(contexts: Contexts, folder: Path) -> None:
    contexts.save("nux", b"1")
    contexts.save("nux", b"2")
    for path in folder.rglob("*"):
        wanted = 0o750 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) & ~wanted == 0, path
    assert not list(folder.rglob("*.tmp"))


def test_clearing_keeps_a_version(contexts: Contexts) -> None:
    contexts.save("nux", b"1")
    assert contexts.clear("nux") is True
    assert content(contexts) is None
    (version,) = contexts.versions("nux")
    assert version.size == 1
    kept = contexts.version("nux", version.id)
    assert kept is not None
    assert kept.content == b"1"


def test_the_oldest_versions_go(contexts: Contexts, folder: Path) -> None:
    for number in range(MOST_VERSIONS + 5):
        contexts.save("nux", b"%d" % number)
        # Saved at the same moment, as far as the file system can tell.
        os.utime(folder / "nux.md", ns=(number // 2, number // 2))
    found = contexts.versions("nux")
    assert len(found) == MOST_VERSIONS
    assert len({each.id for each in found}) == MOST_VERSIONS
    newest = contexts.version("nux", found[0].id)
    assert newest is not None
    assert newest.content == b"%d" % (MOST_VERSIONS + 3)
    assert found[0].written_at.startswith("1970-01-01T00:00:00.")


def test_what_is_too_large_is_refused_and_nothing_changes(contexts: Contexts) -> None:
    contexts.save("nux", bytes(LARGEST))
    assert refused(lambda: contexts.save("nux", bytes(LARGEST + 1))) == "too_large"
    assert content(contexts) == bytes(LARGEST)
    assert contexts.versions("nux") == []


def test_a_file_that_grew_by_hand_is_refused(contexts: Contexts, folder: Path) -> None:
    contexts.save("nux", b"1")
    (folder / "nux.md").write_bytes(bytes(LARGEST + 1))
    assert refused(lambda: contexts.read("nux")) == "too_large"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        ".",
        "../nux",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "a\0b",
        ".hidden",
        "~nux",
        "a b",
        "nux\n",
        "ünï",
        "x" * 129,
        "nux_preamble",
        "project_state",
        "agent:project_state",
    ],
)
def test_names_that_are_refused(name: str) -> None:
    assert refused(lambda: stem_of(name)) == "invalid_params"


@pytest.mark.parametrize(
    ("name", "stem"),
    [("nux", "nux"), ("user:rec", "user_rec"), ("tester_ABCDEFGHJK", "tester_ABCDEFGHJK")],
)
def test_names_that_are_files(name: str, stem: str) -> None:
    assert stem_of(name) == stem


@given(st.text())
def test_no_name_leaves_the_folder(name: str) -> None:
    try:
        stem = stem_of(name)
    except ThrumError:
        return
    path = Path("/worktree/.thrum/context") / f"{stem}.md"
    assert Path(os.path.normpath(path)).parent == Path("/worktree/.thrum/context")
    assert not stem.startswith(".")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside that nobody is to read or write by way of the folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "nux.md").write_bytes(b"secret")
    return outside


def test_a_link_in_the_place_of_the_folder(contexts: Contexts, folder: Path, secret: Path) -> None:
    folder.parent.mkdir()
    folder.symlink_to(secret)
    for do in (
        lambda: contexts.read("nux"),
        lambda: contexts.save("nux", b"1"),
        lambda: contexts.clear("nux"),
        lambda: contexts.versions("nux"),
    ):
        assert refused(do) == "not_allowed"
    assert [path.name for path in secret.iterdir()] == ["nux.md"]
    assert (secret / "nux.md").read_bytes() == b"secret"


@pytest.mark.parametrize("target", ["outside", "nowhere"])
def test_a_branch_that_brings_a_link_into_its_worktree(
    contexts: Contexts, folder: Path, secret: Path, target: str
) -> None:
    (contexts.worktree / ".git").write_text("gitdir: /elsewhere")
    folder.parent.symlink_to(secret.parent / target)
    before = sorted(secret.parent.rglob("*"))
    doings = [lambda: contexts.save("nux", b"1"), lambda: contexts.read("nux")]
    for do in doings:
        assert refused(do) == "not_allowed"
    assert sorted(secret.parent.rglob("*")) == before


def test_whose_folder_lies_on_another_disk(contexts: Contexts, folder: Path, secret: Path) -> None:
    (contexts.worktree / ".git").mkdir()
    folder.parent.symlink_to(secret)
    contexts.save("nux", b"1")
    assert content(contexts) == (secret / "context/nux.md").read_bytes() == b"1"


@pytest.mark.parametrize("which", [".versions", ".versions/nux"])
def test_a_link_in_the_place_of_the_versions(
    contexts: Contexts, folder: Path, secret: Path, which: str
) -> None:
    contexts.save("nux", b"1")
    (folder / which).parent.mkdir(exist_ok=True)
    (folder / which).symlink_to(secret)
    assert refused(lambda: contexts.save("nux", b"2")) == "not_allowed"
    assert refused(lambda: contexts.versions("nux")) == "not_allowed"
    assert content(contexts) == b"1"
    assert [path.name for path in secret.iterdir()] == ["nux.md"]


def test_a_link_in_the_place_of_the_file(contexts: Contexts, folder: Path, secret: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "nux.md").symlink_to(secret / "nux.md")
    assert refused(lambda: contexts.read("nux")) == "not_allowed"
    contexts.save("nux", b"1")
    assert content(contexts) == b"1"
    assert not (folder / "nux.md").is_symlink()
    assert (secret / "nux.md").read_bytes() == b"secret"
    assert contexts.versions("nux") == []


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_what_is_no_plain_file(contexts: Contexts, folder: Path, kind: str) -> None:
    folder.mkdir(parents=True)
    path = folder / "nux.md"
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    assert refused(lambda: contexts.read("nux")) == "not_allowed"


def test_a_folder_in_the_place_of_the_file_stays(contexts: Contexts, folder: Path) -> None:
    (folder / "nux.md").mkdir(parents=True)
    assert refused(lambda: contexts.save("nux", b"1")) == "not_allowed"
    assert (folder / "nux.md").is_dir()
    assert not list(folder.glob(".*.tmp"))


def test_many_who_save_at_once_lose_nothing(contexts: Contexts) -> None:
    wanted = {b"%d" % number for number in range(12)}
    threads = [threading.Thread(target=contexts.save, args=("nux", each)) for each in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [contexts.version("nux", each.id) for each in contexts.versions("nux")]
    assert {each.content for each in kept if each} | {content(contexts)} == wanted


def test_an_absent_file_is_written_once(contexts: Contexts) -> None:
    contexts.save_if_absent("nux", b"1")
    contexts.save_if_absent("nux", b"2")
    assert content(contexts) == b"1"


def test_an_agent_that_goes_leaves_nothing(contexts: Contexts, folder: Path) -> None:
    for stem in ("nux", "nux_preamble", "max"):
        contexts.save(stem, b"1")
        contexts.save(stem, b"2")
    contexts.forget("nux")
    contexts.forget("nobody")
    assert content(contexts) is None
    assert contexts.versions("nux") == contexts.versions("nux_preamble") == []
    assert content(contexts, "max") == b"2"
    assert [path.name for path in folder.rglob("*.md") if path.parent == folder] == ["max.md"]


def test_forgetting_follows_no_link(contexts: Contexts, folder: Path, secret: Path) -> None:
    folder.parent.mkdir()
    folder.symlink_to(secret)
    assert refused(lambda: contexts.forget("nux")) == "not_allowed"
    assert (secret / "nux.md").exists()
