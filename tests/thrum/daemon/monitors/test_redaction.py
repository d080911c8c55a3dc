"""Secrets are taken out, and nothing else."""

from __future__ import annotations

import pytest

from thrum.daemon.monitors.redaction import MARK, Redactor, argv

KEY = [
    "-----BEGIN RSA PRIVATE KEY-----",
    "MIIEow" + "A" * 50,
    "q8Zt",
    "-----END RSA PRIVATE KEY-----",
]
A40 = "aB3" * 14


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"push with ghp_{A40} now", f"push with {MARK} now"),
        (f"github_pat_{A40}", MARK),
        (f"glpat-{A40}", MARK),
        (f"xoxb-{'1' * 12}-{A40}", MARK),
        ("AKIAIOSFODNN7EXAMPLE", MARK),
        (f"AIza{A40}", MARK),
        (f"sk-ant-api03-{A40}", MARK),
        (f"sk_live_{A40}", MARK),
        (f"npm_{A40}", MARK),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", MARK),
        (f"Authorization: Bearer {A40}", f"Authorization: Bearer {MARK}"),
        ("basic dXNlcjpwYXNzd29yZA==", f"basic {MARK}"),
        ("postgres://me:pa55@db/x", f"postgres://me:{MARK}@db/x"),
        ("password=correct-horse rest", f"password={MARK} rest"),
        ('{"api_key": "abcdefgh", "n": 1}', f'{{"api_key": {MARK}, "n": 1}}'),
        ("DB_PASSWORD='a b c d'", f"DB_PASSWORD={MARK}"),
        ("SECRET: abcdefgh", f"SECRET: {MARK}"),
        (f"1234567890:{'A' * 35}", MARK),
    ],
)
def test_what_looks_like_a_token(text: str, kept: str) -> None:
    assert Redactor().text(text) == kept
    assert Redactor().lines(["before", text, "after"]) == ["before", kept, "after"]


@pytest.mark.parametrize(
    "text",
    [
        "commit 3f2504e04f8911d39a0c0305e82c3301deadbeef",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "mon_01M8MA3WDZ5WPRWJ7FSGCWVV7Z",
        "error: unexpected token at line 5",
        "the secret of success",
        "/home/user/project/src/VeryLongNamesOfThings2/AndMore/file.py:120",
        "2026-11-29T18:47:12Z GET http://localhost:8080/x 200",
        "me@example.org wrote: see http://a.b/@c",
        "sha256:" + "ab" * 32,
        "",
        "task-sk risk-free-way-of-doing-it",
    ],
)
def test_what_does_not(text: str) -> None:
    assert Redactor().text(text) == text


def test_the_values_of_the_environment_wherever_they_are() -> None:
    of = Redactor(["hunter22", "hunter22-long", "v", "two\nlines here"])
    assert of.text("a hunter22b v hunter22-long") == f"a {MARK}b v {MARK}"
    assert of.lines(["lines here", "two"]) == [MARK, "two"]


def test_a_value_that_commands_a_terminal_is_found_where_it_is_shown_and_as_it_is() -> None:
    value = "ab\x01cd\x1b[1mef\x0bgh\tij"
    of = Redactor([value])
    assert of.text("a abcdefgh\tij") == f"a {MARK}"
    assert of.text(f"a {value}").startswith(f"a {MARK}")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("is correct hor", f"is {MARK}"),
        ("is correct horse", "is correct horse"),  # whole, so the rest of the rules finds it
        ("is corre", "is corre"),
        ("correct hat", "correct hat"),
        ("correct correct h", f"correct {MARK}"),
        ("correct\ufffd", MARK),
        ("abababababab", MARK),
        ("", ""),
    ],
)
def test_the_beginning_of_a_value_at_the_end_of_what_was_read(text: str, kept: str) -> None:
    assert Redactor(["correct horse", "ab" * 10]).known(text) == kept


def test_a_private_key_over_many_lines_and_pieces() -> None:
    of = Redactor()
    assert of.lines(["a", *KEY[:2]]) == ["a", MARK, MARK]
    assert of.lines(KEY[2:3]) == [MARK]
    assert of.lines([KEY[3], "b"]) == [MARK, "b"]
    assert of.lines(["c"]) == ["c"]


def test_a_key_in_one_text_does_not_go_on_in_another() -> None:
    of = Redactor()
    assert of.text("\n".join(KEY[:2])) == f"{MARK}\n{MARK}"
    assert of.lines(["plain"]) == ["plain"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["curl", "--token", "abc", "x"], ["curl", "--token", MARK, "x"]),
        (["a", "--db-password", "p"], ["a", "--db-password", MARK]),
        (["a", "--api-key=abcdefgh"], ["a", f"--api-key={MARK}"]),
        (["a", "-H", f"Authorization: Bearer {A40}"], ["a", "-H", f"Authorization: Bearer {MARK}"]),
        (["a", "--tokens-file", "x"], ["a", "--tokens-file", "x"]),
        (["sh", "-c", "echo mine-of-env"], ["sh", "-c", f"echo {MARK}"]),
        ([], []),
    ],
)
def test_a_command_as_it_is_shown(words: list[str], shown: list[str]) -> None:
    assert argv(words, ["mine-of-env"]) == shown


def test_text_that_is_no_unicode_harms_nothing() -> None:
    assert Redactor().text("a\ud800 password=abcdefgh") == f"a? password={MARK}"
