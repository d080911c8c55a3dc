"""Ids as short as they may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.render.ids import SHORTEST, ShortIds, short

IDS = st.lists(
    st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26).map("msg_{}".format),
    min_size=1,
    unique=True,
)


@given(IDS)
def test_each_names_one(ids: list[str]) -> None:
    shorten = ShortIds(ids)
    names = [shorten(each) for each in ids]
    assert len(set(names)) == len(ids)
    assert all(each.endswith(name) for each, name in zip(ids, names, strict=True))
    assert all(len(name) >= SHORTEST for name in names)


def test_no_longer_than_is_needed() -> None:
    assert ShortIds(["msg_AAAAAAAAAAB"])("msg_AAAAAAAAAAB") == "AAAAAB"
    two = ShortIds(["msg_AAAAAAAAAAB", "msg_AAABAAAAAAB"])
    assert two("msg_AAAAAAAAAAB") == "AAAAAAAB"


def test_what_is_no_id_of_ours_stays_whole() -> None:
    shorten = ShortIds([])
    assert [shorten(each) for each in ("", "plain", "_ABCDEFGH", "msg_ABC")] == [
        *("", "plain", "_ABCDEFGH", "msg_ABC"),
    ]


def test_one_id_by_itself() -> None:
    assert short("msg_01M7XCNHBQTZPY0FK2ZTAAAAAA") == "AAAAAA"
    assert short("msg_1") == "msg_1"
    assert short("odd\x1b\nid") == "odd\\x1b id"
    assert short("") == ""
