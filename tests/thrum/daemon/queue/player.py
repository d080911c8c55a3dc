"""A program that behaves as an agent's runtime does, as far as its screen tells.

It draws a line between two rules, takes what is typed there, works for a while when a line ends
(something moves then), asks for leave in between where the text says so, and answers.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty

RULE = "─" * 60
ASKS = """ Do you want to proceed?
 ❯ 1. Yes
   2. No, and tell Claude what to do differently (esc)

 Esc to cancel · Tab to amend
"""


class Player:
    """What is said and what is shown."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.line = ""

    def draw(self, middle: str = "", *, has_line: bool = True) -> None:
        rows = [*self.said, *([middle] if middle else [])]
        if has_line:
            rows += [RULE, f"❯ {self.line}", RULE, "  ? for shortcuts"]
        screen = "\r\n".join(rows).replace("\n", "\r\n").replace("\r\r", "\r")
        at = f"\x1b[2A\r\x1b[{2 + len(self.line)}C" if has_line else ""
        os.write(1, f"\x1b[2J\x1b[H{screen}{at}".encode())

    def work(self, seconds: float) -> None:
        """A turn, which Escape ends."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            self.draw(f"✻ Working… ({int(now * 10) % 10}s · esc to interrupt)")
            if select.select([0], [], [], 0.1)[0] and b"\x1b" in os.read(0, 100):
                self.said.append("Interrupted by user")
                return

    def ask(self) -> None:
        """A question that is answered by one key."""
        self.draw(ASKS, has_line=False)
        os.read(0, 1)

    def turn(self, text: str) -> None:
        self.said.append(f"❯ {text}")
        self.work(float(os.environ.get("PLAYER_S", "0.5")))
        if "ask" in text:
            self.ask()
            self.work(0.3)
        self.said.append(f"● heard {text.upper()}")

    def play(self) -> None:
        self.draw()
        while True:
            for key in os.read(0, 1000).decode(errors="replace"):
                if key == "\r":
                    text, self.line = self.line, ""
                    self.turn(text)
                elif key == "\x04":
                    return
                else:
                    self.line += key
            self.draw()


def main() -> None:
    """Plays until it is told to end."""
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        Player().play()
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        sys.stdout.write("\x1b[2J\x1b[H")


if __name__ == "__main__":
    main()
