"""Which runtimes are used here; programs are real ones, made for the test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from thrum.runtimes import detection, presets, registry
from thrum.runtimes.detection import Found

Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Makes a program of that name which does what a line for the shell says."""

    def make(name: str, line: str, folder: str = "bin") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}"}


def detect(root: Path, env: dict[str, str]) -> list[Found]:
    return detection.detect(registry.every(), root, env)


def test_nothing_is_found_in_an_empty_folder(tmp_path: Path) -> None:
    assert detect(tmp_path, {}) == []


@pytest.mark.parametrize(
    ("marker", "name"),
    [
        (".claude/settings.json", "claude"),
        (".claude", "claude"),
        (".cursor/rules", "cursor"),
        (".cursorrules", "cursor"),
        (".codex", "codex"),
        ("opencode.json", "opencode"),
        (".gemini", "gemini"),
        (".augment", "auggie"),
        (".kiro", "kiro-cli"),
        (".qwen", "qwen"),
    ],
)
def test_what_lies_in_the_work_tree(tmp_path: Path, marker: str, name: str) -> None:
    path = tmp_path / marker
    path.parent.mkdir(exist_ok=True)
    path.mkdir() if "." not in path.name[1:] else path.touch()
    assert detect(tmp_path, {}) == [Found(name, "marker", marker)]


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("CLAUDE_SESSION_ID", "claude"),
        ("CURSOR_SESSION", "cursor"),
        ("GEMINI_CLI", "gemini"),
        ("AUGMENT_AGENT", "auggie"),
        ("OPENCODE", "opencode"),
        ("QWEN_CODE", "qwen"),
    ],
)
def test_what_the_environment_says(tmp_path: Path, variable: str, name: str) -> None:
    assert detect(tmp_path, {variable: "1"}) == [Found(name, "environment", variable)]
    assert detect(tmp_path, {variable: ""}) == []


@pytest.mark.parametrize(
    ("binary", "says", "name"),
    [
        ("claude", "2.1.197 (Claude Code)", "claude"),
        ("codex", "codex-cli 0.171.0", "codex"),
        ("agent", "Cursor Agent 2026.09.10", "cursor"),
        ("amp", "0.0.1 (Sourcegraph)", "amp"),
        ("gemini", "0.61.0", "gemini"),
    ],
)
def test_what_a_program_says(
    tmp_path: Path, program: Program, env: dict[str, str], binary: str, says: str, name: str
) -> None:
    path = program(binary, f"echo '{says}'")
    assert detect(tmp_path, env) == [Found(name, "program", str(path))]
    assert detection.detect(registry.every(), tmp_path, env, patience=0) == []


@pytest.mark.parametrize(
    ("binary", "line"),
    [
        ("agent", "echo 'ssh agent 9'"),
        ("amp", "echo 'amp, a guitar effect 1.0'"),
        ("claude", "echo 'claude 2'; exit 1"),
        ("codex", "exit 127"),
        ("cursor-agent", "kill -9 $$"),
    ],
)
def test_a_program_of_somebody_else_is_none(
    tmp_path: Path, program: Program, env: dict[str, str], binary: str, line: str
) -> None:
    program(binary, line)
    assert detect(tmp_path, env) == []


def test_a_program_is_known_by_the_package_that_it_really_lies_in(
    tmp_path: Path, program: Program, env: dict[str, str]
) -> None:
    real = program("index.js", "exit 1", "lib/node_modules/@sourcegraph/amp")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "amp").symlink_to(real)
    assert [each.runtime for each in detect(tmp_path, env)] == ["amp"]


def test_one_that_does_not_answer_is_ended_with_what_it_started(
    tmp_path: Path, program: Program
) -> None:
    note = tmp_path / "pid"
    path = program("claude", f"sleep 600 & echo $! > {note}; wait")
    assert detection.ask(path, os.environ, patience=1.0) is None
    child = int(note.read_text())
    gone = subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True)
    assert gone.stdout.strip()[:1] in {"", "Z"}


def test_one_that_leaves_its_group_holds_nobody_up(tmp_path: Path, program: Program) -> None:
    path = program("claude", "setsid sleep 5 & sleep 600")
    assert detection.ask(path, os.environ, patience=0.5) is None


def test_one_that_cannot_be_started_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "claude"
    file.write_bytes(b"\x00\x01")
    file.chmod(0o755)
    assert detection.ask(file, {}) is None
    assert detection.ask(tmp_path / "none", {}) is None


def test_the_first_sign_counts_and_the_order_is_kept(
    tmp_path: Path, program: Program, env: dict[str, str]
) -> None:
    program("claude", "echo claude")
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".gemini").mkdir()
    found = detect(tmp_path, {**env, "CLAUDECODE": "1", "CURSOR_SESSION": "1"})
    assert [(each.runtime, each.tier) for each in found] == [
        ("claude", "marker"),
        ("cursor", "environment"),
        ("gemini", "marker"),
    ]


def test_what_is_installed_is_told_without_starting_anything(
    tmp_path: Path, program: Program, env: dict[str, str]
) -> None:
    trap = f"touch {tmp_path / 'started'}"
    for name in ("claude", "agent", "amp", "qwen"):
        program(name, trap)
    home = tmp_path / "home"
    (home / ".config/opencode").mkdir(parents=True)
    (home / ".copilot").mkdir()
    found = [each.name for each in registry.every() if detection.is_installed(each, home, env)]
    assert found == ["claude", "opencode", "copilot", "qwen"]
    assert not (tmp_path / "started").exists()


def test_a_persons_own_program_is_asked_nothing(
    tmp_path: Path, program: Program, env: dict[str, str]
) -> None:
    mine = presets.adapter_of("mine", {"command": "my-tool"})
    assert not detection.is_installed(mine, tmp_path, env)
    real = program("run", "touch was-started; sleep 60", folder="elsewhere")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "my-tool").symlink_to(real)
    assert detection.is_installed(mine, tmp_path, env)
    (found,) = detection.detect([mine], tmp_path, env)
    assert (found.runtime, found.tier) == ("mine", "program")
    assert detection.detect([mine], tmp_path, env, patience=0) == []
    assert not (Path.cwd() / "was-started").exists()
