"""The guard in hooks of every kind, called by git itself."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.thrum.githook.conftest import Shop
from thrum.errors import ThrumError
from thrum.githook import block, guard

OWN = '#!/bin/sh\necho own >>"$HOME/own"\n'


def own(shop: Shop) -> int:
    """How often the person's own hook ran since the last time."""
    file = Path(shop.env["HOME"], "own")
    count = len(file.read_text().splitlines()) if file.exists() else 0
    file.unlink(missing_ok=True)
    return count


def put(shop: Shop) -> guard.Done:
    return guard.put(shop.git, shop.env, shop.thrum)


def drop(shop: Shop) -> guard.Done:
    return guard.drop(shop.git, shop.env)


def test_one_status_stops_a_commit_and_no_other(shop: Shop) -> None:
    assert put(shop).change == "create"
    assert put(shop).change == "keep"
    for status, goes_on in ((0, True), (guard.REFUSED, False), (1, True), (127, True)):
        shop.says(status)
        assert shop.commits() is goes_on
        assert shop.calls() == ["hook pre-commit"]
    shop.says(guard.REFUSED)
    assert shop.commits("--no-verify")
    assert drop(shop).change == "remove"
    assert not (shop.hooks / "pre-commit").exists()
    assert not guard.started(shop.git).exists()
    assert drop(shop).change == "none"


def test_a_thrum_that_is_gone_or_broken_stops_nobody(shop: Shop) -> None:
    put(shop)
    shop.thrum.write_text("#!/nowhere/python\n")
    assert shop.commits()
    shop.thrum.unlink()
    assert shop.commits()
    guard.started(shop.git).unlink()
    assert shop.commits()


def test_the_launcher_stands_in_where_thrum_has_moved(shop: Shop) -> None:
    put(shop)
    shop.says(guard.REFUSED)
    moved = Path(shop.env["HOME"], ".thrum", "bin", "thrum")
    moved.parent.mkdir(parents=True)
    shop.thrum.rename(moved)
    assert not shop.commits()


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        OWN.rstrip("\n"),
        '#!/bin/sh -eu\necho own >>"$HOME/own"; exit 0',
        'echo own >>"$HOME/own"\n',
    ],
)
def test_a_script_gets_our_lines_and_its_bytes_back(shop: Shop, text: str) -> None:
    path = shop.hook(text, mode=0o750)
    assert put(shop).change == "change"
    assert shop.commits()
    assert (own(shop), shop.calls()) == (1, ["hook pre-commit"])
    shop.says(guard.REFUSED)
    assert not shop.commits()
    assert own(shop) == 0
    drop(shop)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (text, 0o750)


def test_what_is_no_script_is_kept_beside_under_its_name(shop: Shop) -> None:
    text = "#!/usr/bin/env python3\nimport os, sys\n"
    text += "open(os.environ['HOME'] + '/own', 'a').write(os.path.basename(sys.argv[0]) + '\\n')\n"
    path = shop.hook(text)
    assert put(shop).is_beside
    assert put(shop).is_beside
    assert shop.commits()
    assert Path(shop.env["HOME"], "own").read_text() == "pre-commit\n"
    assert shop.calls() == ["hook pre-commit"]
    drop(shop)
    assert path.read_text() == text
    assert not (shop.hooks / block.KEPT).exists()


def test_a_link_stays_one_and_what_it_leads_to_is_left(shop: Shop) -> None:
    script = shop.root / "scripts" / "check"
    script.parent.mkdir()
    script.write_text(OWN)
    script.chmod(0o755)
    shop.hooks.mkdir(exist_ok=True)
    (shop.hooks / "pre-commit").symlink_to("../../scripts/check")
    put(shop)
    assert shop.commits()
    assert (own(shop), len(shop.calls())) == (1, 1)
    assert script.read_text() == OWN
    drop(shop)
    assert str((shop.hooks / "pre-commit").readlink()) == "../../scripts/check"


def test_a_hook_that_git_skips_is_not_brought_to_life(shop: Shop) -> None:
    path = shop.hook(OWN, mode=0o644)
    with pytest.raises(ThrumError, match="may not be executed"):
        put(shop)
    assert path.read_text() == OWN
    assert not guard.started(shop.git).exists()


def test_every_worktree_is_guarded_and_a_bare_repository_too(shop: Shop, tmp_path: Path) -> None:
    tree = tmp_path / "linked tree"
    shop.run("worktree", "add", "-q", "-b", "tree", str(tree))
    put(shop)
    shop.says(guard.REFUSED)
    assert not shop.commits(cwd=tree)
    shop.run("clone", "-q", "--bare", str(shop.root), str(tmp_path / "store.git"))
    bare = Shop(tmp_path / "store.git", shop.env, shop.thrum)
    other = tmp_path / "other"
    bare.run("worktree", "add", "-q", str(other))
    put(bare)
    assert not bare.commits(cwd=other)
    drop(bare)
    assert bare.commits(cwd=other)


def test_folders_of_hooks_of_the_repository(shop: Shop) -> None:
    for folder, only in ((".githooks", True), (str(shop.root / "far hooks"), False)):
        shop.run("config", "core.hooksPath", folder)
        done = put(shop)
        assert done.place.file == shop.root / folder / "pre-commit"
        assert (done.place.is_here_only, done.place.is_tracked) == (only, False)
        shop.says(guard.REFUSED)
        assert not shop.commits()
        drop(shop)
        assert shop.commits()


