"""A skill as the files that runtimes read."""

from __future__ import annotations

from thrum.setup.plan import OWN_MARK
from thrum.skills import rules
from thrum.skills.skill import MARK, Skill, claude, page, plain

TYPED = Skill("a-b", "What it is", "Text.\n", is_typed=True, hint="NAME", runs="send")


def test_front_matter_comes_first_and_the_mark_right_below() -> None:
    text = page({"name": "a", "description": "What it is"}, "Text.\n")
    assert text == f"---\nname: a\ndescription: What it is\n---\n{MARK}\n\nText.\n"
    assert rules.parsed(text)[0] == {"name": "a", "description": "What it is"}


def test_setup_knows_each_file_by_its_mark() -> None:
    skill = Skill("a", "What it is", "Text.\n", references={"references/ONE.md": "More.\n"})
    files = list(skill.files(front=plain(skill)))
    assert [file.path for file in files] == ["SKILL.md", "references/ONE.md"]
    assert all(OWN_MARK in file.text[:300] for file in files)
    assert files[1].text.endswith("More.\n")


def test_what_people_type_is_kept_out_of_lists_by_everybody_who_can() -> None:
    assert plain(TYPED)["disable-model-invocation"] == "true"
    assert "disable-model-invocation" not in plain(Skill("a", "What it is", "Text.\n"))


def test_only_claude_is_told_what_only_claude_knows() -> None:
    more = claude(TYPED).items() - plain(TYPED).items()
    assert dict(more) == {"argument-hint": "NAME", "allowed-tools": "Bash(thrum send:*)"}
    bare = Skill("a", "What it is", "Text.\n")
    assert claude(bare) == plain(bare)
