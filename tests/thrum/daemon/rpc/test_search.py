"""Searching: what is found, by whom, in which order, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.daemon.projection.search import index


@pytest.fixture
def sent(node: Any) -> Any:
    """A node on which three wrote to each other."""
    for name in ("furiosa", "nux", "max"):
        node.agent(name)
    node.send("furiosa", "the jwt token of getUserName expires", to="nux")
    node.send("nux", "no token in src/auth/jwt.py, but a snake_case name", to="furiosa")
    node.send("max", "Café naïve 日本語のテキスト", to="everyone")
    return node


def texts(node: Any, query: str, who: str = "furiosa", **params: Any) -> list[str]:
    """The beginnings of what is found."""
    answer = node.call(who, "message.search", query=query, **params)
    assert answer["total"] >= len(answer["results"])
    return ["".join(p["text"] for p in each["snippet"])[:12] for each in answer["results"]]


JWT, SNAKE, CAFE = "the jwt toke", "no token in ", "Café naïve 日"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("jwt", {JWT, SNAKE}),
        ("JWT token -snake", {JWT}),
        ('"token of"', {JWT}),
        ("tok*", {JWT, SNAKE}),
        ("expires OR cafe", {JWT, CAFE}),
        ("user", {JWT}),
        ("getusername", {JWT}),
        ("userName", {JWT}),
        ("snake case", {SNAKE}),
        ("auth/jwt.py", {SNAKE}),
        ("日本", {CAFE}),
        ("本日", set()),
        ("NAIVE", {CAFE}),
        ("from:nux", {SNAKE}),
        ("from:me", {JWT}),
        ("to:me token", {SNAKE}),
        ("to:everyone", {CAFE}),
        ("-from:nux", {JWT, CAFE}),
        ("has:unread", {SNAKE, CAFE}),
        ("-has:unread", {JWT}),
        ("role:nux", {JWT}),
        ("in:context", set()),
        ("before:2000-01-01", set()),
        ("after:2000-01-01 token", {JWT, SNAKE}),
    ],
)
def test_it_finds(sent: Any, query: str, found: set[str]) -> None:
    assert {each[:12] for each in texts(sent, query)} == {each[:12] for each in found}


def test_an_answer_says_who_to_whom_and_what_is_unread(sent: Any) -> None:
    (found,) = sent.call("nux", "message.search", query="jwt expires")["results"]
    assert found["kind"] == "message"
    assert (found["agent_id"], found["to"], found["unread"]) == ("furiosa", ["nux"], True)
    assert {"text": "jwt", "mark": True} in found["snippet"]
    (mine,) = sent.call("furiosa", "message.search", query="jwt expires")["results"]
    assert "unread" not in mine


def test_what_is_not_plain_is_said_and_nothing_is_refused(sent: Any) -> None:
    answer = sent.call("nux", "message.search", query="token before:soon")
    assert answer["notice"] == "before:soon means nothing: it is searched as words"
    assert answer["results"] == []
    assert sent.refused("nux", "message.search", query="?!") == "invalid_params"
    assert sent.refused("nux", "message.search", query="x", limit=0) == "invalid_params"
    assert sent.refused("nux", "message.search", query="x", cursor="y") == "invalid_params"


def test_a_thread_is_known_by_its_end_or_by_a_message_in_it(sent: Any) -> None:
    (first,) = sent.call("nux", "message.search", query="expires")["results"]
    params = {"content": "mended", "reply_to": first["id"]}
    answer = sent.call("nux", "message.send", **params)["message_id"]
    (reply,) = sent.call("nux", "message.search", query="mended")["results"]
    for known in (reply["thread_id"], reply["thread_id"][-6:], answer[-6:].lower(), first["id"]):
        assert texts(sent, f"thread:{known}", sort="new") == ["mended", JWT]
        assert "mended" not in texts(sent, f"-thread:{known}")
    unknown = sent.call("nux", "message.search", query="thread:ZZZZZZ")
    assert (unknown["total"], unknown["notice"]) == (0, "thread:ZZZZZZ is no thread here")


def test_a_stranger_finds_what_it_may_list(sent: Any) -> None:
    assert texts(sent, "jwt expires", "nobody") == [JWT]
    assert sent.refused("nobody", "message.search", query="has:unread") == "anonymous_caller"


def test_there_are_pages(sent: Any) -> None:
    first = sent.call("max", "message.search", query="token", limit=1, sort="new")
    assert first["total"] == 2
    following = {"query": "token", "sort": "new", "cursor": first["next_cursor"]}
    rest = sent.call("max", "message.search", **following)
    assert "next_cursor" not in rest
    assert [each["agent_id"] for each in (*first["results"], *rest["results"])] == [
        "nux",
        "furiosa",
    ]


def test_contexts_are_found_and_snapshots_by_whom_they_are_of(sent: Any) -> None:
    local = sent.parts.place.repository / ".thrum"
    for folder, name in (("context", "nux.md"), ("restart", "nux.md"), ("restart/nux", "1.md")):
        (local / folder).mkdir(parents=True, exist_ok=True)
        (local / folder / name).write_text(f"zebra notes in {folder}")
    (local / "context" / "max.md").symlink_to(local / "context" / "nux.md")
    (local / "context" / "furiosa.md").write_bytes(b"zebra \xff")
    (local / "context" / "nobody.md").write_text("zebra")

    def kinds(who: str, query: str) -> list[tuple[str, str]]:
        results = sent.call(who, "message.search", query=query)["results"]
        return sorted((each["kind"], each["agent_id"]) for each in results)

    assert kinds("furiosa", "zebra") == [("context", "nux")]
    both = [("context", "nux"), ("snapshot", "nux"), ("snapshot", "nux")]
    assert kinds("nux", "zebra") == both
    assert kinds("nux", "zebra in:snapshot from:nux") == both[1:]
    assert kinds("nux", "zebra in:message") == []
    assert kinds("nux", "zebra from:max") == []
    assert kinds("nux", "zebra has:unread") == []
    assert kinds("nux", "zebra before:2000-01-01") == []
    (local / "context" / "nux.md").write_text("other words by now")
    assert kinds("furiosa", "zebra") == []


def test_a_damaged_index_is_named_and_where_there_is_none_that_is_said(
    sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setattr(index, "is_available", lambda: False)
        assert sent.refused("nux", "message.search", query="jwt") == "program"
    damage = "UPDATE message_search_data SET block = x'ffffffffffff' WHERE id > 1000"
    sent.store.transact_blocking(lambda transaction: transaction.db.execute(damage).rowcount)
    assert sent.refused("nux", "message.search", query="jwt") == "database"
