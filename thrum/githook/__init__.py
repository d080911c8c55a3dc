"""Git's own hook before a commit: which file that is, our lines in it, and what they start."""

from typing import Final

REFUSED: Final = 3
"""With this status `thrum hook pre-commit` ends where it stops a commit; whatever else it ends with
(nothing is there to start, it is broken) stops none."""
