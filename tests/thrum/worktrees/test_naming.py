"""What a worktree may be called, and where it lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thrum.errors import ThrumError
from thrum.worktrees import naming


@pytest.mark.parametrize("name", ["nux", "nux-2", "0_0", "a" * 64])
def test_names_of_agents_will_do(name: str) -> None:
    assert naming.check(name) == name


HOSTILE = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/etc",
    "a\\b",
    "a..b",
    "-rf",
    "all",
    "thrum",
    "system",
    "a:b",
    "Nux",
    "a b",
    "a\nb",
    "a\0b",
    "$(id)",
    "`id`",
    "a;b",
    "a'b",
    "\u202exun",
    "\u0430pi",
    "a" * 65,
    "--json",
    ".git",
    "x.lock",
    "HEAD",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_others_are_refused_in_letters_that_hide_nothing(name: str) -> None:
    with pytest.raises(ThrumError) as caught:
        naming.check(name)
    assert caught.value.kind == "usage"
    assert "worktree name" in caught.value.message
    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["Nux", "API", "Fix-2"])
def test_who_only_needs_small_letters_is_told_so(name: str) -> None:
    with pytest.raises(ThrumError) as caught:
        naming.check(name)
    assert caught.value.hint == f"small letters will do: {name.lower()}"


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ("", "home/.thrum/worktrees/shop"),
        ("~/wts", "home/wts/shop"),
        ("~", "home/shop"),
        ("~/wts/shop", "home/wts/shop"),
        ("../wts", "wts/shop"),
        ("../wts/shop/", "wts/shop"),
    ],
)
def test_the_base_ends_in_the_repositorys_name(
    tmp_path: Path, configured: str, expected: str
) -> None:
    found = naming.base(configured, tmp_path / "shop", "shop", str(tmp_path / "home"))
    assert found == (tmp_path / expected).resolve()


def test_an_absolute_base_needs_no_home(tmp_path: Path) -> None:
    assert naming.base(str(tmp_path), tmp_path / "r", "r", "") == (tmp_path / "r").resolve()
    for configured in ("", "~", "~/x"):
        with pytest.raises(ThrumError) as caught:
            naming.base(configured, tmp_path / "r", "r", "")
        assert caught.value.kind == "usage"


@pytest.mark.parametrize("configured", ["/" + "b" * 200, "/a\nb", "/\u202ex", "/x\udcff"])
def test_a_base_that_is_too_long_or_cannot_be_shown_is_refused(configured: str) -> None:
    with pytest.raises(ThrumError) as caught:
        naming.base(configured, Path("/r"), "r", "/home/t")
    assert caught.value.kind == "config"
    assert "worktrees.base_path" in str(caught.value)


def test_a_path_has_a_bound(tmp_path: Path) -> None:
    assert naming.path(tmp_path, "nux") == tmp_path / "nux"
    with pytest.raises(ThrumError, match="255 bytes"):
        naming.path(Path("/", "c" * 196), "n" * 64)


def test_another_spelling_of_what_is_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a disk does that takes NUX and nux for one.
    (tmp_path / "NUX").mkdir()
    real = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda path: real(str(path).replace("nux", "NUX")))
    with pytest.raises(ThrumError, match="another spelling"):
        naming.path(tmp_path, "nux")


def test_places_in_the_repository_are_refused(tmp_path: Path) -> None:
    tree, common = tmp_path / "shop", tmp_path / "shop/.git"
    naming.check_outside(tmp_path / "wts/nux", common, [tree])
    naming.check_outside(tree, common, [tree])  # what lies there is looked at later
    for place in (tree / "wts/nux", tree / "nux", common / "nux"):
        with pytest.raises(ThrumError, match="lies in the"):
            naming.check_outside(place, common, [tree])
