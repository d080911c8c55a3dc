"""Runtimes whose dialogs are known and whose lines are not: nothing is typed there unasked."""

from __future__ import annotations

import re
from typing import Final

from thrum.runtimes.screens.marks import Dialog, Marks

CURSOR: Final = Marks(
    "cursor",
    dialogs=(Dialog("not_in_allowlist", re.compile("Not in allowlist:"), ("y",), ("Escape",)),),
)

KIRO_CLI: Final = Marks(
    "kiro-cli",
    dialogs=(
        Dialog("shell_approval", re.compile("shell requires approval"), ("Enter",), ("Escape",)),
    ),
)

AUGGIE: Final = Marks(
    "auggie",
    dialogs=(
        Dialog(
            "indexing_consent",
            re.compile(r"(?:[❯›>→] *)?(?:\[\d\] *)?Always index this workspace"),
            ("3",),
            ("Escape",),
        ),
        Dialog("tool_approval", re.compile("Tool Approval Required"), ("A",), ("D",)),
    ),
)
