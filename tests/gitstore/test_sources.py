"""Git is asked about its settings again when they may say something else, and only then."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Log
from gitstore.program import Setting
from gitstore.sources import LEFT_ALONE_S, files_of
from gitstore.upstream import Upstream

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]

ME = pwd.getpwuid(os.getuid())
ELSEWHERE = "https://elsewhere.example/pub"


@pytest.fixture
def where(clone: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A clone; the settings of the whole system are a file of the test's, which is not there."""
    monkeypatch.delenv("GIT_CONFIG_NOSYSTEM")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "system"))
    return clone("one")


@pytest.fixture
def upstream(where: Path, open_log: Open) -> Upstream:
    """The remote, some time after anybody changed a file."""
    made: Upstream = open_log(where).upstream
    made.git.environment = dict(os.environ)
    made.sources.now_s = lambda: time.time() + 2 * LEFT_ALONE_S
    return made


def asked(upstream: Upstream) -> int:
    """How many processes it takes to say where a push goes."""
    before = upstream.git.started
    upstream.addresses  # noqa: B018
    return upstream.git.started - before


def push_url(git: Git, where: Path, *file: str) -> None:
    """Has pushes go elsewhere, by settings in that file."""
    git("config", *file, "remote.origin.pushurl", ELSEWHERE, cwd=where)


def rewritten(git: Git, where: Path, *file: str) -> None:
    url = git("config", "remote.origin.url", cwd=where).strip()
    git("config", *file, f"url.{ELSEWHERE}.insteadOf", url, cwd=where)


def included(git: Git, where: Path, file: Path, key: str = "include.path") -> None:
    git("config", "--global", key, str(file), cwd=where)


Change = Callable[[Git, Path, Path, dict[str, str]], None]


