"""The person's own agent programs, by what their processes look like."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from thrum.identity import process, programs
from thrum.identity.programs import Programs
from thrum.runtimes import presets, registry


@pytest.fixture(autouse=True)
def unheeded() -> Iterator[None]:
    """Nothing of it counts for other tests."""
    yield
    programs.heed(Programs)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("my-tool --chat", ("my-tool", False)),
        ("/opt/my tool/my-tool", ("my", False)),  # two words
        ("'/opt/my tool/my-tool' -v", ("my-tool", False)),
        ("env A=1 B=x my-tool", ("my-tool", False)),
        ("A=1 my-tool a=b", ("my-tool", False)),
        ("node --inspect /opt/tool/main.js --chat", ("main.js", True)),
        ("python3.12 -m my_tool", ("my_tool", True)),
        ("npx -y my-tool@latest", ("my-tool", True)),
        ("npx @me/my-tool@2", ("my-tool", True)),
        ("uv run my-tool", ("my-tool", True)),
        ("uv tool run python my-tool.py", ("my-tool.py", True)),
        ("pipx run my-tool", ("my-tool", True)),
        ("bash -lc my-tool", ("", False)),
        ("sudo my-tool", ("", False)),
        ("env", ("", False)),
        ("node", ("", True)),
        ("npx bash", ("", False)),
        ("'", ("", False)),
        ("", ("", False)),
    ],
)
def test_what_a_line_launches(command: str, expected: tuple[str, bool]) -> None:
    assert programs.launched(command) == expected


def test_a_program_is_known_by_its_name_and_as_a_script() -> None:
    seen = programs.seen(
        {
            "mine": {"command": "my-tool"},
            "long": {"command": "a-tool-with-a-long-name"},
            "run": {"command": "npx other"},
            "shell": {"command": "sh -c my-tool"},
            "odd": {"command": 3},
            "odder": "x",
        }
    )
    assert seen.names == {"my-tool": "mine", "a-tool-with-a-l": "long"}
    paths = ["/usr/bin/node", "/lib/other"]
    assert (seen.of_script(paths), seen.of_script(paths[:1])) == ("run", "")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"custom_runtimes": []}', '{"custom_runtimes": {"x": {}}}', None]
)
def test_a_file_that_says_nothing_is_as_none(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / presets.FILE
    file.parent.mkdir()
    if text is None:
        file.mkdir()
    else:
        file.write_text(text)
    assert programs.read(tmp_path) == Programs()
    assert programs.read(tmp_path / "nowhere") == Programs()


def heeds(home: Path, **commands: str) -> None:
    file = home / presets.FILE
    file.parent.mkdir()
    own = {name: {"command": command} for name, command in commands.items()}
    file.write_text(json.dumps({"custom_runtimes": own}))
    programs.heed(lambda: programs.read(home))


@pytest.mark.skipif(sys.platform == "darwin", reason="a copied system program does not run there")
@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("my-tool", (), "mine"),
        ("a-tool-with-a-long-name", (), "long"),
        ("node", ("-s", "bin/run-tool"), "run"),
        ("python3.12", ("-s", "my_module"), "module"),
        ("MainThread", ("-s", "bin/my-tool"), "mine"),
        ("node", ("-s", "bin/my-tools"), ""),
        ("my-tools", (), ""),
        ("bash", ("-s", "my-tool"), ""),
        ("claude", (), "claude"),
        ("node", ("-s", "@qwen-code/qwen-code/my-tool"), "qwen"),
    ],
)
def test_a_process_of_it_is_a_runtime(
    tmp_path: Path, name: str, words: tuple[str, ...], expected: str
) -> None:
    heeds(
        tmp_path,
        mine="my-tool --chat",
        long="a-tool-with-a-long-name",
        run="npx run-tool",
        module="python -m my_module",
        other="claude",
        shell="bash -c my-tool",
    )
    program = tmp_path / name
    shutil.copy("/bin/sh", program)
    running = subprocess.Popen([str(program), *words], stdin=subprocess.PIPE)
    try:
        found = process.look(running.pid)
        while found and (found.name != name[:15] or not process.words(running.pid)):
            found = process.look(running.pid)  # it has forked and not yet become the program
        assert found is not None
        assert process.runtime_name(found) == expected
        programs.heed(Programs)
        assert process.runtime_name(found) == (expected if expected in registry.MODULES else "")
    finally:
        running.communicate()
