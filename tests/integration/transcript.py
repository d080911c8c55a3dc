"""Pages as people read them: what stands after a prompt is typed, and what is shown must come.

A fenced block with lines such as ``$ thrum inbox`` or ``laptop$ thrum inbox`` is a transcript; the
word before ``$`` says where it is typed. Lines below a command are what it shows; where none
stand, it only has to succeed. A command fails where an error is shown, or where a comment behind
it says ``ends with 1``. In what is shown
- ids, codes, times, hashes, process numbers and ages stand for others of their kind; an id that was
  seen once is typed, in whole or by its ending, as the one that it stood for;
- ``…`` is any text, and alone on a line any lines; ``(journal)`` may be there or not, for it
  depends on the moment;
- ``/src`` is the folder where all of it happens, and ``/home/max`` the home of who types.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.integration.conftest import World

ROOT: Final = Path(__file__).parents[2]
LIMIT_S: Final = 30.0
HOME: Final = "/home/max"
FENCE: Final = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.M | re.S)
PROMPT: Final = re.compile(r"(?P<place>[a-z]*)\$ (?P<typed>.+)")
ID: Final = r"[0-9A-HJKMNP-TV-Z]"
CODE: Final = r"[^\s:]+:[0-9.]+:\d+:\d{16}"
LOOKS: Final = (  # asked again until they show it, for a daemon works at its own pace
    "git branch",
    "git log",
    "git ls-remote",
    "git ls-tree",
    "git show",
    "thrum daemon status",
    "thrum log",
    "thrum sync status",
    "thrum team",
    "thrum tmux list",
    "thrum tmux queue-status",
)
STATUS: Final = re.compile(r"#.*\bends with (\d)")
REFUSAL: Final = re.compile(r"^(Error|thrum daemon):", re.M)

KINDS: Final = (
    rf"(?P<code>\b{CODE}\b)",
    rf"(?P<id>\b[a-z]{{1,4}}_{ID}{{12,26}}\b|\b(?=[A-Z]*\d){ID}{{6}}\b)",
    r"(?P<moment>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)",
    r"(?P<hash>\b(?=[a-f]*\d)[0-9a-f]{7,64}\b)",
    r"(?P<age>\bnow\b|\b\d+(?:\.\d+)? ?(?:ms|[smhd])(?: ago)?\b)",
    r"(?P<number>\b\d{4,}\b)",
    r"(?P<journal>\(journal\) )",
    r"(?P<any>…)",
)
KIND: Final = re.compile("|".join(KINDS))
STANDS_FOR: Final = {
    "moment": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?",
    "hash": r"[0-9a-f]{7,64}",
    "age": r"(?:now|\d+(?:\.\d+)? ?(?:ms|[smhd])(?: ago)?)",
    "number": r"\d+",
    "journal": r"(?:\(journal\) )?",
    "any": r"[^\n]*",
}


@dataclass
class Step:
    """A command of a page.

    Attributes:
        place: the word before the prompt.
        typed: the command.
        shown: what the page says that it shows; empty where it says nothing.
        status: how it ends, where a comment says that.
    """

    place: str
    typed: str
    shown: str = ""
    status: int | None = None

    @property
    def fails(self) -> bool:
        """Whether the page says that it does."""
        return bool(REFUSAL.search(self.shown)) if self.status is None else self.status != 0


def steps(text: str) -> Iterator[list[Step]]:
    """The transcripts of a page or a part of it, each as its commands."""
    for language, block in FENCE.findall(text):
        found: list[Step] = []
        if language not in {"", "console"}:
            continue
        for line in block.splitlines():
            if start := PROMPT.fullmatch(line):
                found.append(_step(start["place"], start["typed"]))
            elif found and found[-1].typed.endswith("\\"):
                found[-1].typed += f"\n{line}"
            elif found:
                found[-1].shown += f"{line}\n"
        if found:
            yield found


def _step(place: str, typed: str) -> Step:
    """A command without the comment behind it."""
    status = STATUS.search(typed)
    return Step(place, re.sub(r"\s+#\s.*$", "", typed), status=int(status[1]) if status else None)


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one of its rank."""
    start = re.search(rf"^(#+) {re.escape(title)}$", text, re.M)
    assert start, f"there is no section {title!r}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", FENCE.sub(lambda m: " " * len(m[0]), rest), re.M)
    return rest[: end.start()] if end else rest


