"""Objects of the branch that are lost or damaged here, put back from the bundles of a backup.

Git does not take what it thinks it has: it asks the commits, not what they lead to. So the bundles
are unpacked elsewhere, and each object that cannot be read here is written from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gitstore import Examination, Format
from thrum.backup import bundles
from thrum.backup.manifest import Manifest
from thrum.errors import ThrumError
from thrum.paths import Place
from thrum.scratch import check_room, scratch
from thrum.worktrees.git import Git

ASIDE: Final = "objects-damaged"


def has_branch(place: Place, environment: Mapping[str, str]) -> bool:
    """Whether there is a branch here, be it whole or not.

    Raises:
        LogError: nobody can tell.
    """
    return Examination.of(place.repository, environment=environment).has_branch()


def is_whole(place: Place, environment: Mapping[str, str]) -> bool:
    """Whether all of the branch that is here can be read.

    Raises:
        LogError, OSError: nobody can tell.
    """
    return Examination.of(place.repository, environment=environment).is_readable()


def mend(place: Place, folder: Path, about: Manifest, environment: Mapping[str, str]) -> int:
    """Puts back what the branch lacks here and a backup has; how many objects.

    Args:
        place: whose branch.
        folder: the backup.
        about: its manifest.
        environment: git's.

    Raises:
        ThrumError: ``repository``, the backup lacks some of it as well, or what is damaged is no
            object; ``storage``.
        LogError, OSError: the disk refuses.
    """
    with scratch() as beside:
        source = beside / "repository.git"
        source.mkdir()
        git = Git(source, environment)
        try:
            git.run("init", "--quiet", "--bare", "--template=")
            bundles.unpack(folder, about.bundles, git, f"refs/heads/{Format().branch}")
        except ThrumError as error:
            check_room(beside, error)
            raise
        here = Examination.of(place.repository, environment=environment)
        mended, lacking = here.mend_from(source, place.var / ASIDE)
    if lacking:
        text = f"the branch here cannot be read, and the backup does not have {lacking}"
        hint = "`thrum doctor --fix` has it come from the remote; then restore again"
        raise ThrumError("repository", text, hint)
    return mended
