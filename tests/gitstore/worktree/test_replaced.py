"""Who had a file open before it was replaced is heard all the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from gitstore import Format, Log
from gitstore.worktree.folder import Folder
from gitstore.worktree.replaced import KEPT_S, Replaced
from tests.gitstore.worktree.conftest import append, clean, raws

Git = Callable[..., str]
Clone = Callable[[str], Path]
Event = Callable[..., bytes]
Open = Callable[..., Log]


def test_a_line_written_while_the_file_is_replaced_is_heard(
    log: Log, folder: Path, event: Event, git: Git
) -> None:
    file = folder / "messages" / "alice.jsonl"
    early = event("early")
    append(file, event("theirs, later than ours"))
    with file.open("ab") as opened:
        log.append([[("messages/alice.jsonl", early)]])
        log.commit()
        late = event("late")
        opened.write(late + b"\n")
    assert late not in file.read_bytes()
    log.commit()
    assert late in raws(log)
    assert late in file.read_bytes()
    log.worktree.replaced.now = lambda: os.stat(folder).st_ctime + 3600  # noqa: PTH116
    log.commit()
    assert not log.worktree.replaced.path.exists()
    assert clean(folder, git)


def test_names_are_kept_for_a_while_and_however_often(tmp_path: Path) -> None:
    now = [0.0]
    folder = Folder(tmp_path, Format(), lambda _s: None)
    folder.path.mkdir(parents=True)
    replaced = Replaced(folder, lambda: now[0])
    assert list(replaced.files()) == []
    file = folder.path / "messages" / "a~2.jsonl"
    file.parent.mkdir()
    for text in ("first", "second"):
        file.write_text(text)
        replaced.keep("messages/a~2.jsonl", file)
        file.unlink()
    found = [(path, kept.read_text()) for path, kept in replaced.files()]
    assert found == [("messages/a~2.jsonl", "first"), ("messages/a~2.jsonl", "second")]
    now[0] = max(kept.lstat().st_ctime for _, kept in replaced.files()) + KEPT_S / 2
    replaced.forget()
    assert len(list(replaced.files())) == 2
    now[0] += KEPT_S
    replaced.forget()
    assert not replaced.path.exists()
