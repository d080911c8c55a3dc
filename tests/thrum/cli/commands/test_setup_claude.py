"""``thrum setup claude-md``, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.setup import instructions, markdown

BLOCK = markdown.wrapped(instructions.text()) + "\n"


def test_it_is_printed_and_nothing_is_touched(world: Any) -> None:
    ran = world.run("setup", "claude-md")
    assert ran.out == BLOCK
    assert not (world.root / "CLAUDE.md").exists()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, BLOCK, "Created {} with Thrum block."),
        ("", BLOCK, "Appended Thrum block to {}."),
        ("# A", f"# A\n\n{BLOCK}", "Appended Thrum block to {}."),
        ("# A\n", f"# A\n\n{BLOCK}", "Appended Thrum block to {}."),
        (f"{markdown.BEGIN}\nhalf\n", f"{markdown.BEGIN}\nhalf\n\n{BLOCK}", "Appended"),
    ],
)
def test_it_is_written(world: Any, before: str | None, after: str, said: str) -> None:
    path = world.root / "CLAUDE.md"
    if before is not None:
        path.write_text(before)
    ran = world.run("setup", "claude-md", "--apply")
    assert (ran.code, ran.out) == (0, "")
    assert said.format(path) in ran.err
    assert path.read_text() == after
    if before is None:
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("rest", ["", "\n", "\nafter", "after\n"])
def test_a_block_is_replaced_only_by_force(world: Any, rest: str) -> None:
    path = world.root / "CLAUDE.md"
    text = f"# A\n{markdown.BEGIN}\nold\n{markdown.END}{rest}"
    path.write_text(text)
    refused = world.run("setup", "claude-md", "--apply")
    assert refused.code == 1
    assert "thrum block already present in CLAUDE.md — use --force to replace" in refused.err
    assert path.read_text() == text
    for _ in range(2):
        ran = world.run("setup", "claude-md", "--apply", "--force")
        assert ran.err == f"Replaced Thrum block in {path}.\n"
        assert path.read_text() == f"# A\n{BLOCK.rstrip()}{rest or chr(10)}"


def test_the_document(world: Any) -> None:
    assert world.run("setup", "claude-md", "--json").document == {"block": BLOCK}
    found = world.run("setup", "claude-md", "--apply", "--json").document
    assert found == {"path": str(world.root / "CLAUDE.md"), "action": "created"}
