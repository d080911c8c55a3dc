"""Where the pages are, and what they are called."""

from __future__ import annotations

from thrum import pages


def test_a_page_is_found_as_texts_cite_it() -> None:
    found = pages.find("peers")
    assert found and found == pages.find("docs/peers.md") == pages.find("peers.md")


def test_what_is_no_page() -> None:
    for word in ("README", "", "../README", "docs/../README.md", "peers/", "/etc/passwd"):
        assert pages.find(word) is None
