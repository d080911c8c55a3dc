"""The person at this machine."""

from __future__ import annotations

import subprocess
from typing import Any


def test_git_knows_the_person(node: Any) -> None:
    for key, value in (("user.name", "Imperator Furiosa 3"), ("user.email", "f@example.org")):
        subprocess.run(["git", "-C", str(node.repository), "config", key, value], check=True)
    assert node.call("nobody", "user.identify") == {
        "username": "imperator-furiosa-3",
        "email": "f@example.org",
        "display": "Imperator Furiosa 3",
    }
