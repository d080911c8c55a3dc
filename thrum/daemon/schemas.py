"""Who has tables in ``state.db``: the schema of every service, in one place.

The daemon opens the file with them, and ``thrum doctor`` tells by them whose a table is.
"""

from __future__ import annotations

from typing import Final

from thrum.daemon.state.schema import Schema

SCHEMAS: Final[tuple[Schema, ...]] = ()
"""Every service's; a new service adds its own here."""