def nothing(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    """Is there before."""


def at_home(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    (home / ".gitconfig").write_text("[user]\n\tname = Dana\n")


def includes(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    """A file that is not there; by its name from home, from where it is named, and in full."""
    git("config", "include.path", "../more-local", cwd=where)
    included(git, where, Path("~/more"))
    included(git, where, home / "lies" / "deep", f"includeIf.gitdir:{where}/.path")


def includes_for_others(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    """The file is there, and does not count here."""
    push_url(git, where, "-f", str(home / "theirs"))
    included(git, where, home / "theirs", "includeIf.gitdir:/nowhere/.path")


def per_worktree(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    git("config", "extensions.worktreeConfig", "true", cwd=where)


def in_system(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    push_url(git, where, "-f", environment["GIT_CONFIG_SYSTEM"])


def by_variables(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    environment |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "remote.origin.pushurl",
        "GIT_CONFIG_VALUE_0": ELSEWHERE,
    }


def by_another_file(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    push_url(git, where, "-f", str(home / "other"))
    environment["GIT_CONFIG_GLOBAL"] = str(home / "other")


def by_another_home(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    (home / "moved").mkdir()
    push_url(git, where, "-f", str(home / "moved" / ".gitconfig"))
    environment["HOME"] = str(home / "moved")


def in_xdg(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    (home / ".config" / "git").mkdir(parents=True)
    push_url(git, where, "-f", str(home / ".config" / "git" / "config"))


def deep(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    (home / "lies").mkdir()
    push_url(git, where, "-f", str(home / "lies" / "deep"))


def in_place(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    """As long as before, by the same file, and with the time of before."""
    file = where / ".git" / "config"
    before, text = file.stat(), file.read_text()
    url = git("config", "remote.origin.url", cwd=where).strip()
    with file.open("r+") as opened:
        opened.write(text.replace(url, ELSEWHERE.ljust(len(url), "x")))
        opened.truncate(before.st_size)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def for_us_too(git: Git, where: Path, home: Path, environment: dict[str, str]) -> None:
    included(git, where, home / "theirs", f"includeIf.gitdir:{where}/.path")


def of(file: str) -> Change:
    """Settings in a file of home."""
    return lambda git, where, home, environment: push_url(git, where, "-f", str(home / file))


CHANGES: list[tuple[str, Change, Change]] = [
    ("url", nothing, lambda git, where, *_: push_url(git, where)),
    ("rewritten", nothing, lambda git, where, *_: rewritten(git, where)),
    ("in place", nothing, in_place),
    ("of the user", nothing, lambda git, where, *_: rewritten(git, where, "--global")),
    ("of the user, changed", at_home, lambda git, where, *_: push_url(git, where, "--global")),
    ("of the user, elsewhere", nothing, in_xdg),
    ("of the system", nothing, in_system),
    ("included", includes, of("more")),
    ("included here", includes, lambda git, where, *_: push_url(git, where, "-f", "more-local")),
    ("included for here", includes, deep),
    ("included elsewhere", includes_for_others, for_us_too),
    (
        "of the worktree",
        per_worktree,
        lambda git, where, *_: push_url(git, where, "--worktree"),
    ),
    ("by variables", nothing, by_variables),
    ("by another file", nothing, by_another_file),
    ("by another home", nothing, by_another_home),
]


@pytest.mark.parametrize(
    ("before", "change"), [each[1:] for each in CHANGES], ids=[each[0] for each in CHANGES]
)
def test_each_way_in_which_an_address_can_change_is_seen_at_once(
    upstream: Upstream, where: Path, git: Git, tmp_path: Path, before: Change, change: Change
) -> None:
    environment = upstream.git.environment
    assert isinstance(environment, dict)
    home = Path(environment["HOME"])
    before(git, where, home, environment)
    (first,) = upstream.addresses
    assert asked(upstream) == 0, "git would say the same"
    change(git, where, home, environment)
    (second,) = upstream.addresses
    assert second != first
    assert second.startswith(ELSEWHERE)
    assert asked(upstream) == 0
    told = subprocess.run(
        ["git", "remote", "get-url", "--push", "origin"],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == second


def test_what_goes_is_seen_too(upstream: Upstream, where: Path, git: Git) -> None:
    push_url(git, where, "--global")
    assert upstream.addresses == (ELSEWHERE,)
    (Path(os.environ["HOME"]) / ".gitconfig").unlink()
    assert upstream.addresses != (ELSEWHERE,)


@pytest.mark.parametrize("key", ["onbranch:main", "hasconfig:remote.*.url:x", "moonphase:full"])
def test_where_more_than_files_decides_git_is_asked_each_time(
    upstream: Upstream, where: Path, git: Git, key: str
) -> None:
    git("config", f"includeIf.{key}.path", "/nowhere", cwd=where)
    assert asked(upstream) > 0
    assert asked(upstream) > 0


def test_a_branch_that_is_checked_out_brings_its_settings(
    upstream: Upstream, where: Path, git: Git, tmp_path: Path
) -> None:
    push_url(git, where, "-f", str(tmp_path / "more"))
    git("config", "includeIf.onbranch:aside.path", str(tmp_path / "more"), cwd=where)
    assert upstream.addresses != (ELSEWHERE,)
    git("symbolic-ref", "HEAD", "refs/heads/aside", cwd=where)
    assert upstream.addresses == (ELSEWHERE,)


def test_what_changed_a_moment_ago_is_not_relied_upon(upstream: Upstream) -> None:
    """It may change again without another time."""
    upstream.sources.now_s = time.time
    assert [asked(upstream), asked(upstream)] == [1, 1], "and no file is asked for"
    upstream.sources.now_s = lambda: time.time() + 2 * LEFT_ALONE_S
    assert asked(upstream) > 0
    assert asked(upstream) == 0


def test_what_changes_while_git_is_asked_is_not_relied_upon(
    upstream: Upstream, where: Path, git: Git
) -> None:
    state = upstream.sources.before()
    assert state is not None
    push_url(git, where)
    upstream.sources.after(state)
    assert not upstream.sources.are_known()


def test_where_git_says_nothing_nothing_is_known(upstream: Upstream, tmp_path: Path) -> None:
    environment = upstream.git.environment
    upstream.addresses  # noqa: B018
    assert upstream.sources.are_known()
    upstream.git.environment = {"PATH": str(tmp_path / "nothing")}
    assert not upstream.sources.are_known()
    assert upstream.sources.before() is None
    upstream.git.environment = environment
    assert asked(upstream) > 0


def test_a_damaged_file_is_asked_about_each_time(upstream: Upstream, where: Path) -> None:
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[broken\n")
    for _ in range(2):
        assert upstream.sources.before() is None


SETTINGS = [
    ([("file:/a/b", "user.name", "x")], {"/a/b"}),
    ([("file:.git/config", "user.name", "x")], {"/stand/.git/config"}),
    ([("command line:", "user.name", "x")], set()),
    ([("file:/a/b", "include.path", "c")], {"/a/b", "/a/c"}),
    ([("file:/a/b", "include.path", "/c")], {"/a/b", "/c"}),
    ([("file:/a/b", "include.path", "~/c")], {"/a/b", "/home/c"}),
    ([("file:/a/b", "include.path", f"~{ME.pw_name}/c")], {"/a/b", f"{ME.pw_dir}/c"}),
    ([("file:/a/b", "includeif.gitdir:/w/.path", "c")], {"/a/b", "/a/c"}),
    ([("file:/a/b", "includeif.gitdir/i:/W/.path", "c")], {"/a/b", "/a/c"}),
    ([("file:/a/b", "includeif.onbranch:x.path", "c")], None),
    ([("file:/a/b", "include.path", "%(prefix)/etc/more")], None),
    ([("file:/a/b", "include.path", "~nobody-of-that-name/c")], None),
    ([("file:/a/b", "include.path", "")], None),
    ([("command line:", "include.path", "c")], None),
    ([("command line:", "include.path", "/c")], {"/c"}),
    ([("blob:123", "user.name", "x")], None),
]


@pytest.mark.parametrize(("settings", "expected"), SETTINGS)
def test_files_are_named_or_it_is_said_that_they_cannot_be(
    settings: list[tuple[str, str, str]], expected: set[str] | None
) -> None:
    found = files_of([Setting(*each) for each in settings], Path("/stand"), {"HOME": "/home"})
    assert found == (None if expected is None else {Path(each) for each in expected})
