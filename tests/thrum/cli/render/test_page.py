"""Pages of documentation on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import pages
from thrum.cli.render.page import laid_out
from thrum.cli.render.paint import NONE

PAGE = """\
# A title

Words with a [link](somewhere.md#there) and **weight**, which are
filled.

- one thing
  that goes on
- another

```
$ thrum inbox
a line of what is shown that is as long as it is
```

| It says | Then |
|---|---|
| `this` | do \\| that |
"""
SHOWN = """\
A title

Words with a link and
weight, which are filled.

- one thing that goes on
- another

  $ thrum inbox
  a line of what is shown that is as long as it is

`this`
    do | that
"""


def test_what_it_looks_like() -> None:
    assert laid_out(PAGE, 26, NONE) == SHOWN


@pytest.mark.parametrize("name", pages.names())
def test_every_page_of_ours_fits(name: str) -> None:
    page = pages.find(name)
    assert page
    assert laid_out(page.read_text(), 80, NONE).count("\n") > 10


@given(st.text(alphabet="#|`-* \n[]()ab1.\\", max_size=200), st.integers(1, 120))
def test_whatever_is_written_is_shown(text: str, columns: int) -> None:
    assert isinstance(laid_out(text, columns, NONE), str)
