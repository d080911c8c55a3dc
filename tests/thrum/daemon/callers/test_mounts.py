"""Where a path lies, by the kernel's list of mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.daemon.callers.mounts import Mounts
from thrum.platform import LINUX

TABLE = r"""
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/root rw
23 22 0:22 / /proc rw - proc proc rw
30 22 0:40 / /mnt/nfs rw,relatime shared:9 master:2 - nfs4 server:/export rw,hard
31 30 0:41 / /mnt/nfs/inner rw - tmpfs tmpfs rw
32 22 0:42 / /mnt/with\040space rw - fuse.sshfs host: rw
33 22 0:43 / /over rw - ext4 /dev/a rw
34 22 0:44 / /over rw - cifs //server/share rw
broken line
35 22 0:45 / /short
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Mounts:
    """Mounts as a file says."""
    (tmp_path / "mountinfo").write_text(TABLE.strip())
    return Mounts(tmp_path / "mountinfo")


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/", True),
        ("/home/x", True),
        ("/mnt", True),
        ("/mnt/nfs", False),
        ("/mnt/nfs/a/b", False),
        ("/mnt/nfsx", True),
        ("/mnt/nfs/inner/a", True),
        ("/mnt/with space/a", False),
        ("/over/a", False),
        ("/short/a", True),
    ],
)
def test_the_nearest_mount_counts_and_the_last_one_of_a_place(
    mounts: Mounts, path: str, local: bool
) -> None:
    assert [mounts.are_local([path]), mounts.are_local([path])] == [local, local]
    mounts.close()


def test_without_a_list_nothing_is_sure(tmp_path: Path) -> None:
    assert not Mounts(tmp_path / "none").are_local(["/home"])


def test_a_relative_path_or_none_is_nowhere(mounts: Mounts) -> None:
    for path in ("", "relative/path"):
        assert not mounts.are_local([path])
    mounts.close()


@pytest.mark.skipif(not LINUX, reason="only Linux has such a list")
def test_the_list_of_this_machine_can_be_read() -> None:
    mounts = Mounts()
    assert mounts.are_local(["/proc/self"])
    mounts.close()
    assert mounts.are_local(["/proc/self"]), "it is opened again"
    mounts.close()
