"""What would be written, by looking only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from thrum.runtimes.contract import Own, Part, Scope
from thrum.setup import plan, receipts
from thrum.setup.plan import Wanted


def test_looking_changes_nothing(person: Any) -> None:
    before = person.files()
    changes = person.plan(Scope.USER) + person.plan(Scope.PROJECT)
    assert {each.action for each in changes} == {"create"}
    assert person.files() == before


def test_a_file_of_ours_is_written_over_and_one_of_theirs_is_not(tmp_path: Path) -> None:
    path = tmp_path / "SKILL.md"
    piece = [Wanted("claude", Own(Part.SKILL, path, "by `thrum setup`: new", 0o755))]
    (change,) = plan.putting(piece, new_mode=0o600)
    assert change.action == "create"
    assert change.before
    assert change.before.mode == 0o755
    path.write_text("by `thrum setup`: old")
    assert plan.putting(piece, new_mode=0o600)[0].action == "change"
    path.write_text("mine")
    (change,) = plan.putting(piece, new_mode=0o600)
    assert change.action == "leave"
    assert change.obstacle
    assert change.obstacle.hint == "move it away, or use --force"
    assert plan.putting(piece, new_mode=0o600, force=True)[0].action == "change"
    known = receipts.read(tmp_path)
    assert plan.removing(piece, known)[0].action == "keep"
    path.write_text("by `thrum setup`: old, and a line of mine")
    assert plan.removing(piece, known)[0].action == "remove"


def test_who_is_named_once_for_many_pieces(person: Any) -> None:
    (settings,) = [
        each for each in person.plan(Scope.USER) if each.path.name == "settings.json"
        and "claude" in each.runtimes
    ]  # fmt: skip
    assert settings.runtimes == ("claude",)
    assert settings.parts[:2] == (Part.HOOKS, Part.STATUSLINE)
    assert len(settings.placed) == len(set(settings.placed)) > 2
