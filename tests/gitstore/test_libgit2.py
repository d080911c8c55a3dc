"""What libgit2 is loaded with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import os
before = dict(os.environ)
import gitstore, pygit2, ssl
assert dict(os.environ) == before
print(pygit2.settings.ssl_cert_file)
print(ssl.get_default_verify_paths().cafile)
"""


@pytest.mark.parametrize("is_named", [True, False])
def test_no_certificates_are_read_for_it_and_others_find_them(
    tmp_path: Path, is_named: bool
) -> None:
    file = tmp_path / "certificates.pem"
    file.touch()
    env = {key: value for key, value in os.environ.items() if key != "SSL_CERT_FILE"}
    env |= {"SSL_CERT_FILE": str(file)} if is_named else {}
    argv = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(argv, capture_output=True, text=True, env=env)
    of_libgit2, of_others = done.stdout.split()
    assert of_libgit2 == "None"
    assert (of_others == str(file)) == is_named
