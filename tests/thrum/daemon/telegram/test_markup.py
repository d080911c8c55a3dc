"""Markdown as Telegram's HTML: balanced whatever comes in, and nothing of a text becomes a tag."""

from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.telegram_api import shown
from tests.laws import examples
from thrum.daemon.telegram import markup

PROGRAM = '<pre><code class="language-py">&lt;x&gt; **no**</code></pre>'


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("**a** and *b* and _c_", "<b>a</b> and <i>b</i> and <i>c</i>"),
        ("~~a~~ `<b>`", "<s>a</s> <code>&lt;b&gt;</code>"),
        ("# A *b*", "<b>A <i>b</i></b>"),
        ("**a _b_ `c`**", "<b>a <i>b</i> <code>c</code></b>"),
        ("[a & b](https://x.y/?a=1&b=2)", '<a href="https://x.y/?a=1&amp;b=2">a &amp; b</a>'),
        ("[a](javascript:1)", "[a](javascript:1)"),
        ("```py\n<x> **no**\n```\nafter", f"{PROGRAM}\nafter"),
        ("~~~\na", "<pre>a</pre>"),
        ("snake_case_name 2 * 3 * 4 a*b*c", "snake_case_name 2 * 3 * 4 a*b*c"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("**a", "**a"),
    ],
)  # fmt: skip
def test_what_becomes_of_it(source: str, made: str) -> None:
    assert markup.html(source) == made


PARTS: Any = st.sampled_from(
    [
        "a",
        "**",
        "*",
        "_",
        "~~",
        "`",
        "```",
        "```py\n",
        "\n",
        "# ",
        "[",
        "](",
        "https://x",
        ")",
        "<b>",
    ]
) | st.text(max_size=3)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(PARTS, max_size=40).map("".join))
def test_whatever_comes_in_is_balanced(source: str) -> None:
    seen = shown(markup.html(source), "HTML")
    assert len(seen) <= len(html.unescape(html.escape(source)))
