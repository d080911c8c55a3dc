"""A program with the screen of Claude Code: an empty line between two rules, or a question.

What is typed stands in the line; Enter writes it into the file that is named first. With ``asks``
behind that the screen asks something before the line is there; ``y`` answers it. With ``late`` no
key is read before there is a file beside it that ends with ``.go``. With ``slow`` it takes a while
before it draws anything that is its own. With ``qwen`` the line is one
of Qwen Code.
"""

from __future__ import annotations

import sys
import time
import tty
from pathlib import Path
from typing import Final

GATE = "Quick safety check: do you trust this folder?\r\n❯ 1. Yes\r\n  2. No"
RULE = "─" * 60


QWENS: Final = "  Type your message or @path/to/file"


def draw(typed: str, *, is_qwens: bool) -> None:
    """Draws the screen anew, with the cursor behind what was typed."""
    hint = "" if typed else "  ? for shortcuts"
    line = f"> {typed or QWENS}" if is_qwens else f"❯\xa0{typed}"
    out = f"\x1b[2J\x1b[1;1Hhello\r\n{RULE}\r\n{line}\r\n{RULE}\r\n{hint}"
    sys.stdout.write(f"{out}\x1b[3;{3 + len(typed)}H")
    sys.stdout.flush()


def main() -> None:
    """Draws and reads until it is ended."""
    said = Path(sys.argv[1])
    tty.setraw(0)
    if "slow" in sys.argv[2:]:
        sys.stdout.write("\x1b[2J\x1b[1;1Hloading")
        sys.stdout.flush()
        time.sleep(5)
    if "asks" in sys.argv[2:]:
        sys.stdout.write(f"\x1b[2J\x1b[1;1H{GATE}")
        sys.stdout.flush()
        while (key := sys.stdin.read(1)) != "y":
            with said.open("a") as file:
                file.write(f"to the question: {key!r}\n")
    typed, is_late = "", "late" in sys.argv[2:]
    while True:
        draw(typed, is_qwens="qwen" in sys.argv[2:])
        while is_late and not said.with_suffix(".go").exists():
            time.sleep(0.05)
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
