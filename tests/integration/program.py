"""A process that runs under the name of an agent program, and starts what a test says."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from types import TracebackType

THRUM = (sys.executable, "-m", "thrum")


class Program:
    """A shell by the name of an agent runtime: what it runs has it as an ancestor.

    Args:
        folder: gets a link to the shell by that name.
        environment: of everything that is run.
        name: as the system shall call the process.
        words: what stands behind it in its command line.
    """

    def __init__(
        self, folder: Path, environment: dict[str, str], name: str = "claude", *words: str
    ) -> None:
        self.link = folder / "programs" / name
        self.link.parent.mkdir(exist_ok=True)
        if not self.link.exists():
            self.link.symlink_to("/bin/sh")
        self.errors = folder / f"errors-{id(self)}"
        self.errors.touch()
        self.given = folder / f"stdin-{id(self)}"
        self.process = subprocess.Popen(
            [str(self.link), *(["-s", *words] if words else [])],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    def run(self, cwd: Path, *argv: str, stdin: str = "", **variables: str) -> tuple[int, str, str]:
        """Runs a program below this one; exit status, stdout and stderr."""
        self.given.write_text(stdin)
        put = " ".join(f"{key}={shlex.quote(value)}" for key, value in variables.items())
        command = f"env {put} {shlex.join(argv)}"
        command += f" <{shlex.quote(str(self.given))} 2>{shlex.quote(str(self.errors))}"
        return self._feed(f"cd {shlex.quote(str(cwd))} && {command}")

    def thrum(
        self, cwd: Path, *argv: str, stdin: str = "", **variables: str
    ) -> tuple[int, str, str]:
        """Runs the command below this program."""
        return self.run(cwd, *THRUM, *argv, stdin=stdin, **variables)

    def begin(self, cwd: Path, *argv: str) -> None:
        """Starts a program below this one that goes on by itself."""
        self._feed(f"cd {shlex.quote(str(cwd))} && {shlex.join(argv)} >/dev/null 2>&1 &")

    def _feed(self, line: str) -> tuple[int, str, str]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{line}\necho ended=$?\n")
        self.process.stdin.flush()
        out = ""
        for answer in self.process.stdout:
            text, mark, code = answer.rpartition("ended=")
            out += text
            if mark:
                break
            out += answer
        else:
            raise AssertionError("the program ended")
        return int(code), out, self.errors.read_text()

    def end(self) -> None:
        """Ends the process and waits until it is gone."""
        self.process.communicate()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.returncode is None:
            self.end()
