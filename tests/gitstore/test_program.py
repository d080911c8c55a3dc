"""What git is told, and what its words mean."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Exchange, Format, Log, Outcome
from gitstore.program import Answer, GitProgram, Setting, classify, scrub

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def put(log: Log, raw: bytes) -> None:
    log.append([[("events.jsonl", raw)]])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("GIT_DIR", False),
        ("GIT_TRACE_CURL", False),
        ("GIT_SSH_COMMAND", True),
        ("GIT_CONFIG_COUNT", True),
        ("GIT_ASKPASS", True),
        ("HOME", True),
    ],
)
def test_the_environment_names_no_other_repository_and_no_secret(name: str, kept: bool) -> None:
    assert (name in scrub({name: "x"})) == kept


@pytest.mark.parametrize("password", ["hunter2", "p@hunter2", "hunter2@p"])
def test_a_password_in_a_url_is_not_repeated(
    clone: Clone, open_log: Open, git: Git, event: Event, password: str
) -> None:
    log = open_log(clone("one"))
    url = f"http://bob:{password}@127.0.0.1:9/x.git"
    git("remote", "set-url", "origin", url, cwd=log.upstream.git.repository)
    put(log, event())
    result: Exchange = log.exchange()
    assert result.outcome is Outcome.UNREACHABLE
    assert result.words
    assert "hunter2" not in result.words


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("fatal: Authentication failed for 'https://x/'", Outcome.AUTH_FAILED),
        ("git@x: Permission denied (publickey).", Outcome.AUTH_FAILED),
        ("fatal: couldn't find remote ref refs/heads/a-sync", Outcome.NO_SUCH_BRANCH),
        ("ssh: Could not resolve hostname x", Outcome.UNREACHABLE),
        ("fatal: '/gone' does not appear to be a git repository", Outcome.UNREACHABLE),
        ("could not read Username for 'https://x': terminal prompts disabled", Outcome.AUTH_FAILED),
        ("fatal: something else", Outcome.FAILED),
    ],
)
def test_words_of_git_have_one_meaning(words: str, outcome: Outcome) -> None:
    assert classify(words) is outcome


def test_git_is_english_and_silent_whatever_the_environment_says() -> None:
    found = scrub({"LC_ALL": "de_DE", "LANGUAGE": "de", "GIT_TERMINAL_PROMPT": "1"})
    assert (found["LC_ALL"], found["LANGUAGE"], found["GIT_TERMINAL_PROMPT"]) == ("C", "C", "0")


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], GitProgram]:
    """A git program that does what a shell script says."""

    def make(script: str) -> GitProgram:
        fake = tmp_path / "bin" / "git"
        fake.parent.mkdir()
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        environment = {"PATH": f"{fake.parent}:{os.environ['PATH']}"}
        return GitProgram(tmp_path, Format(), environment)

    return make


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("[rejected] (fetch first)", Outcome.REJECTED),
        ("[rejected] (non-fast-forward)", Outcome.REJECTED),
        ("[remote rejected] (cannot lock ref 'refs/heads/a-sync')", Outcome.REJECTED),
        ("[remote rejected] (pre-receive hook declined)", Outcome.REFUSED),
        ("[remote failure] (remote failed to report status)", Outcome.FAILED),
    ],
)
def test_a_push_that_others_were_faster_than_is_told_from_a_veto(
    program: Callable[[str], GitProgram], line: str, outcome: Outcome
) -> None:
    git = program(f"printf '!\\t0:refs/heads/a-sync\\t{line.replace(chr(39), '')}\\n'; exit 1")
    answer = git.push("0" * 40)
    assert answer.outcome is outcome
    assert answer.words


@pytest.mark.parametrize(
    "words",
    ["error: RPC failed; HTTP 413 curl 22", "remote: fatal: pack exceeds maximum allowed size"],
)
def test_a_pack_that_is_too_large_is_refused(
    program: Callable[[str], GitProgram], words: str
) -> None:
    assert program(f"echo '{words}' >&2; exit 1").push("0" * 40).outcome is Outcome.REFUSED


def test_a_reason_is_whole_and_moves_no_cursor(program: Callable[[str], GitProgram]) -> None:
    long = "; ".join(f"remote: - line {number} of an explanation" for number in range(60))
    script = (
        f"printf 'remote: \\033[2J\\302\\205hidden\\n{long}\\nremote: https://u:p@x/unblock\\n'"
    )
    words = program(f"{script} >&2; exit 1").push("0" * 40).words
    assert words.startswith("remote: \\x1b[2J\\x85hidden; ")
    assert words.endswith("remote: https://x/unblock")
    assert long in words


def test_words_without_end_keep_both_ends(program: Callable[[str], GitProgram]) -> None:
    script = "echo begin >&2; yes nonsense | head -c 99999 >&2; echo end >&2; exit 1"
    words = program(script).push("0" * 40).words
    assert (words[:5], words[-3:]) == ("begin", "end")
    assert len(words) < 20_000


def test_the_tip_is_the_first_word(program: Callable[[str], GitProgram]) -> None:
    git = program(f"printf '{'a' * 40}\\trefs/heads/a-sync\\n'")
    assert git.ls_remote() == Answer(Outcome.OK, tip="a" * 40)
    assert git.started == 1


def test_a_ref_whose_name_only_ends_alike_is_another(
    program: Callable[[str], GitProgram],
) -> None:
    copy = f"{'b' * 40}\\trefs/copies/refs/heads/a-sync\\n"
    git = program(f"printf '{copy}{'a' * 40}\\trefs/heads/a-sync\\n'")
    assert git.ls_remote().tip == "a" * 40


def test_nothing_but_a_ref_whose_name_ends_alike_is_no_branch(
    program: Callable[[str], GitProgram],
) -> None:
    git = program(f"printf '{'b' * 40}\\trefs/copies/refs/heads/a-sync\\n'")
    assert git.ls_remote() == Answer(Outcome.NO_SUCH_BRANCH)


def test_no_branch_there_is_no_failure(program: Callable[[str], GitProgram]) -> None:
    assert program("exit 0").ls_remote() == Answer(Outcome.NO_SUCH_BRANCH)


def test_who_is_told_that_git_was_killed(program: Callable[[str], GitProgram]) -> None:
    git = program("kill -9 $$")
    killed: list[float] = []
    git.on_killed = killed.append
    answer = git.fetch()
    assert (answer.outcome, len(killed)) == (Outcome.FAILED, 1)
    assert "signal 9" in answer.words


def test_no_git_is_started_without_time_or_after_the_end(
    program: Callable[[str], GitProgram],
) -> None:
    git = program("exit 0")
    git.left_s = lambda: 0
    assert git.fetch().outcome is Outcome.TIMED_OUT
    assert git.started == 0
    git.left_s = lambda: 60
    git.owner.abort()
    assert "its owner stops" in git.fetch().words


def test_a_git_that_is_not_there_is_an_answer(tmp_path: Path) -> None:
    git = GitProgram(tmp_path, Format(), {"PATH": str(tmp_path / "nothing")})
    assert git.fetch().words.startswith("git cannot be started")


def test_settings_are_told_with_where_they_stand(
    clone: Clone, open_log: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git_program = open_log(clone("one")).upstream.git
    system = tmp_path / "system"
    monkeypatch.setenv("GIT_EDITOR", "false")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(system))
    git_program.environment = dict(os.environ)
    file = tmp_path / "home" / ".gitconfig"
    file.write_text('[one "Two"]\n\tkey = a\\nb\n\tbare\n')
    found = git_program.settings()
    assert not isinstance(found, Answer)
    assert Setting(f"file:{file}", "one.Two.key", "a\nb") in found
    assert Setting(f"file:{file}", "one.Two.bare", "") in found
    assert git_program.system_settings() == system
    assert not system.exists()
    file.write_text("[broken\n")
    assert isinstance(git_program.settings(), Answer)
