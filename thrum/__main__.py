"""``python -m thrum`` is ``thrum``."""

from thrum.front import run

run()
