"""Hints about a snapshot that could not be saved."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from thrum.hints.contract import Asked, Hint, Option

_OVERRIDE = Option("override", "thrum tmux snapshot save --jsonl PATH")
_REGISTER = Option("re-register", "thrum quickstart")
_WHO = Option("verify-pid", "thrum whoami --verbose")


def unsaved(asked: Asked) -> Iterator[Hint]:
    """Why the transcript was not found or could not be read, and what can be done."""
    what = str(asked.args.get("failure", ""))
    options = _OPTIONS.get(what)
    if options is None or asked.is_done:
        return
    path = asked.args.get("path")
    look = (Option("inspect", f"ls -l {shlex.quote(str(path))}"),) if path else ()
    yield Hint(f"snapshot.save.{what}", "warn", str(asked.args.get("said", "")), look + options)


_OPTIONS = {
    "no-pid": (_REGISTER, Option("verify-daemon", "thrum daemon status"), _OVERRIDE),
    "no-jsonl": (_OVERRIDE, _WHO, _REGISTER, Option("check-runtime", "thrum runtime detect")),
    "extract-failed": (_OVERRIDE,),
    "jsonl-not-found": (_OVERRIDE, Option("auto-detect", "thrum tmux snapshot save")),
}
