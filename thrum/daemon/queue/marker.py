"""The line that follows a command in a shell, and what is cut out of a screen by it. Pure.

Once the shell is at its prompt again a line is typed that prints a word, which nobody can know
before, with the command's exit status. What is typed has that word in two halves, so that its echo
is not taken for it, and ends with the same status, so that the next command finds it in ``$?``. A
blank before it keeps it out of the history where the person's settings say so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final, NamedTuple

STATUS: Final = {
    **dict.fromkeys(("sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"), '"$?"'),
    **dict.fromkeys(("fish", "tcsh", "csh"), "$status"),
}
"""How shells name the exit status of the last command."""

_PREFIX: Final = "thrum-"


class Marker(NamedTuple):
    """A word for the end of one command.

    Attributes:
        word: what is printed.
        line: what is typed so that it is.
    """

    word: str
    line: str


def marker(shell: str, secret: str) -> Marker:
    """The marker for that shell.

    Args:
        shell: one of `STATUS`.
        secret: hexadecimal digits that nobody can know before.
    """
    script = 'printf "\\n%s%s %s\\n" "$1" "$2" "$3"; exit "$3"'
    line = f" /bin/sh -c '{script}' sh {_PREFIX} {secret} {STATUS[shell]}"
    return Marker(_PREFIX + secret, line)


def status(shown: str, word: str) -> int | None:
    """The exit status that stands behind the word; None if it was not printed yet."""
    found = re.search(rf"^{word} ([0-9]{{1,3}}) *$", shown, re.MULTILINE)
    return int(found[1]) if found else None


def output(since: str, shown: str, text: str, mark: Marker | None, prompt: str, after: str) -> str:
    """What a command printed, of what its pane shows and keeps.

    Args:
        since: lines of the pane from the one on where the command was typed, as far as that can be
            told: a pane that keeps no more lines, or was cleared, counts anew.
        shown: the last lines of the pane, however many.
        text: the command as it was typed.
        mark: the marker, if it was typed.
        prompt: what stood before the command.
        after: what stands before the marker, without what the command printed on that line; empty
            if nobody knows.
    """
    page = _Page(since)
    end = page.behind_beginning(prompt + text)
    if end < 0:
        page = _Page(shown)
        end = page.behind_last(prompt + text)
    if end < 0 and mark is not None and _is_first(since, prompt):
        page, end = _Page(since), 0
    at = page.last_of(mark.line) if mark is not None else -1
    if mark is not None and at < 0:
        return _unechoed(page.lines[end + 1 :] if end >= 0 else [], mark, after)
    stop, left = len(page.lines), ""
    if mark is not None and at > end:
        stop, left = at, _left_of(page.lines[at], mark.line, after)
    return _joined([*page.lines[end + 1 : stop], left])


def _is_first(since: str, prompt: str) -> bool:
    """Whether a page begins with the prompt alone: what was typed there is not seen."""
    return prompt != "" and since.partition("\n")[0].rstrip() == prompt.rstrip()


def _unechoed(lines: list[str], mark: Marker, prompt: str) -> str:
    """What stands before the marker's word and the prompt at which that was typed unseen; all of it
    where the word is not to be seen either."""
    stop = next((at for at, line in enumerate(lines) if line.startswith(f"{mark.word} ")), None)
    found = _joined(lines[:stop])
    return _joined([found.removesuffix(prompt.rstrip()) if prompt.strip() else found])


def _joined(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _left_of(line: str, typed: str, prompt: str) -> str:
    """What a command printed before its prompt without ending the line.

    Where the prompt is another one by now nobody knows where it begins.
    """
    head = line.partition(typed[:20])[0]
    return head.removesuffix(prompt) if prompt and head.endswith(prompt) else ""


class _Page:
    """Lines as one text without blanks, since a terminal breaks what is typed where it likes."""

    def __init__(self, shown: str) -> None:
        self.lines = shown.split("\n")
        bare = ["".join(line.split()) for line in self.lines]
        self._ends = list(accumulate(map(len, bare)))
        self._text = "".join(bare)

    def behind_beginning(self, text: str) -> int:
        """The line that ends with the text with which the page begins; -1 if it does not."""
        wanted = "".join(text.split())
        found = self._text.startswith(wanted) and len(wanted) in self._ends
        return self._ends.index(len(wanted)) if found else -1

    def behind_last(self, text: str) -> int:
        """The line that ends with the last such text; -1 if there is none."""
        wanted = "".join(text.split())
        at = self._text.rfind(wanted)
        while at >= 0 and at + len(wanted) not in self._ends:
            at = self._text.rfind(wanted, 0, at + len(wanted) - 1)
        return self._ends.index(at + len(wanted)) if at >= 0 else -1

    def last_of(self, text: str) -> int:
        """The line in which the last such text begins; -1 if there is none."""
        at = self._text.rfind("".join(text.split()))
        return bisect_right(self._ends, at) if at >= 0 else -1
