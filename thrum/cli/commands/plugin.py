"""``thrum setup plugin``: a package that a runtime installs, in a folder."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.errors import ThrumError
from thrum.plurals import counted
from thrum.skills.plugins import catalogue, folder

if TYPE_CHECKING:
    import typer

_WHICH = takes.words(*catalogue.PACKAGES)


def plugin(
    context: Context,
    runtime: Annotated[
        str, typer.Argument(help="whose; any: gemini, qwen and who reads plugin.json"), _WHICH
    ],
    to: Annotated[
        str,
        typer.Option(help="the folder for it: new, empty, or one that was written before"),
        takes.DIRECTORY,
    ] = "",
) -> None:
    """Write a plugin for an agent runtime, which it installs by itself.

    It brings skills, slash commands, the MCP server and, for claude and codex, hooks. It holds no
    path of this machine, so it may be kept in a repository for others. Whoever uses `thrum setup`
    needs none.
    """
    if runtime not in catalogue.PACKAGES:
        known = ", ".join(catalogue.PACKAGES)
        raise ThrumError("usage", f"there is no plugin for {runtime!r}", f"one of {known}")
    if not to:
        raise ThrumError("usage", "--to is missing", f"thrum setup plugin {runtime} --to DIR")
    place = context.cwd / to
    try:
        written = folder.write(place, catalogue.files(runtime))
    except OSError as error:
        raise ThrumError("setup", f"{place} cannot be written: {error.strerror}") from error
    install = [
        line.replace("DIR", shlex.quote(str(place))) for line in catalogue.PACKAGES[runtime].install
    ]
    context.document(
        {
            "runtime": runtime,
            "path": str(place),
            "written": [str(path.relative_to(place)) for path in written],
            "install": install,
        }
    )
    said = f"{counted(len(written), 'file')} written" if written else "as it should be"
    context.done(f"✓ {place}: {said}")
    for line in install:
        context.done(f"  {line}")
