"""What is shown on a page is held against what comes, and not taken for granted."""

from __future__ import annotations

import pytest

from tests.integration.conftest import World
from tests.integration.transcript import Step, Typist, section, steps

PAGE = """\
# Page

## One

```
$ echo a   # says it
a

here$ echo b \\
  c
```

```sh
$ not a transcript
```

## Two

```console
$ true
```
"""


@pytest.fixture
def typist(world: World) -> Typist:
    """Somebody who types in an empty folder."""
    return Typist(world, {"": world.root})


def test_blocks_are_read_as_they_stand() -> None:
    assert list(steps(PAGE)) == [
        [Step("", "echo a", "a\n\n"), Step("here", "echo b \\\n  c")],
        [Step("", "true")],
    ]
    assert "says it" in section(PAGE, "One")
    assert "true" not in section(PAGE, "One")
    with pytest.raises(AssertionError):
        section(PAGE, "Three")


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ("✓ Sent H8PBN1 to @nux", "✓ Sent 00BMRD to @nux"),
        ("session ses_01M8K5PFDR5DRJP0C864QWEZ5V", "session ses_01M8K5PFJJ8FB00AZR6WC2Q9DG"),
        ("H8PBN1 2026-11-29T08:10:43Z (journal) @nux", "00BMRD 2027-01-30T18:00:00Z @nux"),
        ("PID 4711, tip 98cf81a8a3, now", "PID 12, tip 00cf81a8a4, 3s"),
        ("one\n…\nlast", "one\ntwo\nthree\nlast"),
        ("one\n…\nlast", "one\nlast"),
        ('{"type": "x", …', '{"type": "x", "y": 1}'),
        ("H8PBN1 and again H8PBN1", "00BMRD and again 00BMRD"),
    ],
)
def test_what_differs_each_time_stands_for_its_kind(typist: Typist, shown: str, came: str) -> None:
    assert typist.fits(shown, came)


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ("✓ Sent H8PBN1 to @nux", "✓ Sent 00BMRD to @furiosa"),
        ("H8PBN1 and again H8PBN1", "00BMRD and again GT35E6"),
        ("one", "one\ntwo"),
        ("one\ntwo", "one"),
        ("one\n…\nlast", "one\ntwo"),
        ("on 2026-11-29", "on a day"),
    ],
)
def test_anything_else_is_another_output(typist: Typist, shown: str, came: str) -> None:
    assert not typist.fits(shown, came)


def test_an_id_is_typed_as_what_it_stood_for(typist: Typist) -> None:
    assert typist.fits("Sent H8PBN1", "Sent 00BMRD")
    assert typist.real("thrum reply 8PBN1 && thrum thread h8pbn1 H8PBN1") == (
        "thrum reply 0BMRD && thrum thread h8pbn1 00BMRD"
    )
    assert not typist.fits("Sent H8PBN1", "Sent GT35E6")


def test_a_command_that_fails_or_shows_something_else_is_noticed(typist: Typist) -> None:
    typist.step(Step("", "mkdir a && cd a"))
    typist.step(Step("", "pwd", "/src/a\n"))
    typist.step(Step("", "touch /src/b && ls ..", "…\nb\n…\n"))
    for wrong in (
        Step("", "false"),
        Step("", "echo a", "b\n"),
        Step("", "echo a; false", "a\n"),
        Step("", "true", "", 1),
    ):
        with pytest.raises(AssertionError):
            typist.step(wrong)


def test_a_failure_is_one_only_where_it_is_said(typist: Typist) -> None:
    text = "```\n$ echo Error: no; (exit 1)\nError: no\n$ (exit 2)  # ends with 2\n```\n"
    assert typist.follow(text) == 2
    with pytest.raises(AssertionError):
        typist.follow(text.replace("; (exit 1)", ""))
    with pytest.raises(AssertionError):
        typist.follow(text.replace("with 2", "with 1"))
