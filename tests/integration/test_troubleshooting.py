"""The page about what goes wrong: each thing goes wrong as it says, and is mended as it says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.integration.conftest import World
from tests.integration.transcript import ROOT, Typist, section

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
HOOK = """\
#!/bin/sh
while read old new ref; do
  git diff "$old" "$new" | grep -q hunter2 && { echo "no secrets" >&2; exit 1; }
done
exit 0
"""
QUOTING = (
    "The daemon does not start or is not reached",
    "Nothing is exchanged",
    "I am somebody else, or a name is taken",
    "The doctor says",
)
ROW = re.compile(r"^\| (.*?) \|", re.M)


def test_each_thing_goes_wrong_and_is_mended_as_the_page_says(world: World) -> None:
    remote = world.remote()
    laptop = world.clone("laptop")
    world.git("commit", "-q", "--allow-empty", "-m", "begin", cwd=laptop)
    world.git("push", "-q", "origin", "main", cwd=laptop)
    desk = world.clone("desk")
    typist = Typist(world, {"laptop": laptop, "desk": desk})
    for clone, agent in ((laptop, "furiosa"), (desk, "nux")):
        world.thrum(clone, "init", "--non-interactive")
        world.thrum(clone, "quickstart", agent, "--role", "tester", "--module", "engine")
    done = 0
    for title in re.findall(r"^## (.*)$", PAGE, re.M):
        if title == "The remote refuses something":
            hook = remote / "hooks" / "pre-receive"
            hook.write_text(HOOK)
            hook.chmod(0o755)
        if title == "I am somebody else, or a name is taken":
            (remote / "hooks" / "pre-receive").unlink()
        done += typist.follow(section(PAGE, title))
    assert done > 40


def test_what_the_tables_quote_is_said_by_the_program() -> None:
    sources = "".join(path.read_text() for path in sorted((ROOT / "thrum").rglob("*.py")))
    said = re.sub(r'"\s*\n\s*f?"', "", sources)
    quoted = [
        part.strip()
        for title in QUOTING
        for cell in ROW.findall(section(PAGE, title))
        for text in re.findall(r"`([^`]+)`", cell)
        for part in text.split("…")
    ]
    assert len(quoted) > 20
    assert [part for part in quoted if part not in said] == []


def test_other_sentences_that_it_quotes_are_said_by_the_program() -> None:
    for place, text in (
        ("thrum/access.py", "a sandbox around this shell forbids"),
        ("thrum/access.py", "where it was started) is alive and not to be seen from here"),
        ("thrum/access.py", "belongs to root, as after a command with sudo"),
        ("thrum/daemon/projection/queries/clocks.py", "the clock of "),
    ):
        assert text in Path(ROOT, place).read_text()
        assert text in " ".join(PAGE.split())
