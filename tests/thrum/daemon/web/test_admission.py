"""Which pages may talk to the daemon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.web import admission

PORT = 9999


@pytest.mark.parametrize(
    "host", ["localhost:9999", "127.0.0.1:9999", "[::1]:9999", "LocalHost:9999"]
)
def test_this_machines_names_are_ours(host: str) -> None:
    assert admission.refusal({"host": host}, PORT, ()) == ""


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "localhost:80",
        "127.0.0.1:99990",
        "evil.example:9999",
        "localhost.evil.example:9999",
        "127.0.0.2:9999",
        "localhost:9999, evil.example",
    ],
)
def test_another_name_is_not(host: str) -> None:
    assert "names of this machine" in admission.refusal({"host": host}, PORT, ())


@given(origin=st.text(max_size=40))
def test_a_page_is_let_in_only_if_it_is_named(origin: str) -> None:
    headers = {"host": "localhost:9999", "origin": origin}
    assert admission.refusal(headers, PORT, ()) or origin in admission.origins(PORT)
    assert admission.refusal(headers, PORT, {origin}) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", set()),
        ("http://a:1", {"http://a:1"}),
        ("http://a:1, http://b:2", {"http://a:1", "http://b:2"}),
        (" http://a:1  http://b:2,", {"http://a:1", "http://b:2"}),
    ],
)
def test_more_pages_are_named_in_a_list(text: str, found: set[str]) -> None:
    assert admission.named(text) == found
