"""Our lines in hooks of every kind, and the hooks as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rows import row
from thrum.githook import block

PIECES = [
    b"#!/bin/sh",
    b"#!/usr/bin/env bash\n",
    b"#!/bin/sh\r\nset -e\r\n",
    b'. "$(dirname -- "$0")/_/husky.sh"\n',
    b"exit 1",
    b"\n",
    b"# >>> other >>>\n",
    b"\xff\xfe\n",
    b"npm test",
]


@given(st.lists(st.sampled_from(PIECES)).map(b"".join))
def test_what_was_there_comes_back_byte_for_byte(hook: bytes) -> None:
    with_us = block.put(hook)
    assert block.is_in(with_us)
    assert block.put(with_us) == with_us
    assert block.drop(with_us) == hook
    assert block.drop(hook) == hook


def test_which_hooks_are_scripts_for_a_shell() -> None:
    shells = [
        b"",
        b"echo 1\n",
        b"#!/bin/sh",
        b"#!/bin/sh -e\n",
        b"#! /usr/bin/env bash\n",
        b"#!/usr/bin/env -S bash -e\n",
        b"#!/usr/local/bin/zsh\r\n",
    ]
    others = [b"#!/usr/bin/env python3\n", b"\x7fELF\0", b"#!/usr/bin/ruby", b"#!", b"#!\nx"]
    others += [b"#!/usr/bin/fish\n", b"#!/usr/bin/env\n"]
    for hook in shells:
        with row(hook):
            assert block.is_shell(hook)
    for hook in others:
        with row(hook):
            assert not block.is_shell(hook)


def test_the_lines_come_before_everything_but_what_an_older_husky_starts_again() -> None:
    plain = block.put(b"#!/bin/sh\nexec npm test\n")
    assert plain.startswith(b"#!/bin/sh\n" + block.BEGIN)
    husky = block.put(b'#!/bin/sh\n. "$(dirname "$0")/_/husky.sh"\n\nnpm test\n')
    assert husky.index(b"husky.sh") < husky.index(block.BEGIN) < husky.index(b"npm test")
    assert block.put(b"npm test\n").startswith(block.BEGIN)


def test_lines_whose_end_is_gone_are_nobodys_to_take_out() -> None:
    with pytest.raises(ValueError, match="not there any more"):
        block.drop(block.put(b"x\n").replace(block.END, b""))