def test_it_goes_where_git_looks_elsewhere_since(shop: Shop) -> None:
    for scope in ("--local", "--global"):
        put(shop)
        shop.run("config", scope, "core.hooksPath", "/nowhere")
        assert drop(shop).change == "remove"
        assert not (shop.hooks / "pre-commit").exists()
        shop.run("config", scope, "--unset", "core.hooksPath")


def test_a_script_of_the_team_is_said_to_be_one(shop: Shop) -> None:
    shop.run("config", "core.hooksPath", ".githooks")
    script = shop.root / ".githooks" / "pre-commit"
    script.parent.mkdir()
    script.write_text(OWN)
    script.chmod(0o755)
    shop.run("add", ".githooks")
    assert put(shop).place.is_tracked
    drop(shop)
    script.write_text("#!/usr/bin/python3\n")
    with pytest.raises(ThrumError, match="file of the team"):
        put(shop)


def test_a_folder_for_all_repositories_is_left_alone(shop: Shop) -> None:
    shop.run("config", "--global", "core.hooksPath", "/dev/null")
    with pytest.raises(ThrumError, match="global settings"):
        put(shop)
    shop.run("config", "core.hooksPath", "/dev/null")
    with pytest.raises(ThrumError, match="no folder"):
        put(shop)


def test_a_hook_for_all_repositories_may_start_the_guard(shop: Shop) -> None:
    """It is left as it is; what its owner is told to start is there, and goes again."""
    folder = shop.root.parent / "all hooks"
    folder.mkdir()
    shop.run("config", "--global", "core.hooksPath", str(folder))
    with pytest.raises(ThrumError) as refused:
        put(shop)
    assert refused.value.hint
    assert [*guard.faults(shop.git, shop.env)] == [
        f"{folder / 'pre-commit'} does not start the guard before commits"
    ]
    started = '"$(git rev-parse --git-common-dir)/thrum/pre-commit"'
    assert started in refused.value.hint
    hook = folder / "pre-commit"
    hook.write_text(f"#!/bin/sh\nif [ -x {started} ]; then {started} || exit 1; fi\n")
    hook.chmod(0o755)
    assert [*guard.faults(shop.git, shop.env)] == []
    shop.says(guard.REFUSED)
    assert not shop.commits()
    assert drop(shop).change == "remove"
    assert shop.commits()


def test_husky_has_its_script_and_starts_it_itself(shop: Shop) -> None:
    inner = shop.root / ".husky" / "_"
    inner.mkdir(parents=True)
    (inner / "h").write_text(
        '[ "$HUSKY" = 0 ] && exit 0\ns=$(dirname "$(dirname "$0")")/$(basename "$0")\n'
        '[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\n'
    )
    (inner / "pre-commit").write_text('#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
    (inner / "pre-commit").chmod(0o755)
    shop.run("config", "core.hooksPath", ".husky/_")
    script = shop.root / ".husky" / "pre-commit"
    script.write_text('echo own >>"$HOME/own"')
    assert put(shop).place.file == script
    assert shop.commits()
    assert (own(shop), len(shop.calls())) == (1, 1)
    shop.says(guard.REFUSED)
    assert not shop.commits()
    drop(shop)
    assert script.read_text() == 'echo own >>"$HOME/own"'


FRAMEWORK = """\
#!/usr/bin/env bash
# File generated by pre-commit: https://pre-commit.com
legacy="$(dirname "$0")/pre-commit.legacy"
[ -x "$legacy" ] && { "$legacy" || exit 1; }
echo own >>"$HOME/own"
"""


def test_the_framework_starts_what_was_there_before_it(shop: Shop) -> None:
    path = shop.hook(FRAMEWORK)
    assert put(shop).place.file.name == "pre-commit.legacy"
    assert path.read_text() == FRAMEWORK
    shop.says(guard.REFUSED)
    assert not shop.commits()
    drop(shop)
    assert path.read_text() == FRAMEWORK
    assert not (shop.hooks / "pre-commit.legacy").exists()


def test_the_guard_is_found_where_the_framework_moved_it(shop: Shop) -> None:
    put(shop)
    (shop.hooks / "pre-commit").rename(shop.hooks / "pre-commit.legacy")
    shop.hook(FRAMEWORK)
    assert put(shop).change == "keep"
    shop.says(guard.REFUSED)
    assert not shop.commits()
    drop(shop)
    assert not (shop.hooks / "pre-commit.legacy").exists()
    assert (shop.hooks / "pre-commit").read_text() == FRAMEWORK


def test_what_keeps_it_from_its_work_is_said(shop: Shop) -> None:
    def faults() -> list[str]:
        return list(guard.faults(shop.git, {**shop.env, "PATH": "/usr/bin:/bin"}))

    assert faults() == []
    put(shop)
    assert faults() == []
    path = shop.hooks / "pre-commit"
    path.chmod(0o644)
    assert [each.partition("executed")[1] for each in faults()] == ["executed"]
    shop.hook(FRAMEWORK)
    shop.thrum.unlink()
    gone, lost = faults()
    assert f"{shop.thrum}, and there is no thrum" in gone
    assert "has lost" in lost


def test_lines_that_somebody_changed_are_not_guessed_at(shop: Shop) -> None:
    path = shop.hook(OWN)
    put(shop)
    path.write_bytes(path.read_bytes().replace(block.END, b""))
    with pytest.raises(ThrumError, match="by hand"):
        drop(shop)
