"""Pages that there are."""

from __future__ import annotations

import pytest

from thrum.cli.steps import paging
from thrum.errors import ThrumError


@pytest.mark.parametrize(("pages", "page"), [(3, 1), (3, 3), (1, 1), (0, 1), (None, 1)])
def test_what_is_there_passes(pages: int | None, page: int) -> None:
    paging.demand({"total_pages": pages}, page)


@pytest.mark.parametrize(("pages", "page"), [(3, 4), (1, 2), (0, 2), (None, 9)])
def test_what_is_not_there_is_refused(pages: int | None, page: int) -> None:
    with pytest.raises(ThrumError, match=f"no page {page}"):
        paging.demand({"total_pages": pages}, page)
