"""``thrum version``."""

from __future__ import annotations

from thrum import __version__
from thrum.cli.context import Context


def version(context: Context) -> None:
    """Print the version."""
    import platform

    context.document({"version": __version__, "python_version": platform.python_version()})
    context.say(f"thrum {__version__}")
