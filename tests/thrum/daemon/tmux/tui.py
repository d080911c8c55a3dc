"""A program with the screen of Claude Code: an empty line between two rules, or a question.

What is typed stands in the line; Enter writes it into the file that is named first. A second
argument is what the screen asks before the line is there; ``y`` answers it.
"""

from __future__ import annotations

import sys
import tty
from pathlib import Path

GATE = "Quick safety check: do you trust this folder?\r\n❯ 1. Yes\r\n  2. No"
RULE = "─" * 60


def draw(typed: str) -> None:
    """Draws the screen anew, with the cursor behind what was typed."""
    hint = "" if typed else "  ? for shortcuts"
    out = f"\x1b[2J\x1b[1;1Hhello\r\n{RULE}\r\n❯\xa0{typed}\r\n{RULE}\r\n{hint}"
    sys.stdout.write(f"{out}\x1b[3;{3 + len(typed)}H")
    sys.stdout.flush()


def main() -> None:
    """Draws and reads until it is ended."""
    said = Path(sys.argv[1])
    tty.setraw(0)
    if sys.argv[2:]:
        sys.stdout.write(f"\x1b[2J\x1b[1;1H{GATE}")
        sys.stdout.flush()
        while (key := sys.stdin.read(1)) != "y":
            with said.open("a") as file:
                file.write(f"to the question: {key!r}\n")
    typed = ""
    while True:
        draw(typed)
        key = sys.stdin.read(1)
        if key == "\r":
            with said.open("a") as file:
                file.write(f"{typed}\n")
            typed = ""
        elif key == "\x03":
            return
        else:
            typed += key


if __name__ == "__main__":
    main()
