"""``python -m thrum`` is ``thrum``."""

from thrum.cli.main import run

run()