@dataclass
class Typist:
    """Types what pages show, each place in a folder of its own.

    Attributes:
        world: where it happens.
        places: the folder in which each place stands now.
        ids: what each id of the page stands for.
    """

    world: World
    places: dict[str, Path]
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Puts the program on the path, and takes away what people do not have set."""
        self.world.environment.pop("CI", None)
        programs = self.world.root / "programs"
        programs.mkdir(exist_ok=True)
        program = programs / "thrum"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m thrum "$@"\n')
        program.chmod(0o755)
        path = self.world.environment["PATH"]
        self.world.environment["PATH"] = f"{programs}:{path}"

    def follow(self, text: str) -> int:
        """Does everything that stands in a text; returns how many commands that were."""
        count = 0
        for block in steps(text):
            for step in block:
                self.step(step)
                count += 1
        return count

    def step(self, step: Step) -> None:
        """Types one command and holds what comes against what is shown."""
        end = time.monotonic() + LIMIT_S
        while True:
            code, out = self.type(step)
            fits = self.fits(step.shown, out)
            if fits or not step.typed.startswith(LOOKS) or time.monotonic() > end:
                break
            time.sleep(0.1)
        assert fits, f"$ {step.typed}\n{out}\n-- but shown is\n{step.shown}"
        ended = f"$ {step.typed}\n{out}\n-- ended with {code}"
        assert step.fails == bool(code), ended
        assert step.status in {None, code}, ended

    def type(self, step: Step) -> tuple[int, str]:
        """Runs a command where its place stands, which it may change; status and all it printed."""
        after = self.world.root / "after"
        line = self.real(step.typed)
        script = f"cd {shlex.quote(str(self.places[step.place]))} || exit\n{line}\n"
        script += f"status=$?; pwd >{shlex.quote(str(after))}; exit $status\n"
        done = subprocess.run(
            ["bash", "-c", script],
            env=self.world.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stdout, done.stdout
        self.places[step.place] = Path(after.read_text().strip())
        return done.returncode, self.shown(done.stdout)

    def shown(self, out: str) -> str:
        """What was printed, with the folders as pages name them."""
        for real, name in ((self.home, HOME), (str(self.world.root), "/src")):
            out = out.replace(real, name)
        return out

    @property
    def home(self) -> str:
        """The home of who types."""
        return self.world.environment["HOME"]

    def real(self, typed: str) -> str:
        """A command of the page with the ids and the folder that there are."""
        for known, real in self.ids.items():
            for length in range(len(known), 3, -1):
                ending = rf"\b{known[-length:]}\b"
                typed = re.sub(ending, real[-length:], typed)
        return re.sub(r"(?<![\w./-])/src\b", str(self.world.root), typed)

    def fits(self, shown: str, out: str) -> bool:
        """Whether a command's output is what is shown; remembers what the ids stand for."""
        if not shown.strip():
            return True
        names: dict[str, str] = {}
        lines = [
            r"(?:.*\n)*?" if line == "…" else self._line(line, names) for line in _lines(shown)
        ]
        found = re.fullmatch("".join(lines), "".join(f"{line}\n" for line in _lines(out)))
        if found:
            self.ids |= {shown_id: found[name] for name, shown_id in names.items()}
        return bool(found)

    def _line(self, line: str, names: dict[str, str]) -> str:
        pattern, at = "", 0
        for kind in KIND.finditer(line):
            pattern += re.escape(line[at : kind.start()])
            pattern += self._stands_for(kind, names)
            at = kind.end()
        return pattern + re.escape(line[at:]) + "\n"

    def _stands_for(self, kind: re.Match[str], names: dict[str, str]) -> str:
        if kind.lastgroup not in {"id", "code"}:
            return STANDS_FOR[str(kind.lastgroup)]
        if kind[0] in self.ids:
            return re.escape(self.ids[kind[0]])
        known = next((name for name, text in names.items() if text == kind[0]), "")
        if known:
            return f"(?P={known})"
        names[f"id{len(names)}"] = kind[0]
        if kind.lastgroup == "code":
            return f"(?P<id{len(names) - 1}>{CODE})"
        prefix = kind[0].rpartition("_")[0]
        length = len(kind[0]) - len(prefix) - bool(prefix)
        return (
            f"(?P<id{len(names) - 1}>{re.escape(prefix + '_') if prefix else ''}{ID}{{{length}}})"
        )


def _lines(text: str) -> list[str]:
    """Its lines that say something, without spaces at their ends."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]
