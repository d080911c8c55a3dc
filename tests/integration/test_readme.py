"""What README has people type is typed, and what it shows comes."""

from __future__ import annotations

import re
import shutil
import site
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from tests.integration.conftest import World
from tests.integration.transcript import ROOT, Typist, section, steps

TEXT = (ROOT / "README.md").read_text()
PASTED = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def builds() -> bool:
    """Whether what is installed here makes a wheel without anything else."""
    found = {each.name.lower(): each.version for each in metadata.distributions()}
    setuptools = [int(part) for part in found.get("setuptools", "0.0").split(".")[:2]]
    return setuptools >= [70, 1]


def test_what_it_shows_first_is_what_two_machines_show(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    for clone in (one, two, one):
        world.thrum(clone, "sync", "force")
    typist = Typist(world, {"": one})
    sent, read, looked = next(steps(TEXT))
    typist.step(sent)
    for clone in (one, two):
        world.thrum(clone, "sync", "force")
    typist.places[""] = two
    typist.step(read)
    typist.places[""] = one
    typist.step(looked)


def test_it_is_used_as_it_says(world: World) -> None:
    world.remote()
    engine = world.clone("engine")
    world.git("commit", "-q", "--allow-empty", "-m", "begin", cwd=engine)
    typist = Typist(world, {"": world.root})
    assert typist.follow(section(TEXT, "Use it")) > 10


@pytest.mark.skipif(not builds(), reason="setuptools cannot build a wheel here")
def test_it_is_tried_as_it_says(world: World) -> None:
    """Without a network: what it needs besides itself is taken from where this test runs."""
    (line,) = PASTED.findall(section(TEXT, "Try it"))
    copy = world.root / "copy"
    for name in ("thrum", "gitstore"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("docs", "man"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    world.environment |= {
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # as pip reads it: no isolation
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": str(_without_us(world.root / "packages")),
        "TMPDIR": str(world.root),
    }
    done = world.run("sh", "-ec", line, cwd=copy, limit=200)
    assert "All messages arrived" in done.out
    where = "import thrum; print(thrum.__file__)"
    found = subprocess.run(
        [copy / ".venv/bin/python", "-P", "-c", where],
        env=world.environment,
        cwd=world.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(found.strip()).is_relative_to(copy / ".venv"), found
    it_goes_again(world, copy / ".venv")


def _without_us(folder: Path) -> Path:
    """The packages of where this test runs, but for the program itself, which may be installed."""
    folder.mkdir()
    for packages in (Path(each) for each in site.getsitepackages()):
        for path in packages.iterdir() if packages.is_dir() else ():
            if not re.search("thrum|gitstore", path.name):
                (folder / path.name).symlink_to(path)
    return folder


def it_goes_again(world: World, environment: Path) -> None:
    """What the page about taking it away says of the environment."""
    page = (ROOT / "docs" / "uninstall.md").read_text()
    (line,) = re.findall(r"^# in the environment\n(.*?)^```$", page, re.M | re.S)
    world.environment["PATH"] = f"{environment}/bin:{world.environment['PATH']}"
    del world.environment["PYTHONPATH"]
    world.run("sh", "-ec", line, cwd=world.root)
    (packages,) = environment.glob("lib/python3*/site-packages")
    assert [*packages.glob("*thrum*"), *packages.glob("gitstore*")] == []
    assert list((environment / "bin").glob("thrum*")) == []
