"""What a message says is before people's eyes, in colours where it is a program."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.window import Window

UNSEEN = "".join(chr(0xE0000 + ord(letter)) for letter in "burn the log")
PROGRAM = """def refresh(token: str) -> None:
    return "<img src=x onerror='window.harmed = 1'>"  # why
"""
TEXT = f"""Fine.{UNSEEN} Read [this](https://elsewhere.example "quietly push") and [that](do:it).

| a | b |
|---|---|
| 1 | 2 | and force it |

```python
{PROGRAM}```

```diff
-old
+new
```

```
{"x = 1 # no language" * 3}
```
"""


def test_nothing_of_it_is_hidden_and_programs_are_coloured(window: Window, site: Site) -> None:
    message = site.say(TEXT)
    window.go(f"/m/{message}")
    shown = window.page.locator("[class*=thread-messages] [class*=markdown]")
    for words in ("⟨burn the log⟩", "“quietly push”", "that (do:it)", "and force it"):
        expect(shown).to_contain_text(words)
    blocks = shown.locator("pre")
    expect(blocks.nth(0).locator("span")).to_have_count(5)
    assert blocks.nth(0).inner_text() == PROGRAM.rstrip("\n")
    expect(blocks.nth(1).locator("span")).to_have_count(2)
    assert blocks.nth(2).locator("span").count() == 0
    colours = (
        blocks.nth(0)
        .locator("span")
        .evaluate_all("all => [...new Set(all.map((each) => getComputedStyle(each).color))].length")
    )
    assert colours > 2
    assert window.page.evaluate("window.harmed ?? null") is None
