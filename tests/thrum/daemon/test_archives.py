"""Files of archived messages: each message once, whole after a crash, and no link followed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from thrum.daemon.archives import Archive, path_in
from thrum.errors import ThrumError


def row(name: str) -> dict[str, dict[str, str]]:
    return {name: {"message_id": name, "body": "ünï"}}


def ids(path: Path) -> list[str]:
    return [json.loads(line)["message_id"] for line in path.read_text().splitlines()]


def test_two_who_add_at_once_write_no_message_twice(tmp_path: Path) -> None:
    path = path_in(tmp_path, "nux")
    one, other = Archive(path), Archive(path)
    assert one.add(row("a") | row("b")) == 2
    assert other.add(row("b") | row("c")) == 1
    assert one.add(row("c") | row("a")) == 0
    assert one.add(row("d")) == 1
    assert ids(path) == ["a", "b", "c", "d"]


def test_a_line_that_was_cut_stays_alone(tmp_path: Path) -> None:
    path = path_in(tmp_path, "nux")
    archive = Archive(path)
    archive.add(row("a"))
    with path.open("a") as file:
        file.write('{"message_id": "b')
    assert archive.add(row("b")) == 1
    first, cut, last = path.read_text().splitlines()
    assert (json.loads(first)["message_id"], cut) == ("a", '{"message_id": "b')
    assert json.loads(last)["message_id"] == "b"


@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_what_is_no_plain_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = path_in(tmp_path, "nux")
    path.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "outside")
    with pytest.raises(ThrumError) as caught:
        Archive(path).add(row("a"))
    assert caught.value.kind == "not_allowed"
    assert not (tmp_path / "outside").exists()
