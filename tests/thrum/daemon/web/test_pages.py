"""Which file is sent, in which form, and what never is."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thrum.daemon.transports.http import Response
from thrum.daemon.web.pages import FOR_EVER, NOT_THERE, Pages

SCRIPT = b"export const answer = 42;"
SECRET = b"what nobody may have"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    """A folder as a build makes it, and a file beside it."""
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html>the page")
    (root / "assets" / "app-1f.js").write_bytes(SCRIPT)
    (root / "assets" / "app-1f.js.gz").write_bytes(gzip.compress(SCRIPT))
    (root / "assets" / "app-1f.js.br").write_bytes(b"brotli")
    (root / "vite.svg").write_text("<svg/>")
    (root / ".hidden").write_bytes(SECRET)
    (tmp_path / "secret").write_bytes(SECRET)
    (root / "link").symlink_to(tmp_path / "secret")
    return Pages(root)


def get(pages: Pages, target: str, method: str = "GET", **headers: str) -> Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return pages.answer(method, target, told, 9999)


def told(answer: Response) -> dict[str, str]:
    return dict(answer.headers)


@pytest.mark.parametrize(
    ("path", "kind", "keep"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/vite.svg", "image/svg+xml", "no-cache"),
        ("/assets/app-1f.js?v=1", "text/javascript; charset=utf-8", FOR_EVER),
        ("/inbox/mentions", "text/html; charset=utf-8", "no-cache"),
    ],
)
def test_a_file_bears_its_kind_and_how_long_it_is_good(
    pages: Pages, path: str, kind: str, keep: str
) -> None:
    answer = get(pages, path)
    assert answer.status == 200
    assert (told(answer)["content-type"], told(answer)["cache-control"]) == (kind, keep)


def test_a_path_of_the_page_itself_gets_the_page(pages: Pages) -> None:
    assert get(pages, "/agents/nux").body == get(pages, "/").body == b"<!doctype html>the page"


@pytest.mark.parametrize("path", ["/assets/", "/assets/nope.js", "/assets/../secret"])
def test_an_asset_that_is_not_there_is_not_the_page(pages: Pages, path: str) -> None:
    assert get(pages, path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/..\\secret",
        "/link",
        "/.hidden",
        "/assets/../../secret",
        "//etc/passwd",
        "/%00",
        "/" + "x" * 5000,
    ],
)
def test_nothing_but_the_folder_is_served(pages: Pages, path: str) -> None:
    answer = get(pages, path)
    assert SECRET not in answer.body
    assert b"root:" not in answer.body
    assert answer.status in {200, 404}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(alphabet="/.%2eFf\\secrt-link", max_size=30))
def test_whatever_is_asked_for(pages: Pages, path: str) -> None:
    assert SECRET not in get(pages, f"/{path}").body


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("BR", "br"),
        ("identity, zstd", None),
    ],
)
def test_the_smallest_form_that_is_understood(
    pages: Pages, accepted: str, encoding: str | None
) -> None:
    answer = get(pages, "/assets/app-1f.js", accept_encoding=accepted)
    assert told(answer).get("content-encoding") == encoding
    assert told(answer)["content-type"].startswith("text/javascript")
    if encoding is None:
        assert answer.body == SCRIPT


def test_what_the_browser_has_is_not_sent_again(pages: Pages) -> None:
    tag = told(get(pages, "/"))["etag"]
    assert (get(pages, "/", if_none_match=tag).status, tag[0]) == (304, '"')
    assert get(pages, "/", if_none_match=f'"other", W/{tag}').body == b""
    (pages.root / "index.html").write_text("another page")
    assert get(pages, "/", if_none_match=tag).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_is_done_here_but_reading(pages: Pages, method: str) -> None:
    answer = get(pages, "/", method)
    assert (answer.status, told(answer)["allow"]) == (405, "GET, HEAD")


def test_browsers_are_told_what_a_page_may(pages: Pages) -> None:
    for path in ("/", "/assets/nope.js", "/ws"):
        policy = told(get(pages, path))["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert told(get(pages, path))["x-content-type-options"] == "nosniff"
    other = Pages(pages.root, is_ours=False)
    policy = told(get(other, "/"))["content-security-policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy


def test_a_folder_without_pages_says_so(tmp_path: Path) -> None:
    assert get(Pages(tmp_path), "/").body == NOT_THERE
    assert get(Pages(tmp_path / "gone"), "/x").body == NOT_THERE
