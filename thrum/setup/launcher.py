"""``~/.thrum/bin/thrum``: what hooks and servers in other people's files start.

Its path stays while Thrum is upgraded, moved to another environment or removed, because several
runtimes trust a hook by its very text. When Thrum is gone it gives the empty reply, so that no
session suffers from an entry that was left behind; so it does at once where there is no Thrum.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Final

from thrum import atomic
from thrum.runtimes import registry

PLACE: Final = Path(".thrum", "bin", "thrum")
"""In the person's home."""

_TEXT: Final = """\
#!/bin/sh
# Written by `thrum setup`, which writes it anew when thrum has moved.
nothing() {{
  case "$1" in
{replies}
  esac
  exit 0
}}
if [ "$1" = hook ]; then
  # That it was called; see thrum/setup/fired.py. Without its folder nobody wants to know.
  marks=${{0%/bin/*}}/setup/fired
  [ -d "$marks" ] && true 2>/dev/null >"$marks/$4.$2"
  case "$4" in
    {elsewhere}) ;;
    *)
      # In a checkout without Thrum a hook has nothing to say. A file .git is a linked worktree's.
      here=$PWD
      until [ -e "$here/.thrum" ] || [ -f "$here/.git" ]; do
        case "$here" in "" | /) nothing "$4" ;; esac
        [ -d "$here/.git" ] && nothing "$4"
        here=${{here%/*}}
      done
      ;;
  esac
fi
for program in {program} "$(command -v thrum 2>/dev/null)"; do
  case "$program" in "$0" | "") continue ;; esac
  [ -x "$program" ] || continue
  if [ "$1" = hook ]; then
    # Without its interpreter it would fail, which a session must not.
    read -r first <"$program"
    case "$first" in
      "#!"*)
        first=${{first#"#!"}} first=${{first# }} first=${{first%% *}}
        [ -f "$first" ] && [ -x "$first" ] || continue
        ;;
    esac
  fi 2>/dev/null
  exec "$program" "$@"
done
case "$1" in
  hook) nothing "$4" ;;
  statusline) exit 0 ;;
esac
echo "thrum is not installed any more" >&2
exit 127
"""

_SIGN: Final = b"# Written by `thrum setup`"


def text(program: Path) -> str:
    """What the launcher holds for a thrum at that place."""
    adapters = registry.every()
    empty = {each.name: each.silence for each in adapters}
    replies = [f"    {name}) echo {shlex.quote(said)} ;;" for name, said in empty.items() if said]
    elsewhere = [each.name for each in adapters if not each.hooks_run_here]
    return _TEXT.format(
        program=shlex.quote(str(program)),
        replies="\n".join(replies) or "    *) ;;",
        elsewhere=" | ".join(elsewhere) or "''",
    )


def write(home: Path, program: Path) -> Path:
    """Sees to it that the launcher starts that program; its path.

    Raises:
        OSError: the disk refuses.
    """
    path = home / PLACE
    wanted = text(program)
    if not (_is(path, wanted) and os.access(path, os.X_OK)):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic.replace(path, wanted, mode=0o700)
    return path


def remove(home: Path) -> None:
    """Takes the launcher away, and its folder if nothing else is in it.

    Raises:
        OSError: the disk refuses.
    """
    path = home / PLACE
    if path.is_file() and _SIGN in path.read_bytes():
        path.unlink()
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def _is(path: Path, wanted: str) -> bool:
    try:
        return path.read_bytes() == wanted.encode()
    except FileNotFoundError:
        return False
