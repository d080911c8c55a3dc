"""The job holds what was meant, however it is spelled, and is one that launchd reads."""

from __future__ import annotations

import plistlib

from thrum.login import launchd


def test_the_job_starts_the_command_at_login_and_leaves_what_it_began() -> None:
    command = ["/a & <b>/py'th\"on", "-m", "thrum"]
    job = plistlib.loads(launchd.text(command, "/opt/%h:/bin").encode())
    assert job["ProgramArguments"] == command
    assert job["EnvironmentVariables"] == {"PATH": "/opt/%h:/bin"}
    assert (job["Label"], job["RunAtLoad"], job["AbandonProcessGroup"]) == (
        "thrum.daemons",
        True,
        True,
    )
    assert launchd.FILE.name == f"{job['Label']}.plist"
